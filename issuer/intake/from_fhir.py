"""FHIR R4 resources as proposals. What a card does not carry (identifiers, contacts, evidence) is read from what was
sent; what a card carries stands in the reduced resource, which is signed as it was sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cards.terminology import CVX, SNOMED
from issuer.fhir import Submission
from issuer.intake.proposal import Address, Demographics, Dose, Event, Identifier, Name, Proposal, Result

Resource = Mapping[str, Any]

MATERNAL_NAME = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
SELF_COLLECTED = frozenset({"1208523001", "1208524007"})
"""SNOMED CT codes of the specimen supervision component (V&T H6): collected without supervision."""
EVIDENCE = frozenset({"provider", "record", "recall", "school", "jurisdiction"})
"""FHIR value set immunization-origin."""
NIP001 = "urn:oid:2.16.840.1.114222.4.5.274"
"""CDC's immunization information source, which systems of the United States send in reportOrigin."""
REFUSALS = frozenset({"PATOBJ", "00", "01", "02", "03"})
"""Why somebody did not want it: HL7 v3 ActReason, and CDC's table NIP002."""
MVX = "http://hl7.org/fhir/sid/mvx"
_VACCINATOR = "AP"
"""Who gave it (HL7 table 0443, Immunization.performer.function)."""


def proposals_of(submission: Submission, person_id: str = "") -> list[Proposal]:
    """One proposal for each dose and result of a checked submission, in the order they were sent."""
    raw_patient = next((raw for _, raw in submission.sent if raw.get("resourceType") == "Patient"), {})
    person = demographics_of(raw_patient, submission.patient)
    sent = dict(submission.sent)
    proposals = []
    for path, reduced in submission.paths:
        if reduced["resourceType"] != "Patient":
            raw = sent.get(path, reduced)
            event = event_of(raw, reduced)
            proposals.append(
                Proposal(person, event, event_id=event_id_of(raw), person_id=person_id, resource=kept_resource(reduced))
            )
    return proposals


def demographics_of(raw: Resource, reduced: Resource) -> Demographics:
    """Who a Patient is. The name and date of birth are those that will stand on the card."""
    names = _objects(raw.get("name"))
    first = _name(next(iter(_objects(reduced.get("name"))), {}))
    multiple, order = raw.get("multipleBirthBoolean"), raw.get("multipleBirthInteger")
    telecom = _objects(raw.get("telecom"))
    return Demographics(
        name=first,
        birth_date=str(reduced.get("birthDate", "")),
        sex=_text(raw.get("gender")) or None,
        identifiers=tuple(_identifiers(raw)),
        aliases=tuple(name for name in map(_name, names) if name != first),
        birth_order=order if isinstance(order, int) else None,
        multiple_birth=True if isinstance(order, int) else multiple,
        mother_maiden=next(_extension(raw, MATERNAL_NAME), None),
        phones=tuple(_text(one.get("value")) for one in telecom if one.get("system") in ("phone", "sms")),
        emails=tuple(_text(one.get("value")) for one in telecom if one.get("system") == "email"),
        address=next((_address(one) for one in _objects(raw.get("address"))), None),
        died_on=_death(raw),
    )


def event_of(raw: Resource, reduced: Resource) -> Event:
    """An Immunization as a dose, an Observation as a result."""
    return _dose(raw, reduced) if reduced["resourceType"] == "Immunization" else _result(raw, reduced)


def _dose(raw: Resource, reduced: Resource) -> Dose:
    coding = _coding(reduced.get("vaccineCode"))
    applied = next(iter(_objects(raw.get("protocolApplied"))), {})
    number = applied.get("doseNumberPositiveInt")
    return Dose(
        code=_text(coding.get("code")),
        system=_text(coding.get("system")) or CVX,
        day=_text(reduced.get("occurrenceDateTime")),
        lot=_text(reduced.get("lotNumber")),
        expires=_text(raw.get("expirationDate")),
        manufacturer=_manufacturer(raw.get("manufacturer")),
        status="not-done" if raw.get("status") == "not-done" else "completed",
        not_done_reason=_reason(raw),
        subpotent=bool(reduced.get("isSubpotent")),
        administered=raw.get("primarySource") is not False,
        evidence=_evidence(raw),
        dose_number=number if isinstance(number, int) else None,
        vaccinator=next(_vaccinators(raw), ""),
    )


def _reason(raw: Resource) -> str:
    if raw.get("status") != "not-done":
        return ""
    return "refused" if REFUSALS.intersection(_codes(raw.get("statusReason"))) else "not-administered"


def _evidence(raw: Resource) -> str:
    """Of a historical dose. A code of CDC's goes to the checker as it is; other code systems say nothing to us."""
    origin = raw.get("reportOrigin")
    codings = _objects(origin.get("coding")) if isinstance(origin, Mapping) else []
    known = (one for one in codings if one.get("system") == NIP001 or _text(one.get("code")) in EVIDENCE)
    return next((_text(one.get("code")) for one in known), "")


def _manufacturer(reference: Any) -> str:
    """The MVX code, where the sender gives one."""
    identifier = reference.get("identifier") if isinstance(reference, Mapping) else None
    is_mvx = isinstance(identifier, Mapping) and identifier.get("system") == MVX
    return _text(identifier.get("value")) if isinstance(identifier, Mapping) and is_mvx else ""


def _vaccinators(raw: Resource) -> Iterator[str]:
    """Who gave it, by the clinic's own identifier, else by name. It stands on no card."""
    for one in _objects(raw.get("performer")):
        actor = one.get("actor")
        if _VACCINATOR in _codes(one.get("function")) and isinstance(actor, Mapping):
            identifier = actor.get("identifier")
            named = _text(identifier.get("value")) if isinstance(identifier, Mapping) else ""
            yield named or _text(actor.get("display"))


def _death(raw: Resource) -> str | None:
    """`deceasedBoolean: false` takes no death away: many systems send it with everybody."""
    if day := _text(raw.get("deceasedDateTime")):
        return day.split("T")[0]
    return "yes" if raw.get("deceasedBoolean") is True else None


def _result(raw: Resource, reduced: Resource) -> Result:
    coding, value = _coding(reduced.get("code")), _coding(reduced.get("valueCodeableConcept"))
    quantity = reduced.get("valueQuantity")
    period = reduced.get("effectivePeriod") or {}
    moment = reduced.get("effectiveDateTime") or period.get("end") or period.get("start")
    supervised = {code for one in _objects(raw.get("component")) for code in _codes(one.get("valueCodeableConcept"))}
    return Result(
        code=_text(coding.get("code")),
        time=_text(moment),
        status=_text(reduced.get("status")),
        value_code=_text(value.get("code")),
        value_system=_text(value.get("system")) if value else SNOMED,
        quantity=_amount(quantity) if isinstance(quantity, Mapping) else "",
        unit=_text(quantity.get("code") or quantity.get("unit")) if isinstance(quantity, Mapping) else "",
        text=_text(reduced.get("valueString")),
        self_test=bool(supervised & SELF_COLLECTED),
    )


def _amount(quantity: Resource) -> str:
    """The number with its digits, and behind its comparator where it is a bound ("<0.5")."""
    return f"{_text(quantity.get('comparator'))}{quantity.get('value', '')}"


def kept_resource(reduced: Resource) -> dict[str, Any]:
    """Without the reference: the card's own Patient takes its place."""
    return {name: value for name, value in reduced.items() if name not in ("patient", "subject")}


_PATHS = {
    "person": "",
    "person.name": ".name",
    "person.birth_date": ".birthDate",
    "person.sex": ".gender",
    "person.identifier": ".identifier",
    "person.birth_order": ".multipleBirthInteger",
    "person.mother_maiden": ".extension",
    "person.phone": ".telecom",
    "person.email": ".telecom",
    "person.address": ".address",
    "person.died_on": ".deceasedDateTime",
    "event": "",
    "event.id": ".identifier",
    "event.lot": ".lotNumber",
    "event.expires": ".expirationDate",
    "event.manufacturer": ".manufacturer",
    "event.status": ".status",
    "event.evidence": ".reportOrigin",
    "event.dose_number": ".protocolApplied",
    "event.performer": ".performer",
    "event.value": ".value",
    "event.unit": ".valueQuantity",
}


def path_of_finding(place: str, path: str, submission: Submission) -> str:
    """Where a finding's neutral place stands in what was sent."""
    kinds = {where: one["resourceType"] for where, one in submission.paths}
    patient = next((where for where, kind in kinds.items() if kind == "Patient"), "Bundle.entry")
    return element_of(place, path, patient, kinds.get(path) == "Immunization")


def element_of(place: str, path: str, patient: str, is_dose: bool) -> str:
    """The same, of one dose or result at `path` and its person at `patient`."""
    if place.startswith("person"):
        return patient + _PATHS.get(place, "")
    if place == "event.code":
        return path + (".vaccineCode" if is_dose else ".code")
    if place == "event.day":
        return path + (".occurrenceDateTime" if is_dose else ".effectiveDateTime")
    return path + _PATHS.get(place, "")


def event_id_of(raw: Resource) -> str:
    """The sender's own identifier of the event, with its system."""
    found = next((one for one in _objects(raw.get("identifier")) if _text(one.get("value"))), None)
    return f"{_text(found.get('system'))}|{_text(found.get('value'))}" if found else ""


def _identifiers(raw: Resource) -> Iterator[Identifier]:
    for one in _objects(raw.get("identifier")):
        if _text(one.get("value")) and one.get("use") != "old":
            kind = next(iter(_codes(one.get("type"))), "")
            yield Identifier(_text(one.get("system")), _text(one.get("value")), kind)


def _name(name: Resource) -> Name:
    given = tuple(_text(one) for one in name.get("given") or () if _text(one))
    return Name(
        family=_text(name.get("family")),
        given=given,
        suffix=" ".join(map(_text, name.get("suffix") or ())),
        text="" if name.get("family") else _text(name.get("text")),
        prefix=" ".join(map(_text, name.get("prefix") or ())),
    )


def _address(one: Resource) -> Address:
    return Address(
        line=", ".join(map(_text, one.get("line") or ())),
        city=_text(one.get("city")),
        state=_text(one.get("state")),
        postcode=_text(one.get("postalCode")),
        country=_text(one.get("country")),
    )


def _extension(raw: Resource, url: str) -> Iterator[str]:
    for one in _objects(raw.get("extension")):
        if one.get("url") == url:
            yield _text(one.get("valueString"))


def _coding(concept: Any) -> Resource:
    return next(iter(_objects(concept.get("coding"))), {}) if isinstance(concept, Mapping) else {}


def _codes(concept: Any) -> list[str]:
    return [_text(one.get("code")) for one in _objects(concept.get("coding"))] if isinstance(concept, Mapping) else []


def _objects(value: Any) -> list[Resource]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
