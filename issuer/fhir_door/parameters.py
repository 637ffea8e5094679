"""`$health-cards-issue`: what is asked for, which cards that is, and the answer. Pure.

Source: SMART Health Cards and Links 1.0.0, OperationDefinition patient-i-health-cards-issue and its notes (requirements
F2 to F4). Where the text leaves room: a card is given where every credentialType is a type of resource on it, every
credentialValueSet has a code on it, and something on it happened at or after `_since`. A list of identity claims limits
what may be told of the person: our cards say the name and the date of birth, so a list that lacks one of them gets no
card.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cards.shc.profiles.reading import coding_list, is_before, is_date, is_moment, objects, text
from issuer.fhir_door.bundles import read_object
from issuer.fhir_door.issues import FhirRefused, Issue, issue, refused
from issuer.fhir_door.value_sets import Holds, groups_of, value_set

MAX_PARAMETERS = 100
"""Far more than any wallet has to say."""
TYPE_PREFIX = "https://smarthealth.cards#"
"""Of credential types in the first versions of the framework."""
STRUCTURE_PREFIX = "http://hl7.org/fhir/StructureDefinition/"
_OLD_TYPES: Mapping[str, str] = {"immunization": "Immunization", "laboratory": "Observation", "health-card": "Patient"}
COVID = "covid19"
_COVID_GROUP = "COVID-19"
_VALUES: Mapping[str, str] = {
    "credentialType": "valueUri",
    "credentialValueSet": "valueUri",
    "includeIdentityClaim": "valueString",
    "_since": "valueDateTime",
}
_LIKEWISE: Mapping[str, tuple[str, ...]] = {"valueUri": ("valueCanonical", "valueUrl", "valueString", "valueCode")}
"""What wallets send for a uri."""
_CLAIM = re.compile(r"Patient(?:\.[A-Za-z][A-Za-z0-9]*(?:\[[0-9]{1,3}\])?){0,6}")
_ON_CARDS = ("Patient.name", "Patient.birthDate")
_URI = re.compile(r"\S{1,500}")
"""FHIR R4 datatype uri, no longer than any real one."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    types: tuple[str, ...]
    """Types of resource, or `#covid19`."""
    value_sets: tuple[str, ...] = ()
    claims: tuple[str, ...] = field(default=(), repr=False)
    since: str = ""


@dataclass(frozen=True, slots=True)
class OpenCard:
    """A card that stands, and what it says."""

    jws: str = field(repr=False)
    bundle: Mapping[str, Any] = field(repr=False)
    hosted: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`resource:1` -> address of the record it was made from, where the asker may read it."""


def read_request(octets: bytes) -> Request:
    """The operation's input.

    Raises:
        FhirRefused: 400 it is not one; 422 a parameter is not as the operation defines it.
    """
    body = read_object(octets)
    if body["resourceType"] != "Parameters":
        raise refused(400, "parameters-missing", "Parameters")
    parameters = body.get("parameter", [])
    if not isinstance(parameters, list) or len(parameters) > MAX_PARAMETERS:
        raise refused(400, "parameters-missing", "Parameters.parameter")
    said: dict[str, list[str]] = {name: [] for name in _VALUES}
    issues = [one for number, each in enumerate(parameters) for one in _read(each, number, said)]
    if not said["credentialType"] and not issues:
        issues.append(issue("credential-type-missing", "Parameters.parameter"))
    if issues:
        raise FhirRefused(422, issues)
    types = tuple(_type_of(one) for one in said["credentialType"])
    since = said["_since"][0] if said["_since"] else ""
    return Request(types, tuple(said["credentialValueSet"]), tuple(said["includeIdentityClaim"]), since)


def chosen(request: Request, cards: Sequence[OpenCard], base: str) -> list[OpenCard]:
    """Which of a person's cards are asked for. `base` is the address of the FHIR server."""
    sets = [value_set(one, base) for one in request.value_sets]
    if not _claims_allow(request.claims) or None in sets:
        return []
    known = [one for one in sets if one is not None]
    return [card for card in cards if _is_asked_for(card, request, known)]


def answer(cards: Sequence[OpenCard]) -> dict[str, Any]:
    """The operation's output; without `parameter` where there is nothing (requirement F4)."""
    said: list[dict[str, Any]] = [{"name": "verifiableCredential", "valueString": card.jws} for card in cards]
    for number, card in enumerate(cards):
        said += [_link(number, bundled, hosted) for bundled, hosted in sorted(card.hosted.items())]
    return {"resourceType": "Parameters", "parameter": said} if said else {"resourceType": "Parameters"}


def resources_of(bundle: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(fullUrl, resource) of a card's bundle."""
    for entry in objects(bundle.get("entry")):
        resource = entry.get("resource")
        if isinstance(resource, Mapping):
            yield text(entry.get("fullUrl")), resource


def codes_of(resource: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(system, code) of the product or test."""
    name = {"Immunization": "vaccineCode", "Observation": "code"}.get(text(resource.get("resourceType")), "")
    return [(text(one.get("system")), text(one.get("code"))) for one in coding_list(resource.get(name))]


def moments_of(resource: Mapping[str, Any]) -> list[str]:
    """When it happened, as FHIR says it."""
    period = resource.get("effectivePeriod")
    ends = [period.get("end"), period.get("start")] if isinstance(period, Mapping) else []
    found = [resource.get("occurrenceDateTime"), resource.get("effectiveDateTime"), *ends]
    return [text(one) for one in found if text(one)]


def _read(parameter: Any, number: int, said: dict[str, list[str]]) -> Iterator[Issue]:
    path = f"Parameters.parameter[{number}]"
    name = text(parameter.get("name")) if isinstance(parameter, Mapping) else ""
    if not isinstance(parameter, Mapping) or name not in _VALUES:
        yield issue("parameter-unknown", f"{path}.name")
        return
    kind = _VALUES[name]
    values = [value for each, value in parameter.items() if each in (kind, *_LIKEWISE.get(kind, ()))]
    others = [each for each in parameter if each.startswith("value")]
    if len(values) != 1 or len(others) != 1 or not isinstance(values[0], str):
        yield issue("parameter-form", path)
    elif fault := _FORMS[name](values[0]):
        yield issue(fault, f"{path}.{others[0]}")
    elif name == "_since" and said[name]:
        yield issue("parameter-repeated", f"{path}.name")
    else:
        said[name].append(values[0])


def _uri_fault(value: str) -> str:
    return "" if _URI.fullmatch(value) else "parameter-form"


def _claim_fault(value: str) -> str:
    return "" if _CLAIM.fullmatch(value) else "identity-claim-form"


def _since_fault(value: str) -> str:
    return "" if is_date(value) or is_moment(value) else "since-form"


_FORMS: Mapping[str, Callable[[str], str]] = {
    "credentialType": _uri_fault,
    "credentialValueSet": _uri_fault,
    "includeIdentityClaim": _claim_fault,
    "_since": _since_fault,
}


def _type_of(uri: str) -> str:
    """`#immunization`, its full address, a type, or the address of its definition; anything else stays as it is."""
    name = uri.removeprefix(TYPE_PREFIX).removeprefix("#")
    if name != uri:
        return _OLD_TYPES.get(name, f"#{name}")
    return uri.removeprefix(STRUCTURE_PREFIX)


def _claims_allow(claims: Sequence[str]) -> bool:
    return not claims or all(name in claims or "Patient" in claims for name in _ON_CARDS)


def _is_asked_for(card: OpenCard, request: Request, sets: Sequence[Holds]) -> bool:
    resources = [resource for _, resource in resources_of(card.bundle)]
    kinds = {text(resource.get("resourceType")) for resource in resources}
    codes = [code for resource in resources for code in codes_of(resource)]
    if not all(_is_covid(codes) if one == f"#{COVID}" else one in kinds for one in request.types):
        return False
    if not all(any(holds(system, code) for system, code in codes) for holds in sets):
        return False
    moments = [moment for resource in resources for moment in moments_of(resource)]
    return not request.since or any(not _is_earlier(moment, request.since) for moment in moments)


def _is_covid(codes: Sequence[tuple[str, str]]) -> bool:
    tests = value_set("https://terminology.smarthealth.cards/ValueSet/lab-qualitative-test-covid", "")
    return any(_COVID_GROUP in groups_of(*one) or (tests is not None and tests(*one)) for one in codes)


def _is_earlier(moment: str, since: str) -> bool:
    """To the precision that both have: what happened in March 2021 is not earlier than March 2021."""
    if is_moment(moment) and is_moment(since):
        try:
            return datetime.fromisoformat(moment) < datetime.fromisoformat(since)
        except ValueError:  # a leap second: the day will do
            pass
    return is_before(moment.split("T")[0], since.split("T")[0])


def _link(number: int, bundled: str, hosted: str) -> dict[str, Any]:
    return {
        "name": "resourceLink",
        "part": [
            {"name": "vcIndex", "valueInteger": number},
            {"name": "bundledResource", "valueUri": bundled},
            {"name": "hostedResource", "valueUri": hosted},
        ],
    }
