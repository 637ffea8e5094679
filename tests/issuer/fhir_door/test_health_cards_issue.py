"""`$health-cards-issue` and what is published about the server."""

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.parameters import Parameters

import cards
from tests.issuer.fhir_door.world import BASE, bundle_of, dose, patient, result

VCI = "https://terminology.smarthealth.cards/ValueSet/"
GUIDE = "http://hl7.org/fhir/uv/shc-vaccination/ValueSet/"


def parameters(*types, **others):
    said = [{"name": "credentialType", "valueUri": one} for one in types]
    for name, kind in (("sets", "credentialValueSet"), ("claims", "includeIdentityClaim"), ("since", "_since")):
        value = {"sets": "valueUri", "claims": "valueString", "since": "valueDateTime"}[name]
        said += [{"name": kind, value: one} for one in others.get(name, [])]
    return {"resourceType": "Parameters", "parameter": said}


def raw(parameter):
    return {"resourceType": "Parameters", "parameter": [parameter]}


@pytest.fixture
def person(world):
    """Somebody with COVID-19 doses, a hepatitis B dose and a test."""
    sent = bundle_of(
        "transaction",
        patient(),
        dose("208", "2021-03-01"),
        dose("208", "2021-03-22"),
        dose("08", "1990-01-01"),
        result(),
    )
    made = world.post("/fhir", sent).get_json()
    world.records = [entry["response"]["location"].split("/")[-3] for entry in made["entry"][1:]]
    return made["entry"][0]["response"]["location"].rsplit("/", 1)[1]


def ask(world, person, body, token=None, **headers):
    path = f"/fhir/Patient/{person}/$health-cards-issue"
    return world.post(path, body, **({"token": token} if token else {}), **headers)


def given(world, answer):
    """The bundles on the cards that were given."""
    assert answer.status_code == 200, answer.get_data()
    body = answer.get_json()
    Parameters.model_validate(body)
    keys = {key.kid: key for key in world.service.keys.published()}
    read = [
        cards.read(one["valueString"]) for one in body.get("parameter", []) if one["name"] == "verifiableCredential"
    ]
    return [one.verify(keys[one.kid]).bundle for one in read]


def holds(bundle):
    codes = []
    for entry in bundle["entry"][1:]:
        concept = entry["resource"].get("vaccineCode") or entry["resource"]["code"]
        codes.append(concept["coding"][0]["code"])
    return codes


def cases():
    """What is asked for, and the doses and results on the cards that are given."""
    return [
        (parameters("Immunization"), [["208", "208"], ["08"]]),
        (parameters("#immunization"), [["208", "208"], ["08"]]),
        (parameters("https://smarthealth.cards#immunization"), [["208", "208"], ["08"]]),
        (parameters("http://hl7.org/fhir/StructureDefinition/Immunization"), [["208", "208"], ["08"]]),
        (parameters("Observation"), [["94500-6"]]),
        (parameters("https://smarthealth.cards#laboratory"), [["94500-6"]]),
        (parameters("#health-card"), [["208", "208"], ["08"], ["94500-6"]]),
        (parameters("#covid19"), [["208", "208"], ["94500-6"]]),
        (parameters("Immunization", "#covid19"), [["208", "208"]]),
        (parameters("Immunization", "Observation"), []),
        (parameters("Condition"), []),
        (parameters("Immunization", sets=[VCI + "immunization-covid-all"]), [["208", "208"]]),
        (parameters("Immunization", sets=[VCI + "immunization-covid-cvx|2023.1"]), [["208", "208"]]),
        (parameters("Immunization", sets=[VCI + "immunization-orthopoxvirus-all"]), []),
        (parameters("Immunization", sets=[GUIDE + "immunization-all-cvx"]), [["208", "208"], ["08"]]),
        (parameters("Observation", sets=[GUIDE + "lab-qualitative-test-covid"]), [["94500-6"]]),
        (parameters("Immunization", sets=[BASE + "/ValueSet/vaccine-group-hepb"]), [["08"]]),
        (parameters("Immunization", sets=[BASE + "/ValueSet/vaccine-group-hepb", VCI + "immunization-covid-all"]), []),
        (parameters("Immunization", sets=["https://elsewhere.example/ValueSet/x"]), []),
        (parameters("Immunization", since=["2021-03"]), [["208", "208"]]),
        (parameters("Immunization", since=["2021-03-22"]), [["208", "208"]]),
        (parameters("Immunization", since=["2021-03-23"]), []),
        (parameters("Immunization", since=["2021"]), [["208", "208"]]),
        (parameters("Observation", since=["2022-01-02T15:00:00Z"]), [["94500-6"]]),
        (parameters("Observation", since=["2022-01-02T15:00:01Z"]), []),
        (parameters("Immunization", claims=["Patient.name", "Patient.birthDate"]), [["208", "208"], ["08"]]),
        (parameters("Immunization", claims=["Patient"]), [["208", "208"], ["08"]]),
        (
            parameters("Immunization", claims=["Patient.name", "Patient.birthDate", "Patient.telecom"]),
            [["208", "208"], ["08"]],
        ),
        (parameters("Immunization", claims=["Patient.name"]), []),
    ]


def test_which_cards_are_given(world, person):
    for body, expected in cases():
        found = [holds(bundle) for bundle in given(world, ask(world, person, body))]
        assert sorted(found) == sorted(expected), body


def test_nothing_matches_is_parameters_without_parameter(world, person):
    assert ask(world, person, parameters("Condition")).get_json() == {"resourceType": "Parameters"}


def test_no_more_of_the_person_than_name_and_birth_date(world, person):
    body = parameters("Immunization", claims=["Patient.name", "Patient.birthDate", "Patient.identifier"])
    for bundle in given(world, ask(world, person, body)):
        assert set(bundle["entry"][0]["resource"]) == {"resourceType", "name", "birthDate"}


def test_links_lead_to_the_records(world, person):
    answer = ask(world, person, parameters("#health-card"))
    said = [one for one in answer.get_json()["parameter"] if one["name"] == "resourceLink"]
    bundles = given(world, answer)
    found = set()
    for one in said:
        index, bundled, hosted = (next(v for k, v in part.items() if k != "name") for part in one["part"])
        resource = next(entry["resource"] for entry in bundles[index]["entry"] if entry["fullUrl"] == bundled)
        read = world.send("GET", hosted.removeprefix("http://localhost")).get_json()
        for name in ("vaccineCode", "code", "occurrenceDateTime", "effectiveDateTime"):
            assert read.get(name) == resource.get(name)
        found.add(hosted.rsplit("/", 1)[1])
    assert found == set(world.records)


def test_a_card_taken_back_is_not_given(world, person):
    given(world, ask(world, person, parameters("Observation")))
    world.service.revoke_person(person, "entered-in-error", world.clock.now)
    assert given(world, ask(world, person, parameters("Observation"))) == []


def test_when_the_last_dose_is_deleted_the_card_of_the_others_is_given_again(world, person):
    assert [holds(one) for one in given(world, ask(world, person, parameters("#covid19", "Immunization")))] == [
        ["208", "208"]
    ]
    late = world.post("/fhir/Immunization", dose("207", "2022-06-01", patient={"reference": f"Patient/{person}"}))
    ask(world, person, parameters("Immunization"))
    place = late.headers["Location"].removeprefix("http://localhost").split("/_history/")[0]
    assert world.send("DELETE", place).status_code == 200
    assert [holds(one) for one in given(world, ask(world, person, parameters("#covid19", "Immunization")))] == [
        ["208", "208"]
    ]


def test_a_clinic_gets_the_cards_of_its_own_patients_only(world, person):
    clinic = world.clinic("North")
    token = world.token(clinic)
    refused = ask(world, person, parameters("Immunization"), token)
    assert refused.status_code == 403
    assert refused.get_json()["issue"][0]["details"]["coding"][0]["code"] == "not-your-patient"
    world.post("/fhir/Immunization", dose("207", "2022-06-01", patient={"reference": f"Patient/{person}"}), token)
    answer = ask(world, person, parameters("#covid19", "Immunization"), token)
    assert [holds(one) for one in given(world, answer)] == [["208", "208", "207"]]
    linked = [one for one in answer.get_json()["parameter"] if one["name"] == "resourceLink"]
    assert len(linked) == 1, "only what the clinic may read is linked"
    assert ("card.show", clinic) in world.audited()


def faults():
    return [
        ({"resourceType": "Parameters"}, "credential-type-missing"),
        ({"resourceType": "Parameters", "parameter": 7}, "parameters-missing"),
        ({"resourceType": "Bundle"}, "parameters-missing"),
        (parameters("Immunization", since=["yesterday"]), "since-form"),
        (parameters("Immunization", since=["2021-02-30"]), "since-form"),
        (parameters("Immunization", since=["2021", "2022"]), "parameter-repeated"),
        (parameters("Immunization", claims=["name"]), "identity-claim-form"),
        (parameters("two words"), "parameter-form"),
        (
            {"resourceType": "Parameters", "parameter": [{"name": "credentialType", "valueInteger": 1}]},
            "parameter-form",
        ),
        ({"resourceType": "Parameters", "parameter": [{"name": "credentialType"}]}, "parameter-form"),
        ({"resourceType": "Parameters", "parameter": [{"name": "frobnicate", "valueUri": "x"}]}, "parameter-unknown"),
        ({"resourceType": "Parameters", "parameter": [None]}, "parameter-unknown"),
    ]


def test_requests_that_are_not_as_the_operation_defines(world, person):
    for body, code in faults():
        answer = ask(world, person, body)
        assert answer.status_code in (400, 422)
        OperationOutcome.model_validate(answer.get_json())
        assert [one["details"]["coding"][0]["code"] for one in answer.get_json()["issue"]] == [code], body


def test_an_unknown_patient(world):
    for person in ("nobody", "%00", "a" * 100):
        assert ask(world, person, parameters("Immunization")).status_code == 404


def test_the_server_says_what_it_can(world):
    answer = world.send("GET", "/fhir/metadata", token="")
    assert answer.mimetype == "application/fhir+json"
    CapabilityStatement.model_validate(answer.get_json())
    rest = answer.get_json()["rest"][0]
    assert {one["type"] for one in rest["resource"]} == {"Patient", "Immunization", "Observation"}
    assert rest["resource"][0]["conditionalCreate"] is False
    for path in ("/fhir/.well-known/smart-configuration", "/.well-known/smart-configuration"):
        said = world.send("GET", path, token="")
        assert said.mimetype == "application/json"
        assert said.headers["Access-Control-Allow-Origin"] == "*"
        document = said.get_json()
        assert {"health-cards", "client-confidential-asymmetric"} <= set(document["capabilities"])
        assert document["token_endpoint"] == "http://localhost/oauth/token"
        assert document["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
        assert "system/Immunization.cruds" in document["scopes_supported"]


def test_every_answer_is_fhir(world, person):
    """What we write holds before the library that judges what others send us."""
    bundle = world.post("/fhir", bundle_of("batch", patient(), dose(status="banana"), result()))
    Bundle.model_validate(bundle.get_json())
    for record in world.records:
        for kind in ("Immunization", "Observation"):
            answer = world.send("GET", f"/fhir/{kind}/{record}")
            if answer.status_code == 200:
                from issuer.fhir import read_resource

                _, faults, _ = read_resource(answer.get_json(), kind, world.clock.now)
                assert [one for one in faults if one.severity == "error"] == []
            else:
                OperationOutcome.model_validate(answer.get_json())
