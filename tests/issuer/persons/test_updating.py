"""How a message changes what is known, and how that is kept."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.intake.proposal import Address, Demographics, Identifier, Name
from issuer.persons import demographics_json, keys_of, read_demographics, updated

WORDS = st.text(max_size=12)
NAMES = st.builds(Name, WORDS, st.lists(WORDS, max_size=3).map(tuple), WORDS, WORDS)
SAID = st.none() | WORDS
PEOPLE = st.builds(
    Demographics,
    NAMES,
    st.sampled_from(["", "1987", "1987-06", "1987-06-05"]),
    SAID,
    st.lists(st.builds(Identifier, WORDS, WORDS, WORDS), max_size=3).map(tuple),
    st.lists(NAMES, max_size=3).map(tuple),
    st.none() | st.integers(1, 9),
    st.none() | st.booleans(),
    SAID,
    st.lists(WORDS, max_size=3).map(tuple),
    st.lists(WORDS, max_size=3).map(tuple),
    st.none() | st.builds(Address, WORDS, WORDS, WORDS, WORDS, WORDS),
    SAID,
    st.none() | st.booleans(),
)
OLD = Demographics(
    Name("Berg", ("Anna",)),
    "1987-06-05",
    "female",
    (Identifier("a", "17", "MR"),),
    mother_maiden="Holm",
    phones=("+15305550100",),
    address=Address("1 Main"),
    died_on="2020-01-01",
    protected=True,
)


@given(PEOPLE)
@settings(deadline=None, max_examples=300)
def test_what_is_kept_reads_back_as_it_was(person):
    assert read_demographics(demographics_json(person)) == person


def test_members_of_later_versions_are_passed_over():
    kept = orjson.loads(demographics_json(OLD)) | {"gender_identity": {"x": 1}}
    kept["address"].append("later")
    assert read_demographics(orjson.dumps(kept)) == OLD


@pytest.mark.parametrize("octets", [b"[]", b"", b"{", b"null"])
def test_what_is_no_person_is_refused(octets):
    with pytest.raises(ValueError):
        read_demographics(octets)


def test_nothing_said_changes_nothing():
    assert updated(OLD, Demographics()) == OLD


@given(PEOPLE)
@settings(deadline=None, max_examples=200)
def test_a_second_time_changes_nothing(person):
    once = updated(OLD, person)
    assert updated(once, person) == once


def test_empty_takes_away():
    now = updated(
        OLD, Demographics(sex="", mother_maiden="", phones=("",), address=Address(), died_on="", protected=False)
    )
    assert (now.sex, now.mother_maiden, now.phones, now.address, now.died_on) == (None, None, (), None, None)
    assert now.protected is False


def test_a_new_name_keeps_the_old_one_as_alias():
    now = updated(OLD, Demographics(Name("Stone", ("Anna",))))
    assert (now.name, now.aliases) == (Name("Stone", ("Anna",)), (OLD.name,))
    back = updated(now, OLD)
    assert (back.name, back.aliases) == (OLD.name, (Name("Stone", ("Anna",)),))
    assert set(keys_of(OLD).names) <= set(keys_of(now).names)


def test_a_placeholder_gives_way_to_a_name_and_does_not_come_back():
    baby, child = Demographics(Name("Berg", ("Baby Girl",))), Demographics(Name("Berg", ("Anna",)))
    assert updated(baby, child) == child
    assert updated(child, baby) == child


def test_identifiers_and_contacts_are_added():
    now = updated(OLD, Demographics(identifiers=(Identifier("b", "4"), Identifier("a", "17")), phones=("+1530", "x")))
    assert now.identifiers == (Identifier("a", "17", "MR"), Identifier("b", "4"))
    assert now.phones == ("+1530", "x", "+15305550100")


def test_a_partial_birth_date_does_not_take_the_place_of_a_whole_one():
    assert updated(OLD, Demographics(birth_date="1987")).birth_date == "1987-06-05"
    assert updated(OLD, Demographics(birth_date="1987-06-15")).birth_date == "1987-06-15"
