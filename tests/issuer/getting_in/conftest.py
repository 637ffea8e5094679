"""A world on each database, at noon in New York."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from issuer.db import open_engine
from tests.issuer.getting_in.world import World, make_world

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


@pytest.fixture
def world(service: Any, database: str) -> Iterator[World]:
    engine = open_engine(database)
    yield make_world(service, engine, NOON)
    engine.dispose()


@pytest.fixture
def local(local_service: Any, sqlite_database: str) -> Iterator[World]:
    """Where the database does not matter."""
    engine = open_engine(sqlite_database)
    yield make_world(local_service, engine, NOON)
    engine.dispose()
