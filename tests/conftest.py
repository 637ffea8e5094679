"""What every room's tests may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import AXE, executable, launch

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# How long one example takes depends on what else the machine does; bounded time is the fuzzers' business.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")


def missing(what: str) -> None:
    """Skip where something is not to be had; with CI=true that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"with CI=true this must be there: {what}")
    pytest.skip(f"not here: {what}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The conformance data beside the project."""
    if not (SHARED / "vectors" / "vectors.json").exists():
        missing("conformance data at ../shared/vectors")
    return SHARED


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all rooms: playwright's blocking form runs only once in a process."""
    if executable() is None:
        missing("Chromium (set CHROMIUM, or apt-get install chromium)")
    if not AXE.exists():
        missing("axe-core (python requirements/install_assets.py --test)")
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()
