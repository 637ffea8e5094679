"""Which doses stand on which card. No dose is ever lost, and every card fits one code."""

import os
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards import CardTooLarge
from cards.shc.numeric import fits_one_code
from cards.terminology import cvx, cvx_others, vaccine_groups
from issuer.fhir import Submission
from issuer.grouping import Draft, drafts_of, fitted, group_doses
from issuer.issuance import Issuer
from issuer.records import Record
from keys.private import PrivateKey

CVX = "http://hl7.org/fhir/sid/cvx"
PATIENT = {"resourceType": "Patient", "name": [{"family": "Person", "given": ["Any"]}], "birthDate": "1960-02-03"}
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def dose(code: str, day: str = "2021-03-01", system: str = CVX, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": system, "code": code}]},
        "patient": {"reference": "x"},
        "occurrenceDateTime": day,
        **changes,
    }


def titles(*doses: dict[str, Any], born: str = "1960-02-03") -> list[tuple[str, tuple[int, ...]]]:
    return group_doses(doses, born)


def test_each_group_has_a_card() -> None:
    assert titles(dose("208"), dose("10"), dose("207")) == [("COVID-19", (0, 2)), ("Polio", (1,))]


def test_a_combined_vaccine_alone_makes_one_card_with_all_its_names() -> None:
    assert titles(dose("120")) == [("Diphtheria, tetanus, pertussis; Hib; Polio", (0,))]


def test_a_combined_vaccine_stands_on_the_card_of_each_group_that_has_more() -> None:
    combined, ipv, dtap, hepatitis = dose("120"), dose("10"), dose("20"), dose("08")
    assert titles(combined, ipv, dtap, hepatitis) == [
        ("Diphtheria, tetanus, pertussis", (0, 2)),
        ("Hepatitis B", (3,)),
        ("Polio; Hib", (0, 1)),
    ]


def test_cards_that_say_the_same_become_one() -> None:
    assert titles(dose("94"), dose("94", "2022-01-01")) == [("Measles, mumps, rubella; Varicella", (0, 1))]


def test_one_vaccine_counts_by_the_age_at_the_dose() -> None:
    assert titles(dose("121", "2005-01-01")) == [("Varicella", (0,))]
    assert titles(dose("121", "2010-02-03")) == [("Zoster", (0,))]
    assert titles(dose("121", "2010-02-02")) == [("Varicella", (0,))]
    assert titles(dose("121", "2015"), born="1960") == [("Zoster", (0,))]
    assert titles(dose("121"), born="") == [("Varicella; Zoster", (0,))]


def test_vaccines_without_a_group_stand_for_themselves() -> None:
    assert titles(dose("19"), dose("777"), dose("19", "2001-01-01")) == [("BCG", (0, 2)), ("CVX 777", (1,))]
    unknown = dose("1", system="http://snomed.info/sct")
    assert titles(unknown) == [("SNOMED CT 1", (0,))]
    assert titles(dose("XM3DT5", system="http://id.who.int/icd/release/11/mms"), dose("208")) == [("COVID-19", (0, 1))]


def test_doses_come_in_the_order_of_their_dates_and_tests_stand_alone() -> None:
    result = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
        "subject": {"reference": "x"},
        "effectiveDateTime": "2022-01-02T10:00:00Z",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]},
    }
    other = {
        **result,
        "code": {"coding": [{"system": "http://loinc.org", "code": "1-8"}]},
        "effectiveDateTime": "2021-01-02T10:00:00Z",
    }
    drafts = drafts_of(Submission(PATIENT, (dose("208", "2022-01-01"), dose("208", "2021-01-01")), (result, other)))
    assert [draft.title for draft in drafts] == [
        "COVID-19",
        "Test LOINC 1-8",
        "COVID-19 nucleic acid test, respiratory specimen",
    ]
    entries = drafts[0].bundle()["entry"]
    assert [entry["resource"].get("occurrenceDateTime") for entry in entries] == [None, "2021-01-01", "2022-01-01"]
    assert entries[1]["resource"]["patient"] == {"reference": "resource:0"}
    assert drafts[2].bundle()["entry"][1]["resource"]["subject"] == {"reference": "resource:0"}


def test_a_bundle_outside_the_profiles_is_never_signed() -> None:
    with pytest.raises(RuntimeError):
        Draft("x", PATIENT, (dose("208", status="not-done"),)).bundle()


def test_a_card_too_large_is_split_in_the_order_of_dates() -> None:
    doses = tuple(dose("208", f"2021-01-{day:02}") for day in range(1, 8))

    def make(draft: Draft) -> tuple[str, int]:
        if len(draft.resources) > 3:
            raise CardTooLarge("x")
        return draft.title, len(draft.resources)

    assert fitted(Draft("COVID-19", PATIENT, doses), make) == [
        ("COVID-19 (1 of 3)", 2),
        ("COVID-19 (2 of 3)", 2),
        ("COVID-19 (3 of 3)", 3),
    ]


def test_a_single_dose_that_does_not_fit_is_refused() -> None:
    def never(_: Draft) -> None:
        raise CardTooLarge("x")

    with pytest.raises(CardTooLarge):
        fitted(Draft("x", PATIENT, (dose("208"), dose("207"))), never)


EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
"""Of the test that signs: zopfli takes 45 ms for each card that just misses a code."""
CODES = st.sampled_from([*cvx.VACCINES, *cvx_others.VACCINES, "777"])
DAYS = st.dates(date(1960, 2, 3), date(2026, 11, 19)).map(date.isoformat)
TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=29)
DOSES = st.lists(
    st.builds(
        lambda code, day, lot, clinic: dose(code, day, lotNumber=lot[:19], performer=[{"actor": {"display": clinic}}]),
        CODES,
        DAYS,
        TEXTS,
        TEXTS,
    ),
    min_size=1,
    max_size=40,
)


@given(DOSES)
def test_no_dose_is_ever_lost_and_no_card_says_less_than_another(doses: list[dict[str, Any]]) -> None:
    groups = group_doses(doses, PATIENT["birthDate"])  # type: ignore[arg-type]
    assert {place for _, places in groups for place in places} == set(range(len(doses)))
    sets = [set(places) for _, places in groups]
    assert not [1 for a in range(len(sets)) for b in range(len(sets)) if a != b and sets[a] <= sets[b]]
    assert len({title for title, _ in groups}) == len(groups)


@given(DOSES)
def test_every_dose_of_a_group_stands_on_one_card(doses: list[dict[str, Any]]) -> None:
    """Whoever asks for polio gets one card with every polio dose."""
    groups = group_doses(doses, "")
    members: dict[str, set[int]] = {}
    for place, one in enumerate(doses):
        for group in vaccine_groups(one["vaccineCode"]["coding"][0]["code"]):
            members.setdefault(group, set()).add(place)
    for places in members.values():
        assert any(places <= set(on_card) for _, on_card in groups)


@settings(
    max_examples=int(os.environ.get("EXAMPLES", "25")), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(DOSES)
def test_every_card_fits_one_code_and_carries_every_dose(doses: list[dict[str, Any]]) -> None:
    issuer = Issuer("https://clinic.example/issuer", KEY, b"r" * 32)
    signed: list[dict[str, Any]] = []

    def make(draft: Draft) -> str:
        bundle = draft.bundle()
        jws = issuer.issue(Record("id", bundle), NOW).jws
        signed.append(bundle)
        return jws

    for draft in drafts_of(Submission(PATIENT, tuple(doses), ())):
        kept = len(signed)
        texts = fitted(draft, make)
        assert all(map(fits_one_code, texts))
        carried = [entry["resource"] for bundle in signed[-len(texts) :] for entry in bundle["entry"][1:]]
        assert [one["lotNumber"] for one in carried] == [one["lotNumber"] for one in draft.resources]
        assert kept <= len(signed)


KEY = PrivateKey.generate()
