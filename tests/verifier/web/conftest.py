"""The verifier's app with guests before it."""

import pytest
from flask.testing import FlaskClient

from tests.e2e.guests import NOW, World
from verifier.app import create_app
from verifier.settings import Settings


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> FlaskClient:
    registry = world.registry()
    return create_app(Settings(), lambda: registry, lambda: NOW).test_client()
