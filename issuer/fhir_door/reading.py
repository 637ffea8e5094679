"""One resource as it was sent, read: a Patient as demographics, an Immunization or Observation as an event. Pure.

What the library does not check (the code sets of `status`) is checked here. A status that is recorded but never
certified (`not-done`), or that takes a record back (`entered-in-error`), is shown to the profiles as a given one: the
rest of the resource is judged alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cards.shc.profiles import Fault
from issuer.fhir import Resource, read_resource
from issuer.fhir_door.issues import Issue, issue, of_fault
from issuer.intake.from_fhir import demographics_of, event_id_of, event_of, kept_resource
from issuer.intake.proposal import Demographics, Event, Identifier

KINDS = ("Patient", "Immunization", "Observation")
EVENTS = ("Immunization", "Observation")
LINKS: Mapping[str, str] = {"Immunization": "patient", "Observation": "subject"}
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""FHIR R4 datatype id."""
_STATUSES: Mapping[str, frozenset[str]] = {
    "Immunization": frozenset({"completed", "not-done", "entered-in-error"}),
    "Observation": frozenset(
        "registered preliminary final amended corrected cancelled entered-in-error unknown".split()
    ),
}
"""FHIR R4 value sets immunization-status and observation-status, both required."""
_UNKNOWN_STATUS: Mapping[str, str] = {"Immunization": "status-unknown", "Observation": "status-not-final"}
"""The checker's codes, the same behind every door."""
_AS_GIVEN: Mapping[str, Mapping[str, Any]] = {
    "Immunization": {"status": "completed", "statusReason": None},
    "Observation": {"status": "final"},
}
_RECORDED_NOT_CERTIFIED: Mapping[str, Any] = {"deceasedBoolean": None, "deceasedDateTime": None}

Action = Literal["add", "delete"]


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a dose or result is about. One of the two is set."""

    place: str = ""
    """A place in the bundle, `#…` of the resource itself, or `Patient/id` of ours."""
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True)
class ReadPatient:
    """A Patient; `demographics` is None where it was refused."""

    path: str
    demographics: Demographics | None = field(repr=False)
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """A dose or result; `event` is None where it was refused."""

    event: Event | None = field(repr=False)
    resource: Mapping[str, Any] | None = field(default=None, repr=False)
    """What is signed; None where nothing is."""
    event_id: str = field(default="", repr=False)
    action: Action = "add"
    issues: tuple[Issue, ...] = ()


def read_patient(raw: dict[str, Any], path: str, now: datetime) -> ReadPatient:
    """A Patient by itself. That somebody has died is recorded: it is no reason to refuse a dose given before."""
    reduced, faults, _ = read_resource(raw, path, now, instead=_RECORDED_NOT_CERTIFIED)
    issues = tuple(map(of_fault, faults))
    if _refused(faults):
        return ReadPatient(path, None, issues)
    return ReadPatient(path, demographics_of(raw, reduced), issues)


def read_event(
    raw: dict[str, Any], path: str, now: datetime, born: str = "", places: Mapping[str, Resource] | None = None
) -> ReadEvent:
    """An Immunization or Observation by itself. `born` is the person's date of birth, or ""."""
    kind, status = raw["resourceType"], raw.get("status")
    issues: list[Issue] = []
    instead: Mapping[str, Any] = {}
    if isinstance(status, str) and status not in _STATUSES[kind]:
        issues.append(issue(_UNKNOWN_STATUS[kind], f"{path}.status", "code-invalid"))
        instead = _AS_GIVEN[kind]
    elif status in ("not-done", "entered-in-error"):
        instead = _AS_GIVEN[kind]
    reduced, faults, _ = read_resource(raw, path, now, born=born, places=places or {}, instead=instead)
    issues += map(of_fault, faults)
    if any(one.is_error for one in issues):
        return ReadEvent(None, issues=tuple(issues))
    action: Action = "delete" if status == "entered-in-error" else "add"
    resource = kept_resource(reduced) if status != "not-done" and action == "add" else None
    return ReadEvent(event_of(raw, reduced), resource, event_id_of(raw), action, tuple(issues))


def link_of(raw: Mapping[str, Any]) -> Link | None:
    """Whom it is about; None where it does not say."""
    reference = raw.get(LINKS[raw["resourceType"]])
    if not isinstance(reference, Mapping):
        return None
    place = reference.get("reference")
    if isinstance(place, str) and place:
        return Link(place.split("/_history/")[0])
    identifier = reference.get("identifier")
    if isinstance(identifier, Mapping) and isinstance(identifier.get("value"), str) and identifier["value"]:
        system = identifier.get("system")
        return Link(identifier=Identifier(system if isinstance(system, str) else "", identifier["value"]))
    return None


def ours(place: str, base: str) -> str:
    """The id in `Patient/id`, relative or below our address; "" for any other reference."""
    _, _, after = place.removeprefix(f"{base}/").partition("Patient/")
    return after if place.removeprefix(f"{base}/") == f"Patient/{after}" and ID.fullmatch(after) else ""


def contained_patient(raw: Mapping[str, Any], place: str) -> dict[str, Any] | None:
    """The Patient in the resource itself that `#…` names."""
    contained = raw.get("contained")
    for one in contained if isinstance(contained, list) else []:
        if isinstance(one, dict) and one.get("resourceType") == "Patient" and f"#{one.get('id')}" == place:
            return one
    return None


def _refused(faults: list[Fault]) -> bool:
    return any(found.severity == "error" for found in faults)
