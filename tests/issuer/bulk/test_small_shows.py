"""The small forms of `make show-bulk` and `make show-kills`: real servers, real workers, real kills."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def shown(name: str, **sizes: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.shows", name],
        cwd=ROOT, env={**os.environ, **sizes}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.postgres
@pytest.mark.xdist_group("heavy")
def test_bulk_on_postgresql() -> None:
    assert shown("bulk", ROWS="3000")["counts"] == {"person": 3000, "record": 3000, "card": 3000}


@pytest.mark.xdist_group("heavy")
def test_bulk_on_sqlite() -> None:
    assert shown("bulk", ROWS="2000", DATABASE="sqlite")["database"] == "sqlite"


@pytest.mark.postgres
@pytest.mark.xdist_group("heavy")
def test_kills() -> None:
    figures = shown("kills", ROWS="4000", KILLS="3")
    assert figures["records"] == figures["cards"] == 4000
    assert figures["audit_whole"] is True
