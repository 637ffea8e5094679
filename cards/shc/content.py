"""What a person reads on a card: names, doses, results.

Tolerant on purpose: it runs on what a trusted issuer signed, where an odd element must not hide the rest. It decides
nothing, and it hides nothing: what is no vaccination and no result is named by its resource type.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Code:
    """A code and the system it belongs to."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who the card is about. `birth_date` as in FHIR: "1990-05-20", "1990-05", "1990" or ""."""

    name: str = field(repr=False)
    birth_date: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dose:
    """One vaccination. `status` other than "completed" means that it was not given (or entered in error)."""

    codes: tuple[Code, ...] = field(repr=False)
    date: str = field(repr=False)
    lot: str | None = field(repr=False)
    performer: str | None = field(repr=False)
    status: str
    subpotent: bool


@dataclass(frozen=True, slots=True)
class Result:
    """One test result. `values` are codes, `text` what is no code (a number with its unit, a sentence)."""

    codes: tuple[Code, ...] = field(repr=False)
    time: str = field(repr=False)
    values: tuple[Code, ...] = field(repr=False)
    text: str | None = field(repr=False)
    performer: str | None = field(repr=False)
    status: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything on one card. `others` are the types of resources that are neither person, dose nor result."""

    persons: tuple[Person, ...]
    doses: tuple[Dose, ...]
    results: tuple[Result, ...]
    others: tuple[str, ...]


def content_of(bundle: Mapping[str, Any]) -> Content:
    """Read a FHIR bundle for display. Never raises on JSON."""
    persons, doses, results, others = [], [], [], []
    for entry in _objects(bundle.get("entry")):
        resource = _object(entry.get("resource"))
        kind = _text(resource.get("resourceType"))
        if kind == "Patient":
            persons.append(_person(resource))
        elif kind == "Immunization":
            doses.append(_dose(resource))
        elif kind == "Observation":
            results.append(_result(resource))
        else:
            others.append(kind or "unknown")
    doses.sort(key=lambda dose: dose.date)
    results.sort(key=lambda result: result.time)
    return Content(tuple(persons), tuple(doses), tuple(results), tuple(others))


def _person(patient: Mapping[str, Any]) -> Person:
    names = _objects(patient.get("name"))
    return Person(_name(names[0]) if names else "", _text(patient.get("birthDate")))


def _name(name: Mapping[str, Any]) -> str:
    if _text(name.get("text")):
        return _text(name.get("text"))
    parts = [*_texts(name.get("prefix")), *_texts(name.get("given")), _text(name.get("family"))]
    return " ".join([part for part in parts if part] + _texts(name.get("suffix")))


def _dose(immunization: Mapping[str, Any]) -> Dose:
    performers = [_object(performer.get("actor")) for performer in _objects(immunization.get("performer"))]
    return Dose(
        _codes(immunization.get("vaccineCode")),
        _text(immunization.get("occurrenceDateTime")) or _text(immunization.get("occurrenceString")),
        _text(immunization.get("lotNumber")) or None,
        _first_display(performers),
        _text(immunization.get("status")),
        immunization.get("isSubpotent") is True,
    )


def _result(observation: Mapping[str, Any]) -> Result:
    period = _object(observation.get("effectivePeriod"))
    return Result(
        _codes(observation.get("code")),
        _text(observation.get("effectiveDateTime")) or _text(period.get("start")),
        _codes(observation.get("valueCodeableConcept")),
        _value_in_words(observation),
        _first_display(_objects(observation.get("performer"))),
        _text(observation.get("status")),
    )


def _value_in_words(observation: Mapping[str, Any]) -> str | None:
    quantity = _object(observation.get("valueQuantity"))
    if quantity:
        unit = _text(quantity.get("unit")) or _text(quantity.get("code"))
        return " ".join(part for part in (_text(quantity.get("comparator")), str(quantity.get("value")), unit) if part)
    return (
        _text(observation.get("valueString"))
        or _text(_object(observation.get("valueCodeableConcept")).get("text"))
        or None
    )


def _codes(concept: Any) -> tuple[Code, ...]:
    codings = _objects(_object(concept).get("coding"))
    return tuple(Code(_text(coding.get("system")), _text(coding.get("code"))) for coding in codings)


def _first_display(references: list[Mapping[str, Any]]) -> str | None:
    return next((_text(reference.get("display")) for reference in references if _text(reference.get("display"))), None)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
