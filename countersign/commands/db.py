"""`countersign db`: the issuer's database."""

import os

import click

from countersign.deployment import open_deployment


@click.group()
def command() -> None:
    """The issuer's database."""


@command.command()
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
def upgrade(data: str | None) -> None:
    """Bring the schema to this version; what any earlier version wrote stays readable."""
    from issuer import db
    from issuer.settings import from_environ

    deployment = open_deployment(data)
    settings = from_environ({"COUNTERSIGN_ISS": deployment.iss} | dict(os.environ), deployment.folder)
    db.upgrade(settings.database_url)
    click.echo("The database is ready.")
