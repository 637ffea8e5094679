"""What the tests of the carriers share: cards made of random text, and whether the typefaces are installed."""

import os
import random
import string
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from wallet_export import PrintableCard, PrintLine
from wallet_export.typefaces import EAST_ASIAN, FOLDER, SANS, SISTERS

CHARACTERS = string.ascii_letters + string.digits + "-_"
SIGNATURE = 86


@pytest.fixture(scope="session")
def make_jws() -> Callable[..., str]:
    """A text of the form and length of a JWS."""

    def make(length: int = 764, seed: int = 1) -> str:
        rng = random.Random(seed)
        body = "".join(rng.choices(CHARACTERS, k=length - SIGNATURE - 2))
        return f"{body[:20]}.{body[20:]}.{''.join(rng.choices(CHARACTERS, k=SIGNATURE))}"

    return make


@pytest.fixture(scope="session")
def typefaces() -> None:
    """Skip what needs the typefaces where `make setup` has not run; on CI that is a failure."""
    missing = [face for face in (SANS, *SISTERS, *EAST_ASIAN) if not (FOLDER / f"{face}.ttf").is_file()]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"typefaces not installed ({len(missing)} missing): make setup")
    assert not missing


@pytest.fixture
def make_card(make_jws: Callable[..., str]) -> Callable[..., PrintableCard]:
    """A printable card; named fields replace the ordinary ones."""

    def make(**named: Any) -> PrintableCard:
        ordinary = {
            "jws": make_jws(),
            "issuer_name": "State of Example",
            "name": "Anyperson, John B.",
            "birth_date": "1951-01-20",
            "lines": (PrintLine("COVID-19, mRNA, 30 mcg/0.3 mL dose", "2021-01-02", "Lot 0000001"),),
            "issued_on": date(2026, 11, 20),
        }
        return PrintableCard(**{**ordinary, **named})

    return make
