"""What is there when `make show-api` begins: a person with doses, a result and cards; and bodies that are good."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

CVX, LOINC, SNOMED = "http://hl7.org/fhir/sid/cvx", "http://loinc.org", "http://snomed.info/sct"
_PATIENT = {"resourceType": "Patient", "name": [{"family": "Anyperson", "given": ["John"]}], "birthDate": "1951-01-20"}


def dose(reference: str, day: str = "2021-03-01", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": "208"}]},
        "patient": {"reference": reference},
        "occurrenceDateTime": day,
        "lotNumber": "A1B2",
        "performer": [{"actor": {"display": "Harbour Clinic"}}],
        **more,
    }


def result(reference: str, moment: str = "2022-01-02T10:00:00-05:00", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "94500-6"}]},
        "subject": {"reference": reference},
        "effectiveDateTime": moment,
        "valueCodeableConcept": {"coding": [{"system": SNOMED, "code": "260415000"}]},
        "performer": [{"display": "Harbour Laboratory"}],
        **more,
    }


def bundle(kind: str, *resources: dict[str, Any]) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    for number, resource in enumerate(resources):
        entry: dict[str, Any] = {"fullUrl": f"urn:uuid:0000000{number}-0000-4000-8000-000000000000"}
        entry["resource"] = resource
        if kind != "collection":
            entry["request"] = {"method": "POST", "url": resource["resourceType"]}
        entries.append(entry)
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


class Client:
    """A system with a token."""

    def __init__(self, app: Flask, token: str) -> None:
        self._client, self._headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Any) -> Any:
        answer = self._client.post(path, json=body, headers=self._headers)
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.get_data(as_text=True)[:2000])
        return answer

    def get(self, path: str) -> Any:
        return self._client.get(path, headers=self._headers)


def examples_of(app: Flask, token: str) -> Mapping[str, Mapping[str, Any]]:
    """Ids that exist and bodies that are accepted, by operationId. Records what they name."""
    client = Client(app, token)
    first = "urn:uuid:00000000-0000-4000-8000-000000000000"
    whole = bundle("transaction", _PATIENT, dose(first), result(first))
    made = [entry["response"]["location"] for entry in client.post("/fhir", whole).get_json()["entry"]]
    person = made[0].rsplit("/", 1)[1]
    shot, test = (one.split("/_history/")[0].rsplit("/", 1)[1] for one in made[1:])
    reference = f"Patient/{person}"
    spare = [client.post(f"/fhir/{one['resourceType']}", one) for one in (dose(reference, "2021-06-01"),
             result(reference, "2022-06-02T10:00:00-05:00"))]  # fmt: skip
    spare_shot, spare_test = (one.headers["Location"].split("/_history/")[0].rsplit("/", 1)[1] for one in spare)
    issue = {"resourceType": "Parameters", "parameter": [{"name": "credentialType", "valueUri": "Immunization"}]}
    known: dict[str, dict[str, Any]] = {
        "bundle": {"body": bundle("batch", _PATIENT, dose(first, "2021-09-01"))},
        "createPatient": {"body": _PATIENT},
        "createImmunization": {"body": dose(reference, "2021-12-01")},
        "createObservation": {"body": result(reference, "2022-12-02T10:00:00-05:00")},
        "readImmunization": {"path": {"record_id": shot}},
        "readObservation": {"path": {"record_id": test}},
        "updateImmunization": {"path": {"record_id": shot}, "body": dose(reference, id=shot, lotNumber="C3D4")},
        "updateObservation": {"path": {"record_id": test}, "body": result(reference, id=test, status="amended")},
        "deleteImmunization": {"path": {"record_id": spare_shot}},
        "deleteObservation": {"path": {"record_id": spare_test}},
        "healthCardsIssue": {"path": {"patient_id": person}, "body": issue},
    }
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    return known | _of_api(client) if "/api/v1/records" in rules else known


def _of_api(client: Client) -> dict[str, dict[str, Any]]:
    somebody = {**_PATIENT, "name": [{"family": "Anyperson", "given": ["Jane"]}], "birthDate": "1961-01-20"}
    record = bundle("collection", somebody, dose("urn:uuid:00000000-0000-4000-8000-000000000000"))
    person = client.post("/api/v1/records", record).get_json()["person_id"]
    kid = client.get("/.well-known/jwks.json").get_json()["keys"][0]["kid"]
    reason = {"reason": "requested"}
    reading = _spare(client, "1961-02-20", "card_id")
    return {
        "record": {"body": record},
        "recordOfPerson": {"path": {"person_id": person}, "body": record},
        "makeLink": {"path": {"person_id": person}},
        "card": reading,
        "cardFile": reading,
        "cardPicture": reading,
        "cardDrawing": reading,
        "revokeCard": {**_spare(client, "1962-01-20", "card_id"), "body": reason},
        "replaceCard": {**_spare(client, "1963-01-20", "card_id"), "body": reason},
        "revokePerson": {**_spare(client, "1964-01-20", "person_id"), "body": reason},
        "revocations": {"path": {"kid": kid}},
    }


def _spare(client: Client, born: str, argument: str) -> dict[str, Any]:
    """Somebody whose cards nothing else is about."""
    somebody = {**_PATIENT, "birthDate": born}
    record = bundle("collection", somebody, dose("urn:uuid:00000000-0000-4000-8000-000000000000"))
    issued = client.post("/api/v1/records", record).get_json()
    return {"path": {argument: issued["person_id"] if argument == "person_id" else issued["cards"][0]["id"]}}
