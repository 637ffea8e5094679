"""The vaccination profiles (requirements H3, H5)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cards.shc.profiles.faults import Fault, fault
from cards.shc.profiles.reading import coding_list, is_date, objects, text
from cards.shc.profiles.reduction import IDENTITY_ASSURANCE, VACCINE_SYSTEMS
from cards.terminology import CVX, is_no_vaccine, vaccine

SHORT_NAME = 30
"""Characters a performer's name should stay below (H3, H6)."""
SHORT_LOT = 20
"""Characters a lot number should stay below (H3)."""
IDENTITY_LEVELS = frozenset({"IAL1.2", "IAL1.4", "IAL2", "IAL3"})
MANUFACTURER_SYSTEMS = frozenset({"http://hl7.org/fhir/sid/mvx", "https://www.gs1.org/gln"})
_CVX_FORM = re.compile(r"[0-9]{2,3}")
_WHOLE_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def check_vaccination(dose: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Status, code, date, performer, lot of one Immunization."""
    if dose.get("status") != "completed":
        yield fault("status-not-completed", f"{path}.status")
    if "statusReason" in dose:
        yield fault("status-reason", f"{path}.statusReason")
    if dose.get("isSubpotent", True) is not True:
        yield fault("subpotent-form", f"{path}.isSubpotent")
    yield from _check_code(coding_list(dose.get("vaccineCode")), f"{path}.vaccineCode")
    yield from _check_date(dose, path)
    performers = objects(dose.get("performer"))
    actors = [performer.get("actor") for performer in performers]
    yield from check_performers([actor if isinstance(actor, Mapping) else {} for actor in actors], path, ".actor")
    yield from _check_lot(text(dose.get("lotNumber")), f"{path}.lotNumber")
    yield from _check_manufacturer(dose.get("manufacturer"), path)
    yield from check_identity_assurance(dose, path)


def check_performers(actors: list[Mapping[str, Any]], path: str, step: str = "") -> Iterator[Fault]:
    """At most one performer, with a short name (H3, H6)."""
    if len(actors) > 1:
        yield fault("performer-several", f"{path}.performer")
    for number, actor in enumerate(actors):
        name = text(actor.get("display"))
        if not name:
            yield fault("performer-name-missing", f"{path}.performer[{number}]{step}")
        elif len(name) >= SHORT_NAME:
            yield fault("performer-name-long", f"{path}.performer[{number}]{step}.display")


def check_identity_assurance(resource: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """At most one level, from the value set (H5). Its codes are not case sensitive."""
    meta = resource.get("meta")
    labels = meta.get("security", []) if isinstance(meta, Mapping) else []
    known = [
        label
        for label in objects(labels)
        if label.get("system") == IDENTITY_ASSURANCE and text(label.get("code")).upper() in IDENTITY_LEVELS
    ]
    if labels and (len(labels) != 1 or len(known) != 1):
        yield fault("identity-assurance", f"{path}.meta.security")


def _check_code(codings: list[Mapping[str, Any]], path: str) -> Iterator[Fault]:
    if not codings:
        yield fault("vaccine-code-missing", path)
    systems = [text(coding.get("system")) for coding in codings]
    for number, (system, coding) in enumerate(zip(systems, codings, strict=True)):
        place = f"{path}.coding[{number}]"
        if system not in VACCINE_SYSTEMS:
            yield fault("vaccine-code-system", f"{place}.system")
        elif system in systems[:number]:
            yield fault("vaccine-code-repeated", place)
        else:
            yield from _check_coding(system, text(coding.get("code")), place)
    if len(set(systems)) > 1 and set(systems) <= set(VACCINE_SYSTEMS):
        yield fault("vaccine-code-several", path)


def _check_coding(system: str, code: str, place: str) -> Iterator[Fault]:
    known = vaccine(system, code)
    if not code:
        yield fault("vaccine-code-missing", f"{place}.code")
    elif system == CVX and not _CVX_FORM.fullmatch(code):
        yield fault("vaccine-code-form", f"{place}.code")
    elif system == CVX and is_no_vaccine(code):
        yield fault("no-vaccine", f"{place}.code")
    elif known is None:
        yield fault("vaccine-unknown", f"{place}.code")
    elif known.unspecified:
        yield fault("vaccine-unspecified", f"{place}.code")


def _check_date(dose: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if "occurrenceString" in dose:
        yield fault("date-form", f"{path}.occurrenceString")
    value = text(dose.get("occurrenceDateTime"))
    if not value:
        yield fault("date-missing", path)
    elif not is_date(value.split("T")[0]):
        yield fault("date-form", f"{path}.occurrenceDateTime")
    elif not _WHOLE_DAY.fullmatch(value):
        yield fault("date-not-a-day", f"{path}.occurrenceDateTime")


def _check_lot(lot: str, path: str) -> Iterator[Fault]:
    if len(lot) >= SHORT_LOT:
        yield fault("lot-number-long", path)
    if "lot" in lot.lower():
        yield fault("lot-number-words", path)


def _check_manufacturer(manufacturer: Any, path: str) -> Iterator[Fault]:
    """The AD profile allows an identifier from two systems, the DM profile no manufacturer at all."""
    if not isinstance(manufacturer, Mapping) or "identifier" not in manufacturer:
        return
    identifier = manufacturer["identifier"]
    system = identifier.get("system") if isinstance(identifier, Mapping) else None
    if system not in MANUFACTURER_SYSTEMS:
        yield fault("manufacturer-system", f"{path}.manufacturer.identifier.system")
