"""`countersign hl7`: the MLLP listener for EHRs and laboratories (docs/hl7.md)."""

import asyncio
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from countersign.clock import utc_now
from countersign.deployment import Deployment, open_deployment

if TYPE_CHECKING:
    from issuer.hl7 import Door
    from issuer.hl7.senders import Senders
    from issuer.settings import Settings

PORT = 2575
"""The port that IANA gives to HL7."""
STOP_SECONDS = 40.0
"""More than the listener's own grace for messages that are being recorded."""


@dataclass(frozen=True, slots=True)
class Options:
    """What one listening process needs; plain values, so that it can be handed to a new process."""

    host: str
    port: int
    certificate: str | None
    certificate_key: str | None
    client_ca: str | None
    senders: str
    data: str | None
    zone: str
    region: str
    processing_id: str
    shared: bool


@click.group()
def command() -> None:
    """HL7 v2.5.1 from EHRs and laboratories."""


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Anything but loopback needs TLS.")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False), help="PEM: the listener's certificate.")
@click.option("--certificate-key", type=click.Path(exists=True, dir_okay=False), help="PEM: its key.")
@click.option(
    "--client-ca", type=click.Path(exists=True, dir_okay=False), help="PEM: who signs the senders' certificates."
)
@click.option(
    "--senders", required=True, type=click.Path(exists=True, dir_okay=False), help="JSON: who may send, for whom."
)
@click.option("--zone", default="UTC", show_default=True, help="Where laboratory times without a zone were taken.")
@click.option("--region", default="US", show_default=True, help="ISO 3166: phone numbers without a country code.")
@click.option("--processing-id", type=click.Choice(["P", "T"]), default="P", show_default=True, help="MSH-11 we take.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
def serve(workers: int, **given: str | int | None) -> None:
    """Listen for HL7 v2.5.1 over MLLP.

    With a certificate, its key and the senders' authority it speaks mutual TLS; without them it listens on the loopback
    interface only. A message is answered when what it says stands in the database. SIGTERM lets messages that are being
    recorded be answered first.
    """
    options = Options(**given, shared=workers > 1)  # type: ignore[arg-type]  # click has checked each
    _name_clinics_not_live(options, _check(options))
    if workers == 1:
        asyncio.run(_listen(options))
    else:
        _run_processes(options, workers)


def _check(options: Options) -> "Senders":
    """The senders; everything else that can be wrong before the first message, as a sentence."""
    from issuer.hl7.senders import BadSenders, read_senders

    tls = (options.certificate, options.certificate_key, options.client_ca)
    if any(tls) and not all(tls):
        raise click.UsageError("--certificate, --certificate-key and --client-ca go together.")
    try:
        senders = read_senders(Path(options.senders).read_text("utf-8"))
        ZoneInfo(options.zone)
    except (BadSenders, UnicodeDecodeError) as error:
        raise click.UsageError(
            str(error) if isinstance(error, BadSenders) else "The senders' file is not UTF-8."
        ) from None
    except (ZoneInfoNotFoundError, ValueError):
        raise click.UsageError("--zone takes a name such as America/Detroit.") from None
    return senders


def _name_clinics_not_live(options: Options, senders: "Senders") -> None:
    """Not a reason to stay away: the other senders' clinics are live, and this one may be soon."""
    from issuer.hl7.making import clinic_states
    from issuer.hl7.senders import clinics_of, not_live

    url = _deployed(options)[0].database_url
    bound = sorted({one for sender in senders.all for one in clinics_of(sender)})
    for words in not_live(senders, clinic_states(url, bound)):
        click.echo(words, err=True)


async def _listen(options: Options) -> None:
    from issuer.hl7.making import find_sender, registered
    from issuer.hl7.mllp import Listener, PlainRefused, mutual_tls
    from issuer.hl7.senders import read_senders

    tls = None
    if options.certificate and options.certificate_key and options.client_ca:
        tls = mutual_tls(options.certificate, options.certificate_key, options.client_ca)
    senders = read_senders(Path(options.senders).read_text("utf-8"))
    sender_of = find_sender(senders, registered(_deployed(options)[0].database_url))
    listener = Listener(_door(options), sender_of, utc_now, tls)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await listener.start(options.host, options.port, shared=options.shared)
    except PlainRefused:
        raise click.UsageError(
            "Without TLS we listen on loopback only. Give --certificate, --certificate-key and --client-ca."
        ) from None
    except OSError as error:
        raise click.ClickException(f"Cannot listen on port {options.port}: {error.strerror}") from None
    click.echo(f"Listening for HL7 on {options.host}:{options.port}, {'mutual TLS' if tls else 'plain'}", err=True)
    await stop.wait()
    await listener.stop()


def _door(options: Options) -> "Door":
    """The door before this deployment's intake."""
    from issuer.app import make_intake
    from issuer.hl7.making import make_door
    from issuer.hl7.message import Reading

    settings, deployment = _deployed(options)
    reading = Reading(ZoneInfo(options.zone), options.region.upper(), options.processing_id)
    return make_door(make_intake(settings, deployment.card_keys()), reading)


def _deployed(options: Options) -> "tuple[Settings, Deployment]":
    from issuer.settings import from_environ

    deployment = open_deployment(options.data)
    return from_environ({"COUNTERSIGN_ISS": deployment.iss} | dict(os.environ), deployment.folder), deployment


def _run_processes(options: Options, workers: int) -> None:
    """Several processes on one port; if one ends, all do, and whoever watches starts them again."""
    fresh = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = [fresh.Process(target=_work, args=(options,)) for _ in range(workers)]
    for process in processes:
        process.start()
    signal.signal(signal.SIGTERM, lambda *_: _end(processes))
    signal.signal(signal.SIGINT, lambda *_: _end(processes))
    multiprocessing.connection.wait([process.sentinel for process in processes])
    _end(processes)
    for process in processes:
        process.join(STOP_SECONDS)
    sys.exit(max(abs(process.exitcode or 0) for process in processes))


def _work(options: Options) -> None:
    asyncio.run(_listen(options))


def _end(processes: list[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
