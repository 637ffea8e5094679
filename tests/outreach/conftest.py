"""Both databases, and a world on each."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.outreach.servers import Certificates
from tests.outreach.world import World, world
from tests.shows.postgres import Postgres

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def outreach_postgres() -> Iterator[Postgres]:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        missing("PostgreSQL (apt-get install postgresql)")
    with Postgres() as server:
        yield server


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'outreach.db'}"
    server: Postgres = request.getfixturevalue("outreach_postgres")
    return server.create(f"t{uuid.uuid4().hex}")


@pytest.fixture
def at(url: str) -> Iterator[World]:
    """The world on each database."""
    with world(url) as made:
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """The world on SQLite, for what no database decides."""
    with world(f"sqlite:///{tmp_path / 'here.db'}") as made:
        yield made


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    return Certificates()
