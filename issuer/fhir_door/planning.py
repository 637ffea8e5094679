"""From entries to proposals: whom each dose or result is about, what is asked for, what is wrong with it. Pure.

The door looks up what `wanted` names, and hands it in as `Known`; `plan` decides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cards.shc.profiles import places_of
from issuer.fhir_door.bundles import Entry
from issuer.fhir_door.issues import Issue, issue
from issuer.fhir_door.reading import (
    EVENTS,
    ID,
    Link,
    ReadPatient,
    contained_patient,
    link_of,
    ours,
    read_event,
    read_patient,
)
from issuer.fhir_door.records import KIND_OF
from issuer.intake.events import read_event as read_kept
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.intake.proposal import Demographics, Identifier, Proposal
from issuer.staff.scopes import covers

_LETTERS: Mapping[str, str] = {"POST": "c", "PUT": "u", "DELETE": "d"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be looked up before anything can be decided."""

    person_ids: frozenset[str]
    identifiers: frozenset[Identifier]
    record_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of it."""

    persons: Mapping[str, HeldPerson] = field(default_factory=dict, repr=False)
    """By the id that was asked for; a person who was merged into another is that one."""
    by_identifier: Mapping[Identifier, tuple[str, ...]] = field(default_factory=dict, repr=False)
    records: Mapping[str, HeldRecord] = field(default_factory=dict, repr=False)
    """The clinic's own."""
    of_others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One entry that can be proposed."""

    number: int
    proposal: Proposal = field(repr=False)
    path: str
    patient_path: str
    patient: int | None = None
    """Number of the entry it is about, where the Patient was sent."""
    version: int = 0
    """The version it must be made from (If-Match); 0 where nobody asked for one."""


@dataclass(slots=True)
class Plan:
    """What can be done of a request, and what is wrong with the rest."""

    issues: dict[int, list[Issue]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list, repr=False)
    patients: dict[int, ReadPatient] = field(default_factory=dict, repr=False)

    def is_refused(self, number: int) -> bool:
        """Whether an entry has an error."""
        return any(one.is_error for one in self.issues.get(number, ()))


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whom an event is about: somebody sent, or somebody known."""

    person: Demographics = field(repr=False)
    path: str
    person_id: str = ""
    patient: int | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """Under what a request is planned."""

    base: str
    """Address of the FHIR server, without a trailing slash."""
    clinic_id: str
    scopes: tuple[str, ...] | None
    now: datetime


def wanted(entries: Sequence[Entry], base: str) -> Wanted:
    """What the entries refer to outside themselves."""
    sent = _places(entries)
    people: set[str] = set()
    identifiers: set[Identifier] = set()
    for entry in _events(entries):
        link = link_of(entry.resource) if entry.resource is not None else None
        if link is None:
            continue
        if link.identifier is not None:
            identifiers.add(link.identifier)
        elif link.place not in sent and (person_id := ours(link.place, base)):
            people.add(person_id)
    records = {entry.record_id for entry in entries if entry.record_id and ID.fullmatch(entry.record_id)}
    return Wanted(frozenset(people), frozenset(identifiers), frozenset(records))


def plan(entries: Sequence[Entry], content: Mapping[str, Any], known: Known, asking: Asking) -> Plan:
    """What is to be proposed. `content` is the bundle; {} for a single resource."""
    planned = Plan({number: list(entry.issues) for number, entry in enumerate(entries)})
    for number, entry in enumerate(entries):
        if entry.kind == "Patient" and entry.resource is not None and not planned.is_refused(number):
            planned.patients[number] = read = read_patient(entry.resource, entry.path, asking.now)
            planned.issues[number] += read.issues
    sent, places = _places(entries), places_of(content)
    for number, entry in enumerate(entries):
        if entry.kind in EVENTS and not planned.is_refused(number) and not entry.left_out:
            step = _step(number, entry, planned, sent, places, known, asking)
            if step is not None and not planned.is_refused(number):
                planned.steps.append(step)
    _lone_patients(entries, planned, asking)
    return planned


def person_step(number: int, planned: Plan) -> Step | None:
    """A Patient by itself: recorded without a dose or result."""
    read = planned.patients[number]
    if read.demographics is None:
        return None
    return Step(number, Proposal(read.demographics, None), read.path, read.path, number)


def _lone_patients(entries: Sequence[Entry], planned: Plan, asking: Asking) -> None:
    """Patients that no dose or result of the request is about."""
    about = {step.patient for step in planned.steps}
    sent = _places(entries)
    named = {sent.get(link.place) for entry in _events(entries) if entry.resource and (link := link_of(entry.resource))}
    for number in planned.patients:
        if number not in named:
            planned.issues[number] += _scope_issues(entries[number], asking)
        if number not in about and not planned.is_refused(number) and (step := person_step(number, planned)):
            planned.steps.append(step)


def _step(
    number: int,
    entry: Entry,
    planned: Plan,
    sent: Mapping[str, int],
    places: Mapping[str, Mapping[str, Any]],
    known: Known,
    asking: Asking,
) -> Step | None:
    issues = planned.issues[number]
    issues += _scope_issues(entry, asking)
    held = known.records.get(entry.record_id)
    issues += _record_issues(entry, held, known)
    if planned.is_refused(number):
        return None
    if entry.resource is None:
        return _deletion(number, entry, held, known)
    whose = _whose(entry.resource, entry.path, planned, sent, known, asking)
    issues += whose.issues
    if held is not None and whose.person_id not in ("", held.person_id):
        issues.append(issue("person-moved", whose.path))
    if planned.is_refused(number):
        return None
    read = read_event(entry.resource, entry.path, asking.now, whose.person.birth_date, places)
    issues += read.issues
    if read.event is None:
        return None
    if held is not None and read.action == "delete":
        return _deletion(number, entry, held, known)
    proposal = Proposal(
        whose.person, read.event, read.action, read.event_id, person_id=whose.person_id, resource=read.resource
    )
    if held is not None:
        proposal = replace(proposal, action="update", person_id=held.person_id, record_id=held.id)
    version = held.version if held is not None and entry.if_match else 0
    return Step(number, proposal, entry.path, whose.path, whose.patient, version)


def _deletion(number: int, entry: Entry, held: HeldRecord | None, known: Known) -> Step | None:
    if held is None:
        return None
    event = read_kept(held.kind, held.resource).event
    person = known.persons[held.person_id].demographics
    proposal = Proposal(person, event, "delete", person_id=held.person_id, record_id=held.id)
    return Step(number, proposal, entry.path, entry.path, version=held.version if entry.if_match else 0)


def _record_issues(entry: Entry, held: HeldRecord | None, known: Known) -> Iterator[Issue]:
    """What is wrong with changing the record of PUT or DELETE."""
    if not entry.record_id:
        return
    if held is None or KIND_OF[held.kind] != entry.kind:
        yield issue("not-own-record" if entry.record_id in known.of_others else "record-unknown", entry.path)
    elif entry.if_match:
        version = entry.if_match.strip().removeprefix("W/").strip('"')
        if not version.isdecimal() or len(version) > len("2147483647"):
            yield issue("version-form", entry.path)
        elif int(version) != held.version:
            yield issue("version-conflict", entry.path)


def _scope_issues(entry: Entry, asking: Asking) -> Iterator[Issue]:
    if asking.scopes is None:
        return
    letter = _LETTERS[entry.method]
    needed = [f"system/{entry.kind}.{letter}"] + ["system/Bundle.c"] * (letter == "c")
    if not any(covers(asking.scopes, scope) for scope in needed):
        yield issue("scope-missing", entry.path)


def _whose(
    raw: Mapping[str, Any], path: str, planned: Plan, sent: Mapping[str, int], known: Known, asking: Asking
) -> _Whose:
    link = link_of(raw)
    place = f"{path}.{'patient' if raw['resourceType'] == 'Immunization' else 'subject'}"
    if link is None:
        return _nobody(place, "reference-missing")
    if link.identifier is not None:
        return _identified(link.identifier, place, known)
    if link.place.startswith("#"):
        return _contained(raw, link, path, place, asking)
    if link.place in sent:
        return _sent(planned, sent[link.place], place)
    held = known.persons.get(ours(link.place, asking.base))
    if held is None:
        return _nobody(f"{place}.reference", "reference-unresolved")
    return _Whose(held.demographics, place, held.id)


def _sent(planned: Plan, number: int, place: str) -> _Whose:
    read = planned.patients.get(number)
    if read is None or read.demographics is None:
        return _nobody(f"{place}.reference", "person-not-recorded")
    return _Whose(read.demographics, read.path, patient=number)


def _contained(raw: Mapping[str, Any], link: Link, path: str, place: str, asking: Asking) -> _Whose:
    patient = contained_patient(raw, link.place)
    if patient is None:
        return _nobody(f"{place}.reference", "reference-unresolved")
    read = read_patient(patient, f"{path}.contained[{raw['contained'].index(patient)}]", asking.now)
    return _Whose(read.demographics or Demographics(), read.path, issues=read.issues)


def _identified(identifier: Identifier, place: str, known: Known) -> _Whose:
    ids = known.by_identifier.get(identifier, ())
    if len(ids) != 1:
        return _nobody(f"{place}.identifier", "person-several" if ids else "reference-unresolved")
    held = known.persons[ids[0]]
    return _Whose(held.demographics, place, held.id)


def _nobody(path: str, code: str) -> _Whose:
    return _Whose(Demographics(), path, issues=(issue(code, path),))


def _places(entries: Iterable[Entry]) -> dict[str, int]:
    """How each Patient of the request may be referred to -> number of its entry."""
    places: dict[str, int] = {}
    for number, entry in enumerate(entries):
        if entry.kind != "Patient" or entry.resource is None:
            continue
        wrapped = {"entry": [{"fullUrl": entry.full_url, "resource": entry.resource}]}
        for place in places_of(wrapped):
            places.setdefault(place, number)
    return places


def _events(entries: Iterable[Entry]) -> Iterator[Entry]:
    return (entry for entry in entries if entry.kind in EVENTS and not entry.left_out)
