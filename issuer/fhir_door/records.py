"""A record as it stands, as the FHIR R4 resource its clinic reads back. Pure."""

from collections.abc import Mapping
from typing import Any

from issuer.fhir_door.answers import instant
from issuer.fhir_door.reading import LINKS
from issuer.intake.events import read_event, resource_of
from issuer.intake.from_fhir import MVX, NIP001
from issuer.intake.held import HeldRecord
from issuer.intake.proposal import Dose, Result

KIND_OF: Mapping[str, str] = {"immunization": "Immunization", "observation": "Observation"}
_ORIGIN = "http://terminology.hl7.org/CodeSystem/immunization-origin"
_ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_REFUSED = "PATOBJ"
_NIP001_CODES = frozenset(f"{number:02}" for number in range(9))


def record_resource(record: HeldRecord, performer: str) -> dict[str, Any]:
    """The resource with id and version.

    Args:
        performer: the clinic's public name, for what was recorded without one.
    """
    kept = read_event(record.kind, record.resource)
    said = dict(kept.resource or resource_of(kept.event, performer))
    kind = KIND_OF[record.kind]
    meta = {"versionId": str(record.version), "lastUpdated": instant(record.changed_at)}
    resource = {"resourceType": kind, "id": record.id, "meta": {**meta, **said.pop("meta", {})}}
    resource |= {name: value for name, value in said.items() if name != "resourceType"}
    resource[LINKS[kind]] = {"reference": f"Patient/{record.person_id}"}
    more = _of_dose(kept.event) if isinstance(kept.event, Dose) else _of_result(kept.event)
    return resource | more


def _of_dose(dose: Dose) -> dict[str, Any]:
    more: dict[str, Any] = {"status": dose.status, "primarySource": dose.administered}
    if dose.not_done_reason == "refused":
        more["statusReason"] = {"coding": [{"system": _ACT_REASON, "code": _REFUSED}]}
    if dose.expires:
        more["expirationDate"] = dose.expires
    if dose.manufacturer:
        more["manufacturer"] = {"identifier": {"system": MVX, "value": dose.manufacturer}}
    if dose.evidence:
        system = NIP001 if dose.evidence in _NIP001_CODES else _ORIGIN
        more["reportOrigin"] = {"coding": [{"system": system, "code": dose.evidence}]}
    if dose.dose_number is not None:
        more["protocolApplied"] = [{"doseNumberPositiveInt": dose.dose_number}]
    return more


def _of_result(result: Result) -> dict[str, Any]:
    return {"status": result.status}
