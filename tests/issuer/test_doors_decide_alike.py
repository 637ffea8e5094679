"""A part of `make show-doors` for every run of the tests; and that the comparison sees what it should see."""

import runpy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from issuer.intake.findings import FINDINGS
from tests.shows import door_cases
from tests.shows.door_cases import CASES, Case, Message
from tests.shows.door_fhir import FhirDoor
from tests.shows.door_form import FormDoor
from tests.shows.door_hl7 import Hl7Door
from tests.shows.door_site import DoorSite
from tests.shows.door_tables import TableDoor
from tests.shows.door_told import Told
from tests.shows.doors import MOST_NOT_SAID, Reference, agree, compare, differences, doors_of, feed

NAMES = (
    "product 208", "product 10", "historical 03", "historical 04", "result titre", "result text",
    "result bound", "no such day",
    "code unknown", "hidden character in the lot", "single word", "Baby Boy", "lot 12E5", "expired lot",
    "second dose as first", "live viruses too close", "the same again", "another clinic's", "two in one message",
    "update of the lot", "delete another's", "add, delete, add", "delete and add are one correction", "twins",
    "changed name, same chart number",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> DoorSite:
    return DoorSite(tmp_path_factory.mktemp("doors"))


def case(name: str) -> Case:
    return next(one for one in CASES if one.name == name)


def test_doors_decide_alike(site: DoorSite) -> None:
    tallies = compare(site, [case(name) for name in NAMES])
    assert [each for one in tallies.values() for each in one.differences] == []
    assert set(tallies) == {"fhir", "hl7", "csv", "xlsx", "form"}


def test_there_are_two_hundred_and_each_door_can_say_nearly_all(site: DoorSite) -> None:
    assert len(CASES) == len({one.name for one in CASES}) == 200
    for door in doors_of(site):
        reasons = [why for one in CASES if (why := door.cannot(one))]
        assert len(reasons) <= MOST_NOT_SAID * len(CASES), door.name


def test_cases_are_the_same_every_time() -> None:
    again = runpy.run_path(door_cases.__file__)["CASES"]
    assert [_words(one) for one in again] == [_words(one) for one in CASES]


def _words(one: Any) -> list[str]:
    return [f"{step.person.name.family} {step.event!r}" for message in one.messages for step in message.steps]


class _Deaf:
    """A door that says less than it should."""

    name = "fhir"
    format_codes: Mapping[str, frozenset[str]] = {}

    def __init__(self, door: Any) -> None:
        self.cannot, self.begin, self.expected = door.cannot, door.begin, door.expected
        self._door = door

    def tell(self, message: Message) -> Told:
        told: Told = self._door.tell(message)
        return Told(told.refused, frozenset())


class _Careless(_Deaf):
    """A door that loses a zero of the lot number."""

    def tell(self, message: Message) -> Told:
        steps = tuple(
            replace(one, event=replace(one.event, lot=one.event.lot.lstrip("0")))
            for one in message.steps  # type: ignore[type-var, union-attr]
        )
        told: Told = self._door.tell(replace(message, steps=steps))
        return told


@pytest.mark.parametrize(
    ("spoilt", "name", "found"),
    [(_Deaf, "expired lot", "expected ['expired-lot']"), (_Careless, "lot of zeros in front", "records differ in lot")],
)
def test_a_door_that_decides_otherwise_is_found(site: DoorSite, spoilt: Any, name: str, found: str) -> None:
    door, one = spoilt(FhirDoor(site)), case(name)
    wrong, _ = differences(door, feed(site, door, one), feed(site, Reference(site), one))
    assert any(found in each for each in wrong)


def test_too_many_cases_unsaid_are_no_agreement(site: DoorSite) -> None:
    tallies = compare(site, [case("single word")])
    assert tallies["hl7"].said == 0
    assert not agree(tallies, 1)


def test_the_codes_of_a_format_stand_for_ours(site: DoorSite) -> None:
    for door in (FhirDoor(site), Hl7Door(site), TableDoor(site, "csv"), FormDoor(site)):
        meant = frozenset().union(*door.format_codes.values()) - {""}
        assert meant <= set(FINDINGS), door.name
