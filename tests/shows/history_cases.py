"""Sixty people's immunisation histories: CDC's own test cases laid end to end, every group of vaccines, 1 to 40 doses.

Where CDC has no case for a group, its vaccines are drawn from the list of codes. Seeded: the same sixty every time.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cards.terminology import CVX, LOINC, cvx, vaccine_groups
from issuer.fhir import Submission

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "cdsi-test-cases.json"
PEOPLE = 60
MOST_DOSES = 40
LAST_DAY = date(2026, 11, 1)
NAMES = (
    {"family": "Okafor", "given": ["Amara"]},
    {"family": "Nguyễn", "given": ["Thị", "Minh", "Khai"]},
    {"text": "Sukarno"},
    {"family": "Кузнецова", "given": ["Ольга", "Ивановна"]},
    {"family": "कृष्णमूर्ति", "given": ["लक्ष्मी"]},
    {"family": "王", "given": ["小明"]},
    {"family": "García-Márquez y Fernández de Córdoba", "given": ["María", "de los Ángeles"]},
    {"family": "الرحمن", "given": ["محمد", "عبد"]},
)
CLINICS = ("Riverside Children's Clinic", "County Health Department", "Pharmacy 0417", "St. Mary's Hospital, Ward 3")
TESTS = (("94500-6", "260415000"), ("94558-4", "260373001"), ("94565-9", "260415000"))
TITRES = (("22502-9", "320"), ("7962-4", "275"), ("21501-2", "160"))
Series = tuple[tuple[int, str], ...]
"""(days after birth, CVX code) of each dose."""


@dataclass(frozen=True, slots=True)
class History:
    """One person's record, and how much of it stands on the cards."""

    number: int
    submission: Submission
    detail: str
    """"bare", "lots" or "lots and clinics"."""
    groups: frozenset[str]


def histories() -> list[History]:
    """All sixty; forty of them have 1 to 40 doses, twenty the number of a busy life."""
    series, source = _series(), random.Random(20261120)
    counts = [*range(1, MOST_DOSES + 1), *(source.randint(18, MOST_DOSES) for _ in range(PEOPLE - MOST_DOSES))]
    return [_history(number, count, series) for number, count in enumerate(counts)]


def _series() -> dict[str, list[Series]]:
    """By group: the doses of each of CDC's cases, and single doses of what CDC has no case for."""
    found: dict[str, list[Series]] = {}
    for case in json.loads(CASES.read_text("utf-8")):
        born = date.fromisoformat(case["birth_date"])
        doses = tuple((max(0, (date.fromisoformat(one["date"]) - born).days), one["cvx"]) for one in case["doses"])
        for group in vaccine_groups(doses[0][1]) if doses else ():
            found.setdefault(group, []).append(doses)
    for code, (_, _, groups) in sorted(cvx.VACCINES.items()):
        for group in groups:
            found.setdefault(group, []).append(((200 + int(code) * 11, code),))
    return dict(sorted(found.items()))


def _history(number: int, count: int, series: dict[str, list[Series]]) -> History:
    source = random.Random(number)
    groups = list(series)
    born = date(source.randint(1950, 2014), source.randint(1, 12), source.randint(1, 28))
    taken: list[tuple[int, str]] = []
    turn = number
    while len(taken) < count:
        taken += source.choice(series[groups[turn % len(groups)]])
        turn += 1
    detail = ("lots", "lots and clinics", "bare")[number % 3]
    doses = tuple(_dose(day, code, born, detail, source) for day, code in taken[:count])
    submission = Submission(
        {"resourceType": "Patient", "name": [NAMES[number % len(NAMES)]], "birthDate": born.isoformat()},
        doses,
        tuple(_results(number, source)),
    )
    said = frozenset(group for _, code in taken[:count] for group in vaccine_groups(code))
    return History(number, submission, detail, said)


def _dose(days: int, code: str, born: date, detail: str, source: random.Random) -> dict[str, Any]:
    dose: dict[str, Any] = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": code}]},
        "occurrenceDateTime": min(born + timedelta(days=days), LAST_DAY).isoformat(),
    }
    if detail == "lots and clinics":
        dose["performer"] = [{"actor": {"display": source.choice(CLINICS)}}]
    if detail != "bare":
        dose["lotNumber"] = "".join(source.choices("ABCDEFGHKLMNPRSTUWXY0123456789", k=source.randint(5, 8)))
    return dose


def _results(number: int, source: random.Random) -> Sequence[dict[str, Any]]:
    """None, a few, or the many of a winter with weekly tests; every fifth person has a titre as well."""
    many = (0, 1, 0, 2, 12 if number % 4 == 0 else 3)[number % 5]
    results = [_test(*source.choice(TESTS), source) for _ in range(many)]
    return [*results, _titre(*source.choice(TITRES), source)] if number % 5 == 3 else results


def _test(code: str, value: str, source: random.Random) -> dict[str, Any]:
    coding = [{"system": "http://snomed.info/sct", "code": value}]
    return _observation(code, source) | {"valueCodeableConcept": {"coding": coding}}


def _titre(code: str, value: str, source: random.Random) -> dict[str, Any]:
    return _observation(code, source) | {"valueString": f"1:{value}"}


def _observation(code: str, source: random.Random) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": f"202{source.randint(1, 5)}-0{source.randint(1, 9)}-1{source.randint(0, 9)}T08:30:00Z",
        "performer": [{"display": "State Laboratory"}],
    }
