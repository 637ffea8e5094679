"""Single resources: created, read, corrected, deleted; by the clinic that recorded them and no other."""

from concurrent.futures import ThreadPoolExecutor

from tests.issuer.fhir_door.world import BASE, OPERATORS_TOKEN, World, dose, of, patient, result


def codes(answer):
    """(code, severity, expression) of each issue of an OperationOutcome."""
    body = answer.get_json() if hasattr(answer, "get_json") else answer
    assert body["resourceType"] == "OperationOutcome"
    return [
        (one["details"]["coding"][0]["code"], one["severity"], (one.get("expression") or [""])[0])
        for one in body["issue"]
        if "details" in one
    ]


def errors(answer):
    return [(code, place) for code, severity, place in codes(answer) if severity == "error"]


def person_id(world: World, **changes) -> str:
    answer = world.post("/fhir/Patient", patient(**changes))
    assert answer.status_code in (200, 201), answer.get_data()
    return answer.headers["Location"].rsplit("/", 1)[1]


def test_a_patient_is_created_once_and_then_found(any_world):
    first = any_world.post("/fhir/Patient", patient())
    any_world.clock.later(seconds=1)
    second = any_world.post("/fhir/Patient", patient())
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers["Location"].startswith(f"{BASE}/Patient/")
    assert first.mimetype == "application/fhir+json"


def test_a_dose_is_recorded_read_corrected_and_deleted(any_world):
    world, who = any_world, person_id(any_world)
    made = world.post("/fhir/Immunization", of(who, dose()))
    assert made.status_code == 201, made.get_data()
    assert made.headers["ETag"] == 'W/"1"'
    assert "Last-Modified" in made.headers
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    assert made.headers["Location"].endswith(f"{place}/_history/1")

    read = world.send("GET", place)
    assert read.status_code == 200
    said = read.get_json()
    assert said["patient"] == {"reference": f"Patient/{who}"}
    assert (said["lotNumber"], said["meta"]["versionId"], read.headers["ETag"]) == ("A1B2", "1", 'W/"1"')

    corrected = world.send("PUT", place, {**said, "lotNumber": "C3D4"}, If_Match='W/"1"')
    assert corrected.status_code == 200, corrected.get_data()
    assert corrected.headers["ETag"] == 'W/"2"'
    assert world.send("GET", place).get_json()["lotNumber"] == "C3D4"

    assert world.send("DELETE", place).status_code == 200
    gone = world.send("GET", place)
    assert gone.status_code == 410
    assert errors(gone) == [("record-deleted", "")]
    back = world.post("/fhir/Immunization", of(who, dose(lotNumber="C3D4")))
    assert back.status_code == 200
    assert back.headers["Location"].split("/_history/")[0].endswith(place)


def test_a_result_likewise(world):
    who = person_id(world)
    made = world.post("/fhir/Observation", of(who, result()))
    assert made.status_code == 201, made.get_data()
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    said = world.send("GET", place).get_json()
    assert said["subject"] == {"reference": f"Patient/{who}"}
    amended = {**said, "status": "amended"}
    assert world.send("PUT", place, amended).status_code == 200
    assert world.send("GET", place).get_json()["status"] == "amended"
    assert world.send("GET", place.replace("Observation", "Immunization")).status_code == 404
    assert world.send("DELETE", place).status_code == 200


def test_the_same_again_changes_nothing(world):
    who = person_id(world)
    first, second = (world.post("/fhir/Immunization", of(who, dose())) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["Location"] == second.headers["Location"]


def test_a_correction_of_product_and_day_keeps_the_senders_identifier(world):
    who = person_id(world)
    own = {"identifier": [{"system": "urn:ehr", "value": "D-1"}]}
    made = world.post("/fhir/Immunization", of(who, dose(**own)))
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    changed = of(who, dose("207", "2021-03-02", id=place.rsplit("/", 1)[1], **own))
    answer = world.send("PUT", place, changed)
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    assert world.send("GET", place).get_json()["occurrenceDateTime"] == "2021-03-02"


def test_a_correction_of_product_and_day_keeps_the_id(any_world):
    world, who = any_world, person_id(any_world)
    made = world.post("/fhir/Immunization", of(who, dose()))
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    changed = of(who, dose("207", "2021-03-02", id=place.rsplit("/", 1)[1]))
    answer = world.send("PUT", place, changed)
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"'), answer.get_data()
    assert world.send("GET", place).get_json()["occurrenceDateTime"] == "2021-03-02"


def test_a_record_stays_with_its_person(world):
    who = person_id(world)
    other = person_id(world, name=[{"family": "Okonkwo", "given": ["Ifeoma"]}], birthDate="2019-02-03")
    made = world.post("/fhir/Immunization", of(who, dose()))
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    answer = world.send("PUT", place, of(other, dose(id=place.rsplit("/", 1)[1])))
    assert (answer.status_code, errors(answer)) == (409, [("person-moved", "Immunization.patient")])


def test_a_refused_vaccination_is_recorded_and_never_signed(world):
    who = person_id(world)
    refused = {"status": "not-done", "statusReason": {"coding": [{"code": "PATOBJ"}]}}
    made = world.post("/fhir/Immunization", of(who, dose(**refused)))
    assert made.status_code == 201, made.get_data()
    assert ("unsigned-not-given", "information", "Immunization.status") in codes(made), codes(made)
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    said = world.send("GET", place).get_json()
    assert said["status"] == "not-done"
    assert said["statusReason"]["coding"][0]["code"] == "PATOBJ"
    assert world.service.cards_of_person(who, world.clock.now) == ()


def test_entered_in_error_deletes(world):
    who = person_id(world)
    made = world.post("/fhir/Immunization", of(who, dose()))
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    assert world.post("/fhir/Immunization", of(who, dose(status="entered-in-error"))).status_code == 200
    assert world.send("GET", place).status_code == 410


def wrong():
    """A resource, where it is sent, and the code and place of what is wrong with it."""
    return [
        (dose(status="banana"), "Immunization", ("status-unknown", "Immunization.status")),
        (result(status="banana"), "Observation", ("status-not-final", "Observation.status")),
        (result(status="preliminary"), "Observation", ("status-not-final", "Observation.status")),
        (dose("8"), "Immunization", ("vaccine-code-form", "Immunization.vaccineCode.coding[0].code")),
        (dose("999"), "Immunization", ("no-vaccine", "Immunization.vaccineCode.coding[0].code")),
        (dose(day="2031-01-01"), "Immunization", ("date-in-future", "Immunization.occurrenceDateTime")),
        (dose(day="1900-01-01"), "Immunization", ("before-birth", "Immunization")),
        (dose(lotNumber="A\u202eB"), "Immunization", ("hidden-character", "Immunization.lotNumber")),
        (dose(lotNumber=""), "Immunization", ("fhir-structure", "Immunization.lotNumber")),
        (dose(frobnicate=1), "Immunization", ("fhir-structure", "Immunization.frobnicate")),
        ({**dose(), "vaccineCode": {}}, "Immunization", ("vaccine-code-missing", "Immunization.vaccineCode")),
        ({**dose(), "status": None}, "Immunization", ("required-missing", "Immunization.status")),
    ]


def test_what_is_wrong_is_said_with_its_place(world):
    who = person_id(world)
    for resource, path, expected in wrong():
        answer = world.post(f"/fhir/{path}", of(who, resource))
        assert answer.status_code in (400, 422)
        assert expected in errors(answer), errors(answer)


def test_a_status_outside_its_code_set_has_the_type_code_invalid(world):
    answer = world.post("/fhir/Immunization", of(person_id(world), dose(status="banana")))
    assert [one["code"] for one in answer.get_json()["issue"] if one["severity"] == "error"] == ["code-invalid"]


def test_a_reference_to_nowhere(world):
    for reference in (
        {"reference": "Patient/nobody"},
        {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        {"reference": "#p1"},
        {"reference": "https://elsewhere.example/fhir/Patient/1"},
        {"identifier": {"system": "urn:ehr", "value": "unknown"}},
    ):
        answer = world.post("/fhir/Immunization", dose(patient=reference))
        assert answer.status_code == 422
        assert [code for code, _ in errors(answer)] == ["reference-unresolved"]
        assert answer.get_json()["issue"][0]["code"] == "not-found"
    assert "record.add" not in [action for action, _ in world.audited()]


def test_no_reference_at_all(world):
    answer = world.post("/fhir/Immunization", dose(patient={"display": "somebody"}))
    assert errors(answer) == [("reference-missing", "Immunization.patient")]


def test_a_logical_reference_and_a_contained_patient(world):
    who = person_id(world, identifier=[{"system": "urn:ehr", "value": "P-7"}])
    by_identifier = world.post(
        "/fhir/Immunization", dose(patient={"identifier": {"system": "urn:ehr", "value": "P-7"}})
    )
    assert by_identifier.status_code == 201, by_identifier.get_data()
    contained = dose("207", contained=[patient(id="p1")], patient={"reference": "#p1"})
    answer = world.post("/fhir/Immunization", contained)
    assert answer.status_code == 201, answer.get_data()
    for made in (by_identifier, answer):
        place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
        assert world.send("GET", place).get_json()["patient"]["reference"] == f"Patient/{who}"


def test_another_clinics_record_is_out_of_reach(any_world):
    world = any_world
    north, south = world.token(world.clinic("North")), world.token(world.clinic("South"))
    who = person_id(world)
    made = world.post("/fhir/Immunization", of(who, dose()), north)
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    before = world.send("GET", place, token=north).get_json()
    for method, body in (("GET", None), ("PUT", {**before, "lotNumber": "X"}), ("DELETE", None)):
        answer = world.send(method, place, body, south)
        assert answer.status_code == 403, method
        assert [code for code, _ in errors(answer)] == ["not-own-record"]
        assert answer.get_json()["issue"][0]["code"] == "forbidden"
    assert world.send("GET", place, token=OPERATORS_TOKEN).status_code == 403
    assert world.send("GET", place, token=north).get_json() == before


def test_a_token_reaches_as_far_as_its_scopes(world):
    clinic = world.clinic("North")
    token = world.token(clinic, ("system/Immunization.c",))
    who = person_id(world)
    made = world.post("/fhir/Immunization", of(who, dose()), token)
    assert made.status_code == 201
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    for method, path, body in (
        ("GET", place, None),
        ("DELETE", place, None),
        ("POST", "/fhir/Observation", of(who, result())),
        ("POST", "/fhir/Patient", patient()),
        ("POST", f"/fhir/Patient/{who}/$health-cards-issue", {"resourceType": "Parameters"}),
    ):
        answer = world.send(method, path, body, token)
        assert answer.status_code == 403
        assert codes(answer)[0][:2] == ("scope-missing", "error")
    assert world.send("GET", place, token="").status_code == 401


def test_the_version_is_asked_for_where_it_is_sent(world):
    who = person_id(world)
    made = world.post("/fhir/Immunization", of(who, dose()))
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    said = world.send("GET", place).get_json()
    stale = world.send("PUT", place, {**said, "lotNumber": "X1"}, If_Match='W/"7"')
    assert (stale.status_code, errors(stale)) == (412, [("version-conflict", "Immunization")])
    assert world.send("DELETE", place, If_Match="banana").status_code == 400
    assert world.send("GET", place).get_json() == said


def test_of_two_changes_of_one_version_at_once_one_gets_through(any_world):
    world, who = any_world, person_id(any_world)
    made = world.post("/fhir/Immunization", of(who, dose()))
    place = made.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    said = world.send("GET", place).get_json()
    lots = [f"L{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        changes = [pool.submit(world.send, "PUT", place, {**said, "lotNumber": lot}, If_Match='W/"1"') for lot in lots]
        answers = [one.result().status_code for one in changes]
    assert sorted(answers) == [200, 412, 412, 412]
    assert world.send("GET", place).headers["ETag"] == 'W/"2"'


def test_the_id_of_the_address_is_the_id_of_the_resource(world):
    who = person_id(world)
    answer = world.send("PUT", "/fhir/Immunization/abc", of(who, dose(id="abd")))
    assert (answer.status_code, errors(answer)) == (400, [("id-mismatch", "Immunization.id")])
    unknown = world.send("PUT", "/fhir/Immunization/abc", of(who, dose(id="abc")))
    assert (unknown.status_code, errors(unknown)[0][0]) == (404, "record-unknown")
    assert world.send("DELETE", "/fhir/Immunization/%00").status_code == 404
    assert world.send("GET", "/fhir/Immunization/%00").status_code == 404


def test_the_dead_are_recorded(world):
    answer = world.post("/fhir/Patient", patient(deceasedDateTime="2022-01-01T10:00:00Z"))
    assert answer.status_code == 201, answer.get_data()


def test_what_cannot_be_read(world):
    for body, kind, status, code in (
        (b"{", "application/fhir+json", 400, "json-malformed"),
        (b"[" * 100_000, "application/fhir+json", 400, "json-malformed"),
        (b'{"resourceType":"Immunization","status":NaN}', "application/json", 400, "json-malformed"),
        (b"[]", "application/json", 400, "resource-not-object"),
        (b"{}", "application/json", 400, "resource-not-object"),
        (b'{"resourceType":"Patient"}', "application/json", 400, "resource-type"),
        (b"<Immunization/>", "application/fhir+xml", 415, "content-type"),
        (b"x" * (1024 * 1024 + 1), "application/fhir+json", 413, ""),
    ):
        answer = world.post("/fhir/Immunization", body, content_type=kind)
        assert answer.status_code == status, body[:20]
        assert answer.mimetype == "application/fhir+json"
        assert not code or errors(answer)[0][0] == code


def test_nothing_of_a_person_is_in_a_refusal(world):
    answer = world.post("/fhir/Patient", patient(birthDate="Quasimodo", gender="Wilhelmina"))
    text = answer.get_data(as_text=True)
    assert answer.status_code in (400, 422)
    assert "Quasimodo" not in text
    assert "Wilhelmina" not in text


def test_an_unknown_address_answers_in_fhir(world):
    for path, status in (("/fhir/Condition", 404), ("/fhir/Patient/1", 404), ("/fhir/metadata/x", 404)):
        answer = world.send("GET", path)
        assert (answer.status_code, answer.mimetype) == (status, "application/fhir+json")
        assert errors(answer)[0][0] == "not-found"
