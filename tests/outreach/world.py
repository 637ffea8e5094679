"""An office, a clock that is turned by hand, and databases with the library's tables in them."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, create_engine, event
from sqlalchemy.pool import NullPool

import outreach
from outreach.models import NAMING
from outreach.office import Office
from outreach.rules import Quiet, Rules
from outreach.sender import Sender
from outreach.templates import catalogue
from outreach.vault import Vault

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
"""Noon in New York."""
TOKEN = "Zq3" * 14 + "Z"
"""256 bits in base64url, as long as a real one."""
LINK = f"https://cards.example.gov/r/{TOKEN}"
ENDS = date(2026, 12, 4)
metadata = MetaData(naming_convention=NAMING)
outreach.tables(metadata)
cause = Table("cause", metadata, Column("id", String(40), primary_key=True))
"""What a caller writes with its messages."""


def open_engine(url: str) -> Engine:
    """As a caller of the library opens its own."""
    if not url.startswith("sqlite"):
        return create_engine(url.replace("postgresql://", "postgresql+psycopg://"), pool_size=5)
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 10})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def office(**rules: Any) -> Office:
    sender = Sender("Department of Health", "State DOH", "cards.example.gov")
    return Office(sender, catalogue(), Vault(b"s" * 32), Rules(**rules))


@dataclass
class Clock:
    """Stands still until it is turned."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@dataclass
class World:
    """A database, an office, a clock, and a worker's round."""

    engine: Engine
    office: Office
    clock: Clock = field(default_factory=Clock)
    channels: dict[str, Any] = field(default_factory=dict)
    flagged: list[Any] = field(default_factory=list)
    chance: Callable[[], float] = lambda: 1.0
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def begin(self) -> AbstractContextManager[Connection]:
        return self.engine.begin()

    def new_id(self) -> str:
        return f"{next(self._numbers):032x}"

    def queue(self, *new: outreach.NewMessage) -> list[Any]:
        with self.begin() as connection:
            return outreach.queue(connection, self.office, new, self.clock(), self.new_id)

    def round(self, **how: Any) -> Any:
        def told(_: Any, one: Any) -> None:
            self.flagged.append(one)

        return outreach.deliver_some(
            self.begin, self.office, self.channels, self.clock, self.chance, self.new_id, told, **how
        )

    def rows(self) -> list[Any]:
        from outreach.store import message

        with self.begin() as connection:
            return list(connection.execute(message.select().order_by(message.c.id)))

    def row(self) -> Any:
        (found,) = self.rows()
        return found

    def counts(self) -> dict[str, tuple[int, int]]:
        with self.begin() as connection:
            return outreach.waiting(connection, self.clock())[1]


@contextmanager
def world(url: str, **rules: Any) -> Iterator[World]:
    """On an empty database."""
    engine = open_engine(url)
    metadata.create_all(engine)
    try:
        yield World(engine, office(**rules))
    finally:
        engine.dispose()


def email(address: str = "ada@mail.example", ref: str = "e1", zone: str = "") -> outreach.Contact:
    return outreach.Contact("email", address, ref, zone)


def sms(address: str = "+15550100123", ref: str = "s1", zone: str = "") -> outreach.Contact:
    return outreach.Contact("sms", address, ref, zone)


def letter(ref: str = "l1") -> outreach.Contact:
    return outreach.Contact("letter", "A. Bell\n1 Main Street\nSpringfield 12345", ref)


def new(*contacts: outreach.Contact, purpose: str = "record-ready", **changes: Any) -> outreach.NewMessage:
    values = {
        "contact-confirm": outreach.Values(code="482913"),
        "contact-removed": outreach.Values(),
    }
    linked = outreach.Values(link=LINK, ends=ENDS) if "ends" in outreach.messages.PURPOSES[purpose] else None
    given = {
        "language": "en",
        "person": "p1",
        "values": values.get(purpose) or linked or outreach.Values(link=LINK),
        **changes,
    }
    if purpose == "contact-removed":
        given["values"] = outreach.Values()
    return outreach.NewMessage(purpose=purpose, contacts=contacts or (email(),), **given)


NEVER_QUIET = Quiet(channels=frozenset())
