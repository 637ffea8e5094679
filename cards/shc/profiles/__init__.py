"""The vaccination and testing profiles: may this bundle stand on a card, and what of it?

    reduced, left_out = reduce_to_profile(bundle)        # the allow-list; modifiers stay
    faults = check_profile(minimize(reduced))            # [] or what is wrong, where, and what to do

Primary (DM) profiles SHOULD be met: where not, a warning. Fallback (AD) profiles MUST be: where not, an error.
Source: HL7 "SMART Health Cards: Vaccination & Testing" 1.0.0; requirements H1 to H7. Pure; a fault never carries a
value out of the record.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from cards.shc.profiles import shapes
from cards.shc.profiles.faults import PROFILE_FAULTS, Fault, Severity, fault
from cards.shc.profiles.patient import check_patient
from cards.shc.profiles.reading import FHIR_DATE, hides_something, is_before, is_plain, leaves, objects, text
from cards.shc.profiles.reduction import places_of, reduce_resource, reduce_to_profile
from cards.shc.profiles.shapes import safe_name
from cards.shc.profiles.testing import check_result
from cards.shc.profiles.vaccination import check_vaccination

__all__ = [
    "PROFILE_FAULTS",
    "Fault",
    "Severity",
    "check_after_birth",
    "check_profile",
    "check_resource",
    "fault",
    "places_of",
    "reduce_resource",
    "reduce_to_profile",
    "safe_name",
]

_FULL_URL = "resource:"
_OF_BUNDLE = ("resourceType", "type", "entry")
_OF_ENTRY = ("fullUrl", "resource")


def check_profile(bundle: Any) -> list[Fault]:
    """Every fault of one card's bundle, in its order."""
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
        return [fault("not-a-bundle", "Bundle")]
    entries = objects(bundle.get("entry"))
    faults = list(_check_bundle(bundle, entries))
    patients = [_resource(entry) for entry in entries if _kind(entry) == "Patient"]
    born = text(patients[0].get("birthDate")) if len(patients) == 1 else ""
    for number, entry in enumerate(entries):
        path = f"Bundle.entry[{number}]"
        faults += _check_entry(entry, path)
        faults += check_resource(_resource(entry), f"{path}.resource", born)
    return faults + list(_check_links(entries))


def check_resource(resource: Mapping[str, Any], path: str, born: str = "") -> list[Fault]:
    """Every fault of one resource by itself. `born` is the Patient's date of birth, or ""."""
    kind = text(resource.get("resourceType"))
    shape = shapes.SHAPES.get(kind)
    if shape is None:
        return [fault("resource-not-allowed", path)]
    faults: list[Fault] = []
    if not (shapes.fits(resource, shape) and is_plain(resource)):
        faults += [fault("wrong-type", place) for place in shapes.wrong_types(resource, shape, path)]
        faults += _check_leaves(resource, path)
        if faults:
            return faults
        faults += _check_outside(resource, kind, shape, path)
    faults += _CHECKS[kind](resource, path)
    return faults + list(check_after_birth(resource, path, born))


_CHECKS = {"Patient": check_patient, "Immunization": check_vaccination, "Observation": check_result}


def _check_bundle(bundle: Mapping[str, Any], entries: list[Mapping[str, Any]]) -> Iterator[Fault]:
    if bundle.get("type") != "collection":
        yield fault("bundle-type", "Bundle.type")
    for name in bundle:
        if name not in _OF_BUNDLE:
            yield fault("not-minimized", f"Bundle.{safe_name(name)}")
    kinds = Counter(_kind(entry) for entry in entries)
    if kinds["Patient"] != 1:
        yield fault("patient-several" if kinds["Patient"] else "patient-missing", "Bundle.entry")
    if not kinds["Immunization"] + kinds["Observation"]:
        yield fault("nothing-to-certify", "Bundle.entry")
    if kinds["Immunization"] and kinds["Observation"]:
        yield fault("mixed-card", "Bundle.entry")


def _check_entry(entry: Mapping[str, Any], path: str) -> Iterator[Fault]:
    full_url = text(entry.get("fullUrl"))
    if not full_url.startswith(_FULL_URL) or not full_url[len(_FULL_URL) :].isdecimal() or not full_url.isascii():
        yield fault("full-url-form", f"{path}.fullUrl")
    for name in entry:
        if name not in _OF_ENTRY:
            yield fault("not-minimized", f"{path}.{safe_name(name)}")


def _check_links(entries: list[Mapping[str, Any]]) -> Iterator[Fault]:
    """Each entry has a name of its own, and each dose or result leads to the Patient (A16, A17)."""
    names = [text(entry.get("fullUrl")) for entry in entries]
    patients = {name for name, entry in zip(names, entries, strict=True) if _kind(entry) == "Patient"}
    for number, (name, entry) in enumerate(zip(names, entries, strict=True)):
        if name in names[:number]:
            yield fault("full-url-repeated", f"Bundle.entry[{number}].fullUrl")
        role = {"Immunization": "patient", "Observation": "subject"}.get(_kind(entry))
        if role is None:
            continue
        link = _resource(entry).get(role)
        target = text(link.get("reference")) if isinstance(link, Mapping) else ""
        path = f"Bundle.entry[{number}].resource.{role}"
        if not target:
            yield fault("reference-missing", path)
        elif target not in patients:
            yield fault("reference-unresolved", f"{path}.reference")


def _check_leaves(resource: Mapping[str, Any], path: str) -> Iterator[Fault]:
    for place, value in leaves(resource, path):
        if value in ("", None) or value == [] or value == {}:
            yield fault("empty-element", place)
        elif isinstance(value, str) and hides_something(value):
            yield fault("hidden-character", place)


def _check_outside(resource: Mapping[str, Any], kind: str, shape: shapes.Shape, path: str) -> Iterator[Fault]:
    for place, name in shapes.outside(resource, shape, path):
        generic = kind + _without_numbers(place[len(path) :])
        if name in ("modifierExtension", "implicitRules"):
            yield fault("modifier-unknown", place)
        elif generic in shapes.FORBIDDEN:
            yield fault("element-forbidden", place)
        elif generic == "Patient.address":
            yield from _check_address(resource, place)
        elif not _has_a_check_of_its_own(kind, name, resource.get(name)):
            yield fault("not-minimized", place)


def _check_address(patient: Mapping[str, Any], place: str) -> Iterator[Fault]:
    """Town and state are discouraged; street and house are forbidden."""
    inner = {f"Patient.address.{name}" for address in objects(patient["address"]) for name in address}
    yield fault("element-forbidden" if inner & shapes.FORBIDDEN else "not-minimized", place)


def _has_a_check_of_its_own(kind: str, name: str, value: Any) -> bool:
    if shapes.is_modifier(kind, name, value):
        return True
    # occurrenceString, effectiveInstant, valueBoolean, …: the choice of type is the fault, not the element.
    choices = {"Patient": ("deceased",), "Immunization": ("occurrence",), "Observation": ("effective", "value")}
    return name == "use" or (name.startswith(choices[kind]) and name not in ("deceasedBoolean",))


def check_after_birth(resource: Mapping[str, Any], path: str, born: str) -> Iterator[Fault]:
    """The one check of a dose or result that depends on the Patient. `born` as in FHIR, or ""."""
    if not FHIR_DATE.fullmatch(born):
        return
    period = resource.get("effectivePeriod")
    start = text(period.get("start")) if isinstance(period, Mapping) else ""
    when = text(resource.get("occurrenceDateTime")) or text(resource.get("effectiveDateTime")) or start
    if when and is_before(when, born):
        yield fault("before-birth", path)


def _without_numbers(path: str) -> str:
    return "".join(part.split("]", 1)[-1] for part in path.split("["))


def _resource(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    resource = entry.get("resource")
    return resource if isinstance(resource, Mapping) else {}


def _kind(entry: Mapping[str, Any]) -> str:
    return text(_resource(entry).get("resourceType"))
