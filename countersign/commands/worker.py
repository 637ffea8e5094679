"""`countersign worker`: what the issuer does behind its pages: imports, the audit log's seals, webhooks, messages.

Any number of them may run, on any number of machines: on PostgreSQL they share procrastinate's queue, on SQLite a pool
of processes shares the file.
"""

import gc
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from countersign.clock import utc_now
from countersign.deployment import DATA_VARIABLE, open_deployment

if TYPE_CHECKING:
    from issuer.settings import Settings

IDLE_SECONDS = 0.5
"""How often an idle worker looks for work."""
RESTART_SECONDS = 1.0
STOP_SECONDS = 10.0
LEASE_SECONDS = 60
SELDOM = (200_000, 20, 100)
"""When Python's collector of cycles looks: counts of new objects, then of looks at the younger ones."""


@click.command()
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Chunks done at once.")
@click.option("--lease", type=click.IntRange(2, 3600), default=LEASE_SECONDS, show_default=True,
              help="Seconds after which a silent worker's chunk is another's.")  # fmt: skip
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
@click.option("--child", type=int, hidden=True)
def command(processes: int, lease: int, data: str | None, child: int | None) -> None:
    """Do imports, seal the audit log, deliver webhooks and messages; until stopped."""
    deployment = open_deployment(data)
    os.environ[DATA_VARIABLE] = str(deployment.folder)
    if child is not None:
        _work(lease)
        return
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    threads = [threading.Thread(target=run, args=[ended], daemon=True) for run in _behind(_settings())]
    for thread in threads:
        thread.start()
    _supervise(processes, lease, ended)


def _supervise(processes: int, lease: int, ended: threading.Event) -> None:
    """A child that dies, of a killed database or otherwise, is started again."""
    command = [sys.executable, "-m", "countersign", "worker", "--lease", str(lease), "--child"]
    children = {number: subprocess.Popen([*command, str(number)]) for number in range(processes)}
    click.echo(f"Worker: {processes} processes at work.", err=True)
    while not ended.wait(RESTART_SECONDS):
        for number, child in children.items():
            if child.poll() is not None:
                click.echo(f"Worker {number} ended with code {child.returncode}; starting it again.", err=True)
                children[number] = subprocess.Popen([*command, str(number)])
    for child in children.values():
        child.terminate()
    for child in children.values():
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _work(lease: int) -> None:
    from issuer import jobs
    from issuer.app import make_service
    from issuer.bulk import pool
    from issuer.bulk.chunk import ChunkWorker
    from issuer.db import open_engine
    from issuer.store.import_chunks import ChunkStore

    settings = _settings()
    service = make_service(settings, open_deployment().card_keys())
    # A chunk makes some hundred thousand small objects that all go together: looking for cycles among them is in vain.
    gc.freeze()
    gc.set_threshold(*SELDOM)
    held = timedelta(seconds=lease)
    chunks = ChunkStore(open_engine(settings.database_url), lease=held)
    worker = ChunkWorker(service.intake, chunks, utc_now)
    name = f"{socket.gethostname()}-{os.getpid()}"
    if jobs.is_for(settings.database_url):
        jobs.work(settings.database_url, worker, name, held)
        return
    ended = threading.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: ended.set())
    parent = os.getppid()
    pool.work(worker, name, lambda: not ended.wait(IDLE_SECONDS) and os.getppid() == parent)


def _settings() -> "Settings":
    from issuer.settings import from_environ

    deployment = open_deployment()
    return from_environ({"COUNTERSIGN_ISS": deployment.iss} | dict(os.environ), deployment.folder)


def _behind(settings: "Settings") -> list[Callable[[threading.Event], None]]:
    """What one thread each does beside the chunks."""
    from issuer.app import make_service
    from issuer.audit.sealing import run_sealer
    from issuer.chores import Chores, run
    from issuer.db import open_engine
    from issuer.fraud.watching import Watch, run_watch
    from issuer.getting_in.chores import ResidentChores, run_messages
    from issuer.getting_in.messages import channels_of
    from issuer.getting_in.setting import make_setting
    from issuer.jobs import is_for, put_in_forgotten
    from issuer.staff.tokens import unseal
    from issuer.store import Store
    from issuer.store.audit import AuditStore
    from issuer.store.events import EventStore
    from issuer.store.import_chunks import ChunkStore
    from issuer.webhooks.delivering import run_deliverer
    from issuer.webhooks.posting import Poster

    engine = open_engine(settings.database_url)
    residents = make_setting(settings, engine, secrets.token_bytes, settings.messages)

    def seal(ended: threading.Event) -> None:
        run_sealer(AuditStore(engine), settings.audit_secret, utc_now, ended.wait, _told("audit log was not sealed"))

    def deliver(ended: threading.Event) -> None:
        key = settings.seal_secret

        def opened(octets: bytes, name: str) -> bytes:
            return unseal(key, octets, name)

        run_deliverer(EventStore(engine), opened, Poster().post, utc_now, ended.wait, _told("webhooks were not sent"))

    def do_chores(ended: threading.Event) -> None:
        service = make_service(settings, open_deployment().card_keys())
        url = settings.database_url
        wake = (lambda _: put_in_forgotten(url, ChunkStore(engine).waiting_chunks()),) if is_for(url) else ()
        chores = Chores(service, engine, utc_now, (*wake, ResidentChores(residents)))
        run(chores, ended.wait, _told("chores were not done"))

    def watch(ended: threading.Event) -> None:
        told = _told("clinics were not watched")
        run_watch(Watch(Store(engine), secrets.token_bytes), utc_now, ended.wait, told)

    def send_messages(ended: threading.Event) -> None:
        channels, told = channels_of(settings.messages, residents.office), _told("messages were not sent")
        run_messages(residents, channels, utc_now, random.random, ended.wait, told)

    return [seal, deliver, do_chores, watch, *([send_messages] if residents.channels else [])]


def _told(what: str) -> Callable[[Exception], None]:
    return lambda error: click.echo(f"The {what} just now ({type(error).__name__}); trying again.", err=True)
