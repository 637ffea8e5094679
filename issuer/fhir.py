"""FHIR at the rim: a bundle from a clinic becomes checked, reduced resources, or a list of faults.

The library (`fhir.resources`, R4B) judges structure only. It re-orders keys, rewrites numbers and dates and accepts any
status: nothing it writes is ever signed, and what it does not check is checked here and in `cards.shc.profiles`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from fhir.resources.R4B.immunization import Immunization
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.patient import Patient
from pydantic import ValidationError

from cards import MalformedCard
from cards.encoding import read_json
from cards.shc.profiles import Fault, check_resource, fault, places_of, reduce_resource, safe_name
from issuer.faults import InvalidBundle, issuer_fault

MAX_BUNDLE_OCTETS = 1024 * 1024
"""A lifetime of vaccinations with all an EHR adds takes some 100 kB."""
MAX_ENTRIES = 500
MAX_STRUCTURE_FAULTS = 20
"""Of one resource; whoever sends more has another problem."""
EASTERNMOST_ZONE = timedelta(hours=14)
"""A day without a zone is not in the future while it is that day anywhere on earth (UTC+14)."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far a laboratory's clock may run ahead of ours."""

_KINDS = ("collection", "document", "transaction", "batch")
_MODELS: dict[str, Any] = {"Patient": Patient, "Immunization": Immunization, "Observation": Observation}
_LINKS = {"Immunization": "patient", "Observation": "subject"}

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Submission:
    """One person's record, checked and reduced to what may stand on cards."""

    patient: Resource = field(repr=False)
    doses: tuple[Resource, ...] = field(repr=False)
    results: tuple[Resource, ...] = field(repr=False)
    warnings: tuple[Fault, ...] = ()
    left_out: tuple[str, ...] = ()
    """Paths of everything that was sent and will not stand on a card."""
    paths: tuple[tuple[str, Resource], ...] = field(repr=False, default=())
    sent: tuple[tuple[str, Resource], ...] = field(repr=False, default=())
    """Each resource as it was sent, by its path."""

    def path_of(self, resource: Resource) -> str:
        """Where one of its resources stood in what was sent."""
        return next((path for path, one in self.paths if one is resource), "Bundle.entry")

    @property
    def birth_date(self) -> str:
        """As in FHIR, possibly partial; "" where unknown."""
        return str(self.patient.get("birthDate", ""))


def read_bundle(octets: bytes, now: datetime) -> Submission:
    """Read, check and reduce what a clinic sent.

    Raises:
        InvalidBundle: with every fault found, each with its path and what to do.
    """
    bundle = _parsed(octets)
    entries = bundle["entry"]
    faults = [found for number, entry in enumerate(entries) for found in _entry_faults(entry, number)]
    if _errors(faults):
        raise InvalidBundle(faults)
    faults += _link_faults(bundle)
    places, left_out = places_of(bundle), _bundle_left_out(bundle)
    reduced: list[tuple[str, dict[str, Any]]] = []
    for number, entry in enumerate(entries):
        if entry["resource"].get("resourceType") in _MODELS:
            path = f"Bundle.entry[{number}].resource"
            reduced.append((path, reduce_resource(entry["resource"], path, places, left_out)))
    born = next((str(r.get("birthDate", "")) for _, r in reduced if r["resourceType"] == "Patient"), "")
    for path, resource in reduced:
        faults += check_resource(resource, path, born)
        faults += _future_faults(resource, path, now)
    faults += _repeated_doses(reduced)
    if _errors(faults):
        raise InvalidBundle(faults)
    patient, *others = sorted((r for _, r in reduced), key=lambda r: r["resourceType"] != "Patient")
    return Submission(
        patient,
        tuple(r for r in others if r["resourceType"] == "Immunization"),
        tuple(r for r in others if r["resourceType"] == "Observation"),
        tuple(faults),
        tuple(left_out),
        tuple(reduced),
        tuple((f"Bundle.entry[{number}].resource", entry["resource"]) for number, entry in enumerate(entries)),
    )


def read_resource(
    resource: dict[str, Any],
    path: str,
    now: datetime,
    *,
    born: str = "",
    places: Mapping[str, Resource] = MappingProxyType({}),
    instead: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[dict[str, Any], list[Fault], list[str]]:
    """One Patient, Immunization or Observation by itself: reduced, its faults, and paths of what was left out.

    To whom it refers is the caller's business.

    Args:
        born: the Patient's date of birth, or "".
        places: what it may refer to (`cards.shc.profiles.places_of`), for the names of organizations.
        instead: elements that are recorded and not certified, with what the profiles are shown in their place; None
            for nothing. The structure is judged as it was sent.
    """
    faults = _structure_faults(resource, path)
    if faults:
        return {}, faults, []
    if resource["resourceType"] == "Observation" and not _is_laboratory(resource):
        return {}, [fault("not-a-laboratory-result", f"{path}.category")], []
    shown = {name: value for name, value in {**resource, **instead}.items() if value is not None}
    left_out: list[str] = []
    reduced = reduce_resource(shown, path, places, left_out)
    return reduced, [*check_resource(reduced, path, born), *_future_faults(reduced, path, now)], left_out


def canonical(resource: Resource) -> str:
    """One text for one content, whatever the order of its members. Numbers keep the digits they were sent with."""
    return json.dumps(resource, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def _parsed(octets: bytes) -> dict[str, Any]:
    try:
        bundle = read_json(octets)
    except MalformedCard:
        raise InvalidBundle([issuer_fault("json-malformed", "Bundle")]) from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise InvalidBundle([fault("not-a-bundle", "Bundle")])
    if bundle.get("type") not in _KINDS:
        raise InvalidBundle([issuer_fault("bundle-kind", "Bundle.type")])
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        raise InvalidBundle([fault("nothing-to-certify", "Bundle.entry")])
    if len(entries) > MAX_ENTRIES:
        raise InvalidBundle([issuer_fault("entries-too-many", "Bundle.entry")])
    return bundle


def _entry_faults(entry: Any, number: int) -> Iterator[Fault]:
    path = f"Bundle.entry[{number}]"
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        yield issuer_fault("entry-empty", path)
        return
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") not in (None, "POST", "PUT"):
        yield issuer_fault("entry-not-created", f"{path}.request.method")
    if resource["resourceType"] not in _MODELS:
        yield issuer_fault("resource-left-out", f"{path}.resource")
        return
    structure = _structure_faults(resource, f"{path}.resource")
    yield from structure
    if not structure and resource["resourceType"] == "Observation" and not _is_laboratory(resource):
        yield fault("not-a-laboratory-result", f"{path}.resource.category")


def _structure_faults(resource: dict[str, Any], path: str) -> list[Fault]:
    """What the library says, without what it quotes: its messages repeat values."""
    try:
        _MODELS[resource["resourceType"]].model_validate(resource)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False)
        places = {(_place(path, one["loc"]), "missing" in one["type"]) for one in found}
        codes = {False: "fhir-structure", True: "required-missing"}
        return [issuer_fault(codes[missing], place) for place, missing in sorted(places)[:MAX_STRUCTURE_FAULTS]]
    except Exception:  # the library raises KeyError and others on resource types it does not know
        return [issuer_fault("fhir-structure", path)]
    return []


def _place(path: str, steps: tuple[int | str, ...]) -> str:
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{safe_name(step)}"
    return path


def _is_laboratory(observation: Resource) -> bool:
    """An Observation with categories must be in "laboratory"; vital signs are no test results."""
    categories = observation.get("category")
    codings = [
        coding.get("code")
        for category in (categories if isinstance(categories, list) else [])
        for coding in (category.get("coding") or [] if isinstance(category, dict) else [])
        if isinstance(coding, dict)
    ]
    return not codings or "laboratory" in codings


def _link_faults(bundle: Resource) -> Iterator[Fault]:
    """One Patient; every dose and result is about that Patient."""
    places = places_of(bundle)
    resources = [entry["resource"] for entry in bundle["entry"]]
    patients = [resource for resource in resources if resource["resourceType"] == "Patient"]
    if len(patients) != 1:
        yield fault("patient-several" if patients else "patient-missing", "Bundle.entry")
    if not any(resource["resourceType"] in _LINKS for resource in resources):
        yield fault("nothing-to-certify", "Bundle.entry")
    for number, resource in enumerate(resources):
        role = _LINKS.get(resource["resourceType"])
        if role is None:
            continue
        path = f"Bundle.entry[{number}].resource.{role}"
        reference = (resource.get(role) or {}).get("reference")
        if not reference:
            yield fault("reference-missing", path)
        elif reference.startswith("#"):
            yield issuer_fault("contained-reference", f"{path}.reference")
        elif not patients or places.get(reference.split("/_history/")[0]) is not patients[0]:
            yield fault("reference-unresolved", f"{path}.reference")
    urls = [entry.get("fullUrl") for entry in bundle["entry"]]
    for number, url in enumerate(urls):
        if url is not None and url in urls[:number]:
            yield fault("full-url-repeated", f"Bundle.entry[{number}].fullUrl")


def _bundle_left_out(bundle: Resource) -> list[str]:
    return [
        f"Bundle.entry[{number}].resource"
        for number, entry in enumerate(bundle["entry"])
        if entry["resource"]["resourceType"] not in _MODELS
    ]


def _future_faults(resource: Resource, path: str, now: datetime) -> Iterator[Fault]:
    latest_day = (now + EASTERNMOST_ZONE).date().isoformat()
    for name in ("birthDate", "occurrenceDateTime"):
        day = resource.get(name)
        if isinstance(day, str) and day > latest_day:
            yield issuer_fault("date-in-future", f"{path}.{name}")
    moments = {"effectiveDateTime": resource.get("effectiveDateTime")}
    period = resource.get("effectivePeriod")
    if isinstance(period, Mapping):
        moments |= {f"effectivePeriod.{end}": period.get(end) for end in ("start", "end")}
    for name, moment in moments.items():
        if isinstance(moment, str) and _is_future(moment, now):
            yield issuer_fault("date-in-future", f"{path}.{name}")


def _is_future(moment: str, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(moment) > now + CLOCK_SKEW
    except (ValueError, TypeError):
        return False  # not a moment with a zone: the profile says so


def _repeated_doses(reduced: list[tuple[str, dict[str, Any]]]) -> Iterator[Fault]:
    seen: set[str] = set()
    for path, resource in reduced:
        if resource["resourceType"] not in _LINKS:
            continue
        content = canonical({name: value for name, value in resource.items() if name not in _LINKS.values()})
        if content in seen:
            yield fault("dose-repeated", path)
        seen.add(content)


def _errors(faults: list[Fault]) -> bool:
    return any(found.severity == "error" for found in faults)
