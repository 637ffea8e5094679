"""`countersign demo`: the main job in seconds, without a server: record, card, QR picture, scan, verdict."""

import secrets
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from countersign import samples
from countersign.clock import utc_now
from countersign.commands.verify import print_shown
from countersign.deployment import DEMO_ISS
from trust_registry import Entry, TrustRegistry

if TYPE_CHECKING:
    from keys.private import PrivateKey


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Keep the QR pictures here.")
def command(out: Path | None) -> None:
    """Issue a sample card, draw it, read the picture back, and judge it; then the same with four bad ones.

    Keys live in memory only; nothing is left behind but the pictures in --out.
    """
    with tempfile.TemporaryDirectory() as folder:
        _demo(out or Path(folder), utc_now(), kept=out is not None)


def _demo(folder: Path, now: datetime, kept: bool) -> None:
    from cards.shc.crl import CardRevocationList
    from cards.shc.numeric import qr_version
    from issuer.fhir import read_bundle
    from issuer.grouping import drafts_of
    from issuer.issuance import Issuer
    from issuer.records import Record
    from issuer.signing import signed_cards
    from keys.private import PrivateKey
    from verifier.image import read_codes
    from wallet_export import qr_png

    _step(1, "A clinic sends a record: a FHIR bundle with one person and five vaccinations.")
    submission = read_bundle(samples.bundles()["amara-okafor"], now)
    key, forger = PrivateKey.generate(), PrivateKey.generate()
    issuer = Issuer(DEMO_ISS, key, secrets.token_bytes(32))
    signed = signed_cards(submission, issuer, key.public, lambda: secrets.token_hex(16), now)
    _step(2, "The issuer checks it, groups it by vaccine, signs each group as a card of its own (ES256):")
    for title, card in signed:
        click.echo(f"     {title}: {len(card.jws)} characters, QR version {qr_version(card.jws)} of at most 22")
    _step(3, "Each card becomes a QR picture:")
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [folder / f"card-{number}.png" for number in range(1, len(signed) + 1)]
    for picture, (_, card) in zip(pictures, signed, strict=True):
        picture.write_bytes(qr_png(card.jws))
        click.echo(f"     {picture.stat().st_size:,} octets{f'  {picture}' if kept else ''}")
    entry = Entry(DEMO_ISS, "Sample County Health Department", source="keys", sample=True, keys=(key.public,))
    registry = TrustRegistry([entry.trusted()])
    _step(4, "At the door the picture is read and judged against the trust registry, without a network:")
    click.echo("     (A demo issuer's card is genuine and proves nothing: it is marked as a sample, never green.)")
    code = read_codes(pictures[0].read_bytes())[0]
    _judge(code, registry, now)
    _step(5, "The same card, one digit changed:")
    _judge(code[:900] + str((int(code[900]) + 1) % 7) + code[901:], registry, now)
    _step(6, "A card that somebody else signed in the issuer's name:")
    forged = Issuer(DEMO_ISS, _Posing(forger, key.kid), secrets.token_bytes(32))
    _judge(forged.issue(Record("forged", drafts_of(submission)[0].bundle()), now).jws, registry, now)
    _step(7, "The good card after the issuer took it back:")
    crl = CardRevocationList(key.kid, 1, [signed[0][1].rid])
    revoking = replace(entry, crls=(crl,)).trusted()
    _judge(code, TrustRegistry([revoking]), now)
    _step(8, "The good card at a door that does not know its issuer:")
    _judge(code, TrustRegistry([]), now)


class _Posing:
    """A forger's key under another key's name."""

    def __init__(self, key: "PrivateKey", kid: str) -> None:
        self._key = key
        self.kid = kid

    def sign(self, signing_input: bytes) -> bytes:
        """Sign with the forger's own key."""
        return self._key.sign(signing_input)


def _judge(code: str, registry: TrustRegistry, now: datetime) -> None:
    from verifier.presentation import present
    from verifier.verification import check

    print_shown("", present(check(code, registry, now), registry, now))


def _step(number: int, text: str) -> None:
    click.echo()
    click.secho(f"{number}  {text}", bold=True)
