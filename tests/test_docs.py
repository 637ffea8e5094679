"""What the docs say is so: every code, setting and command stands there, examples run, links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cards import errors
from countersign.cli import COMMANDS
from issuer.faults import ALL_FAULTS
from issuer.settings import ENVIRONMENT
from verifier.image import UnreadablePicture
from verifier.settings import PREFIX

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def subclasses(kind: type) -> list[type]:
    return [c for child in kind.__subclasses__() for c in (child, *subclasses(child))]


def test_every_error_code_is_documented():
    codes = [c.code for c in subclasses(errors.CardError) if "code" in vars(c)]
    assert len(codes) == 15
    page = text("docs/verification.md")
    assert [code for code in [*codes, *UnreadablePicture.MESSAGES] if f"`{code}`" not in page] == []


def test_every_fault_of_a_bundle_is_documented():
    page = text("docs/issuance.md")
    assert [code for code in ALL_FAULTS if f"`{code}`" not in page] == []


def test_every_setting_is_documented():
    page = text("docs/operations.md")
    used = set(ENVIRONMENT)
    for path in ROOT.glob("*/*.py"):
        used |= set(re.findall(r"COUNTERSIGN_[A-Z_]+[A-Z]", path.read_text("utf-8")))
    used -= {PREFIX.rstrip("_")}
    assert [name for name in sorted(used) if f"`{name}`" not in page] == []


def test_every_command_is_documented():
    whole = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert [name for name in COMMANDS if f"countersign {name}" not in whole] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run(page, tmp_path):
    for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_make_targets_in_the_docs_exist():
    makefile = text("Makefile")
    for page in PAGES:
        for target in re.findall(r"`make ([a-z]+)`", page.read_text("utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_shows_in_the_docs_exist():
    from tests.shows.__main__ import SHOWS

    whole = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert set(re.findall(r"make show-([a-z0-9-]*[a-z0-9])", whole)) <= set(SHOWS)
    assert all((ROOT / "tests" / "shows" / f"{name.replace('-', '_')}.py").exists() for name in SHOWS)
