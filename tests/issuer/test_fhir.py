"""What the rim lets in, and what it says of the rest."""

import json
from datetime import timedelta
from typing import Any

import pytest

from issuer.faults import ALL_FAULTS, ISSUER_FAULTS, InvalidBundle
from issuer.fhir import MAX_ENTRIES, canonical, read_bundle

PERSON = "urn:uuid:00000000-0000-4000-8000-000000000001"


@pytest.fixture
def read(made: Any) -> Any:
    return lambda bundle: read_bundle(bundle if isinstance(bundle, bytes) else made.octets(bundle), made.now)


@pytest.fixture
def faults(read: Any) -> Any:
    def refuse(bundle: Any) -> list[tuple[str, str]]:
        with pytest.raises(InvalidBundle) as refused:
            read(bundle)
        return [(fault.code, fault.path) for fault in refused.value.faults if fault.severity == "error"]

    return refuse


def test_a_record_is_read(read: Any, made: Any) -> None:
    submission = read(made.bundle(made.dose(), made.result(), made.dose("10")))
    assert submission.birth_date == made.born
    assert [dose["vaccineCode"]["coding"][0]["code"] for dose in submission.doses] == ["208", "10"]
    assert len(submission.results) == 1
    assert submission.warnings == ()
    assert submission.path_of(submission.doses[1]) == "Bundle.entry[3].resource"
    assert made.family not in repr(submission)


@pytest.mark.parametrize("kind", ["collection", "document", "transaction", "batch"])
def test_kinds_of_bundles(read: Any, made: Any, kind: str) -> None:
    assert read(made.bundle(made.dose(), type=kind)).doses


@pytest.mark.parametrize(
    "kind", [["collection"], {}, 7, "searchset", "history", "message", "transaction-response", None, 5]
)
def test_other_kinds_of_bundles(faults: Any, made: Any, kind: Any) -> None:
    assert faults(made.bundle(made.dose(), type=kind)) == [("bundle-kind", "Bundle.type")]


@pytest.mark.parametrize(
    ("reference", "identity"),
    [
        (PERSON, {}),
        ("Patient/123", {"id": "123"}),
        ("urn:uuid:123", {"id": "123"}),
        ("Patient/123/_history/4", {"id": "123"}),
    ],
)
def test_ways_to_refer_to_the_patient(read: Any, made: Any, reference: str, identity: dict[str, str]) -> None:
    link = {"reference": reference}
    bundle = made.bundle(made.dose(patient=link), made.result(subject=link), person=made.patient(**identity))
    submission = read(bundle)
    assert (len(submission.doses), len(submission.results)) == (1, 1)


def test_a_relative_reference_is_resolved_against_the_server(read: Any, made: Any) -> None:
    bundle = made.bundle(made.dose(patient={"reference": "Patient/7"}))
    bundle["entry"][0]["fullUrl"] = "https://ehr.example/fhir/Patient/7"
    assert read(bundle).doses


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ({"reference": "Patient/999"}, "reference-unresolved"),
        ({"reference": "Patient?identifier=x|1"}, "reference-unresolved"),
        ({"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}, "reference-unresolved"),
        ({"reference": "#p"}, "contained-reference"),
        ({"display": "somebody"}, "reference-missing"),
        ({"identifier": {"system": "http://x.example", "value": "1"}}, "reference-missing"),
    ],
)
def test_references_that_lead_to_nobody(faults: Any, made: Any, link: dict[str, Any], code: str) -> None:
    assert code in [found for found, _ in faults(made.bundle(made.dose(patient=link)))]


def test_one_person_at_a_time(faults: Any, made: Any) -> None:
    assert ("patient-several", "Bundle.entry") in faults(made.bundle(made.dose(), made.patient()))
    nobody = made.bundle(made.dose())
    del nobody["entry"][0]
    assert ("patient-missing", "Bundle.entry") in faults(nobody)
    assert ("nothing-to-certify", "Bundle.entry") in faults(made.bundle())
    assert ("nothing-to-certify", "Bundle.entry") in faults({"resourceType": "Bundle", "type": "collection"})


def test_two_entries_of_one_name(faults: Any, made: Any) -> None:
    bundle = made.bundle(made.dose(), made.dose("10"))
    bundle["entry"][2]["fullUrl"] = bundle["entry"][1]["fullUrl"]
    assert ("full-url-repeated", "Bundle.entry[2].fullUrl") in faults(bundle)


def test_an_entry_that_takes_away(faults: Any, made: Any) -> None:
    bundle = made.bundle(made.dose(), type="transaction")
    bundle["entry"][1]["request"] = {"method": "DELETE", "url": "Immunization/1"}
    assert faults(bundle) == [("entry-not-created", "Bundle.entry[1].request.method")]


@pytest.mark.parametrize("entry", [{}, None, 5, {"resource": 5}, {"resource": {}}, {"resource": {"resourceType": 5}}])
def test_empty_entries(faults: Any, made: Any, entry: Any) -> None:
    bundle = made.bundle(made.dose())
    bundle["entry"].append(entry)
    assert faults(bundle) == [("entry-empty", "Bundle.entry[2]")]


def test_too_many_entries(faults: Any, made: Any) -> None:
    bundle = made.bundle(*[made.dose()] * MAX_ENTRIES)
    assert faults(bundle) == [("entries-too-many", "Bundle.entry")]


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"{",
        b"\xef\xbb\xbf{}",
        b'{"resourceType":"Bundle","resourceType":"Bundle"}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_json_that_is_not_strict(faults: Any, octets: bytes) -> None:
    assert faults(octets) == [("json-malformed", "Bundle")]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"vaccineCode": "208"}, "vaccineCode"),
        ({"status": 5}, "status"),
        ({"occurrenceDateTime": "2021-13-01"}, "occurrenceDateTime"),
        ({"occurrenceDateTime": "2021-01-01T10:00"}, "occurrenceDateTime"),
        ({"performer": {"actor": {"display": "x"}}}, "performer"),
        ({"contained": [{"resourceType": "Nonsense"}]}, ""),
        ({"frobnicate": 1}, "frobnicate"),
        ({"J. Doe, 1 Road": 1}, "?"),
    ],
)
def test_structure_is_the_librarys_to_judge(faults: Any, made: Any, changes: dict[str, Any], path: str) -> None:
    place = f"Bundle.entry[1].resource.{path}".rstrip(".")
    assert ("fhir-structure", place) in faults(made.bundle(made.dose(**changes)))


def test_what_the_library_lets_through(faults: Any, made: Any) -> None:
    """P3: it accepts any status and any code system."""
    assert faults(made.bundle(made.dose(status="banana"))) == [
        ("status-not-completed", "Bundle.entry[1].resource.status")
    ]
    other = {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BX03"}]}
    assert faults(made.bundle(made.dose(vaccineCode=other))) == [
        ("vaccine-code-system", "Bundle.entry[1].resource.vaccineCode.coding[0].system")
    ]


@pytest.mark.parametrize("name", ["Eve\u202egnp.exe", "A\x00B", "A\nB", "A\u2066B"])
def test_names_that_read_differently_than_they_are_written(faults: Any, made: Any, name: str) -> None:
    found = faults(made.bundle(made.dose(), person=made.patient(name=[{"family": name, "given": ["X"]}])))
    assert found
    assert {code for code, _ in found} <= {"hidden-character", "fhir-structure"}


def test_dates_that_cannot_be(faults: Any, made: Any) -> None:
    assert faults(made.bundle(made.dose(day="1987-06-04"))) == [("before-birth", "Bundle.entry[1].resource")]
    assert faults(made.bundle(made.dose(), person=made.patient(birthDate="2026-12-01")))[0] == (
        "date-in-future",
        "Bundle.entry[0].resource.birthDate",
    )
    tomorrow = (made.now + timedelta(days=2)).date().isoformat()
    assert faults(made.bundle(made.dose(day=tomorrow))) == [
        ("date-in-future", "Bundle.entry[1].resource.occurrenceDateTime")
    ]
    later = (made.now + timedelta(hours=1)).isoformat()
    assert faults(made.bundle(made.result(effectiveDateTime=later))) == [
        ("date-in-future", "Bundle.entry[1].resource.effectiveDateTime")
    ]
    period = made.result(effectivePeriod={"start": made.now.isoformat(), "end": later})
    del period["effectiveDateTime"]
    assert faults(made.bundle(period)) == [("date-in-future", "Bundle.entry[1].resource.effectivePeriod.end")]


def test_today_is_any_day_that_it_is_somewhere(read: Any, made: Any) -> None:
    assert made.now.hour == 12
    assert read(made.bundle(made.dose(day="2026-11-21"))).doses  # it is the 21st in Auckland and Kiritimati
    assert read(made.bundle(made.result(effectiveDateTime=(made.now + timedelta(minutes=4)).isoformat()))).results


def test_the_same_dose_twice(faults: Any, read: Any, made: Any) -> None:
    assert faults(made.bundle(made.dose(), made.dose(id="other"))) == [("dose-repeated", "Bundle.entry[2].resource")]
    assert len(read(made.bundle(made.dose(), made.dose(lotNumber="other"))).doses) == 2


def test_vital_signs_are_no_test_results(faults: Any, read: Any, made: Any) -> None:
    def category(code: str) -> list[dict[str, Any]]:
        return [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": code}]}]

    assert faults(made.bundle(made.result(category=category("vital-signs")))) == [
        ("not-a-laboratory-result", "Bundle.entry[1].resource.category")
    ]
    assert read(made.bundle(made.result(category=category("laboratory")))).results


def test_other_resources_are_left_out_and_named(read: Any, made: Any) -> None:
    practitioner = {"resourceType": "Practitioner", "id": "9", "name": [{"text": "Nurse Jane"}]}
    clinic = {"resourceType": "Organization", "id": "7", "name": "Harbour Clinic"}
    actors = [{"actor": {"reference": "Practitioner/9"}}, {"actor": {"reference": "Organization/7"}}]
    submission = read(made.bundle(made.dose(performer=actors), practitioner, clinic))
    assert [(fault.code, fault.path) for fault in submission.warnings] == [
        ("resource-left-out", "Bundle.entry[2].resource"),
        ("resource-left-out", "Bundle.entry[3].resource"),
    ]
    assert submission.doses[0]["performer"] == [{"actor": {"display": "Harbour Clinic"}}]
    assert "Bundle.entry[2].resource" in submission.left_out


def test_all_faults_come_at_once(faults: Any, made: Any) -> None:
    bad = made.bundle(made.dose(status="not-done"), made.dose("998"), made.result(status="preliminary"))
    assert {code for code, _ in faults(bad)} == {"status-not-completed", "no-vaccine", "status-not-final"}


def test_the_error_names_codes_and_nothing_else(made: Any) -> None:
    with pytest.raises(InvalidBundle) as refused:
        read_bundle(made.octets(made.bundle(made.dose(status="not-done"))), made.now)
    assert str(refused.value) == "the bundle cannot be certified: status-not-completed"
    assert refused.value.in_order()[0].severity == "error"


def test_content_has_one_text_whatever_its_order() -> None:
    assert canonical({"b": 1, "a": [{"d": 2, "c": "x"}]}) == canonical({"a": [{"c": "x", "d": 2}], "b": 1})
    assert json.loads(canonical({"a": "é"})) == {"a": "é"}


def test_no_fault_has_two_meanings() -> None:
    assert len(ALL_FAULTS) == len(ISSUER_FAULTS) + len(set(ALL_FAULTS) - set(ISSUER_FAULTS))
    for code, (severity, message, remedy) in ALL_FAULTS.items():
        assert severity in ("error", "warning"), code
        assert message.endswith("."), code
        assert remedy.endswith("."), code
