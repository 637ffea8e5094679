"""The show, small: from a dose to an accepted printed page, over real protocols, in a real browser."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.e2e.browser import executable
from tests.shows.story import mann_whitney

ROOT = Path(__file__).resolve().parents[3]
TELL = "import json; from tests.shows.story import shown; print(json.dumps(shown(15)))"


@pytest.mark.browser
def test_the_whole_story() -> None:
    """In a process of its own: another test's browser may be open in this one."""
    if executable() is None:
        missing("Chromium")
    done = subprocess.run(
        [sys.executable, "-c", TELL], cwd=ROOT, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    figures, shown = json.loads(done.stdout.splitlines()[-1])
    assert shown, figures


def test_how_far_apart_two_samples_are() -> None:
    even = [number / 100 for number in range(100)]
    assert mann_whitney(even, [one + 0.001 for one in even]) > 0.5
    assert mann_whitney(even, [one + 0.5 for one in even]) < 1e-6
