"""Cases as FHIR R4, over HTTP: single resources with their Patient contained, bundles, PUT and DELETE."""

from collections.abc import Mapping
from typing import Any, Final

from cards.encoding import read_json, write_json
from issuer.intake.from_fhir import MATERNAL_NAME, MVX
from issuer.intake.proposal import Demographics, Dose, Name, Result
from tests.shows.door_cases import Case, Message, Step, Where
from tests.shows.door_site import DoorSite
from tests.shows.door_told import Told

NIP001: Final = "urn:oid:2.16.840.1.114222.4.5.274"
_NEVER_SENT: Final = "0" * 32

FORMAT: Final[Mapping[str, frozenset[str]]] = {
    # FHIR's own structure comes before everything: a date, code or number of another form is no FHIR R4.
    "fhir-structure": frozenset(
        {
            "date-form",
            "birth-date-form",
            "expiry-form",
            "death-date-form",
            "time-form",
            "date-missing",
            "vaccine-code-missing",
        }
    ),
    # Immunization.occurrence[x] and Patient.birthDate have no empty value in FHIR.
    "required-missing": frozenset({"date-missing", "vaccine-code-missing", "birth-date-missing"}),
    # PUT and DELETE name a record by its id: that there is none is said of the id.
    "record-unknown": frozenset({"nothing-to-change"}),
    # Of quantities: the profile wants to know what is normal. Said of FHIR only, since no other format has the element.
    "reference-range-missing": frozenset({""}),
    "reference-range-unneeded": frozenset({""}),
}
"""Codes that only FHIR has, each with the codes of ours it stands for ("": none, it is a remark more)."""


class FhirDoor:
    """`/fhir`."""

    name = "fhir"
    format_codes = FORMAT

    def __init__(self, site: DoorSite) -> None:
        self.site = site
        self.client = site.app.test_client()

    def cannot(self, case: Case) -> str:
        """Why the case cannot be said here; "" where it can."""
        steps = [step for message in case.messages for step in message.steps]
        if any(step.person.protected is not None for step in steps):
            return "FHIR's Patient has no element for HL7's protection indicator"
        if case.name == "update of what was never sent":
            return "PUT names a record by our id, and a dose that was never sent has none"
        return ""

    def begin(self) -> None:
        """Nothing is remembered."""

    def expected(self, codes: frozenset[str], _: Any) -> frozenset[str]:
        """An OperationOutcome says everything; but a date of birth that is refused is compared with no other date."""
        return codes - {"before-birth"} if codes >= {"before-birth", "date-in-future"} else codes

    def tell(self, message: Message) -> Told:
        """Send it; what was answered."""
        if len(message.steps) == 1:
            return self._single(message.steps[0], message.clinic)
        return self._bundle(message)

    def _single(self, step: Step, where: Where) -> Told:
        if step.event is None:
            answer = self._send("POST", "/Patient", patient_of(step.person), where)
            return _told([answer])
        kind = "Immunization" if isinstance(step.event, Dose) else "Observation"
        record_id = self.site.meant(step, where)
        if step.action == "delete" and record_id and not step.event_id:
            return _told([self._send("DELETE", f"/{kind}/{record_id}", None, where)])
        resource = resource_of(step, {"reference": "#p"}) | {"contained": [patient_of(step.person) | {"id": "p"}]}
        if step.action == "update":
            record_id = record_id or _NEVER_SENT
            return _told([self._send("PUT", f"/{kind}/{record_id}", resource | {"id": record_id}, where)])
        return _told([self._send("POST", f"/{kind}", resource, where)])

    def _bundle(self, message: Message) -> Told:
        patient = {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001", "resource": None}
        patient |= {"resource": patient_of(message.steps[0].person), "request": {"method": "POST", "url": "Patient"}}
        entries = [patient, *(self._entry(step, message.clinic) for step in message.steps)]
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
        answer = self._send("POST", "", bundle, message.clinic)
        responses = [one["response"] for one in answer.get_json()["entry"]]
        codes = {code for one in responses for code in _codes(one.get("outcome", {}))}
        return Told(tuple(int(one["status"][:3]) >= 400 for one in responses[1:]), frozenset(codes))

    def _entry(self, step: Step, where: Where) -> dict[str, Any]:
        kind = "Immunization" if isinstance(step.event, Dose) else "Observation"
        if step.action == "delete" and (record_id := self.site.meant(step, where)):
            return {"request": {"method": "DELETE", "url": f"{kind}/{record_id}"}}
        resource = resource_of(step, {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"})
        return {"resource": resource, "request": {"method": "POST", "url": kind}}

    def _send(self, method: str, path: str, body: Any, where: Where) -> Any:
        headers = {"Authorization": f"Bearer {self.site.tokens['system', where]}"}
        data = write_json(body) if body is not None else None  # it keeps the digits of numbers
        return self.client.open(
            "/fhir" + path, method=method, data=data, content_type="application/fhir+json", headers=headers
        )


def _told(answers: list[Any]) -> Told:
    codes = {code for answer in answers for code in _codes(answer.get_json())}
    return Told(tuple(answer.status_code >= 400 for answer in answers), frozenset(codes))


def _codes(outcome: Mapping[str, Any]) -> set[str]:
    return {
        coding["code"] for issue in outcome.get("issue", ()) for coding in issue.get("details", {}).get("coding", ())
    }


def patient_of(person: Demographics) -> dict[str, Any]:
    """A Patient."""
    said: dict[str, Any] = {"resourceType": "Patient", "gender": person.sex, "birthDate": person.birth_date}
    said["name"] = [_name(person.name)] if person.name != Name() else None
    said["identifier"] = [_identifier(one.authority, one.value) for one in person.identifiers]
    if person.birth_order is not None:
        said["multipleBirthInteger"] = person.birth_order
    if person.mother_maiden:
        said["extension"] = [{"url": MATERNAL_NAME, "valueString": person.mother_maiden}]
    telecom = [{"system": "phone", "value": phone} for phone in person.phones]
    said["telecom"] = [*telecom, *({"system": "email", "value": email} for email in person.emails)]
    if (home := person.address) is not None:
        parts = {"line": [home.line], "city": home.city, "state": home.state, "postalCode": home.postcode}
        said["address"] = [parts | {"country": home.country}]
    if person.died_on:
        said["deceasedDateTime"] = person.died_on
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def _identifier(authority: str, value: str) -> dict[str, Any]:
    system = {"system": authority} if authority else {}
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
    return {**system, "value": value, "type": kind}


def _name(name: Name) -> dict[str, Any]:
    if name.text:
        return {"text": name.text}
    said = {"family": name.family, "given": list(name.given), "suffix": [name.suffix] if name.suffix else []}
    return {part: value for part, value in said.items() if value}


def resource_of(step: Step, reference: dict[str, Any]) -> dict[str, Any]:
    """An Immunization or Observation."""
    event = step.event
    assert event is not None
    said = _immunization(event) if isinstance(event, Dose) else _observation(event)
    said["patient" if isinstance(event, Dose) else "subject"] = reference
    if step.event_id:
        said["identifier"] = [{"system": "urn:ehr", "value": step.event_id}]
    if step.action == "delete":
        said["status"] = "entered-in-error"
    return said


def _immunization(dose: Dose) -> dict[str, Any]:
    coding = {"system": dose.system, "code": dose.code}
    said: dict[str, Any] = {
        "resourceType": "Immunization",
        "status": dose.status,
        "vaccineCode": {"coding": [{name: value for name, value in coding.items() if value}]},
        "occurrenceDateTime": dose.day or None,
        "primarySource": dose.administered,
        "lotNumber": dose.lot or None,
        "expirationDate": dose.expires or None,
        "isSubpotent": dose.subpotent or None,
    }
    if dose.manufacturer:
        said["manufacturer"] = {"identifier": {"system": MVX, "value": dose.manufacturer}}
    if dose.not_done_reason:
        reason = "PATOBJ" if dose.not_done_reason == "refused" else "OSTOCK"
        said["statusReason"] = _concept("http://terminology.hl7.org/CodeSystem/v3-ActReason", reason)
    if dose.evidence:
        said["reportOrigin"] = _concept(NIP001, dose.evidence)
    if dose.dose_number is not None:
        said["protocolApplied"] = [{"doseNumberPositiveInt": dose.dose_number}]
    if dose.vaccinator:
        function = _concept("http://terminology.hl7.org/CodeSystem/v2-0443", "AP")
        said["performer"] = [{"function": function, "actor": {"display": dose.vaccinator}}]
    return {name: value for name, value in said.items() if value is not None}


def _observation(result: Result) -> dict[str, Any]:
    said: dict[str, Any] = {
        "resourceType": "Observation",
        "status": result.status,
        "code": _concept("http://loinc.org", result.code),
        "effectiveDateTime": result.time,
    }
    if result.value_code:
        said["valueCodeableConcept"] = _concept(result.value_system, result.value_code)
    if result.quantity:
        said["valueQuantity"] = _quantity(result)
    if result.text:
        said["valueString"] = result.text
    if result.self_test:
        how = {"code": _concept("http://snomed.info/sct", "1208523001")}
        how["valueCodeableConcept"] = _concept("http://snomed.info/sct", "1208523001")
        said["component"] = [how]
    return said


def _quantity(result: Result) -> dict[str, Any]:
    number = result.quantity.lstrip("<>=")
    said: dict[str, Any] = {"value": read_json(number.encode())}
    if comparator := result.quantity.removesuffix(number):
        said["comparator"] = comparator
    if result.unit:
        said |= {"unit": result.unit, "system": "http://unitsofmeasure.org", "code": result.unit}
    return said


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
