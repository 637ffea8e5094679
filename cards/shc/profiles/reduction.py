"""From a record to what its card carries: the allow-list applied, and one chosen where a card has room for one.

Nothing is invented and nothing is re-formatted; the day of a vaccination is the part of its date-time before the T.
"""

from collections.abc import Mapping
from typing import Any

from cards.shc.profiles import shapes
from cards.shc.profiles.reading import coding_list, objects, text
from cards.terminology import CVX, ICD11, LOINC, SNOMED

VACCINE_SYSTEMS = (CVX, SNOMED, ICD11)
"""The closed list (H3), in the order in which we choose where a record gives several codes."""
IDENTITY_ASSURANCE = "https://smarthealth.cards/ial"
_PEOPLE = frozenset({"Practitioner", "PractitionerRole", "Patient", "RelatedPerson"})
_NAME_USES = ("official", "", "usual")

Places = Mapping[str, Mapping[str, Any]]
"""How entries are referred to, and the resources there."""


def reduce_to_profile(bundle: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The bundle with what may stand on a card, and the paths of everything that was left out.

    A modifier that changes the meaning (status, isSubpotent true, statusReason, …) is kept: `check_profile` refuses it.
    """
    left_out = [f"Bundle.{shapes.safe_name(name)}" for name in bundle if name not in ("resourceType", "type", "entry")]
    places = places_of(bundle)
    entries = []
    for number, entry in enumerate(objects(bundle.get("entry"))):
        path = f"Bundle.entry[{number}]"
        left_out += [f"{path}.{shapes.safe_name(name)}" for name in entry if name not in ("fullUrl", "resource")]
        resource = entry.get("resource")
        if not isinstance(resource, Mapping) or text(resource.get("resourceType")) not in shapes.SHAPES:
            left_out.append(f"{path}.resource")
            continue
        reduced = reduce_resource(resource, f"{path}.resource", places, left_out)
        full_url = {"fullUrl": entry["fullUrl"]} if "fullUrl" in entry else {}
        entries.append({**full_url, "resource": reduced})
    kept = {name: bundle[name] for name in ("resourceType", "type") if name in bundle}
    return {**kept, "entry": entries}, left_out


def reduce_resource(resource: Mapping[str, Any], path: str, places: Places, left_out: list[str]) -> dict[str, Any]:
    """One Patient, Immunization or Observation, reduced; adds to `left_out`."""
    kind = text(resource.get("resourceType"))
    modifiers = {name: value for name, value in resource.items() if shapes.is_modifier(kind, name, value)}
    plain = {name: value for name, value in resource.items() if name not in modifiers}
    _CHOICES[kind](plain, path, places, left_out)
    reduced = shapes.reduce(plain, shapes.SHAPES[kind], path, left_out)
    return {**reduced, **modifiers}


def places_of(bundle: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Every way in which a resource of the bundle may be referred to: fullUrl, Type/id, urn:uuid:id."""
    places: dict[str, Mapping[str, Any]] = {}
    for entry in objects(bundle.get("entry")):
        resource = entry.get("resource")
        if not isinstance(resource, Mapping):
            continue
        full_url, identifier = text(entry.get("fullUrl")), text(resource.get("id"))
        kind = text(resource.get("resourceType"))
        if full_url:
            places.setdefault(full_url, resource)
        if identifier:
            places.setdefault(f"{kind}/{identifier}", resource)
            places.setdefault(f"urn:uuid:{identifier}", resource)
        elif f"/{kind}/" in full_url:  # FHIR R4, "Resolving references in Bundles": relative to the server's base
            places.setdefault(f"{kind}/{full_url.rpartition('/')[2]}", resource)
    return places


def _choose_for_patient(patient: dict[str, Any], path: str, _: Places, left_out: list[str]) -> None:
    names = objects(patient.get("name"))
    if not names or len(names) != len(patient["name"]):
        return
    first = min(names, key=_name_rank)
    left_out += [f"{path}.name[{number}]" for number, name in enumerate(names) if name is not first]
    chosen = dict(first)
    divided = "family" in chosen and "given" in chosen
    for part in ("text",) if divided else ("family", "given") if "text" in chosen else ():
        if chosen.pop(part, None) is not None:
            left_out.append(f"{path}.name.{part}")
    patient["name"] = [chosen]


def _name_rank(name: Mapping[str, Any]) -> tuple[bool, int]:
    """A name whose time has an end comes after one that is still in use."""
    use, period = text(name.get("use")), name.get("period")
    ended = isinstance(period, Mapping) and "end" in period
    return ended, _NAME_USES.index(use) if use in _NAME_USES else len(_NAME_USES)


def _choose_for_immunization(dose: dict[str, Any], path: str, places: Places, left_out: list[str]) -> None:
    if dose.get("isSubpotent") is False:
        left_out.append(f"{path}.isSubpotent")
        del dose["isSubpotent"]
    date = text(dose.get("occurrenceDateTime"))
    if "T" in date:
        left_out.append(f"{path}.occurrenceDateTime (time of day)")
        dose["occurrenceDateTime"] = date.split("T")[0]
    _choose_coding(dose, "vaccineCode", VACCINE_SYSTEMS, path, left_out)
    _keep_security(dose, path, left_out)
    actors = [(performer, _reference(performer.get("actor"))) for performer in objects(dose.get("performer"))]
    named = [name for _, actor in actors if (name := _organization_name(actor, places))]
    _replace_performer(dose, [{"actor": {"display": name}} for name in named[:1]], path, left_out)


def _choose_for_observation(result: dict[str, Any], path: str, places: Places, left_out: list[str]) -> None:
    _choose_coding(result, "code", (LOINC,), path, left_out)
    _choose_coding(result, "valueCodeableConcept", (SNOMED,), path, left_out)
    _keep_security(result, path, left_out)
    named = [name for actor in objects(result.get("performer")) if (name := _organization_name(actor, places))]
    _replace_performer(result, [{"display": name} for name in named[:1]], path, left_out)
    components = objects(result.get("component"))
    kept = [part for part in components if is_supervision(part)]
    if "component" in result and len(kept) != len(components):
        left_out.append(f"{path}.component")
        result["component"] = kept


def is_supervision(component: Mapping[str, Any]) -> bool:
    """Whether a component says how the taking of the specimen was supervised (H6)."""
    from cards.terminology import snomed

    return any(coding.get("code") == snomed.SUPERVISION for coding in coding_list(component.get("code")))


def _choose_coding(
    resource: dict[str, Any], name: str, systems: tuple[str, ...], path: str, left_out: list[str]
) -> None:
    """Of several codes keep the one of the first system named; where none is of these systems, keep all (a fault)."""
    codings = coding_list(resource.get(name))
    for system in systems:
        chosen = [coding for coding in codings if coding.get("system") == system]
        if chosen:
            left_out += [
                f"{path}.{name}.coding[{number}]" for number, coding in enumerate(codings) if coding not in chosen
            ]
            resource[name] = {**resource[name], "coding": chosen}
            return


def _keep_security(resource: dict[str, Any], path: str, left_out: list[str]) -> None:
    meta = resource.get("meta")
    labels = meta.get("security") if isinstance(meta, Mapping) else None
    if not isinstance(meta, Mapping) or not isinstance(labels, list):
        return
    kept = [label for label in labels if isinstance(label, Mapping) and label.get("system") == IDENTITY_ASSURANCE]
    if len(kept) != len(labels):
        left_out.append(f"{path}.meta.security")
        resource["meta"] = {**meta, "security": kept}


def _replace_performer(resource: dict[str, Any], chosen: list[Any], path: str, left_out: list[str]) -> None:
    """A card names the organization; the nurse's name is nobody's business at a door."""
    if "performer" not in resource or resource["performer"] == chosen:
        return
    left_out.append(f"{path}.performer" if not chosen else f"{path}.performer (all but one organization's name)")
    resource["performer"] = chosen


def _organization_name(actor: Mapping[str, Any], places: Places) -> str:
    reference = text(actor.get("reference"))
    target = places.get(reference, {})
    kind = (
        text(actor.get("type")) or text(target.get("resourceType")) or reference.rpartition("/")[0].rpartition("/")[2]
    )
    if kind in _PEOPLE:
        return ""
    return text(actor.get("display")) or text(target.get("name"))


def _reference(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


_CHOICES = {
    "Patient": _choose_for_patient,
    "Immunization": _choose_for_immunization,
    "Observation": _choose_for_observation,
}
