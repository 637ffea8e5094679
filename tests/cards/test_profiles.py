"""The vaccination and testing profiles: each fault from one defect, the shared vectors, and what is left out of a card."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.encoding import read_json
from cards.errors import MalformedCard
from cards.shc.minimize import minimize
from cards.shc.profiles import PROFILE_FAULTS, check_profile, reduce_to_profile
from cards.shc.profiles.reading import hides_something, is_before, is_date, is_moment

CVX = "http://hl7.org/fhir/sid/cvx"
IAL = "https://smarthealth.cards/ial"


def patient(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "name": [{"family": "Person", "given": ["Any", "B."]}],
        "birthDate": "1951-01-20",
    } | changes


def dose(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": "207"}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": "2021-01-01",
        "performer": [{"actor": {"display": "ABC General Hospital"}}],
        "lotNumber": "0000001",
    } | changes


def result(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94558-4"}]},
        "subject": {"reference": "resource:0"},
        "effectiveDateTime": "2022-01-02T10:00:00-05:00",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]},
        "performer": [{"display": "ABC Lab"}],
    } | changes


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in names}


def card(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"fullUrl": f"resource:{number}", "resource": one} for number, one in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def found(bundle: Any) -> list[tuple[str, str]]:
    return [(fault.code, fault.path) for fault in check_profile(bundle)]


def coded(*codings: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


def test_good_cards_have_no_faults() -> None:
    quantity = without(result(), "valueCodeableConcept") | {
        "valueQuantity": {"value": 1.5, "unit": "IU/mL"},
        "referenceRange": [{"low": {"value": 1, "unit": "IU/mL"}}],
        "code": coded(("http://loinc.org", "16935-9")),
    }
    period = without(result(), "effectiveDateTime") | {
        "effectivePeriod": {"start": "2022-01-02T10:00:00Z", "end": "2022-01-02T10:15:00.5+01:00"}
    }
    supervised = result(
        component=[
            {
                "code": coded(("http://snomed.info/sct", "1208522006")),
                "valueCodeableConcept": coded(("http://snomed.info/sct", "1208523001")),
            }
        ]
    )
    for bundle in (
        card(patient(), dose()),
        card(patient(birthDate="1951"), dose(isSubpotent=True), dose(occurrenceDateTime="2021-02-01")),
        card(patient(name=[{"text": "One Name"}]), without(dose(), "performer", "lotNumber")),
        card(patient(name=[{"family": "A", "given": ["B"], "prefix": ["Dr"], "suffix": ["II"]}]), dose()),
        card(patient(), dose(meta={"security": [{"system": IAL, "code": "IAL1.4"}]})),
        card(patient(), result()),
        card(patient(), quantity),
        card(patient(), period),
        card(patient(), supervised),
    ):
        assert found(bundle) == []


ENTRY = "Bundle.entry[1].resource"
OF_DOSE: list[tuple[str, dict[str, Any] | Callable[[], dict[str, Any]], str]] = [
    ("status-not-completed", {"status": "not-done"}, f"{ENTRY}.status"),
    ("status-not-completed", {"status": "Completed"}, f"{ENTRY}.status"),
    ("status-reason", {"statusReason": {"coding": [{"code": "IMMUNE"}]}}, f"{ENTRY}.statusReason"),
    ("subpotent-form", {"isSubpotent": False}, f"{ENTRY}.isSubpotent"),
    ("vaccine-code-missing", {"vaccineCode": {"text": "x"}}, f"{ENTRY}.vaccineCode"),
    ("vaccine-code-missing", {"vaccineCode": {"coding": [{"system": CVX}]}}, f"{ENTRY}.vaccineCode.coding[0].code"),
    (
        "vaccine-code-system",
        {"vaccineCode": coded(("http://www.whocc.no/atc", "J07BX03"))},
        f"{ENTRY}.vaccineCode.coding[0].system",
    ),
    ("vaccine-code-form", {"vaccineCode": coded((CVX, "8"))}, f"{ENTRY}.vaccineCode.coding[0].code"),
    ("vaccine-code-repeated", {"vaccineCode": coded((CVX, "207"), (CVX, "208"))}, f"{ENTRY}.vaccineCode.coding[1]"),
    (
        "vaccine-code-several",
        {"vaccineCode": coded((CVX, "207"), ("http://snomed.info/sct", "1119349007"))},
        f"{ENTRY}.vaccineCode",
    ),
    ("vaccine-unknown", {"vaccineCode": coded((CVX, "777"))}, f"{ENTRY}.vaccineCode.coding[0].code"),
    ("vaccine-unspecified", {"vaccineCode": coded((CVX, "213"))}, f"{ENTRY}.vaccineCode.coding[0].code"),
    ("no-vaccine", {"vaccineCode": coded((CVX, "998"))}, f"{ENTRY}.vaccineCode.coding[0].code"),
    ("date-form", {"occurrenceString": "last spring"}, f"{ENTRY}.occurrenceString"),
    ("date-form", {"occurrenceDateTime": "2021-02-30"}, f"{ENTRY}.occurrenceDateTime"),
    ("date-not-a-day", {"occurrenceDateTime": "2021-02-01T10:00:00Z"}, f"{ENTRY}.occurrenceDateTime"),
    ("date-not-a-day", {"occurrenceDateTime": "2021"}, f"{ENTRY}.occurrenceDateTime"),
    ("before-birth", {"occurrenceDateTime": "1951-01-19"}, ENTRY),
    (
        "performer-several",
        {"performer": [{"actor": {"display": "A"}}, {"actor": {"display": "B"}}]},
        f"{ENTRY}.performer",
    ),
    (
        "performer-name-missing",
        {"performer": [{"actor": {"reference": "Organization/1"}}]},
        f"{ENTRY}.performer[0].actor",
    ),
    ("performer-name-long", {"performer": [{"actor": {"display": "x" * 30}}]}, f"{ENTRY}.performer[0].actor.display"),
    ("lot-number-long", {"lotNumber": "1" * 20}, f"{ENTRY}.lotNumber"),
    ("lot-number-words", {"lotNumber": "Lot 1"}, f"{ENTRY}.lotNumber"),
    (
        "manufacturer-system",
        {"manufacturer": {"identifier": {"system": "x", "value": "y"}}},
        f"{ENTRY}.manufacturer.identifier.system",
    ),
    ("identity-assurance", {"meta": {"security": [{"system": IAL, "code": "IAL1"}]}}, f"{ENTRY}.meta.security"),
    ("identity-assurance", {"meta": {"security": [{"code": "IAL2"}]}}, f"{ENTRY}.meta.security"),
    ("element-forbidden", {"protocolApplied": [{"doseNumberPositiveInt": 1}]}, f"{ENTRY}.protocolApplied"),
    ("element-forbidden", {"patient": {"reference": "resource:0", "display": "A"}}, f"{ENTRY}.patient.display"),
    ("not-minimized", {"primarySource": True}, f"{ENTRY}.primarySource"),
    ("not-minimized", {"id": "a"}, f"{ENTRY}.id"),
    ("not-minimized", {"vaccineCode": coded((CVX, "207")) | {"text": "x"}}, f"{ENTRY}.vaccineCode.text"),
    (
        "modifier-unknown",
        {"modifierExtension": [{"url": "http://x.example", "valueBoolean": True}]},
        f"{ENTRY}.modifierExtension",
    ),
    ("reference-missing", {"patient": {"display": "A"}}, f"{ENTRY}.patient"),
    ("reference-unresolved", {"patient": {"reference": "resource:7"}}, f"{ENTRY}.patient.reference"),
    ("empty-element", {"note": []}, f"{ENTRY}.note"),
    ("empty-element", {"lotNumber": ""}, f"{ENTRY}.lotNumber"),
    ("empty-element", {"lotNumber": None}, f"{ENTRY}.lotNumber"),
    ("hidden-character", {"lotNumber": "12\u202e34"}, f"{ENTRY}.lotNumber"),
    ("wrong-type", {"lotNumber": 5}, f"{ENTRY}.lotNumber"),
    ("wrong-type", {"vaccineCode": {"coding": {}}}, f"{ENTRY}.vaccineCode.coding"),
    ("wrong-type", {"performer": ["x"]}, f"{ENTRY}.performer[0]"),
]


@pytest.mark.parametrize(("code", "changes", "path"), OF_DOSE)
def test_one_defect_of_a_dose(code: str, changes: dict[str, Any], path: str) -> None:
    assert (code, path) in found(card(patient(), dose(**changes)))


OF_RESULT: list[tuple[str, dict[str, Any], str]] = [
    ("status-not-final", {"status": "preliminary"}, f"{ENTRY}.status"),
    ("test-code-missing", {"code": {"text": "x"}}, f"{ENTRY}.code"),
    ("test-code-system", {"code": coded(("http://snomed.info/sct", "1"))}, f"{ENTRY}.code.coding[0].system"),
    ("test-code-form", {"code": coded(("http://loinc.org", "PCR"))}, f"{ENTRY}.code.coding[0].code"),
    (
        "test-code-several",
        {"code": coded(("http://loinc.org", "94558-4"), ("http://loinc.org", "94500-6"))},
        f"{ENTRY}.code.coding",
    ),
    ("test-unknown", {"code": coded(("http://loinc.org", "2345-7"))}, f"{ENTRY}.code.coding[0].code"),
    ("time-form", {"effectiveDateTime": "2022-01-02"}, f"{ENTRY}.effectiveDateTime"),
    ("time-form", {"effectiveDateTime": "2022-01-02T10:00:00"}, f"{ENTRY}.effectiveDateTime"),
    ("time-form", {"effectiveDateTime": "2022-02-30T10:00:00Z"}, f"{ENTRY}.effectiveDateTime"),
    ("time-form", {"effectiveInstant": "2022-01-02T10:00:00Z"}, f"{ENTRY}.effective"),
    ("result-form", {"valueString": "neg"}, f"{ENTRY}.value"),
    (
        "result-code-several",
        {
            "valueCodeableConcept": coded(
                ("http://snomed.info/sct", "260415000"), ("http://snomed.info/sct", "260373001")
            )
        },
        f"{ENTRY}.valueCodeableConcept.coding",
    ),
    (
        "result-code-system",
        {"valueCodeableConcept": coded(("http://loinc.org", "LA6577-6"))},
        f"{ENTRY}.valueCodeableConcept.coding[0]",
    ),
    (
        "result-unknown",
        {"valueCodeableConcept": coded(("http://snomed.info/sct", "11214007"))},
        f"{ENTRY}.valueCodeableConcept.coding[0].code",
    ),
    ("reference-range-unneeded", {"referenceRange": [{"text": "negative"}]}, f"{ENTRY}.referenceRange"),
    ("component-form", {"component": [{"code": coded(("http://snomed.info/sct", "1"))}]}, f"{ENTRY}.component[0]"),
    ("before-birth", {"effectiveDateTime": "1950-01-02T10:00:00Z"}, ENTRY),
    ("performer-several", {"performer": [{"display": "A"}, {"display": "B"}]}, f"{ENTRY}.performer"),
    ("performer-name-missing", {"performer": [{"reference": "Organization/1"}]}, f"{ENTRY}.performer[0]"),
    ("not-minimized", {"issued": "2022-01-02T10:00:00Z"}, f"{ENTRY}.issued"),
    ("identity-assurance", {"meta": {"security": [{"badKey": "IAL1"}]}}, f"{ENTRY}.meta.security"),
]


@pytest.mark.parametrize(("code", "changes", "path"), OF_RESULT)
def test_one_defect_of_a_result(code: str, changes: dict[str, Any], path: str) -> None:
    assert (code, path) in found(card(patient(), result(**changes)))


def test_what_a_result_must_have() -> None:
    bare = without(result(), "valueCodeableConcept")
    assert ("result-missing", ENTRY) in found(card(patient(), bare))
    assert ("result-text", f"{ENTRY}.valueString") in found(card(patient(), bare | {"valueString": "seen"}))
    quantity = bare | {"valueQuantity": {"value": 3}}
    assert ("reference-range-missing", ENTRY) in found(card(patient(), quantity))
    assert ("result-missing", f"{ENTRY}.valueQuantity.value") in found(
        card(patient(), bare | {"valueQuantity": {"unit": "x"}})
    )
    assert ("result-form", f"{ENTRY}.value") in found(card(patient(), bare | {"valueBoolean": True}))
    assert ("time-missing", ENTRY) in found(card(patient(), without(result(), "effectiveDateTime")))
    assert ("date-missing", ENTRY) in found(card(patient(), without(dose(), "occurrenceDateTime")))


PERSON = "Bundle.entry[0].resource"
OF_PATIENT: list[tuple[str, dict[str, Any], str]] = [
    ("name-missing", patient(name=[{}]) | {"name": [{"period": {"start": "2020"}}]}, f"{PERSON}.name[0]"),
    ("name-several", patient(name=[{"text": "A"}, {"text": "B"}]), f"{PERSON}.name"),
    ("name-form", patient(name=[{"family": "A"}]), f"{PERSON}.name[0]"),
    ("name-form", patient(name=[{"family": "A", "given": ["B"], "text": "B A"}]), f"{PERSON}.name[0]"),
    ("name-use", patient(name=[{"text": "A", "use": "official"}]), f"{PERSON}.name[0].use"),
    ("birth-date-missing", without(patient(), "birthDate"), PERSON),
    ("birth-date-form", patient(birthDate="1951-1-20"), f"{PERSON}.birthDate"),
    ("birth-date-form", patient(birthDate="1951-13"), f"{PERSON}.birthDate"),
    ("patient-inactive", patient(active=False), f"{PERSON}.active"),
    ("patient-deceased", patient(deceasedBoolean=True), f"{PERSON}.deceasedBoolean"),
    ("patient-deceased", patient(deceasedDateTime="2020"), f"{PERSON}.deceasedDateTime"),
    (
        "patient-replaced",
        patient(link=[{"type": "replaced-by", "other": {"reference": "Patient/2"}}]),
        f"{PERSON}.link",
    ),
    ("not-minimized", patient(gender="female"), f"{PERSON}.gender"),
    ("not-minimized", patient(telecom=[{"value": "555"}]), f"{PERSON}.telecom"),
    ("not-minimized", patient(address=[{"city": "X"}]), f"{PERSON}.address"),
    ("element-forbidden", patient(address=[{"line": ["1 Road"]}]), f"{PERSON}.address"),
    ("element-forbidden", patient(photo=[{"data": "AA=="}]), f"{PERSON}.photo"),
    ("hidden-character", patient(name=[{"text": "A\u2066B"}]), f"{PERSON}.name[0].text"),
    ("hidden-character", patient(name=[{"text": "A\nB"}]), f"{PERSON}.name[0].text"),
    ("hidden-character", patient(name=[{"family": "A", "given": ["\x07"]}]), f"{PERSON}.name[0].given[0]"),
]


@pytest.mark.parametrize(("code", "person", "path"), OF_PATIENT)
def test_one_defect_of_a_patient(code: str, person: dict[str, Any], path: str) -> None:
    if code == "name-missing":
        code, path = "name-missing", PERSON
        person = without(person, "name")
    assert (code, path) in found(card(person, dose()))


@pytest.mark.parametrize(
    ("code", "bundle"),
    [
        ("not-a-bundle", [1]),
        ("not-a-bundle", "Bundle"),
        ("not-a-bundle", {"resourceType": "Patient"}),
        ("bundle-type", card(patient(), dose()) | {"type": "batch"}),
        ("not-minimized", card(patient(), dose()) | {"id": "x"}),
        ("patient-missing", card(dose())),
        ("patient-several", card(patient(), patient(), dose())),
        ("nothing-to-certify", card(patient())),
        ("nothing-to-certify", {"resourceType": "Bundle", "type": "collection"}),
        ("mixed-card", card(patient(), dose(), result())),
        ("resource-not-allowed", card(patient(), dose(), {"resourceType": "DiagnosticReport"})),
        ("resource-not-allowed", {"resourceType": "Bundle", "type": "collection", "entry": [{}]}),
    ],
)
def test_one_defect_of_a_bundle(code: str, bundle: Any) -> None:
    assert code in [fault.code for fault in check_profile(bundle)]


def test_entries_are_numbered() -> None:
    bundle = card(patient(), dose())
    bundle["entry"][1]["fullUrl"] = "resource:0"
    assert ("full-url-repeated", "Bundle.entry[1].fullUrl") in found(bundle)
    for wrong in ("urn:uuid:1", "resource:0abc", "resource:", "resource:\u0661"):
        bundle["entry"][1]["fullUrl"] = wrong
        assert ("full-url-form", "Bundle.entry[1].fullUrl") in found(bundle)


def test_every_fault_of_the_table_is_shown_above() -> None:
    shown = {code for code, *_ in (*OF_DOSE, *OF_RESULT, *OF_PATIENT)}
    shown |= {"date-missing", "time-missing", "result-missing", "result-text", "reference-range-missing"}
    shown |= {"full-url-form", "full-url-repeated", "not-a-bundle", "bundle-type", "patient-missing", "patient-several"}
    shown |= {"nothing-to-certify", "mixed-card", "resource-not-allowed"}
    # Found by the issuer at its rim, worded here: tests/issuer/test_fhir.py.
    assert set(PROFILE_FAULTS) - shown == {"dose-repeated", "not-a-laboratory-result"}


# ---- The shared vectors ----------------------------------------------------------------------------------------------

DISAGREEMENTS = {
    "dt-fhir-bundle-w-trailing-chars": "white space around JSON is legal (RFC 8259) and never reaches a card",
    "dvci-bundle-example-covid-lab-result-bundle": "a test's time without time of day: SHALL in the IG (H6)",
    "vt-igex-example-bundle-lab-test-results-covid-2": "the same: the IG's own example breaks its rule",
    "vt-igex-example-bundle-lab-test-results-covid-3": "the same",
    "vt-igex-example-bundle-lab-test-results-covid-4": "the same",
    "dt-bad-meta-with-extra-key": "a temporary code system outside the closed list (H3), IAL1 without system (H5)",
}
"""Vectors on which we are stricter than their label (one: less strict), with the rule we follow."""


def linted(payload: str) -> str:
    try:
        faults = check_profile(read_json(payload.encode()))
    except MalformedCard:
        return "invalid"
    if any(fault.severity == "error" for fault in faults):
        return "invalid"
    return "valid-with-warnings" if faults else "valid"


def test_the_shared_bundles_are_judged_as_their_labels_say(shared: Path) -> None:
    vectors = json.loads((shared / "vectors" / "vectors.json").read_text("utf-8"))
    bundles = [vector for vector in vectors if vector["kind"] == "fhir-bundle"]
    differ = {vector["id"] for vector in bundles if linted(vector["payload"]) != vector["expect"]}
    assert len(bundles) == 50
    assert differ == set(DISAGREEMENTS)  # 44 of 50


def test_faults_repeat_nothing_of_the_record(shared: Path) -> None:
    vectors = json.loads((shared / "vectors" / "vectors.json").read_text("utf-8"))
    for vector in vectors:
        if vector["kind"] != "fhir-bundle":
            continue
        for fault in check_profile(json.loads(vector["payload"])):
            for word in ("Anyperson", "Testperson", "1951-01-20", "1960-02-03", "Hospital", "0000001"):
                assert word not in f"{fault}"


# ---- What is left out ------------------------------------------------------------------------------------------------


def rich() -> dict[str, Any]:
    """A record as an EHR sends it."""
    person = patient(
        id="1",
        meta={"versionId": "3"},
        name=[
            {"use": "maiden", "family": "Old", "given": ["Any"]},
            {"use": "official", "family": "Person", "given": ["Any"], "text": "Any Person"},
        ],
        gender="female",
        address=[{"line": ["1 Road"], "city": "X"}],
        active=True,
        deceasedBoolean=False,
    )
    shot = dose(
        id="2",
        meta={
            "profile": ["http://x.example"],
            "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}],
        },
        vaccineCode={
            "coding": [
                {"system": "http://hl7.org/fhir/sid/ndc", "code": "1"},
                {"system": CVX, "code": "207", "display": "x", "version": "1"},
            ],
            "text": "Moderna",
        },
        patient={"reference": "Patient/1", "display": "Any Person"},
        occurrenceDateTime="2021-01-01T09:30:00-05:00",
        isSubpotent=False,
        performer=[
            {"actor": {"reference": "Practitioner/9", "display": "Nurse Jane"}},
            {"actor": {"reference": "Organization/7"}},
            {"actor": {"reference": "Organization/8", "display": "Another"}},
        ],
        note=[{"text": "fainted"}],
        manufacturer={"display": "Moderna"},
    )
    clinic = {"resourceType": "Organization", "id": "7", "name": "Harbour Clinic"}
    return {"resourceType": "Bundle", "id": "b", "type": "collection"} | {
        "entry": [{"resource": person}, {"resource": shot, "request": {"method": "POST"}}, {"resource": clinic}]
    }


def test_a_record_is_reduced_to_what_a_card_needs() -> None:
    reduced, left_out = reduce_to_profile(rich())
    person, shot = (entry["resource"] for entry in reduced["entry"])
    assert person == {
        "resourceType": "Patient",
        "name": [{"family": "Person", "given": ["Any"]}],
        "birthDate": "1951-01-20",
    }
    assert shot == {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": "207"}]},
        "patient": {"reference": "Patient/1"},
        "occurrenceDateTime": "2021-01-01",
        "performer": [{"actor": {"display": "Harbour Clinic"}}],
        "lotNumber": "0000001",
    }
    for path in (
        "Bundle.id",
        "Bundle.entry[0].resource.name[0]",
        "Bundle.entry[0].resource.name.text",
        "Bundle.entry[0].resource.gender",
        "Bundle.entry[1].request",
        "Bundle.entry[1].resource.vaccineCode.coding[0]",
        "Bundle.entry[1].resource.occurrenceDateTime (time of day)",
        "Bundle.entry[1].resource.isSubpotent",
        "Bundle.entry[1].resource.note",
        "Bundle.entry[2].resource",
    ):
        assert path in left_out
    assert "Nurse Jane" not in json.dumps(reduced)


def test_the_name_in_use_is_chosen() -> None:
    names = [
        {"use": "official", "family": "Former", "given": ["A"], "period": {"end": "2020-01-01"}},
        {"use": "nickname", "text": "Bee"},
        {"use": "usual", "family": "Current", "given": ["A"]},
    ]
    reduced, _ = reduce_to_profile(card(patient(name=names), dose()))
    assert reduced["entry"][0]["resource"]["name"] == [{"family": "Current", "given": ["A"]}]
    reduced, _ = reduce_to_profile(card(patient(name=[{"family": "Only", "text": "Only Name"}]), dose()))
    assert reduced["entry"][0]["resource"]["name"] == [{"text": "Only Name"}]


def test_reducing_changes_nothing_it_was_given() -> None:
    bundle = rich()
    before = copy.deepcopy(bundle)
    reduce_to_profile(bundle)
    assert bundle == before


def test_a_good_card_is_reduced_to_itself() -> None:
    for bundle in (card(patient(), dose(isSubpotent=True)), card(patient(), result())):
        assert reduce_to_profile(bundle) == (bundle, [])
        assert check_profile(minimize(bundle)) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "entered-in-error"}, "status-not-completed"),
        ({"statusReason": {"text": "refused"}}, "status-reason"),
        ({"implicitRules": "http://rules.example"}, "modifier-unknown"),
        ({"modifierExtension": [{"url": "http://x.example", "valueString": "not"}]}, "modifier-unknown"),
    ],
)
def test_a_modifier_of_a_dose_is_never_dropped_in_silence(change: dict[str, Any], code: str) -> None:
    reduced, _ = reduce_to_profile(card(patient(), dose(**change)))
    assert code in [fault.code for fault in check_profile(reduced)]


def test_a_subpotent_dose_stays_subpotent() -> None:
    reduced, _ = reduce_to_profile(card(patient(), dose(isSubpotent=True)))
    assert reduced["entry"][1]["resource"]["isSubpotent"] is True


@pytest.mark.parametrize("change", [{"active": False}, {"deceasedBoolean": True}, {"deceasedDateTime": "2020-01-01"}])
def test_a_modifier_of_a_patient_is_never_dropped_in_silence(change: dict[str, Any]) -> None:
    reduced, _ = reduce_to_profile(card(patient(**change), dose()))
    assert any(fault.severity == "error" for fault in check_profile(reduced))


def test_codes_of_no_known_system_are_kept_to_be_refused() -> None:
    reduced, _ = reduce_to_profile(card(patient(), dose(vaccineCode=coded(("http://hl7.org/fhir/sid/ndc", "1")))))
    assert "vaccine-code-system" in [fault.code for fault in check_profile(reduced)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                "resourceType type entry resource fullUrl name family given text birthDate status vaccineCode coding system code "
                "patient reference occurrenceDateTime performer actor display meta security component value".split()
            )
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@given(JSON, st.sampled_from(["Patient", "Immunization", "Observation", "Other"]))
def test_any_json_is_judged_without_a_crash(value: Any, kind: str) -> None:
    resource = value | {"resourceType": kind} if isinstance(value, dict) else {"resourceType": kind, "name": value}
    for bundle in (value, card(patient(), resource), card(resource, dose())):
        check_profile(bundle)
        if isinstance(bundle, dict):
            reduce_to_profile(bundle)


@pytest.mark.parametrize("text", ["O'Brien", "Jürgen", "محمد", "नीता", "می\u200cخواهم", "李 小龍", "Ọlá", "a-b.c"])
def test_names_of_all_the_world_hide_nothing(text: str) -> None:
    assert not hides_something(text)


@pytest.mark.parametrize(
    "mark",
    [
        "\x00",
        "\t",
        "\x7f",
        "\x85",
        "\u061c",
        "\u200e",
        "\u202e",
        "\u2066",
        "\u2028",
        "\ufeff",
        "\ufdd0",
        "\uffff",
        "\ud800",
        "\U000e0041",
    ],
)
def test_hidden_characters_are_found(mark: str) -> None:
    assert hides_something(f"a{mark}b")


def test_dates() -> None:
    assert all(map(is_date, ("2020", "2020-02", "2020-02-29")))
    assert not any(map(is_date, ("", "20", "2021-02-29", "2020-2-1", "2020-02-29T10:00:00Z", "0000", "٢٠٢٠")))
    assert is_moment("2020-02-29T23:59:60Z")
    assert not any(
        map(is_moment, ("2021-02-29T10:00:00Z", "2020-01-01T10:00Z", "2020-01-01T24:00:00Z", "2020-01-01T10:00:00"))
    )
    assert is_before("1950", "1951-01-20")
    assert not is_before("1951", "1951-01-20")
    assert is_before("1951-01-19", "1951-01-20")
