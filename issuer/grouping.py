"""Which doses stand on which card. Pure.

A card for each of CDC's vaccine groups with every dose of that group; a combined vaccine is in each of its groups.
A card all of whose doses stand on another one is dropped, and lends it its name: DTaP-IPV-Hib alone makes one card.
No dose is ever dropped. The reasons stand in docs/adr/0007-grouping-of-doses.md.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from cards import CardTooLarge
from cards.encoding import read_json, write_json
from cards.shc.minimize import minimize
from cards.shc.profiles import check_after_birth, check_profile, check_resource
from cards.terminology import CVX, group_title, test_name, vaccine, vaccine_groups
from issuer.fhir import Resource, Submission

Made = TypeVar("Made")
DOSES_REMEMBERED = 32_768
"""Lots by days of a drive; some 300 octets each."""
_SYSTEM_NAMES = {CVX: "CVX", "http://snomed.info/sct": "SNOMED CT", "http://id.who.int/icd/release/11/mms": "ICD-11"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to stand on one card, before anything is signed."""

    title: str = field(repr=False)
    patient: Resource = field(repr=False)
    resources: tuple[Resource, ...] = field(repr=False)
    """Doses in the order of their dates, or one test result."""

    @property
    def born(self) -> str:
        """The patient's date of birth, "" where it is unknown."""
        return str(self.patient.get("birthDate", ""))

    def bundle(self) -> dict[str, Any]:
        """The minimised bundle to be signed.

        Raises:
            RuntimeError: it breaks a profile. What was checked at the rim cannot: better no card than a bad one.
        """
        linked = [_linked(resource) for resource in self.resources]
        entries = [{"fullUrl": f"resource:{n}", "resource": r} for n, r in enumerate([self.patient, *linked])]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        # What links the entries was written right here; what was brought is each resource. Where there is nothing to
        # remark about one, there is nothing to leave out of it either.
        if not check_resource(self.patient, "Patient") and all(_is_faultless(one, self.born) for one in linked):
            return bundle
        bundle = minimize(bundle)
        if any(fault.severity == "error" for fault in check_profile(bundle)):
            raise RuntimeError("a checked record became a bundle outside the profiles")
        return bundle

    def parts(self, count: int) -> Iterator["Draft"]:
        """The same doses on `count` cards, in the order of their dates, as evenly as can be."""
        total = len(self.resources)
        edges = [total * number // count for number in range(count + 1)]
        for number, (start, end) in enumerate(itertools.pairwise(edges), start=1):
            yield Draft(f"{self.title} ({number} of {count})", self.patient, self.resources[start:end])


def _is_faultless(resource: Resource, born: str) -> bool:
    return not _remarks(write_json(resource)) and not any(check_after_birth(resource, "", born))


@lru_cache(maxsize=DOSES_REMEMBERED)
def _remarks(text: bytes) -> bool:
    """Whether a profile has anything to remark about a dose or result. Remembered: a drive's doses are much alike."""
    return bool(check_resource(read_json(text), ""))


def drafts_of(submission: Submission) -> list[Draft]:
    """Every card of a record, vaccinations first."""
    doses = sorted(submission.doses, key=lambda dose: str(dose.get("occurrenceDateTime", "")))
    cards = [
        Draft(title, submission.patient, tuple(doses[place] for place in places))
        for title, places in group_doses(doses, submission.birth_date)
    ]
    results = sorted(submission.results, key=_time_of)
    return cards + [Draft(title_of_result(result), submission.patient, (result,)) for result in results]


def group_doses(doses: Sequence[Resource], birth_date: str) -> list[tuple[str, tuple[int, ...]]]:
    """(title, places of the doses in `doses`) of each card."""
    if len(doses) == 1:  # most of a drive's cards: one dose, and one card with the names of all its groups
        return [(_joined(sorted(titles_of_dose(doses[0], birth_date))), (0,))]
    members: dict[str, list[int]] = {}
    for place, dose in enumerate(doses):
        for title in titles_of_dose(dose, birth_date):
            members.setdefault(title, []).append(place)
    kept: list[tuple[list[str], tuple[int, ...]]] = []
    for title, places in sorted(members.items(), key=lambda item: (-len(item[1]), item[1], item[0])):
        larger = next((titles for titles, others in kept if set(places) <= set(others)), None)
        if larger is None:
            kept.append(([title], tuple(places)))
        else:
            larger.append(title)
    return sorted((_joined(titles), places) for titles, places in kept)


def fitted(draft: Draft, make: Callable[[Draft], Made]) -> list[Made]:
    """The draft as one card, or as the fewest cards that each fit one QR code.

    Args:
        make: signs a draft; raises CardTooLarge.
    Raises:
        CardTooLarge: one dose alone does not fit.
    """
    for count in range(1, len(draft.resources) + 1):
        try:
            return [make(part) for part in (draft.parts(count) if count > 1 else [draft])]
        except CardTooLarge:
            if count == len(draft.resources):
                raise
    raise ValueError("a card needs at least one dose or result")


def titles_of_dose(dose: Resource, birth_date: str) -> list[str]:
    """The groups a dose counts for, in words; the vaccine's own name where it has none."""
    coding = dose["vaccineCode"]["coding"][0]
    system, code = coding["system"], coding["code"]
    known = vaccine(system, code)
    groups = known.groups if known else ()
    if system == CVX:
        groups = vaccine_groups(code, _age(birth_date, str(dose["occurrenceDateTime"])))
    if groups:
        return [group_title(group) for group in groups]
    return [known.name if known else f"{_SYSTEM_NAMES.get(system, 'Vaccine')} {code}"]


def _age(birth_date: str, day: str) -> int | None:
    """Whole years at a day; None where the date of birth is unknown. Partial dates count from their beginning."""
    if not birth_date:
        return None
    years = int(day[:4]) - int(birth_date[:4])
    return years - (1 if (day[5:] or "01-01") < (birth_date[5:] or "01-01") else 0)


def _joined(titles: list[str]) -> str:
    return "; ".join([titles[0], *sorted(titles[1:])])


def title_of_result(result: Resource) -> str:
    """A test in words."""
    coding = result["code"]["coding"][0]
    return test_name(coding["system"], coding["code"]) or f"Test LOINC {coding['code']}"


def _time_of(result: Resource) -> str:
    period: Mapping[str, Any] = result.get("effectivePeriod") or {}
    return str(result.get("effectiveDateTime") or period.get("start") or period.get("end") or "")


def _linked(resource: Resource) -> dict[str, Any]:
    role = "patient" if resource["resourceType"] == "Immunization" else "subject"
    return {**resource, role: {"reference": "resource:0"}}
