"""A whole record in the fewest codes: everything once, whatever the order, as few as can be."""

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards import CardTooLarge
from cards.encoding import write_json
from issuer.fhir import Submission
from issuer.grouping import Draft
from issuer.packing import packed
from tests.shows import histories, history_cases

PATIENT = {"resourceType": "Patient", "name": [{"family": "Person", "given": ["Any"]}], "birthDate": "1960-02-03"}
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def dose(code: str, day: str, **more: Any) -> dict[str, Any]:
    coding = {"system": "http://hl7.org/fhir/sid/cvx", "code": code}
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [coding]},
        "occurrenceDateTime": day,
        **more,
    }


def result(day: str) -> dict[str, Any]:
    coding = {"system": "http://loinc.org", "code": "94500-6"}
    return {"resourceType": "Observation", "code": {"coding": [coding]}, "effectiveDateTime": day}


def holds(most: int) -> Any:
    """A code for so many, and what was put on it."""

    def make(draft: Draft) -> Draft:
        if len(draft.resources) > most:
            raise CardTooLarge("x")
        return draft

    return make


def record(*codes: str, results: int = 0) -> Submission:
    doses = tuple(dose(code, f"2001-01-{number + 1:02}") for number, code in enumerate(codes))
    return Submission(PATIENT, doses, tuple(result(f"2022-01-{n + 1:02}T08:00:00Z") for n in range(results)))


def test_all_on_one_code_where_it_fits() -> None:
    (one,) = packed(record("10", "208", "03", "10"), holds(4))
    assert one.title == "COVID-19 (1); Measles, mumps, rubella (1); Polio (2)"
    assert [entry["occurrenceDateTime"] for entry in one.resources] == [f"2001-01-0{day}" for day in range(1, 5)]


def test_groups_stay_together_where_that_takes_no_further_code() -> None:
    parts = packed(record("10", "208", "10", "208", "10", "208"), holds(3))
    assert [part.title for part in parts] == ["Polio (3)", "COVID-19 (3)"]


def test_a_group_is_torn_apart_rather_than_a_code_added() -> None:
    parts = packed(record(*["10"] * 4, *["208"] * 2), holds(3))
    assert len(parts) == 2


def test_results_have_codes_of_their_own() -> None:
    parts = packed(record("10", results=3), holds(9))
    assert [{one["resourceType"] for one in part.resources} for part in parts] == [{"Immunization"}, {"Observation"}]
    assert parts[1].title == "COVID-19 nucleic acid test, respiratory specimen (3)"


def test_nothing_needs_no_code_and_one_too_large_is_refused() -> None:
    assert packed(record(), holds(3)) == []
    with pytest.raises(CardTooLarge):
        packed(record("10"), holds(0))
    with pytest.raises(CardTooLarge):
        packed(record("10", "10", "208"), holds(0))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["10", "03", "208", "110", "120", "19", "777"]), max_size=18), st.integers(1, 6), st.data()
)
def test_everything_once_in_the_fewest_whatever_the_order(codes: list[str], most: int, data: st.DataObject) -> None:
    whole = record(*codes)
    parts = packed(whole, holds(most))
    put = [write_json(one) for part in parts for one in part.resources]
    assert sorted(put) == sorted(map(write_json, whole.doses))
    assert len(parts) == -(-len(codes) // most)
    shuffled = Submission(PATIENT, tuple(data.draw(st.permutations(whole.doses))), ())
    assert [part.resources for part in packed(shuffled, holds(most))] == [part.resources for part in parts]


def test_real_histories_lose_nothing_and_fit() -> None:
    """Some of the sixty that `make show-histories` prints; all of them where EXAMPLES says so."""
    if not history_cases.CASES.is_file():
        assert os.environ.get("CI") != "true", "shared data missing"
        pytest.skip("CDC's test cases are not here")
    press = histories.Press()
    for history in history_cases.histories()[4:40:9]:
        row = histories.told(press, history)
        assert row["lost"] == row["twice_or_foreign"] == 0
        assert row["version"] <= 22
        assert row["at_least"] <= row["codes"] <= row["at_least"] + 1
