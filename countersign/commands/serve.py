"""`countersign serve`: one service in this process, behind granian."""

import os

import click

from countersign.deployment import DATA_VARIABLE, open_deployment

THREADS_PER_CORE = 2
"""Requests one worker handles at once; checks and signatures release the interpreter while they compute."""


@click.command()
@click.argument("service", type=click.Choice(["issuer", "verifier"]))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), help="By default 8000 for the issuer, 8001 for the verifier.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
@click.option(
    "--certificate", type=click.Path(exists=True), help="PEM; with --certificate-key the service speaks https."
)
@click.option("--certificate-key", type=click.Path(exists=True))
def command(
    service: str,
    host: str,
    port: int | None,
    workers: int,
    data: str | None,
    certificate: str | None,
    certificate_key: str | None,
) -> None:
    """Run the issuer or the verifier.

    They share libraries and nothing else: run each on its own machine, with its own settings.
    """
    from pathlib import Path

    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from countersign.serving import check_settings

    os.environ[DATA_VARIABLE] = str(open_deployment(data).folder)
    check_settings(service)
    server = Granian(
        f"countersign.serving:{service}_app",
        address=host,
        port=port or {"issuer": 8000, "verifier": 8001}[service],
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=THREADS_PER_CORE * (os.cpu_count() or 1),
        log_level=LogLevels.warning,
        # Access logs hold addresses, and addresses of card pages open them. Counts are at /metrics.
        log_access=False,
        websockets=False,
        ssl_cert=Path(certificate) if certificate else None,
        ssl_key=Path(certificate_key) if certificate_key else None,
    )
    server.serve()
