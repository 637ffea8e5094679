"""What a bundle loses before it goes into a code, and what it must not lose."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.shc.minimize import UnresolvedReference, minimize

FULL = {
    "resourceType": "Bundle", "id": "b", "meta": {"lastUpdated": "2021-01-01T00:00:00Z"}, "type": "transaction",
    "entry": [
        {
            "fullUrl": "https://ehr.example/fhir/Patient/p1", "request": {"method": "PUT", "url": "Patient/p1"},
            "resource": {
                "resourceType": "Patient", "id": "p1", "text": {"status": "generated", "div": "<div/>"},
                "meta": {"versionId": "3"}, "name": [{"family": "Muster", "given": ["Erika"], "text": "Erika Muster"}],
            },
        },
        {
            "fullUrl": "urn:uuid:0b5c", "resource": {
                "resourceType": "Immunization", "id": "0b5c",
                "meta": {"versionId": "1", "security": [{"system": "https://smarthealth.cards/ial", "code": "IAL2", "display": "x"}]},
                "status": "completed",
                "vaccineCode": {"text": "MMR", "coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03", "display": "MMR"}]},
                "patient": {"reference": "Patient/p1"}, "occurrenceDateTime": "2021-01-01",
                "performer": [{"actor": {"display": "City Clinic"}}],
                "doseQuantity": {"value": 0.5, "unit": "mL"},
                "reasonCode": [{"text": "only words"}],
            },
        },
    ],
}  # fmt: skip


def test_the_table_is_applied():
    small = minimize(FULL)
    assert small["type"] == "collection"
    assert set(small) == {"resourceType", "type", "entry"}
    assert [entry["fullUrl"] for entry in small["entry"]] == ["resource:0", "resource:1"]
    assert all(set(entry) == {"fullUrl", "resource"} for entry in small["entry"])
    patient, dose = (entry["resource"] for entry in small["entry"])
    assert "id" not in patient and "meta" not in patient and "text" not in patient
    assert dose["meta"] == {"security": [{"system": "https://smarthealth.cards/ial", "code": "IAL2"}]}
    assert dose["vaccineCode"] == {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03"}]}
    assert dose["patient"] == {"reference": "resource:0"}


def test_names_units_and_displays_of_references_stay():
    patient, dose = (entry["resource"] for entry in minimize(FULL)["entry"])
    assert patient["name"][0]["text"] == "Erika Muster"
    assert dose["performer"][0]["actor"]["display"] == "City Clinic"
    assert dose["doseQuantity"]["unit"] == "mL"


def test_the_original_is_left_alone_and_minimising_twice_changes_nothing():
    before = json.dumps(FULL)
    small = minimize(FULL)
    assert json.dumps(FULL) == before
    assert minimize(small) == small


@pytest.mark.parametrize(
    "form", ["Patient/p1", "https://ehr.example/fhir/Patient/p1", "Patient/p1/_history/3", "urn:uuid:p1"]
)
def test_references_resolve_in_every_form(form):
    bundle = json.loads(json.dumps(FULL).replace('"Patient/p1"}, "occ', f'"{form}"}}, "occ'))
    assert minimize(bundle)["entry"][1]["resource"]["patient"] == {"reference": "resource:0"}


@pytest.mark.parametrize("form", ["Patient/other", "#contained", "", "resource:9", "Patient/resource:0"])
def test_a_dangling_reference_is_named_by_its_path(form):
    bundle = json.loads(json.dumps(FULL).replace('"Patient/p1"}, "occ', f'"{form}"}}, "occ'))
    with pytest.raises(UnresolvedReference) as caught:
        minimize(bundle)
    assert caught.value.path == "Bundle.entry[1].resource.patient.reference"


@given(
    st.dictionaries(
        st.sampled_from(["id", "text", "meta", "code", "value", "display", "coding", "resourceType", "status"]),
        st.recursive(
            st.text(max_size=3),
            lambda i: (
                st.lists(i, max_size=2)
                | st.dictionaries(st.sampled_from(["coding", "text", "display", "code"]), i, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
def test_any_resource_is_survived(resource):
    if not isinstance(resource.get("meta", {}), dict):
        resource = {k: v for k, v in resource.items() if k != "meta"}
    small = minimize({"entry": [{"resource": resource}]})
    kept = small["entry"][0]["resource"]
    assert "id" not in kept and "text" not in kept
