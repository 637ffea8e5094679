"""Plausibility: does a dose count, is there something to ask? From data; each answer names its rule and source. Pure.

    marks = judge(event, person, earlier, now, lot)       # warnings and questions, never errors
    counts([one.code for one in marks])                   # whether the dose counts in the routine schedule

A dose that was given is always recorded: nothing here refuses. It neither recommends nor forecasts, and knows no
illness: what counts only for people with an indication is said to be so. Marks about ages and intervals need whole
dates and CVX codes; where one is missing nothing is marked. The data is `issuer.plausibility.schedule` (CDC's CDSi).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cards.shc.profiles.reading import is_before
from cards.terminology import CVX, LOINC, vaccine
from issuer.intake.findings import finding
from issuer.intake.proposal import Demographics, Dose, Event, Finding, Kind
from issuer.plausibility.ages import ordinal
from issuer.plausibility.evaluation import Failure, failures
from issuer.plausibility.questions import far_from_intended_age, numbering_question, possible_duplicate
from issuer.plausibility.series import Shot

__all__ = ["NOT_COUNTING", "Given", "LotFacts", "counts", "judge"]

NOT_COUNTING = frozenset(
    {
        "too-early-age",
        "too-early-interval",
        "live-virus-interval",
        "product-outside-age",
        "wrong-product",
        "product-unspecified",
        "only-with-indication",
        "expired-lot",
        "recalled-lot",
        "subpotent-dose",
    }
)
"""Codes of the marks with which a dose does not count in the routine schedule."""

CDSI_LOGIC = "CDSi Logic Specification 4.x, evaluate dose administered condition"
RECALL = "ACIP General Best Practice Guidelines: recalled vaccine; the clinic's ledger of lots"
AFTER_DEATH = "AIRA/NIST Measurement and Quality Evaluation, detection MQE0253"
_EASTERNMOST_ZONE = timedelta(hours=14)
_GENDERS = {"male": "Male", "female": "Female"}
_CODES = {
    "age": "too-early-age",
    "interval": "too-early-interval",
    "live": "live-virus-interval",
    "inadvertent": "wrong-product",
    "product": "wrong-product",
    "product-none": "wrong-product",
    "product-age": "product-outside-age",
}
_OF_THE_DATE = frozenset({"too-early-age", "too-early-interval", "live-virus-interval"})


@dataclass(frozen=True, slots=True)
class Given:
    """A dose that stands on record as given, or a result. `day` is the moment of a result."""

    record_id: str
    kind: Kind
    system: str
    code: str
    day: str = field(repr=False)
    clinic_id: str
    dose_number: int | None = None
    lot: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What the ledger says of a lot. `expires`: last day of use, YYYY-MM-DD or "". `known`: it stands there at all."""

    expires: str
    recalled: bool
    known: bool


def judge(
    event: Event, person: Demographics, earlier: Sequence[Given], now: datetime, lot: LotFacts | None = None
) -> tuple[Finding, ...]:
    """What is to be marked (severity warning) and asked (question) about a dose or result.

    Args:
        person: who got it, as on record.
        earlier: everything else that stands on record as given to the person, in any order, without the event itself.
            Later doses are no reason to mark this one; one of the same days may be the same dose.
        now: what is dated later is left out of account.
        lot: what the clinic's ledger of lots says; None: it has none.
    """
    if not isinstance(event, Dose):
        return tuple(possible_duplicate("observation", LOINC, event.code, event.time, earlier))
    if event.status != "completed":
        return ()
    found = list(_lot_marks(event, lot))
    if event.subpotent:
        found.append(finding("subpotent-dose", "event", CDSI_LOGIC))
    if person.died_on and is_before(person.died_on, event.day) and person.died_on != "yes":
        found.append(finding("after-death", "event.day", AFTER_DEATH))
    if event.system == CVX:
        on, born = ordinal(event.day), ordinal(person.birth_date)
        if on is not None and born is not None and born <= on <= (now + _EASTERNMOST_ZONE).toordinal():
            gender = _GENDERS.get(person.sex or "", "Unknown")
            found += _schedule_marks(Shot(on, event.code), _shots(earlier, on), born, gender)
            found += far_from_intended_age(event.code, on - born)
    if earlier:
        found += possible_duplicate("immunization", event.system, event.code, event.day, earlier)
    if event.dose_number is not None:
        found += numbering_question(event, earlier)
    return tuple(found)


def counts(marks: Iterable[str]) -> bool:
    """Whether a dose with marks of these codes counts in the routine schedule."""
    return NOT_COUNTING.isdisjoint(marks)


def _lot_marks(dose: Dose, lot: LotFacts | None) -> Iterable[Finding]:
    expires = dose.expires or (lot.expires if lot else "")
    if expires and len(dose.day) == len(expires) and expires < dose.day:
        yield finding("expired-lot", "event.expires", CDSI_LOGIC)
    if lot is not None and lot.recalled:
        yield finding("recalled-lot", "event.lot", RECALL)


def _shots(earlier: Sequence[Given], before: int) -> list[Shot]:
    shots = [
        Shot(on, one.code)
        for one in earlier
        if one.kind == "immunization" and one.system == CVX and (on := ordinal(one.day)) is not None and on < before
    ]
    return sorted(shots)


def _schedule_marks(given: Shot, earlier: Sequence[Shot], born: int, gender: str) -> Iterable[Finding]:
    """One finding for each code; what several antigens have in common is said once."""
    rules: dict[str, dict[str, list[str]]] = {}
    for failure in failures(given, earlier, born, gender):
        code = _code(failure, given.code)
        rules.setdefault(code, {}).setdefault(_rule(failure), []).append(failure.antigen)
    for code, by_rule in rules.items():
        source = "; ".join(f"{', '.join(antigens)}, {rule}" for rule, antigens in by_rule.items())
        yield finding(code, "event.day" if code in _OF_THE_DATE else "event.code", f"{_version()}, {source}")


def _code(failure: Failure, product: str) -> str:
    if failure.taken_by and failure.why in ("product", "product-age"):
        return "only-with-indication"
    if failure.why.startswith("product") and (known := vaccine(CVX, product)) and known.unspecified:
        return "product-unspecified"
    return _CODES[failure.why]


def _rule(failure: Failure) -> str:
    kind = "standard series" if failure.kind == "standard" else failure.series
    taken_by = failure.taken_by.removeprefix(failure.antigen).strip()
    taken = f" (counts in the {taken_by} for people with its indication)" if taken_by else ""
    return f"{kind}, dose {failure.target}: {failure.rule}{taken}"


def _version() -> str:
    from issuer.plausibility import schedule

    return schedule.VERSION
