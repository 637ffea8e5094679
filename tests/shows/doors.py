"""`make show-doors`: every door is fed the same two hundred cases and decides alike, with the same codes.

Each case is fed to each door (FHIR, HL7 v2, CSV, XLSX, the nurse's form) over a database of its own, and to the intake
directly; that is the reference. Compared are, for each message, which steps were refused, what became of the records
(recorded, corrected, deleted, reinstated: told by the tables) and the codes that were answered; and at the end
everything that stands: records, persons, reviews.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from issuer.intake.proposal import Outcome, Proposal
from tests.shows.door_cases import CASES, Case, Message, Step
from tests.shows.door_fhir import FhirDoor
from tests.shows.door_form import FormDoor
from tests.shows.door_hl7 import Hl7Door
from tests.shows.door_site import CLINICS, DoorSite, Standing
from tests.shows.door_tables import TableDoor
from tests.shows.door_told import Told

MOST_NOT_SAID: Final = 0.15
"""Part of the cases that a door may not be able to say."""


class Door(Protocol):
    """What can be fed."""

    name: str
    format_codes: Mapping[str, frozenset[str]]

    def cannot(self, case: Case) -> str: ...
    def begin(self) -> None: ...
    def tell(self, message: Message) -> Told: ...
    def expected(self, codes: frozenset[str], refused: bool) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one message."""

    refused: tuple[bool, ...]
    did: tuple[str, ...]
    """What changed in the records, in alphabetical order."""
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a case."""

    messages: tuple[Decided, ...]
    standing: Standing = field(repr=False)


@dataclass
class Tally:
    """Of one door."""

    said: int = 0
    agreed: int = 0
    not_said: Counter[str] = field(default_factory=Counter)
    format_codes: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


class Reference:
    """The intake itself."""

    name = "reference"
    format_codes: Mapping[str, frozenset[str]] = {}

    def __init__(self, site: DoorSite) -> None:
        self.site = site

    def cannot(self, _: Case) -> str:
        """It takes everything."""
        return ""

    def begin(self) -> None:
        """Nothing is remembered."""

    def expected(self, codes: frozenset[str], _: bool) -> frozenset[str]:
        """All of them."""
        return codes

    def tell(self, message: Message) -> Told:
        """Submit it."""
        outcomes = self.submit(message)
        return Told(
            tuple(one.did == "refused" for one in outcomes),
            frozenset(found.code for one in outcomes for found in one.findings),
        )

    def submit(self, message: Message) -> Sequence[Outcome]:
        """The proposals of a message, in one transaction."""
        actor, clinic_id = self.site.actor("system", message.clinic), CLINICS[message.clinic]
        proposals = [Proposal(one.person, one.event, one.action, one.event_id) for one in message.steps]
        done = self.site.service.intake.submit(actor, clinic_id, proposals, self.site.clock(), door="api")
        outcomes: Sequence[Outcome] = done.outcomes
        return outcomes


def feed(site: DoorSite, door: Door, case: Case) -> Course:
    """One case through one door, in a fresh database."""
    site.begin()
    door.begin()
    decided = []
    for message in case.messages:
        before = site.versions()
        told = door.tell(message)
        after = site.versions()
        decided.append(Decided(told.refused, _changes(before, after), told.codes))
        _remember(site, message.steps, [one for one in after if one not in before])
        site.later()
    return Course(tuple(decided), site.standing())


def _changes(before: Mapping[str, tuple[str, int]], after: Mapping[str, tuple[str, int]]) -> tuple[str, ...]:
    did = []
    for record_id, (status, version) in after.items():
        was = before.get(record_id)
        if was is None:
            did.append("recorded")
        elif was != (status, version):
            did.append("deleted" if status == "deleted" else "reinstated" if was[0] == "deleted" else "corrected")
    return tuple(sorted(did))


def _remember(site: DoorSite, steps: Sequence[Step], new: Sequence[str]) -> None:
    """Senders know by which id a dose they numbered was taken in."""
    for step in steps:
        if step.event_id and len(new) == 1:
            site.numbered.setdefault(step.event_id, new[0])


def differences(door: Door, course: Course, reference: Course) -> tuple[list[str], set[str]]:
    """What the door decided otherwise, in words without values; and the codes of its own format that it used."""
    found, own = [], set()
    for number, (told, wanted) in enumerate(zip(course.messages, reference.messages, strict=True), start=1):
        if told.refused != wanted.refused:
            found.append(f"message {number}: refused {told.refused}, expected {wanted.refused} {sorted(told.codes)}")
        if told.did != wanted.did:
            found.append(f"message {number}: {told.did or 'nothing'} became of it, expected {wanted.did or 'nothing'}")
        expected = door.expected(wanted.codes, any(wanted.refused))
        stands_for = {code: door.format_codes[code] for code in told.codes if code in door.format_codes}
        own |= set(stands_for)
        found += [f"message {number}: {one}" for one in _code_differences(told.codes, expected, stands_for)]
    found += _standing_differences(course.standing, reference.standing)
    return found, own


def _code_differences(
    told: frozenset[str], expected: frozenset[str], stands_for: Mapping[str, frozenset[str]]
) -> list[str]:
    """Codes of ours must be the same. Where the format itself stops a message (a date that is none for FHIR), what
    would have been found behind that is not said: the codes are a part of the expected ones, and none is foreign."""
    ours = told - set(stands_for)
    stopping = {code: meant for code, meant in stands_for.items() if "" not in meant}
    wrong = [
        f"{code} stands for none of {sorted(expected)}" for code, meant in stopping.items() if not meant & expected
    ]
    if stopping:
        return wrong + ([f"foreign codes {sorted(ours - expected)}"] if ours - expected else [])
    if ours != expected:
        wrong.append(f"codes {sorted(ours)}, expected {sorted(expected)}")
    return wrong


def _standing_differences(stands: Standing, wanted: Standing) -> list[str]:
    """Where the tables differ, by the names of columns: values are nobody's business, invented or not."""
    found = []
    if len(stands.persons) != len(wanted.persons):
        found.append(f"{len(stands.persons)} persons, expected {len(wanted.persons)}")
    elif stands.persons != wanted.persons:
        found.append("what is known of the person differs")
    if stands.reviews != wanted.reviews:
        found.append(f"reviews {stands.reviews}, expected {wanted.reviews}")
    if len(stands.records) != len(wanted.records):
        found.append(f"{len(stands.records)} records, expected {len(wanted.records)}")
    else:
        for one, other in zip(stands.records, wanted.records, strict=True):
            columns = [name for name, a, b in zip(_COLUMNS, one, other, strict=True) if a != b]
            if columns:
                found.append(f"records differ in {', '.join(columns)}")
    return found


_COLUMNS: Final = (
    "person", "clinic",
    "kind", "code", "day", "lot", "status", "source", "unsigned_because", "marks",
    "version", "said",
)  # fmt: skip


def doors_of(site: DoorSite) -> tuple[Door, ...]:
    """Every door."""
    return (FhirDoor(site), Hl7Door(site), TableDoor(site, "csv"), TableDoor(site, "xlsx"), FormDoor(site))


def compare(site: DoorSite, cases: Sequence[Case]) -> dict[str, Tally]:
    """Feed the cases to every door."""
    doors, reference = (
        [d for d in doors_of(site) if d.name in ONLY]
        if (ONLY := __import__("os").environ.get("ONLY"))
        else doors_of(site),
        Reference(site),
    )
    tallies = {door.name: Tally() for door in doors}
    for case in cases:
        wanted = feed(site, reference, case)
        for door in doors:
            tally = tallies[door.name]
            if why := door.cannot(case):
                tally.not_said[why] += 1
                continue
            found, own = differences(door, feed(site, door, case), wanted)
            tally.said += 1
            tally.agreed += not found
            tally.format_codes.update(own)
            tally.differences += [f"{case.name}: {one}" for one in found]
    return tallies


def agree(tallies: Mapping[str, Tally], cases: int) -> bool:
    """No difference, and few cases that a door cannot say."""
    return all(
        not tally.differences and tally.said == tally.agreed and tally.said >= cases * (1 - MOST_NOT_SAID)
        for tally in tallies.values()
    )


def show() -> tuple[dict[str, Any], bool]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-doors-", dir="/var/tmp")))
        tallies = compare(DoorSite(folder), CASES)
    _print(tallies)
    figures = {
        name: {"said": one.said, "agreed": one.agreed, "differences": len(one.differences)}
        for name, one in tallies.items()
    }
    return {"cases": len(CASES), "doors": figures}, agree(tallies, len(CASES))


def _print(tallies: Mapping[str, Tally]) -> None:
    print(f"{'door':8} {'cases said':>10} {'agreed':>7} {'differences':>12} {'not said':>9}")
    for name, one in tallies.items():
        print(f"{name:8} {one.said:10} {one.agreed:7} {len(one.differences):12} {sum(one.not_said.values()):9}")
    for name, one in tallies.items():
        for why, count in one.not_said.most_common():
            print(f"{name}: {count} not said: {why}")
        for code, count in one.format_codes.most_common():
            print(f"{name}: {count} times {code}, a code of its format")
        for difference in one.differences:
            print(f"{name}: DIFFERENT: {difference}")
