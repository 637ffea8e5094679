"""A clinic at work on SQLite."""

from pathlib import Path
from typing import Any

import pytest

from issuer.models import metadata
from issuer.service import IssuerService
from tests.issuer.clinic_pages.world import Desk, build


@pytest.fixture
def desk(local_service: IssuerService, clock: Any, tmp_path: Path) -> Desk:
    """A clinic, a nurse, and the pages between them."""
    engine = local_service.store._engine
    metadata.create_all(engine)
    return build(local_service, engine, clock, tmp_path)
