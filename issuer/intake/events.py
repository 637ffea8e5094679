"""A dose or result as it is kept, and as FHIR R4 for a card.

Kept is JSON: what was said of the event, and where the door received FHIR the reduced resource, which is signed as it
was sent. Where there is none, `resource_of` writes it.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from typing import Any

import orjson

from cards.encoding import read_json, write_json
from cards.terminology import LOINC
from issuer.intake.proposal import Dose, Event, Kind, Result

EVENTS_REMEMBERED = 32_768
"""Lots by days of a drive; some 600 octets each."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in `record.resource`."""

    event: Event
    resource: Mapping[str, Any] | None


def event_octets(event: Event, resource: Mapping[str, Any] | None) -> bytes:
    """Compact JSON; what has its default value is left out. A resource keeps the digits it was sent with."""
    defaults = _DEFAULTS[event.kind]
    said = orjson.dumps({name: value for name, value in _values(event) if value != defaults.get(name)})
    if resource is None:
        return b'{"event":' + said + b"}"
    return b'{"event":' + said + b',"fhir":' + write_json(resource) + b"}"


@lru_cache(maxsize=EVENTS_REMEMBERED)
def read_event(kind: Kind, octets: bytes) -> Kept:
    """Back from the store. What a later version added is ignored. Remembered: a drive's doses are much alike. Whoever
    changes what `Kept.resource` leads to changes it for all: nobody does, it is a `Mapping`."""
    content: Any = read_json(octets) if b'"fhir":' in octets else orjson.loads(octets)
    said = {name: value for name, value in content["event"].items() if name in _NAMES[kind]}
    event: Event = Dose(**said) if kind == "immunization" else Result(**said)
    return Kept(event, content.get("fhir"))


def resource_of(event: Event, performer: str) -> dict[str, Any]:
    """The event as reduced FHIR R4, in the order of the profiles (requirements H3, H6)."""
    return _immunization(event, performer) if isinstance(event, Dose) else _observation(event, performer)


def moment_of(event: Event) -> str:
    """When it was: the day of a dose, the moment of a result."""
    return event.day if isinstance(event, Dose) else event.time


def _immunization(dose: Dose, performer: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": dose.system, "code": dose.code}]},
        "occurrenceDateTime": dose.day,
    }
    if display := dose.performer or performer:
        resource["performer"] = [{"actor": {"display": display}}]
    if dose.lot:
        resource["lotNumber"] = dose.lot
    if dose.subpotent:
        resource["isSubpotent"] = True
    return resource


def _observation(result: Result, performer: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "status": result.status,
        "code": {"coding": [{"system": LOINC, "code": result.code}]},
        "effectiveDateTime": result.time,
    }
    if display := result.performer or performer:
        resource["performer"] = [{"display": display}]
    if result.value_code:
        resource["valueCodeableConcept"] = {"coding": [{"system": result.value_system, "code": result.value_code}]}
    elif result.quantity:
        resource["valueQuantity"] = _quantity(result)
    elif result.text:
        resource["valueString"] = result.text
    return resource


def _quantity(result: Result) -> dict[str, Any]:
    number = result.quantity.lstrip("<>=")
    comparator = result.quantity[: len(result.quantity) - len(number)]
    quantity: dict[str, Any] = {"value": read_json(number.removeprefix("+").encode())}
    if comparator:
        quantity["comparator"] = comparator
    if result.unit:
        quantity |= {"unit": result.unit, "system": "http://unitsofmeasure.org", "code": result.unit}
    return quantity


def _values(event: Event) -> list[tuple[str, Any]]:
    return [(name, getattr(event, name)) for name in _NAMES[event.kind]]


_FIELDS = {"immunization": fields(Dose), "observation": fields(Result)}
_NAMES = {kind: tuple(one.name for one in many if one.name != "kind") for kind, many in _FIELDS.items()}
_DEFAULTS = {
    kind: {one.name: one.default for one in many if one.default is not MISSING} for kind, many in _FIELDS.items()
}
