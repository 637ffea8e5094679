"""The show, small: kill -9 at the worst moments, on both databases."""

from pathlib import Path

import pytest

from tests.conftest import missing
from tests.shows.messages import shown


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_each_message_arrives_once_in_effect(database: str) -> None:
    if database == "postgresql" and not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        missing("PostgreSQL (apt-get install postgresql)")
    figures, good = shown(100, 2, database, 2)
    assert good, figures
    assert figures["rolled_back"] > 0
    assert figures["went_on_to_next_contact"] > 0
