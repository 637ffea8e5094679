"""The verifier's app with guests before it."""

import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))

from guests import NOW, World

from verifier.app import create_app
from verifier.settings import Settings


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> FlaskClient:
    registry = world.registry()
    return create_app(Settings(), lambda: registry, lambda: NOW).test_client()
