"""OperationOutcomes: types of FHIR's own code set, codes that are documented."""

from pathlib import Path

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from issuer.faults import ALL_FAULTS
from issuer.fhir_door.codes import DOOR, TYPES
from issuer.fhir_door.issues import issue, of_finding, outcome, type_of
from issuer.fhir_door.value_sets import known_value_sets, value_set
from issuer.intake.findings import FINDINGS, finding

ROOT = Path(__file__).resolve().parents[3]
ISSUE_TYPES = frozenset(
    "invalid structure required value invariant security login unknown expired forbidden suppressed processing"
    " not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly"
    " business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational".split()
)
"""FHIR R4 value set issue-type."""


def test_types_are_fhirs():
    assert set(TYPES.values()) <= ISSUE_TYPES
    assert {type_of(code) for code in (*DOOR, *FINDINGS, *ALL_FAULTS)} <= ISSUE_TYPES


def test_every_code_of_the_door_is_documented():
    page = (ROOT / "docs" / "fhir.md").read_text("utf-8")
    assert [code for code in DOOR if f"`{code}`" not in page] == []


@pytest.mark.parametrize("code", ["reference-unresolved", "status-unknown", "name-missing", "nothing-to-certify"])
def test_an_issue_of_every_table(code):
    OperationOutcome.model_validate(outcome([issue(code, "Patient.name")]))


def test_questions_are_warnings_and_hints_information():
    assert of_finding(finding("possible-duplicate", "event"), "x").severity == "warning"
    assert of_finding(finding("record-unchanged", "event"), "x").severity == "information"
    assert of_finding(finding("name-missing", "person.name"), "x").is_error


def test_an_outcome_says_each_thing_once_and_never_nothing():
    assert (
        len(outcome([issue("name-missing", "a"), issue("name-missing", "a"), issue("name-missing", "b")])["issue"]) == 2
    )
    OperationOutcome.model_validate(outcome([]))


def test_value_sets_that_are_named_are_known():
    for url in known_value_sets("https://issuer.example/fhir"):
        assert value_set(url, "https://issuer.example/fhir") is not None, url
    for url in ("", "immunization-all-cvx", "https://terminology.smarthealth.cards/ValueSet/immunization-measles-all"):
        assert value_set(url, "https://issuer.example/fhir") is None
