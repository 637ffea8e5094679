"""What can be said about one laboratory result by itself. Part of the one checker (`issuer.intake.checking`). Pure."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cards.shc.profiles.reading import is_before, is_date, is_moment
from cards.terminology import LOINC, SNOMED, result_name, test_name
from issuer.intake.findings import finding
from issuer.intake.proposal import Finding, Result

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far a laboratory's clock may run ahead of ours."""
FINAL: Final = frozenset({"final", "amended", "corrected"})
_LOINC_FORM = re.compile(r"[0-9]{1,7}-[0-9]")
_NUMBER = re.compile(r"[<>]?=?[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
"""A FHIR decimal, with its comparator where the laboratory reports a bound ("<0.5")."""


def check_result(result: Result, born: str, now: datetime) -> Iterator[Finding]:
    """Status, test, time and outcome of a result. `born`: the person's date of birth or ""."""
    if result.status not in FINAL:
        yield finding("status-not-final", "event.status")
    if code := _test_finding(result.code):
        yield finding(code, "event.code")
    yield from _time_findings(result.time, born, now)
    yield from _outcome_findings(result)


def check_digit_holds(code: str) -> bool:
    """LOINC's check digit (LOINC Users' Guide, "check digit"): Luhn's algorithm, modulo 10."""
    digits, _, check = code.partition("-")
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::-1][::2])
    return (doubled + sum(int(digit) for digit in digits[::-1][1::2]) + int(check)) % 10 == 0


@lru_cache(maxsize=4096)
def _test_finding(code: str) -> str:
    if not code:
        return "test-code-missing"
    if not _LOINC_FORM.fullmatch(code):
        return "test-code-form"
    if not check_digit_holds(code):
        return "test-code-mistyped"
    return "" if test_name(LOINC, code) else "test-unknown"


def _time_findings(time: str, born: str, now: datetime) -> Iterator[Finding]:
    if not time:
        yield finding("time-missing", "event.day")
    elif not is_moment(time):
        yield finding("time-form", "event.day")
    elif _is_future(time, now):
        yield finding("date-in-future", "event.day")
    elif born and is_date(born) and is_before(time, born):
        yield finding("before-birth", "event.day")


def _is_future(time: str, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(time) > now + CLOCK_SKEW
    except ValueError:  # a leap second: FHIR allows :60, Python does not
        return time[:10] > (now + CLOCK_SKEW).date().isoformat()


def _outcome_findings(result: Result) -> Iterator[Finding]:
    given = [part for part in (result.value_code, result.quantity, result.text) if part]
    if not given:
        yield finding("result-missing", "event.value")
    elif len(given) > 1:
        yield finding("result-form", "event.value")
    elif result.value_code:
        if result.value_system != SNOMED:
            yield finding("result-code-system", "event.value")
        elif result_name(SNOMED, result.value_code) is None:
            yield finding("result-unknown", "event.value")
    elif result.text:
        yield finding("result-text", "event.value")
    elif not _NUMBER.fullmatch(result.quantity):
        yield finding("quantity-form", "event.value")
    elif not result.unit:
        yield finding("unit-missing", "event.unit")
