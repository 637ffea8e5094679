"""What a bundle loses before it goes into a QR code, as a table (requirements A11 to A17).

Source: SMART Health Cards and Links 1.0.0, "Health Cards' payload content minified for QR codes".
Elements that the profiles keep out of a card (gender, addresses, …) are `cards.shc.profiles`' business.
"""

from collections.abc import Mapping, Sequence
from typing import Any

RESOURCE_LOSES = frozenset({"id", "text"})
"""A11 `Resource.id`, A13 `DomainResource.text`; `meta` keeps nothing but `security` (A12)."""
CONCEPT_LOSES = frozenset({"text"})
"""A14 `CodeableConcept.text`."""
CODING_LOSES = frozenset({"display", "id"})
"""A15 `Coding.display`. `Reference.display`, `HumanName.text` and `Quantity.unit` stay."""
CONCEPTS = frozenset(
    "category code valueCodeableConcept vaccineCode reasonCode statusReason reportOrigin site route interpretation "
    "method bodySite dataAbsentReason function subpotentReason programEligibility fundingSource targetDisease "
    "maritalStatus relationship type specialty clinicalStatus verificationStatus severity".split()
)
"""Names of elements that are CodeableConcepts in R4; an object with `coding` is one whatever its name."""
CODINGS = frozenset({"coding", "security", "tag", "valueCoding", "class"})


class UnresolvedReference(ValueError):
    """A reference that leads nowhere inside its bundle. `path` is where it stands, as in FHIRPath."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} points to nothing inside the bundle")
        self.path = path


def minimize(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `bundle` fit for a QR code: entries renumbered `resource:0…`, references rewritten, the table applied.

    Values are carried over as they are, never re-formatted. The type is `collection` unless it is `document`.

    Raises:
        UnresolvedReference: a reference does not resolve inside the bundle (A17).
    """
    entries = [entry for entry in _list(bundle.get("entry")) if isinstance(entry, Mapping)]
    places = _places(entries)
    kept = []
    for number, entry in enumerate(entries):
        path = f"Bundle.entry[{number}].resource"
        resource = _resource(_object(entry.get("resource")), path, places)
        kept.append({"fullUrl": f"resource:{number}", "resource": resource})
    kind = "document" if bundle.get("type") == "document" else "collection"
    return {"resourceType": "Bundle", "type": kind, "entry": kept}


def _places(entries: list[Mapping[str, Any]]) -> dict[str, str]:
    """Every way in which an entry may be referred to, and its short name."""
    places: dict[str, str] = {}
    for number, entry in enumerate(entries):
        resource = _object(entry.get("resource"))
        short = f"resource:{number}"
        full_url, identifier = entry.get("fullUrl"), resource.get("id")
        if isinstance(full_url, str):
            places.setdefault(full_url, short)
        if isinstance(identifier, str):
            places.setdefault(f"{resource.get('resourceType')}/{identifier}", short)
            places.setdefault(f"urn:uuid:{identifier}", short)
    return places


def _resource(resource: Mapping[str, Any], path: str, places: Mapping[str, str]) -> dict[str, Any]:
    kept = {name: value for name, value in resource.items() if name not in RESOURCE_LOSES and name != "meta"}
    security = _object(resource.get("meta")).get("security")
    if security:
        kept = {**kept, "meta": {"security": security}}
    return {
        name: shrunk for name, value in kept.items() if (shrunk := _shrink(value, name, f"{path}.{name}", places)) != {}
    }


def _shrink(value: Any, name: str, path: str, places: Mapping[str, str]) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, list):
        return [_shrink(item, name, f"{path}[{number}]", places) for number, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    loses: frozenset[str] = frozenset()
    if name in CODINGS:
        loses = CODING_LOSES
    elif "coding" in value or (name in CONCEPTS and "text" in value and "system" not in value):
        loses = CONCEPT_LOSES
    kept = {}
    for member, inner in value.items():
        if member in loses:
            continue
        if member == "reference" and isinstance(inner, str):
            kept[member] = _resolved(inner, f"{path}.reference", places)
        elif (shrunk := _shrink(inner, member, f"{path}.{member}", places)) != {}:
            kept[member] = shrunk
    return kept


def _resolved(reference: str, path: str, places: Mapping[str, str]) -> str:
    """Version-specific references (`…/_history/1`) lead to the same entry."""
    target = places.get(reference) or places.get(reference.split("/_history/")[0])
    if target is None:
        raise UnresolvedReference(path)
    return target


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
