"""What is signed by default, and what never is."""

import re
from dataclasses import replace
from typing import Any

import pytest

from cards.terminology import loinc
from issuer.intake.laboratory import check_digit_holds
from issuer.intake.proposal import Dose, Result
from issuer.plausibility.signed_tests import LEFT_OUT, SIGNED_TESTS
from issuer.plausibility.signing import SigningPolicy, why_not_signed

DOSE = Dose("208", "2026-05-01")
RESULT = Result("94500-6", "2026-05-01T09:00:00+00:00", value_code="260415000")


def why(event: Any, policy: SigningPolicy | None = None) -> str:
    found = why_not_signed(event, policy or SigningPolicy())
    assert found is None or (found.severity == "info" and found.source)
    return found.code if found else ""


def test_what_is_signed() -> None:
    assert why(DOSE) == ""
    assert why(RESULT) == ""
    assert why(replace(RESULT, status="corrected")) == ""


@pytest.mark.parametrize(
    "evidence", ["02", "03", "05", "06", "07", "08", "provider", "record", "school", "jurisdiction"]
)
def test_historical_with_evidence(evidence: str) -> None:
    assert why(replace(DOSE, administered=False, evidence=evidence)) == ""


@pytest.mark.parametrize("evidence", ["", "00", "01", "04", "recall"])
def test_hearsay_is_not_evidence(evidence: str) -> None:
    assert why(replace(DOSE, administered=False, evidence=evidence)) == "unsigned-no-evidence"


def test_what_is_not_signed() -> None:
    assert why(replace(DOSE, status="not-done")) == "unsigned-not-given"
    assert why(replace(RESULT, self_test=True)) == "unsigned-self-test"
    assert why(replace(RESULT, status="preliminary")) == "unsigned-status"


@pytest.mark.parametrize(
    "code",
    [
        "7917-8",  # HIV 1 antibody
        "75622-1",  # HIV 1 and 2 antigen and antibody
        "21613-5",  # Chlamydia trachomatis DNA
        "24111-7",  # Neisseria gonorrhoeae DNA
        "20507-0",  # syphilis (RPR)
        "2106-3",  # pregnancy test, urine
        "21636-6",  # BRCA1 gene mutations
        "5195-3",  # hepatitis B surface antigen
        "13955-0",  # hepatitis C antibody
        "4548-4",  # hemoglobin A1c
    ],
)
def test_nobody_elses_business(code: str) -> None:
    assert check_digit_holds(code)
    assert why(replace(RESULT, code=code)) == "unsigned-test"


def test_the_list_says_what_and_why() -> None:
    assert all(name and reason for name, reason in SIGNED_TESTS.values())
    assert all(re.fullmatch(r"[0-9]{3,6}-[0-9]", code) and check_digit_holds(code) for code in SIGNED_TESTS)
    assert set(loinc.COVID_TESTS) <= set(SIGNED_TESTS)
    assert set(loinc.OTHER_TESTS) - set(SIGNED_TESTS) == LEFT_OUT
    words = " ".join(name.lower() for name, _ in SIGNED_TESTS.values())
    assert not re.search(r"hiv|chlamydia|gonorr|syphilis|papilloma|pregnan|genotype|surface antigen|mpox", words)


def test_a_department_may_decide_otherwise() -> None:
    assert why(replace(DOSE, administered=False, evidence="02"), SigningPolicy(evidence=frozenset())) != ""
    assert why(replace(RESULT, code="5195-3"), SigningPolicy(tests=frozenset({"5195-3"}))) == ""
    assert why(DOSE, SigningPolicy(administered=False)) == "unsigned-no-evidence"
