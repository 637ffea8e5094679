"""Transactions, batches and collections, of one person or of several."""

from issuer.db import writing
from issuer.models import clinic
from tests.issuer.fhir_door.world import EVERYTHING, HOUSE, bundle_of, dose, patient, result


def urn(number: int) -> dict[str, str]:
    return {"reference": f"urn:uuid:00000000-0000-4000-8000-{number:012}"}


def statuses(answer):
    assert answer.status_code == 200, answer.get_data()
    return [entry["response"]["status"][:3] for entry in answer.get_json()["entry"]]


def said(response):
    return [one["details"]["coding"][0]["code"] for one in response.get("outcome", {}).get("issue", [])]


def errors(answer):
    issues = answer.get_json()["issue"]
    return [(one["details"]["coding"][0]["code"], one["expression"][0]) for one in issues if one["severity"] == "error"]


OTHER = {"name": [{"family": "Okonkwo", "given": ["Ifeoma"]}], "birthDate": "2019-02-03"}


def recorded(world):
    return world.service.store.counts()["record"]


def test_a_transaction_is_recorded_whole(any_world):
    world = any_world
    answer = world.post("/fhir", bundle_of("transaction", patient(), dose(), dose("207", "2021-04-01"), result()))
    assert statuses(answer) == ["201"] * 4
    body = answer.get_json()
    assert body["type"] == "transaction-response"
    first, second = body["entry"][0]["response"], body["entry"][1]["response"]
    assert "/fhir/Patient/" in first["location"]
    assert "etag" not in first
    assert (second["etag"], second["location"].rsplit("/", 1)[1]) == ('W/"1"', "1")
    assert recorded(world) == 3
    world.clock.later(seconds=1)
    again = world.post("/fhir", bundle_of("transaction", patient(), dose(), dose("207", "2021-04-01"), result()))
    assert statuses(again) == ["200"] * 4
    assert recorded(world) == 3


def test_a_transaction_with_a_fault_is_recorded_not_at_all(any_world):
    world = any_world
    for wrong, code, place in (
        (dose(status="banana"), "status-unknown", "Bundle.entry[2].resource.status"),
        (dose("111", "1980-01-01"), "before-birth", "Bundle.entry[2].resource"),
        (
            dose(patient={"reference": "Patient/nobody"}),
            "reference-unresolved",
            "Bundle.entry[2].resource.patient.reference",
        ),
        (dose("998"), "no-vaccine", "Bundle.entry[2].resource.vaccineCode.coding[0].code"),
    ):
        answer = world.post("/fhir", bundle_of("transaction", patient(), dose(), wrong))
        assert answer.status_code == 422, answer.get_data()
        assert (code, place) in errors(answer), errors(answer)
        assert recorded(world) == 0
    assert world.service.store.counts()["person"] == 0


def test_a_batch_takes_the_good_and_reports_the_bad(any_world):
    world = any_world
    wrong = dose(status="banana")
    answer = world.post("/fhir", bundle_of("batch", patient(), dose(), wrong, result()))
    assert statuses(answer) == ["201", "201", "422", "201"]
    assert answer.get_json()["type"] == "batch-response"
    assert said(answer.get_json()["entry"][2]["response"]) == ["status-unknown"]
    assert recorded(world) == 2


def test_a_collection_of_several_persons_is_divided(any_world):
    world = any_world
    sent = bundle_of(
        "collection",
        patient(),
        patient(**OTHER),
        dose(patient=urn(1)),
        dose("03", "2021-05-01", patient=urn(2)),
        dose("08", "2021-05-02", patient=urn(2)),
        dose("08", "2021-05-02", patient=urn(9)),
    )
    answer = world.post("/fhir", sent)
    assert statuses(answer) == ["201"] * 5 + ["422"]
    assert world.service.store.counts()["person"] == 2
    entries = [entry["response"] for entry in answer.get_json()["entry"]]
    whose = [
        world.send("GET", one["location"].removeprefix("http://localhost").split("/_history/")[0]).get_json()["patient"]
        for one in entries[2:5]
    ]
    first, second = (one["location"].rsplit("/", 1)[1] for one in entries[:2])
    assert [one["reference"] for one in whose] == [f"Patient/{first}", f"Patient/{second}", f"Patient/{second}"]


def test_a_batch_about_a_refused_patient(world):
    answer = world.post("/fhir", bundle_of("batch", patient(name=[]), dose()))
    assert statuses(answer) == ["422", "422"]
    assert said(answer.get_json()["entry"][1]["response"]) == ["person-not-recorded"]
    assert recorded(world) == 0


def test_a_patient_stays_where_all_doses_were_refused(world):
    answer = world.post("/fhir", bundle_of("batch", patient(), dose(day="1980-01-01")))
    assert statuses(answer) == ["201", "422"]
    assert world.service.store.counts()["person"] == 1


def test_patients_by_themselves(world):
    answer = world.post("/fhir", bundle_of("batch", patient(), patient(**OTHER)))
    assert statuses(answer) == ["201", "201"]


def test_correcting_and_deleting_in_a_bundle(any_world):
    world = any_world
    made = world.post("/fhir", bundle_of("transaction", patient(), dose(), dose("207", "2021-04-01"))).get_json()
    first, second = (one["response"]["location"].split("/")[-3] for one in made["entry"][1:])
    who = made["entry"][0]["response"]["location"].rsplit("/", 1)[1]
    changed = dose(lotNumber="Z9", id=first, patient={"reference": f"Patient/{who}"})
    sent = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": changed, "request": {"method": "PUT", "url": f"Immunization/{first}", "ifMatch": 'W/"1"'}},
            {"request": {"method": "DELETE", "url": f"Immunization/{second}"}},
        ],
    }
    answer = world.post("/fhir", sent)
    assert statuses(answer) == ["200", "200"]
    assert world.send("GET", f"/fhir/Immunization/{first}").get_json()["lotNumber"] == "Z9"
    assert world.send("GET", f"/fhir/Immunization/{second}").status_code == 410
    stale = world.post("/fhir", sent)
    assert stale.status_code == 412


def test_deleting_in_a_bundle_needs_its_own_scope(world):
    clinic = world.clinic("North")
    made = world.post("/fhir", bundle_of("transaction", patient(), dose()), world.token(clinic))
    place = made.get_json()["entry"][1]["response"]["location"].split("/")[-3]
    sent = bundle_of("batch")
    sent["entry"] = [{"request": {"method": "DELETE", "url": f"Immunization/{place}"}}]
    refused = world.post("/fhir", sent, world.token(clinic, ("system/Immunization.c",)))
    assert statuses(refused) == ["403"]
    assert statuses(world.post("/fhir", sent, world.token(clinic, EVERYTHING))) == ["200"]


def test_scopes_of_a_bundle(world):
    clinic = world.clinic("North")
    only_doses = world.token(clinic, ("system/Immunization.c",))
    whole = world.token(clinic, ("system/Bundle.c",))
    assert statuses(world.post("/fhir", bundle_of("batch", patient(), dose(), result()), only_doses)) == [
        "201",
        "201",
        "403",
    ]
    assert statuses(world.post("/fhir", bundle_of("batch", patient(**OTHER)), only_doses)) == ["403"]
    assert statuses(world.post("/fhir", bundle_of("batch", patient(**OTHER), result()), whole))[0] == "201"


def test_what_comes_along_is_left_out_and_names_performers(world):
    harbour = {"resourceType": "Organization", "name": "Harbour Clinic East"}
    shot = dose(performer=[{"actor": urn(3)}])
    answer = world.post("/fhir", bundle_of("transaction", patient(), shot, harbour))
    assert statuses(answer) == ["201", "201", "200"]
    place = answer.get_json()["entry"][1]["response"]["location"].removeprefix("http://localhost").split("/_history")[0]
    assert world.send("GET", place).get_json()["performer"] == [{"actor": {"display": "Harbour Clinic East"}}]
    other = world.post("/fhir", bundle_of("transaction", patient(), {"resourceType": "Condition"}))
    assert errors(other) == [("resource-unsupported", "Bundle.entry[1].resource")]


def test_requests_that_do_not_fit(world):
    def entry(**request):
        return {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": dose(), **request}]}

    for sent, code in (
        (entry(), "request-missing"),
        (entry(request={"method": "PATCH", "url": "Immunization"}), "method-unsupported"),
        (entry(request={"method": "POST", "url": "Observation"}), "url-mismatch"),
        (entry(request={"method": "PUT", "url": "Immunization"}), "url-mismatch"),
        (entry(request={"method": "PUT", "url": "Immunization/a"}), "id-mismatch"),
        (entry(request={"method": "DELETE", "url": "Patient/a"}), "url-mismatch"),
        (entry(request={"method": "DELETE", "url": "Immunization/a"}), "record-unknown"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [7]}, "entry-empty"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "POST"}}]}, "entry-empty"),
    ):
        answer = world.post("/fhir", sent)
        assert said(answer.get_json()["entry"][0]["response"]) == [code], answer.get_data()
    for sent, code in (
        ({"resourceType": "Patient"}, "not-a-bundle"),
        ({"resourceType": "Bundle", "type": "message", "entry": []}, "bundle-kind"),
        ({"resourceType": "Bundle", "type": "batch", "entry": []}, "nothing-to-certify"),
        ({"resourceType": "Bundle", "type": "batch"}, "nothing-to-certify"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{}] * 501}, "entries-too-many"),
    ):
        answer = world.post("/fhir", sent)
        assert answer.status_code in (400, 422)
        assert [code for code, _ in errors(answer)] == [code]


def test_five_hundred_entries(world):
    people = [
        patient(
            name=[{"family": f"Fam{number}", "given": [f"Given{number}"]}],
            birthDate=f"19{50 + number % 50}-0{1 + number % 9}-1{number % 9}",
        )
        for number in range(250)
    ]
    doses = [dose("141", f"2011-{1 + n % 12:02}-{1 + n % 28:02}", patient=urn(n + 1)) for n in range(250)]
    assert statuses(world.post("/fhir", bundle_of("batch", *people, *doses))) == ["201"] * 500


def test_the_same_message_id_with_other_content_is_noted(world):
    sent = {**bundle_of("transaction", patient(), dose()), "identifier": {"system": "urn:ehr", "value": "M1"}}
    world.post("/fhir", sent)
    other = {**bundle_of("transaction", patient(), dose("207")), "identifier": {"system": "urn:ehr", "value": "M1"}}
    answer = world.post("/fhir", other)
    assert "message-id-reused" in said(answer.get_json()["entry"][0]["response"])


def test_a_clinic_that_is_not_live_records_nothing(world):
    token = world.token(world.clinic("North"))
    with writing(world.engine) as connection:
        connection.execute(clinic.update().where(clinic.c.id == HOUSE).values(state="suspended"))
    answer = world.post("/fhir", bundle_of("transaction", patient(), dose()))
    assert answer.status_code == 403
    assert said({"outcome": answer.get_json()}) == ["clinic-not-live"]
    assert statuses(world.post("/fhir", bundle_of("transaction", patient(), dose()), token)) == ["201", "201"]


def test_a_person_nobody_can_tell_apart_is_one_new_person_for_all_doses_of_a_bundle(world):
    """Two doses of one Patient of a bundle never end up with two persons."""
    world.post("/fhir", bundle_of("transaction", patient(), dose()))
    similar = patient(name=[{"family": "Quasimodo", "given": ["Wilhelmine"]}])
    sent = bundle_of("transaction", similar, dose("207", "2022-01-01"), dose("207", "2022-03-01"))
    made = [entry["response"]["location"] for entry in world.post("/fhir", sent).get_json()["entry"][1:]]
    places = [one.removeprefix("http://localhost").split("/_history")[0] for one in made]
    assert len({world.send("GET", place).get_json()["patient"]["reference"] for place in places}) == 1
