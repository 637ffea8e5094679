"""The one checker behind all doors: everything that can be said about one proposal by itself. Pure.

    errors = [found for found in check(proposal, now) if found.severity == "error"]

Only the impossible and the unreadable are errors; whether a dose counts, and how it fits what is on record, is the
question of `issuer.plausibility`. It runs for every row of a bulk load (at most 15 microseconds for a plain dose):
texts are looked at together first, and one by one only where something is wrong.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cards.shc.profiles.reading import is_before, is_date
from cards.terminology import CVX, ICD11, SNOMED, is_no_vaccine, vaccine
from issuer.intake import laboratory
from issuer.intake.findings import finding
from issuer.intake.proposal import Demographics, Dose, Finding, Name, Proposal
from issuer.intake.texts import are_plain, text_findings

EASTERNMOST_ZONE: Final = timedelta(hours=14)
"""A day without a zone is not in the future while it is that day anywhere on earth (UTC+14)."""
OLDEST_YEARS: Final = 130
"""The longest life on record is 122 years."""
LONG_LOT: Final = 20
"""Characters a lot number on a card should stay below (requirement H3)."""
MOST_BORN_AT_ONCE: Final = 12
HIGHEST_DOSE_NUMBER: Final = 30
"""No schedule comes near it."""

SEXES: Final = frozenset({None, "", "male", "female", "other", "unknown"})
"""FHIR R4 administrative-gender; None and "" as in Demographics."""
NOT_DONE_REASONS: Final = frozenset({"", "refused", "not-administered"})
EVIDENCES: Final = frozenset(
    {"", "00", "01", "02", "03", "04", "05", "06", "07", "08", "provider", "record", "recall", "school", "jurisdiction"}
)
"""CDC's table NIP001 (implementation guide for HL7 v2.5.1, release 1.5, appendix A) and FHIR R4 immunization-origin."""

_CVX_FORM = re.compile(r"[0-9]{2,3}")
_PLACEHOLDER = re.compile(
    r"(?:baby|bb|bg)?[ -]?(?:boy|girl|male|female|twin|triplet|newborn|infant|baby)"
    r"(?:[ -][a-e]|[ -]?[1-5]|[ -](?:one|two|three))?"
    r"|unknown(?: .*)?|unk|unnamed|test(?:ing|er)?|testpatient|test patient|no ?name|n/?a|none|null|x{2,}"
)
"""Names that registries meet where there is no name yet, or no person (lists of false names in states' guides)."""
_ODD_LOT = re.compile(
    r"[0-9](?:[.,][0-9]+)?e\+[0-9]+|[0-9]+[.,]0+|#.*|n/?a|none|null|unk(?:nown)?|x+|0+|-+|test", re.IGNORECASE
)
"""What spreadsheets make of "12E5", and what people write where they have nothing to write."""


def check(proposal: Proposal, now: datetime) -> tuple[Finding, ...]:
    """Every finding about one proposal alone, in the order person, dose or result.

    Args:
        now: the present moment, with its zone.
    """
    person, event, deleting = proposal.person, proposal.event, proposal.action == "delete"
    latest_day = (now + EASTERNMOST_ZONE).date().isoformat()
    found: list[Finding] = []
    if not are_plain(person, event, proposal.event_id):
        found += text_findings(person, event, proposal.event_id)
    known = bool(proposal.person_id) or (deleting and bool(proposal.event_id))
    _check_person(person, latest_day, known, found)
    if deleting:
        found += _what_is_deleted(proposal)
    elif isinstance(event, Dose):
        _check_dose(event, person.birth_date, latest_day, found)
    elif event is not None:
        found += laboratory.check_result(event, person.birth_date, now)
    return tuple(found)


def _check_person(person: Demographics, latest_day: str, known: bool, found: list[Finding]) -> None:
    name = person.name
    if not (name.family and name.given):
        if name.family or name.given:
            found.append(finding("name-form", "person.name"))
        elif not name.text and not known:
            found.append(finding("name-missing", "person.name"))
    if _is_placeholder(name):
        found.append(finding("name-placeholder", "person.name"))
    born = person.birth_date
    if not born:
        if not known:
            found.append(finding("birth-date-missing", "person.birth_date"))
    elif not is_date(born):
        found.append(finding("birth-date-form", "person.birth_date"))
    elif born > latest_day:
        found.append(finding("date-in-future", "person.birth_date"))
    elif int(born[:4]) < int(latest_day[:4]) - OLDEST_YEARS:
        found.append(finding("birth-date-early", "person.birth_date"))
    elif len(born) != len(latest_day):
        found.append(finding("birth-date-partial", "person.birth_date"))
    if person.sex not in SEXES:
        found.append(finding("sex-form", "person.sex"))
    if person.birth_order is not None and not 1 <= person.birth_order <= MOST_BORN_AT_ONCE:
        found.append(finding("birth-order-range", "person.birth_order"))
    for identifier in person.identifiers:
        if not identifier.value:
            found.append(finding("identifier-empty", "person.identifier"))
        elif not identifier.authority:
            found.append(finding("identifier-without-authority", "person.identifier"))
    if person.died_on and person.died_on != "yes":
        found += _death_findings(person.died_on, born, latest_day)


def _death_findings(died_on: str, born: str, latest_day: str) -> Iterator[Finding]:
    if not is_date(died_on):
        yield finding("death-date-form", "person.died_on")
    elif died_on > latest_day:
        yield finding("date-in-future", "person.died_on")
    elif is_date(born) and is_before(died_on, born):
        yield finding("death-before-birth", "person.died_on")


def _is_placeholder(name: Name) -> bool:
    return any(
        text and _PLACEHOLDER.fullmatch(text.casefold()) for text in (name.family, " ".join(name.given), name.text)
    )


def _check_dose(dose: Dose, born: str, latest_day: str, found: list[Finding]) -> None:
    if dose.status not in ("completed", "not-done") or dose.not_done_reason not in NOT_DONE_REASONS:
        found.append(finding("status-unknown", "event.status"))
    elif dose.not_done_reason and dose.status == "completed":
        found.append(finding("status-reason", "event.status"))
    if code := _product_finding(dose.system, dose.code):
        found.append(finding(code, "event.code"))
    day = dose.day
    if not day:
        found.append(finding("date-missing", "event.day"))
    elif not is_date(day):
        found.append(finding("date-form", "event.day"))
    else:
        if len(day) != len(latest_day):
            found.append(finding("date-not-a-day", "event.day"))
        if day > latest_day:
            found.append(finding("date-in-future", "event.day"))
        elif born and is_before(day, born) and is_date(born):
            found.append(finding("before-birth", "event.day"))
    if dose.lot:
        found += _lot_findings(dose.lot)
    if dose.expires and not (len(dose.expires) == len(latest_day) and is_date(dose.expires)):
        found.append(finding("expiry-form", "event.expires"))
    if dose.evidence not in EVIDENCES:
        found.append(finding("evidence-unknown", "event.evidence"))
    if dose.dose_number is not None and not 1 <= dose.dose_number <= HIGHEST_DOSE_NUMBER:
        found.append(finding("dose-number-range", "event.dose_number"))


@lru_cache(maxsize=4096)
def _product_finding(system: str, code: str) -> str:
    """The code of what is wrong with a vaccine code, "" for nothing. Remembered: a bulk load holds a few dozen."""
    if not code:
        return "vaccine-code-missing"
    if system not in (CVX, SNOMED, ICD11):
        return "vaccine-code-system"
    if system == CVX and not _CVX_FORM.fullmatch(code):
        return "vaccine-code-form"
    if system == CVX and is_no_vaccine(code):
        return "no-vaccine"
    known = vaccine(system, code)
    if known is None:
        # CVX is a closed list that we have whole; of the other two we know the codes that cards were issued with.
        return "vaccine-unknown" if system == CVX else "vaccine-not-listed"
    return "vaccine-unspecified" if known.unspecified else ""


def _lot_findings(lot: str) -> Iterator[Finding]:
    if len(lot) >= LONG_LOT:
        yield finding("lot-number-long", "event.lot")
    if "lot" in lot.lower():
        yield finding("lot-number-words", "event.lot")
    if _ODD_LOT.fullmatch(lot):
        yield finding("lot-number-odd", "event.lot")


def _what_is_deleted(proposal: Proposal) -> Iterator[Finding]:
    """A wrong dose must be deletable whatever is wrong with it: only which one is meant has to be clear."""
    event = proposal.event
    if proposal.event_id:
        return
    if event is None:
        yield finding("event-missing", "event")
    elif not event.code or not (event.day if isinstance(event, Dose) else event.time):
        yield finding("event-unidentified", "event.id")
