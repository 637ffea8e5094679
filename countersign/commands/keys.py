"""`countersign keys`: the keys that sign cards (or, with --purpose registry, the registry)."""

import json
from collections.abc import Callable
from typing import TypeVar

import click

from countersign.clock import utc_now
from countersign.deployment import Deployment, open_deployment
from keys.lifecycle import KeyStateError
from keys.store import KeyStore, KeyStoreError

T = TypeVar("T")


@click.group()
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
@click.option("--purpose", type=click.Choice(["cards", "registry"]), default="cards", show_default=True)
@click.pass_context
def command(ctx: click.Context, data: str | None, purpose: str) -> None:
    """Signing keys: one folder a purpose, sealed at rest, private halves destroyed once they no longer sign."""
    deployment = open_deployment(data)
    ctx.obj = (deployment, deployment.card_keys() if purpose == "cards" else deployment.registry_key_store())


@command.command()
@click.pass_obj
def generate(obj: tuple[Deployment, KeyStore]) -> None:
    """Make a key. The first one signs at once; a further one is published and waits for `rotate`."""
    click.echo(obj[1].generate(utc_now()))


@command.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_(obj: tuple[Deployment, KeyStore], as_json: bool) -> None:
    """Show every key's life."""
    now, records = utc_now(), obj[1].records()
    if as_json:
        click.echo(
            json.dumps([{"kid": r.kid, "state": r.state, "created_at": r.created_at.isoformat()} for r in records])
        )
        return
    if not records:
        click.echo("No keys yet. Make one: countersign keys generate")
    for record in records:
        due = "  signs for a year: rotate it" if record.is_due(now) else ""
        click.echo(f"{record.kid}  {record.state:<11}  since {record.created_at:%d %B %Y}{due}")


@command.command()
@click.pass_obj
def rotate(obj: tuple[Deployment, KeyStore]) -> None:
    """Sign with the next key from now on; the old one stays published, its private half is destroyed."""
    click.echo(_act(lambda: obj[1].rotate(utc_now())))


# A kid is base64url and may begin with "-": it is no option.
@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("kid")
@click.pass_obj
def retire(obj: tuple[Deployment, KeyStore], kid: str) -> None:
    """Stop signing with a key. Its cards stay valid."""
    _act(lambda: obj[1].retire(kid, utc_now()))
    click.echo("Retired: its private half is destroyed, its public half stays published.")


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("kid")
@click.confirmation_option(prompt="Every card this key signed stops being accepted. Go on?")
@click.pass_obj
def compromise(obj: tuple[Deployment, KeyStore], kid: str) -> None:
    """Take a key back at once: it is unpublished, and verifiers refuse its cards."""
    _act(lambda: obj[1].compromise(kid, utc_now()))
    click.echo("Taken back. Now publish the registry again, and issue the cards anew with another key.")


@command.command("export-jwks")
@click.pass_obj
def export_jwks(obj: tuple[Deployment, KeyStore]) -> None:
    """Print the JWK Set that belongs at iss/.well-known/jwks.json (public halves only)."""
    click.echo(json.dumps(obj[1].jwks(), indent=1))


def _act(action: Callable[[], T]) -> T:
    try:
        return action()
    except (KeyStateError, KeyStoreError) as error:
        raise click.ClickException(str(error)) from None
