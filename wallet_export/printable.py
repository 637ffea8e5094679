"""What is to stand on a printed card: plain words. Which words, the caller decides; no PDF engine is loaded here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from cards.dates import date_in_words

__all__ = ["ENGLISH", "PrintLine", "PrintWords", "PrintableCard", "date_in_words"]

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
    heading: str = field(default=HEADING, repr=False)
    """What the code holds, in a few words: the groups of vaccines on it."""


@dataclass(frozen=True, slots=True)
class PrintWords:
    """The page's own words in one language. `{…}` is filled in; where a line breaks is the page's business."""

    language: str
    """As in BCP 47."""
    name: str
    birth_date: str
    issued: str
    nothing: str
    """In place of a name or date that the card does not have."""
    show: str
    not_drawn: str
    """With `{mark}`."""
    sample: str
    sample_means: str
    page: str
    """With `{number}` and `{count}`."""
    continued: str
    """With `{name}`."""
    picture: str
    """Read aloud in place of the code. With `{holds}`."""
    code: str
    """With `{number}` and `{count}`: one of several codes of a record."""
    record: Callable[[int], str]
    """Heads a sheet with a whole record: so many codes hold it."""
    entries: Callable[[int], str]
    """How many doses or results a code holds, in words."""
    holds: str
    """Heads the list of what the codes of a sheet hold."""
    in_code: str
    """With `{number}`: which code of the sheet has a line."""
    cut: str
    """On a sheet of cards to be cut out."""
    date: Callable[[str], str] = date_in_words
    """A date as in FHIR, in words."""
    right_to_left: bool = False


ENGLISH = PrintWords(
    language="en",
    name="Name",
    birth_date="Date of birth",
    issued="Card issued",
    nothing="Not on this card",
    show="Show this code together with a photo ID. A verifier goes by the code alone; the words on this page are for "
    "you. Whoever scans the code can read what is listed here.",
    not_drawn="What is shown as {mark} could not be printed. The code holds it in full.",
    sample="SAMPLE",
    sample_means="Made-up data. This page is nobody's proof.",
    page="Page {number} of {count}",
    continued="{name}, continued",
    picture="QR code of this SMART Health Card, to be scanned by a verifier. It holds: {holds}",
    code="Code {number} of {count}",
    record=lambda codes: f"the whole record in {codes} code{'s' if codes != 1 else ''}",
    entries=lambda count: f"{count} entr{'ies' if count != 1 else 'y'}",
    holds="What the codes hold",
    in_code="Code {number}",
    cut="Print at 100 %, without fitting to the page. Cut along the lines: each card has the size of a bank card.",
)
