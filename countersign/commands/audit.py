"""`countersign audit`: the issuer's audit log."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from countersign.clock import utc_now
from countersign.deployment import Deployment, open_deployment

if TYPE_CHECKING:
    from issuer.store.audit import AuditStore

SECRET = "audit-secret"  # noqa: S105 - a file's name
DAY_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")


@click.group()
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
@click.pass_context
def command(ctx: click.Context, data: str | None) -> None:
    """Who did what to which record: verify the log, note its head, export it."""
    ctx.obj = open_deployment(data)


@command.command()
@click.option("--head", "noted", help="A head that `audit head` printed some time ago, kept elsewhere.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def verify(deployment: Deployment, noted: str | None, as_json: bool) -> None:
    """Look for any change or gap. Exit 0: whole; 1: not."""
    import orjson

    from issuer.audit.verifying import WORDS

    store, secret = _open_sealed(deployment)
    try:
        found = store.verify(secret, noted)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        click.echo(orjson.dumps({"whole": found.whole, "log": found}).decode())
    else:
        click.echo(f"{found.entries} entries under {found.seals} seals, {found.unsealed} not sealed yet.")
        for problem in found.problems:
            place = f", entries {problem.first_seq} to {problem.last_seq}" if problem.first_seq else ""
            count = f" ({abs(problem.difference)})" if problem.difference else ""
            click.echo(f"Seal {problem.seal}{place}: {WORDS[problem.kind]}{count}.")
        click.echo("The log is whole." if found.whole else "The log is not whole.")
        if found.whole and noted is None:
            click.echo("Without --head nobody can tell whether its newest part was cut off.", err=True)
    sys.exit(0 if found.whole else 1)


@command.command()
@click.pass_obj
def head(deployment: Deployment) -> None:
    """Print the newest seal as NUMBER:HASH. Note it where the operator of this database cannot change it."""
    found = _open(deployment)[0].head()
    if found is None:
        raise click.ClickException("Nothing is sealed yet.")
    click.echo(found.text)


@command.command()
@click.pass_obj
def seal(deployment: Deployment) -> None:
    """Seal what is not sealed yet. A running issuer does so twice a second."""
    store, secret = _open(deployment)
    click.echo(f"{store.seal(secret, utc_now())} entries sealed.")


@command.command()
@click.option("--since", help="The first day or moment (UTC), as 2026-11-20 or 2026-11-20T14:05:00.")
@click.option("--until", help="The first day or moment after.")
@click.option("--actor", default="", help="staff:ID, client:ID or operator.")
@click.option("--clinic", default="", help="A clinic's id.")
@click.option("--action", default="", help="A word such as record.correct.")
@click.option("--person", default="", help="A person's id.")
@click.option("--object", "object_id", default="", help="The id of a record, card, import …")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.pass_obj
def export(
    deployment: Deployment,
    since: str | None,
    until: str | None,
    actor: str,
    clinic: str,
    action: str,
    person: str,
    object_id: str,
    form: str,
) -> None:
    """Write entries to the standard output, oldest first. The export stands in the log itself."""
    from issuer.audit.entry import Entry
    from issuer.audit.export import csv_rows, json_lines
    from issuer.audit.lines import Filter
    from issuer.rights import Actor

    wanted = Filter(
        actor, "", clinic, action, "", object_id, person, _moment(since, "--since"), _moment(until, "--until")
    )
    store, _ = _open(deployment)
    noted = Entry(utc_now(), Actor("operator", "operator"), "audit.export", "audit", "", person_id=person)
    store.note([noted])
    write = csv_rows if form == "csv" else json_lines
    _print(write(store.export(wanted)))


def _print(rows: Iterator[str]) -> None:
    for row in rows:
        sys.stdout.write(row)


def _moment(text: str | None, option: str) -> datetime | None:
    if not text:
        return None
    for form in DAY_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise click.UsageError(f"{option} is a day or a moment such as 2026-11-20 or 2026-11-20T14:05:00")


def _open(deployment: Deployment) -> "tuple[AuditStore, bytes]":
    """The log, and the secret behind its seals."""
    from issuer.db import open_engine
    from issuer.settings import from_environ
    from issuer.store.audit import AuditStore

    settings = from_environ({"COUNTERSIGN_ISS": deployment.iss} | dict(os.environ), deployment.folder)
    return AuditStore(open_engine(settings.database_url)), settings.audit_secret


def _open_sealed(deployment: Deployment) -> "tuple[AuditStore, bytes]":
    """The same, where the secret must be there already: with a new one no seal would verify."""
    if not (deployment.secrets / SECRET).exists():
        raise click.ClickException(
            f"secrets/{SECRET} is not there: put back the one that sealed this log. Nothing was checked."
        )
    return _open(deployment)
