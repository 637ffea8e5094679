"""What is to stand on a printed card: plain words. Which words, the caller decides; no PDF engine is loaded here."""

from dataclasses import dataclass, field
from datetime import date

from cards.dates import date_in_words

__all__ = ["PrintLine", "PrintableCard", "date_in_words"]

HEADING = "Vaccinations and test results"


@dataclass(frozen=True, slots=True)
class PrintLine:
    """One dose or one result."""

    what: str = field(repr=False)
    """Product or finding in words."""
    date: str = field(repr=False)
    """As in FHIR: "2021-01-02", "2021-01" or a date and time; printed in words."""
    detail: str = field(default="", repr=False)
    """Lot, place, status: whatever else helps; may be empty."""


@dataclass(frozen=True, slots=True)
class PrintableCard:
    """One card and the words to print beside its code."""

    jws: str = field(repr=False)
    issuer_name: str
    name: str = field(repr=False)
    birth_date: str = field(repr=False)
    """As in FHIR, possibly partial, possibly empty."""
    lines: tuple[PrintLine, ...] = field(repr=False)
    issued_on: date
    sample: bool = False
    """Made-up data: every page says so."""
    heading: str = HEADING
