"""What `pages` offers, and that its dates come without Flask."""

import subprocess
import sys
from pathlib import Path

import pytest

import pages

ROOT = Path(__file__).resolve().parents[2]


def test_public_names() -> None:
    assert pages.__all__ == ["InMemoryRequest", "Problem", "Service", "install", "policy", "problem"]
    assert all(getattr(pages, name) for name in pages.__all__)
    with pytest.raises(AttributeError):
        pages.nothing  # noqa: B018


def test_dates_load_no_framework() -> None:
    script = "import sys, pages.dates; print('flask' in sys.modules or 'prometheus_client' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "False"
