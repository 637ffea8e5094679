"""`make show-messages`: kill -9 between commit and send, and between send and note; each arrives once in effect.

N (20,000) messages are queued with what caused them, and some transactions are rolled back. WORKERS (2) send them to a
real SMTP server and a gateway double. KILLS (12) times all of them die at the moment in which a server has a message
and has not answered, so that one message is sent and not noted and the rest of what they took is neither. Some
mailboxes do not exist: those messages go to the person's next contact. DATABASE: `postgresql`, `sqlite`.
"""

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import OperationalError

import outreach
from outreach.delivering import deliver_some
from outreach.gateway import Gateway
from outreach.office import Office
from outreach.rules import Cap, Quiet, Rules
from outreach.sender import Sender
from outreach.smtp import Smtp
from outreach.store import message
from outreach.templates import catalogue
from outreach.vault import Vault
from tests.outreach.servers import Mailbox, Provider, gateway_server, smtp_server
from tests.outreach.world import ENDS, LINK, cause, metadata, open_engine
from tests.shows.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
PORTION = 100
"""Causes written in one transaction, where there are enough for twenty of them."""
ROLLED_BACK = 10
"""Every tenth transaction fails after its messages were queued."""
UNKNOWN = 50
"""Every fiftieth mailbox does not exist."""
LEASE_SECONDS = 3.0
PATIENCE_SECONDS = 1_200
LANGUAGES = ("en", "es", "fr", "zh-Hans", "vi", "ar")
SECRET = b"m" * 32
MANY = Cap(10_000_000, 10_000_000)


def office() -> Office:
    """Without night and pace: the show is about what arrives."""
    rules = Rules(
        sent=MANY, per_contact=MANY, quiet=Quiet(channels=frozenset()), lease=timedelta(seconds=LEASE_SECONDS),
        first_retry=timedelta(seconds=1), longest_retry=timedelta(seconds=5),
    )  # fmt: skip
    sender = Sender("Department of Health", "State DOH", "cards.example.gov")
    return Office(sender, catalogue(), Vault(SECRET), rules)


def show() -> tuple[dict[str, Any], bool]:
    """Figures, and whether each arrived once."""
    wanted, kills = int(os.environ.get("N", "20000")), int(os.environ.get("KILLS", "12"))
    return shown(wanted, kills, os.environ.get("DATABASE", "postgresql"), int(os.environ.get("WORKERS", "2")))


def shown(wanted: int, kills: int, database: str, workers: int) -> tuple[dict[str, Any], bool]:
    """The same with its sizes as arguments."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-messages-", dir="/var/tmp")))
        if database == "postgresql":
            url = stack.enter_context(Postgres()).create("messages")
        else:
            url = f"sqlite:///{folder / 'messages.db'}"
        engine = open_engine(url)
        stack.callback(engine.dispose)
        metadata.create_all(engine)
        queued = _queued(engine, wanted)
        run = Run(url, wanted, kills, random.Random(int(os.environ.get("SEED", "1"))))
        port = stack.enter_context(smtp_server(run.mailbox))
        gateway = stack.enter_context(gateway_server(run.provider))
        stack.callback(run.end)
        seconds = run.until_done(engine, [url, str(port), gateway], workers)
        figures = run.judged(engine) | {"database": database, "workers": workers} | queued
    figures["messages_per_second"] = round(wanted / seconds, 1)
    figures["seconds"] = round(seconds, 1)
    good = figures["arrived"] == figures["committed"] == wanted and figures["of_rolled_back"] == 0
    return figures, bool(good and figures["changed_when_repeated"] == 0 and run.moments >= kills)


def _queued(engine: Engine, wanted: int) -> dict[str, Any]:
    """Write causes and their messages; every tenth transaction ends in an error and leaves neither."""
    began, number, portion, lost = time.monotonic(), 0, 0, 0
    size = max(1, min(PORTION, wanted // 20))
    while number < wanted:
        portion += 1
        numbers = range(number, min(number + size, wanted))
        try:
            with engine.begin() as connection:
                connection.execute(cause.insert(), [{"id": f"dose {portion} {one}"} for one in numbers])
                new = [_message(one, portion) for one in numbers]
                outreach.queue(connection, office(), new, datetime.now(UTC), _new_id)
                if portion % ROLLED_BACK == 0:
                    raise KeyError
        except KeyError:
            lost += len(numbers)
            continue
        number += len(numbers)
    return {"queued_per_second": round(wanted / (time.monotonic() - began), 1), "rolled_back": lost}


def _message(number: int, portion: int) -> outreach.NewMessage:
    local = "unknown" if number % UNKNOWN == 0 else f"p{number}"
    mail = outreach.Contact("email", f"{local}{number if local == 'unknown' else ''}@mail.example", f"e{number}")
    text = outreach.Contact("sms", f"+1555{number:07}", f"s{number}")
    contacts = (mail, text) if number % 5 < 3 else (text, mail)
    return outreach.NewMessage(
        "record-ready", LANGUAGES[number % len(LANGUAGES)], f"person {number}", contacts,
        outreach.Values(link=LINK, ends=ENDS), once=f"dose {portion} {number}",
    )  # fmt: skip


def _new_id() -> str:
    return secrets.token_hex(16)


class Run:
    """Workers, what is on the other side, and somebody who kills them at the worst moments."""

    def __init__(self, url: str, wanted: int, kills: int, source: random.Random) -> None:
        unknown = {f"unknown{number}": ["550 5.1.1 no such user"] for number in range(0, wanted, UNKNOWN)}
        self.mailbox = Mailbox(refuses=unknown, keep=False, on_data=self._accepted)
        self.provider = Provider(on_taken=self._accepted)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.moments = 0
        self.killed = {"workers": 0, "claimed_and_not_noted": 0}
        self._lock = threading.Lock()
        self._seen = 0
        # After so many accepted messages somebody dies before the answer goes out, or while others are claimed.
        self._moments = sorted(source.sample(range(1, max(kills + 2, int(wanted * 0.8))), kills))
        self._pending = threading.Event()

    def _accepted(self, key: str) -> None:
        """The server has it, and has not answered yet: whoever sent it will not note it."""
        with self._lock:
            self._seen += 1
            due = bool(self._moments) and self._seen >= self._moments[0]
            if not due:
                return
            self._moments.pop(0)
            for worker in self.workers:
                worker.send_signal(signal.SIGKILL)
            for worker in self.workers:
                worker.wait()
            self.moments += 1
            self.killed["workers"] += len(self.workers)
            self._pending.set()

    def until_done(self, engine: Engine, arguments: list[str], workers: int) -> float:
        """Start workers anew whenever they were killed, until nothing waits; how many seconds."""
        command = [sys.executable, "-m", "tests.shows.messages", *arguments]
        began = time.monotonic()
        self._start(command, workers)
        while time.monotonic() - began < PATIENCE_SECONDS:
            if self._pending.wait(0.2):
                self._pending.clear()
                self.killed["claimed_and_not_noted"] += _waiting(
                    engine, message.c.claim.is_not(None), message.c.due_at > datetime.now(UTC)
                )
                self._start(command, workers)
            if all(worker.poll() is not None for worker in self.workers) and not self._pending.is_set():
                if _waiting(engine) == 0:
                    return time.monotonic() - began
                self._start(command, workers)
        raise SystemExit("not done in time")

    def _start(self, command: list[str], workers: int) -> None:
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.workers = [subprocess.Popen(command, env=environ, cwd=ROOT) for _ in range(workers)]

    def end(self) -> None:
        """Nobody stays behind."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()

    def judged(self, engine: Engine) -> dict[str, Any]:
        """What arrived, held against what was committed."""
        arrived = set(self.mailbox.keys) | set(self.provider.sent)
        with engine.begin() as connection:
            rows = {row.id: row for row in connection.execute(select(message))}
            causes = connection.execute(select(func.count()).select_from(cause)).scalar_one()
            joined = select(func.count()).select_from(cause.join(message, message.c.once == cause.c.id))
            committed = connection.execute(joined).scalar_one()
        where = {key.split(".")[0]: key for key in arrived}
        asked = sum(self.mailbox.keys.values()) + sum(self.provider.asked.values())
        return {
            "messages": causes,
            "committed": committed if committed == causes == len(rows) else -1,
            "arrived": len(where) if len(where) == len(arrived) and set(where) == set(rows) else -1,
            "of_rolled_back": len(set(where) - set(rows)),
            "by_email": len(self.mailbox.keys),
            "by_sms": len(self.provider.sent),
            "went_on_to_next_contact": sum(row.met != "" and row.position == 1 for row in rows.values()),
            "sent_again_under_the_same_name": asked - len(arrived),
            "changed_when_repeated": len(self.mailbox.changed) + len(self.provider.changed),
            "moments_of_killing": self.moments,
            "killed": self.killed,
            "states": sorted({row.state for row in rows.values()}),
        }


def _waiting(engine: Engine, *which: Any) -> int:
    with engine.begin() as connection:
        return int(connection.execute(select(func.count()).where(message.c.state == "waiting", *which)).scalar_one())


# ---- A worker, in a process of its own -------------------------------------------------------------------------------


def work(url: str, port: str, gateway: str) -> None:
    """Rounds until nothing waits."""
    engine, sending = open_engine(url), office()
    channels: dict[str, Any] = {
        "email": Smtp(sending.sender, "127.0.0.1", int(port), "none"),
        "sms": Gateway(gateway, "gateway-token"),
    }

    @contextmanager
    def begin() -> Iterator[Connection]:
        with engine.begin() as connection:
            yield connection

    while True:
        try:
            done = deliver_some(begin, sending, channels, lambda: datetime.now(UTC), random.random, _new_id)
        except OperationalError:
            continue
        if not done.attempts and not done.released:
            if _waiting(engine) == 0:
                return
            time.sleep(0.1)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        work(*sys.argv[1:])
    else:
        print(json.dumps(show()))
