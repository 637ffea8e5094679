"""`countersign staff`: the people who work with the issuer. The operator lets them in; what they decide is theirs."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from countersign.clock import utc_now
from countersign.deployment import Deployment, open_deployment

if TYPE_CHECKING:
    from issuer.settings import Settings
    from issuer.staff.accounts import Accounts
    from issuer.staff.people import Member

ROLES = ("vaccinator", "manager", "department", "helpdesk", "auditor")
FIRST = 2
"""People of the department before any clinic can go live."""


class Desk:
    """The issuer's accounts as the operator of a deployment holds them."""

    def __init__(self, deployment: Deployment) -> None:
        from issuer.rights import Actor
        from issuer.settings import from_environ

        environ = {"COUNTERSIGN_ISS": deployment.iss} | dict(os.environ)
        self.settings: Settings = from_environ(environ, deployment.folder)
        self.operator = Actor("operator", "operator")

    @contextmanager
    def accounts(self) -> "Iterator[Accounts]":
        """The use cases, on the deployment's database."""
        from issuer.db import is_current, open_engine
        from issuer.web.staff import make_accounts

        engine = open_engine(self.settings.database_url)
        try:
            if not is_current(engine):
                raise click.ClickException("The database is not of this version. Run: countersign db upgrade")
            yield make_accounts(engine, self.settings.seal_secret, secrets.token_bytes)
        finally:
            engine.dispose()

    def link(self, token: str) -> str:
        """The address that a one-time link's owner opens."""
        return f"{self.settings.address}/setup/{token}"


@click.group()
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
@click.pass_context
def command(ctx: click.Context, data: str | None) -> None:
    """People: add, list, close, let in anew. Each logs in first by a link that opens once."""
    ctx.obj = Desk(open_deployment(data))


@command.command()
@click.option("--login", "logins", multiple=True, required=True, help="Twice: their e-mail addresses or short names.")
@click.option("--name", "names", multiple=True, required=True, help="Twice, in the same order.")
@click.pass_obj
def first(desk: Desk, logins: tuple[str, ...], names: tuple[str, ...]) -> None:
    """The first two people of the health department: only two together let a clinic in."""
    if len(logins) != FIRST or len(names) != FIRST or logins[0] == logins[1]:
        raise click.UsageError("Name two people: --login and --name twice each.")
    with desk.accounts() as accounts:
        if any(member.role == "department" for member in accounts.staff.members(desk.operator)):
            raise click.ClickException(
                "There are people of the department already. Add more with: countersign staff add"
            )
        for login, name in zip(logins, names, strict=True):
            _add(desk, accounts, login, name, "department", "")


@command.command()
@click.option("--login", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--clinic", "clinic_id", default="", help="Its id, for vaccinators and managers.")
@click.pass_obj
def add(desk: Desk, login: str, name: str, role: str, clinic_id: str) -> None:
    """Add somebody and print the one-time link."""
    with desk.accounts() as accounts:
        _add(desk, accounts, login, name, role, clinic_id)


@command.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_(desk: Desk, as_json: bool) -> None:
    """Show who may log in."""
    with desk.accounts() as accounts:
        members = accounts.staff.members(desk.operator)
    if as_json:
        click.echo(json.dumps([_shown(member) for member in members]))
        return
    if not members:
        click.echo("Nobody yet. Begin with: countersign staff first", err=True)
    for member in members:
        state = "active" if member.active else "closed"
        factor = "second factor set up" if member.has_totp or member.passkeys else "no second factor yet"
        click.echo(f"{member.login}  {member.role}  {member.clinic_id or 'all clinics'}  {state}  {factor}")


@command.command()
@click.argument("login")
@click.pass_obj
def deactivate(desk: Desk, login: str) -> None:
    """Close an account: every session of it ends now."""
    with desk.accounts() as accounts:
        accounts.staff.deactivate(desk.operator, _find(desk, accounts, login).id, utc_now())
    click.echo("Closed. What they recorded stays.")


@command.command("reset-second-factor")
@click.argument("login")
@click.pass_obj
def reset_second_factor(desk: Desk, login: str) -> None:
    """Take away password, codes and passkeys, and print a new one-time link."""
    with desk.accounts() as accounts:
        member, now = _find(desk, accounts, login), utc_now()
        token, link = accounts.setup_link(now)
        accounts.staff.reset(desk.operator, member.id, link, now)
    _say(desk, member, token)


def _add(desk: Desk, accounts: "Accounts", login: str, name: str, role: str, clinic_id: str) -> None:
    from issuer.staff.people import NewMember, NotAllowed, plain_login, plain_name
    from issuer.staff.refusals import LoginTaken, UnknownClinic
    from issuer.store.staff_clinics import ClinicStore

    now = utc_now()
    token, link = accounts.setup_link(now)
    try:
        new = NewMember(accounts.new_id(), plain_login(login), plain_name(name), role, clinic_id)  # type: ignore[arg-type]
        if clinic_id:
            ClinicStore(accounts.staff.engine).clinic(desk.operator, clinic_id)
        member = accounts.staff.add(desk.operator, new, link, now)
    except NotAllowed as error:
        raise click.UsageError(error.words) from None
    except UnknownClinic:
        raise click.ClickException("There is no clinic of this id. See: countersign clinic list") from None
    except LoginTaken:
        raise click.ClickException("Somebody has this login already. Nothing was changed.") from None
    _say(desk, member, token)


def _find(desk: Desk, accounts: "Accounts", login: str) -> "Member":
    for member in accounts.staff.members(desk.operator):
        if member.login == login.strip().casefold():
            return member
    raise click.ClickException("There is nobody of this login. Nothing was changed. See: countersign staff list")


def _say(desk: Desk, member: "Member", token: str) -> None:
    """The link on stdout, so that it can be piped; the words beside it on stderr."""
    click.echo(f"For {member.login}, once, within three days; whoever opens it first has the account:", err=True)
    click.echo(desk.link(token))


def _shown(member: "Member") -> dict[str, object]:
    return {
        "id": member.id,
        "login": member.login,
        "name": member.name,
        "role": member.role,
        "clinic_id": member.clinic_id,
        "active": member.active,
        "second_factor": member.has_totp or member.passkeys > 0,
    }
