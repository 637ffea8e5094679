"""The allow-list: the elements that may stand on a card, as a table, and what to do with all others.

Source: Vaccination & Testing IG 1.0.0, the DM profiles (requirements H2, H3, H5, H6). Everything outside the table is
left out of a card, except modifiers: an element that changes the meaning of the rest is never dropped in silence.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Element:
    """What FHIR gives an element: its type, whether it repeats, and which of its inner elements a card carries."""

    kind: Literal["object", "text", "number", "flag"]
    many: bool = False
    inner: Mapping[str, "Element"] = field(default_factory=dict)


def _one(**inner: Element) -> Element:
    return Element("object", inner=inner)


def _many(**inner: Element) -> Element:
    return Element("object", many=True, inner=inner)


_TEXT = Element("text")
_TEXTS = Element("text", many=True)
_CODING = {"system": _TEXT, "code": _TEXT}
_CONCEPT = _one(coding=_many(**_CODING))
_META = _one(security=_many(**_CODING))
_REFERENCE = _one(reference=_TEXT)
_QUANTITY = _one(value=Element("number"), comparator=_TEXT, unit=_TEXT, system=_TEXT, code=_TEXT)

Shape = Mapping[str, Element]
_ELEMENT_NAME = re.compile(r"_?[a-z][A-Za-z0-9]{0,49}")

PATIENT: Shape = {
    "resourceType": _TEXT,
    "name": _many(family=_TEXT, given=_TEXTS, text=_TEXT, prefix=_TEXTS, suffix=_TEXTS),
    "birthDate": _TEXT,
}
IMMUNIZATION: Shape = {
    "resourceType": _TEXT,
    "meta": _META,
    "status": _TEXT,
    "vaccineCode": _CONCEPT,
    "patient": _REFERENCE,
    "occurrenceDateTime": _TEXT,
    "performer": _many(actor=_one(display=_TEXT)),
    "lotNumber": _TEXT,
    "isSubpotent": Element("flag"),
}
OBSERVATION: Shape = {
    "resourceType": _TEXT,
    "meta": _META,
    "status": _TEXT,
    "code": _CONCEPT,
    "subject": _REFERENCE,
    "effectiveDateTime": _TEXT,
    "effectivePeriod": _one(start=_TEXT, end=_TEXT),
    "valueCodeableConcept": _CONCEPT,
    "valueQuantity": _QUANTITY,
    "valueString": _TEXT,
    "referenceRange": _many(low=_QUANTITY, high=_QUANTITY, type=_CONCEPT, text=_TEXT),
    "performer": _many(display=_TEXT),
    "component": _many(code=_CONCEPT, valueCodeableConcept=_CONCEPT),
}
SHAPES: Mapping[str, Shape] = {"Patient": PATIENT, "Immunization": IMMUNIZATION, "Observation": OBSERVATION}

FORBIDDEN = frozenset(
    {
        "Patient.photo",
        "Patient.contact",
        "Patient.address.line",
        "Patient.address.text",
        "Immunization.protocolApplied",
        "Immunization.patient.type",
        "Immunization.patient.identifier",
        "Immunization.patient.display",
        "Observation.subject.type",
        "Observation.subject.identifier",
        "Observation.subject.display",
    }
)
"""0..0 even in the AD profiles."""


def is_modifier(kind: str, name: str, value: Any) -> bool:
    """Whether an element outside the table changes the meaning of its resource (FHIR R4: is-modifier).

    Values that say nothing (`active: true`, `isSubpotent: false`) are no modifiers to us.
    """
    if name in ("modifierExtension", "implicitRules"):
        return True
    match (kind, name):
        case ("Patient", "active"):
            return value is not True
        case ("Patient", "deceasedBoolean"):
            return value is not False
        case ("Patient", "deceasedDateTime") | ("Immunization", "statusReason"):
            return True
        case ("Patient", "link"):
            links = value if isinstance(value, list) else [value]
            return any(not isinstance(link, Mapping) or link.get("type") == "replaced-by" for link in links)
    return False


def fits(resource: Mapping[str, Any], shape: Shape) -> bool:
    """Whether it has elements of the table only, each of its type: the quick look that spares the search for paths."""
    for name, value in resource.items():
        element = shape.get(name)
        if element is None or element.many != (type(value) is list):
            return False
        for item in value if element.many else (value,):
            if element.inner:
                if type(item) is not dict or not fits(item, element.inner):
                    return False
            elif not _has_type(item, element):
                return False
    return True


def outside(resource: Mapping[str, Any], shape: Shape, path: str) -> Iterator[tuple[str, str]]:
    """(path, name) of every element that the table does not have. Modifiers and forbidden elements are among them."""
    for name, value in resource.items():
        element = shape.get(name)
        if element is None:
            yield f"{path}.{safe_name(name)}", name
        elif element.inner:
            for place, item in each(value, f"{path}.{name}"):
                if isinstance(item, Mapping):
                    yield from outside(item, element.inner, place)


def wrong_types(resource: Mapping[str, Any], shape: Shape, path: str) -> Iterator[str]:
    """Paths of elements of the table that do not have the type FHIR gives them."""
    for name, value in resource.items():
        element = shape.get(name)
        if element is None:
            continue
        if element.many != isinstance(value, list):
            yield f"{path}.{name}"
            continue
        for place, item in each(value, f"{path}.{name}"):
            if not _has_type(item, element):
                yield place
            elif element.inner:
                yield from wrong_types(item, element.inner, place)


def reduce(resource: Mapping[str, Any], shape: Shape, path: str, left_out: list[str]) -> dict[str, Any]:
    """A copy with the elements of the table only; the paths of all others are added to `left_out`."""
    kept: dict[str, Any] = {}
    for name, value in resource.items():
        element = shape.get(name)
        if element is None:
            left_out.append(f"{path}.{safe_name(name)}")
        elif not element.inner:
            kept[name] = value
        elif isinstance(value, list):
            kept[name] = [_reduced(item, element, place, left_out) for place, item in each(value, f"{path}.{name}")]
        else:
            kept[name] = _reduced(value, element, f"{path}.{name}", left_out)
    return {name: value for name, value in kept.items() if value not in ({}, [], [{}])}


def each(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The items of an element with their paths; an element that does not repeat is its own only item."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield f"{path}[{number}]", item
    else:
        yield path, value


def safe_name(name: str) -> str:
    """An element's name for a path; what FHIR could not have as a name is not repeated (it might be a value)."""
    return name if _ELEMENT_NAME.fullmatch(name) else "?"


def _reduced(value: Any, element: Element, path: str, left_out: list[str]) -> Any:
    return reduce(value, element.inner, path, left_out) if isinstance(value, Mapping) else value


def _has_type(value: Any, element: Element) -> bool:
    if element.kind == "text":
        return isinstance(value, str)
    if element.kind == "object":
        return isinstance(value, Mapping)
    if element.kind == "number":
        return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return isinstance(value, bool if element.kind == "flag" else str)
