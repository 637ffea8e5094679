"""A log on each kind of database, and somebody who does things."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from issuer.audit.entry import Entry
from issuer.db import open_engine, writing
from issuer.rights import Actor
from issuer.store.audit import AuditStore, append

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NURSE = Actor("staff:n1", "vaccinator", "c1", "192.0.2.7")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = open_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def log(engine: Engine) -> AuditStore:
    return AuditStore(engine)


@pytest.fixture
def entry() -> Callable[..., Entry]:
    def make(number: int = 1, **changes: object) -> Entry:
        values = {
            "at": START + timedelta(seconds=number),
            "actor": NURSE,
            "action": "record.add",
            "object_kind": "record",
            "object_id": f"r{number}",
            "person_id": f"p{number}",
        }
        return Entry(**values | changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def written(engine: Engine, entry: Callable[..., Entry]) -> Callable[..., None]:
    """Writes so many entries, a transaction each."""

    def write(*numbers: int, **changes: object) -> None:
        for number in numbers:
            with writing(engine) as connection:
                append(connection, [entry(number, **changes)])

    return write
