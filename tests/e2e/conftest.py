"""A door with guests before it, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import PHONE, with_canvas_camera
from tests.e2e.guests import NOW, World
from tests.serving import served
from verifier.app import create_app
from verifier.settings import Settings


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def door(world: World) -> Iterator[str]:
    """The address of a verifier, in this process, that judges by the world's registry at the world's time."""
    registry = world.registry()
    app = create_app(Settings(), lambda: registry, lambda: NOW)
    with served(app) as address:
        yield address


@pytest.fixture
def phone(browser: Browser, door: str) -> Iterator[Page]:
    """A page on a phone whose camera sees a canvas."""
    context = with_canvas_camera(browser, door, viewport=PHONE, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()
