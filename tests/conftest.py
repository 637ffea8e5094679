"""What every room's tests may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


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
