"""What is asked about a dose rather than marked: the number, a double, a product far from its age. Pure, from data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cards.terminology import vaccine
from issuer.intake.findings import finding
from issuer.intake.proposal import Dose, Finding, Kind
from issuer.plausibility.ages import ordinal
from issuer.plausibility.reading import intended_ages

if TYPE_CHECKING:
    from issuer.plausibility import Given

DUPLICATE_DAYS: Final = 2
"""Doors disagree about a day: the day of the visit, of the entry, of the message. No schedule has doses of one group so
close together but oral typhoid (CVX 25, a capsule every other day).
Source: AIRA/MIROW, Vaccination Level Deduplication in IIS (2006): one group within a window of days is a candidate."""
NEVER_DUPLICATES: Final = frozenset({"25"})
NUMBERED_ANEW_DAYS: Final = {"Influenza": 150, "COVID-19": 150, "DTaP/Tdap/Td": 1826}
"""Groups whose doses are numbered anew each season or with each booster, and after how many days that may be."""
DUPLICATE_SOURCE: Final = "AIRA/MIROW, Vaccination Level Deduplication in Immunization Information Systems (2006)"
NUMBER_SOURCE: Final = "the doses on record"


@dataclass(frozen=True, slots=True)
class FarOutside:
    """Where a product is so far from the ages it is meant for that a mix-up of vials or of people is likely."""

    share_of_youngest: float = 0.5
    """Younger than this part of the youngest age ..."""
    youngest_from_days: int = 365
    """... of products that are not meant for infants anyway."""
    beyond_oldest_days: int = 3652
    """Older by this much (ten years) than the age at which its use ends."""


FAR_OUTSIDE: Final = FarOutside()


def far_from_intended_age(code: str, age_days: int, far: FarOutside = FAR_OUTSIDE) -> Iterator[Finding]:
    """An adult product to an infant, an infants' product to a grown-up."""
    ages = intended_ages().get(code)
    if ages is None:
        return
    begin, end = ages
    if begin and begin.low >= far.youngest_from_days and age_days < begin.low * far.share_of_youngest:
        yield finding("product-against-age", "event.code", f"{_version()}: CDC prefers it from {begin.text}")
    elif end and age_days >= end.high + far.beyond_oldest_days:
        yield finding("product-against-age", "event.code", f"{_version()}: CDC prefers it below {end.text}")


def possible_duplicate(kind: Kind, system: str, code: str, day: str, earlier: Sequence["Given"]) -> Iterator[Finding]:
    """One of the same vaccine group within two days; a result of the same test at the same moment."""
    if kind == "observation":
        if any(one.kind == kind and one.code == code and one.day == day for one in earlier):
            yield finding("possible-duplicate", "event", "one specimen has one result of a test")
        return
    on, own = ordinal(day), groups_of(system, code)
    if on is None or code in NEVER_DUPLICATES:
        return
    for one in earlier:
        other = ordinal(one.day) if one.kind == kind else None
        if other is not None and abs(on - other) <= DUPLICATE_DAYS and own & groups_of(one.system, one.code):
            yield finding("possible-duplicate", "event", DUPLICATE_SOURCE)
            return


def numbering_question(dose: Dose, earlier: Sequence["Given"]) -> Iterator[Finding]:
    """The first dose that is not the first, and a number that does not follow.

    A combination follows the group of which the fewest doses are on record.
    """
    own, on = groups_of(dose.system, dose.code), ordinal(dose.day)
    if on is None:
        return
    before = min(_doses_of(group, on, earlier) for group in own)
    if dose.dose_number == 1 and before:
        yield finding("second-dose-as-first", "event.dose_number", NUMBER_SOURCE)
    elif dose.dose_number != before + 1:
        yield finding("dose-number-not-following", "event.dose_number", NUMBER_SOURCE)


def _doses_of(group: str, on: int, earlier: Sequence["Given"]) -> int:
    window = NUMBERED_ANEW_DAYS.get(group, on)
    return len(
        {
            day
            for one in earlier
            if one.kind == "immunization" and group in groups_of(one.system, one.code)
            if (day := ordinal(one.day)) is not None and on - window <= day < on
        }
    )


@lru_cache(maxsize=4096)
def groups_of(system: str, code: str) -> frozenset[str]:
    """CDC's vaccine groups of a code; a vaccine without one stands for itself."""
    known = vaccine(system, code)
    return frozenset(known.groups) if known and known.groups else frozenset({f"{system}|{code}"})


def _version() -> str:
    from issuer.plausibility import schedule

    return schedule.VERSION
