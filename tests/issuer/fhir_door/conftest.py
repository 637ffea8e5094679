"""A world on each kind of database, or on SQLite where the database does not matter."""

from collections.abc import Iterator

import pytest

from keys.store import KeyStore
from tests.issuer.fhir_door.world import Clock, World, build


@pytest.fixture
def fhir_clock() -> Clock:
    return Clock()


@pytest.fixture
def world(sqlite_database: str, keystore: KeyStore, fhir_clock: Clock) -> Iterator[World]:
    made = build(sqlite_database, keystore, fhir_clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def any_world(database: str, keystore: KeyStore, fhir_clock: Clock) -> Iterator[World]:
    """On each kind of database."""
    made = build(database, keystore, fhir_clock)
    yield made
    made.engine.dispose()
