"""`countersign clinic`: enter clinics, see how they stand, approve as the person one is."""

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from countersign.clock import utc_now
from countersign.commands.staff import Desk
from countersign.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuer.staff.accounts import Accounts
    from issuer.store.staff_clinics import ClinicStore

WRONG = "Login, password and code do not belong together. Nothing was changed."


@click.group()
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
@click.pass_context
def command(ctx: click.Context, data: str | None) -> None:
    """Clinics: each goes live when two people of the department approved it."""
    ctx.obj = Desk(open_deployment(data))


@command.command()
@click.option("--name", required=True)
@click.option("--public-name", help="What stands on cards; --name where it is not given.")
@click.option(
    "--time-zone", help="Of the clinic, such as America/New_York; by default COUNTERSIGN_TIME_ZONE, else UTC."
)
@click.pass_obj
def add(desk: Desk, name: str, public_name: str | None, time_zone: str | None) -> None:
    """Enter a clinic and print its id. It can record nothing until two people approved it."""
    from issuer.staff.people import NotAllowed, is_time_zone, plain_name

    zone = time_zone or desk.settings.time_zone
    if not is_time_zone(zone):
        raise click.UsageError("There is no such time zone: write it like America/New_York.")

    with _open(desk) as (accounts, clinics):
        try:
            names = plain_name(name), plain_name(public_name or name)
        except NotAllowed as error:
            raise click.UsageError(error.words) from None
        click.echo(
            clinics.enter(desk.operator, accounts.new_id(), *names, json.dumps({"time_zone": zone}), utc_now()).id
        )


@command.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_(desk: Desk, as_json: bool) -> None:
    """Show clinics, their states and approvals."""
    with _open(desk) as (_, clinics):
        found = clinics.clinics(desk.operator)
    if as_json:
        lines = [{"id": c.id, "name": c.name, "state": c.state, "approvals": len(c.approvals)} for c in found]
        click.echo(json.dumps(lines))
        return
    for clinic in found:
        click.echo(f"{clinic.id}  {clinic.state:<9}  {len(clinic.approvals)} of 2 approvals  {clinic.name}")


@command.command()
@click.argument("clinic_id")
@click.option("--login", required=True, help="Who approves.")
@click.pass_obj
def approve(desk: Desk, clinic_id: str, login: str) -> None:
    """Approve a clinic as a person of the department: it asks for password and code; the operator approves nothing."""
    from issuer.rights import Forbidden
    from issuer.staff.attempts import TooManyAttempts
    from issuer.staff.refusals import LoginRefused, NoSession, UnknownClinic
    from issuer.store.staff_clinics import NotToApprove

    with _open(desk) as (accounts, clinics):
        password = click.prompt("Password", hide_input=True)  # asked for, never an option: others see a command's words
        code = click.prompt("Code from the authenticator app")
        try:
            half = accounts.by_password(login, password, "", utc_now())
            opened = accounts.by_code(half.token, code, "", utc_now())
            member = accounts.session(opened.token, utc_now()).member
            clinic = clinics.approve(member.actor(), clinic_id, utc_now())
        except (LoginRefused, NoSession):
            raise click.ClickException(WRONG) from None
        except TooManyAttempts:
            raise click.ClickException("Too many attempts. Wait a quarter of an hour. Nothing was changed.") from None
        except NotToApprove as error:
            raise click.ClickException(error.words) from None
        except Forbidden:
            raise click.ClickException("Only people of the department approve. Nothing was changed.") from None
        except UnknownClinic:
            raise click.ClickException("There is no clinic of this id. See: countersign clinic list") from None
        accounts.sessions.end_all(member, "", utc_now())
    click.echo("The clinic is live." if clinic.state == "live" else "Approved. A second person must approve as well.")


@contextmanager
def _open(desk: Desk) -> "Iterator[tuple[Accounts, ClinicStore]]":
    from issuer.store.staff_clinics import ClinicStore

    with desk.accounts() as accounts:
        yield accounts, ClinicStore(accounts.staff.engine)
