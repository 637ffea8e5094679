"""`countersign issue`: FHIR bundles in, cards out: JWS, file and QR pictures. No server, no database."""

import sys
import uuid
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from countersign.clock import utc_now
from countersign.deployment import open_deployment

if TYPE_CHECKING:
    from issuer import Issuer
    from keys.private import PrivateKey


@click.command()
@click.argument("bundles", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="By default this folder.")
@click.option("--iss", help="By default COUNTERSIGN_ISS, else the demo's.")
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
def command(bundles: tuple[Path, ...], out: Path, iss: str | None, data: str | None) -> None:
    """Sign FHIR R4 bundles.

    Each BUNDLE.json gives NAME.smart-health-card with all its cards, and NAME-1.jws, NAME-1.png, NAME-1.svg … for each
    of them. They are not recorded: to revoke cards later, issue them through the service.
    """
    from cards.shc.card import is_issuer_url
    from issuer.faults import InvalidBundle
    from issuer.issuance import Issuer

    deployment, now = open_deployment(data), utc_now()
    if not is_issuer_url(iss or deployment.iss):
        raise click.UsageError("The iss must be an https URL without trailing slash, query or fragment.")
    key = deployment.card_keys().active()
    issuer = Issuer(iss or deployment.iss, key, deployment.rid_secret())
    out.mkdir(parents=True, exist_ok=True)
    failed = False
    for path in bundles:
        try:
            _issue(path, out, issuer, key, now)
        except InvalidBundle as error:
            failed = True
            click.secho(f"{path.name}: nothing was signed", fg="red", err=True)
            for fault in error.in_order():
                click.echo(f"  {fault.path}: {fault.message} {fault.remedy}", err=True)
    sys.exit(1 if failed else 0)


def _issue(path: Path, out: Path, issuer: "Issuer", key: "PrivateKey", now: "datetime") -> None:
    from issuer.fhir import read_bundle
    from issuer.signing import signed_cards
    from wallet_export import health_card_file, qr_png, qr_svg

    submission = read_bundle(path.read_bytes(), now)
    cards = signed_cards(submission, issuer, key.public, lambda: uuid.uuid4().hex, now)
    name = path.stem
    (out / f"{name}.smart-health-card").write_bytes(health_card_file([card.jws for _, card in cards]))
    for number, (title, card) in enumerate(cards, start=1):
        (out / f"{name}-{number}.jws").write_text(card.jws)
        (out / f"{name}-{number}.png").write_bytes(qr_png(card.jws))
        (out / f"{name}-{number}.svg").write_text(qr_svg(card.jws), "utf-8")
        click.echo(f"{out / f'{name}-{number}.png'}: {title}")
