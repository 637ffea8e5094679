"""What is to stand on a printed card: plain words. Which words, the caller decides; no PDF engine is loaded here."""

import re
from dataclasses import dataclass, field
from datetime import date

HEADING = "Vaccinations and test results"

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_FHIR_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}:[0-9]{2})[0-9:.]*(Z|[+-][0-9:]{5}))?)?)?")


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


def date_in_words(fhir: str) -> str:
    """`2021-01-02` as "2 January 2021"; partial dates stay partial; anything else is shown as it came."""
    match = _FHIR_DATE.fullmatch(fhir)
    if not match or not 1 <= int(match[2] or 1) <= len(_MONTHS):
        return fhir
    year, month, day, clock, zone = match.groups()
    words = [str(int(day))] if day else []
    words += [_MONTHS[int(month) - 1]] if month else []
    zone = "UTC" if zone == "Z" else f"UTC{zone}"
    return " ".join([*words, year]) + (f", {clock} {zone}" if clock else "")
