"""`countersign import`: a CSV file or workbook of doses and results, as the clinic's page takes it."""

import os
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from countersign.clock import utc_now
from countersign.deployment import DATA_VARIABLE, open_deployment

if TYPE_CHECKING:
    from issuer.rights import Actor
    from issuer.settings import Settings
    from issuer.store.imports import ImportStore
    from issuer.tables.books import Job, Signing
    from issuer.tables.mapping import ColumnMapping

LOOK_SECONDS = 1.0


@click.group()
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
def command(data: str | None) -> None:
    """Files of many rows: bring one in, look how far it is, stop it and go on, get what was not recorded."""
    os.environ[DATA_VARIABLE] = str(open_deployment(data).folder)


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--clinic", default="", help="Id of the clinic; by default this deployment's own.")
@click.option("--date-order", type=click.Choice(["mdy", "dmy"]), help="How dates are written.")
@click.option("--sign-now", is_flag=True, help="Sign every card now; else each when it is first asked for.")
@click.option("--wait/--no-wait", default=True, help="Show the progress until it is done (a worker has to run).")
def start(file: Path, clinic: str, date_order: str | None, sign_now: bool, wait: bool) -> None:
    """Bring FILE in. Columns are recognised by their headers (docs/imports.md)."""
    from issuer import jobs
    from issuer.bulk.beginning import begin
    from issuer.service import HOUSE

    settings, imports, actor = _opened()
    mapping = _mapping(file, date_order)
    kept = settings.imports / f"{secrets.token_hex(16)}{file.suffix.lower()}"
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.open("rb") as source, open(kept, "xb", opener=_private) as target:
        shutil.copyfileobj(source, target)
    url = settings.database_url
    wake = (lambda job, chunks: jobs.put_in(url, job, chunks)) if jobs.is_for(url) else None
    signing: Signing = "now" if sign_now else "on-demand"
    job_id = begin(
        imports, actor, clinic or HOUSE, kept, mapping, signing, lambda: secrets.token_hex(16), utc_now(), wake
    )
    click.echo(job_id)
    if wait:
        _follow(imports, actor, job_id)


@command.command()
@click.argument("job")
def show(job: str) -> None:
    """How far an import is."""
    _, imports, actor = _opened()
    _say(imports.job(actor, job))


@command.command()
@click.argument("job")
def stop(job: str) -> None:
    """Stop an import; what was recorded stays, and `resume` goes on with the rest."""
    _, imports, actor = _opened()
    _say(imports.stop(actor, job, utc_now()))


@command.command()
@click.argument("job")
def resume(job: str) -> None:
    """Go on with a stopped import, or try again what failed."""
    from issuer import jobs

    settings, imports, actor = _opened()
    found = imports.resume(actor, job, utc_now())
    if jobs.is_for(settings.database_url):
        jobs.put_in(settings.database_url, job, found.chunks.get("waiting", 0))
    _say(found)


@command.command()
@click.argument("job")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def results(job: str, out: Path) -> None:
    """Write to OUT (.csv or .xlsx) what is wrong with rows that were not recorded, and what is said of the others."""
    from issuer.bulk.results import write_result_file

    _, imports, actor = _opened()
    rows = write_result_file(imports, actor, job, out)
    click.echo(f"{rows} rows wait for their correction.", err=True)


def _private(path: str, flags: int) -> int:
    """Health data: for this user alone."""
    return os.open(path, flags, 0o600)


def _opened() -> "tuple[Settings, ImportStore, Actor]":
    from issuer.db import open_engine
    from issuer.service import OPERATOR
    from issuer.settings import from_environ
    from issuer.store.imports import ImportStore

    deployment = open_deployment()
    settings = from_environ({"COUNTERSIGN_ISS": deployment.iss} | dict(os.environ), deployment.folder)
    return settings, ImportStore(open_engine(settings.database_url)), OPERATOR


def _mapping(file: Path, date_order: str | None) -> "ColumnMapping":
    from dataclasses import replace
    from itertools import islice

    from issuer.tables.mapping import suggest
    from issuer.tables.reading import look, read_rows

    with file.open("rb") as opened:
        head = look(opened)
        found = suggest(head.header, islice(read_rows(opened, head), 200))
    if found.missing:
        raise click.ClickException(f"These columns are missing or not recognised: {', '.join(found.missing)}.")
    if found.unused:
        click.echo(f"Not used: {len(found.unused)} columns.", err=True)
    if date_order == "mdy":
        return replace(found.mapping, date_order="mdy")
    return replace(found.mapping, date_order="dmy") if date_order == "dmy" else found.mapping


def _follow(imports: "ImportStore", actor: "Actor", job_id: str) -> None:
    while True:
        job = imports.job(actor, job_id)
        if sys.stderr.isatty() or job.state in ("done", "failed", "stopped"):
            _say(job)
        if job.state in ("done", "failed", "stopped"):
            sys.exit(0 if job.state == "done" else 1)
        time.sleep(LOOK_SECONDS)


def _say(job: "Job") -> None:
    from issuer.tables.books import progress

    how = progress(job, utc_now())
    left = f", {how.left} left" if how.left is not None else ""
    counts = job.counts
    click.echo(
        f"{job.state}: {how.done} of {how.rows} rows ({how.percent} %), {how.rate:.0f} rows/s{left}; "
        f"{counts.recorded} recorded, {counts.unchanged} unchanged, {counts.refused} wait, {counts.asked} asked about",
        err=True,
    )
