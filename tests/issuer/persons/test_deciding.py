"""Whose record is it: the cases that registries get wrong."""

from dataclasses import replace

import pytest

from issuer.intake.proposal import Address, Demographics, Identifier, Name
from issuer.persons import Candidate, decide, keys_of

HOME = Address("12 Oak Street", "Davis", "CA", "95616", "US")


def person(family="Quillfeather", given="Wilhelmina", born="1987-06-05", **more):
    given = (given,) if isinstance(given, str) else given
    return Demographics(Name(family, given), born, **{"sex": "female"} | more)


def chart(value, authority="clinic-a", kind="MR"):
    return (Identifier(authority, value, kind),)


def asked(new, *old):
    """The decision as the store would ask for it: only those who share a key are candidates."""
    keys, candidates = keys_of(new), ([], [])
    for number, one in enumerate(old):
        theirs = keys_of(one)
        for which, some, others in (
            (0, keys.identifiers, theirs.identifiers),
            (1, keys.names, theirs.names),
        ):
            if set(some) & set(others):
                candidates[which].append(Candidate(f"p{number}", one))
    return decide(new, *candidates)


def kind(new, *old):
    return asked(new, *old).kind


# ---- Identifiers -----------------------------------------------------------------------------------------------------


def test_nobody_known_is_new():
    assert kind(person()) == "new"


def test_the_same_chart_is_the_same_person_whatever_the_spelling():
    found = asked(person("Jones", "Willa", identifiers=chart("17")), person(identifiers=chart("17")))
    assert (found.kind, found.person_id) == ("match", "p0")


def test_the_same_number_of_another_authority_says_nothing():
    assert kind(person("Abt", "Ida", identifiers=chart("17", "clinic-b")), person(identifiers=chart("17"))) == "new"


def test_a_chart_number_used_again_is_looked_at():
    found = asked(person("Abt", "Ida", "1950-01-02", identifiers=chart("17")), person(identifiers=chart("17")))
    assert found.kind == "review"
    assert found.others[0].person_id == "p0"
    assert {"identifier-same", "birth-date-differs", "given-differs"} <= set(found.others[0].reasons)


@pytest.mark.parametrize("changes", [{"born": "1950-01-02"}, {"given": "Ida"}])
def test_one_contradiction_does_not_outweigh_a_chart_number(changes):
    assert kind(person(identifiers=chart("17"), **changes), person(identifiers=chart("17"))) == "match"


def test_a_parents_social_security_number_does_not_link_the_child():
    mother = person(identifiers=chart("078051120", "SSA", "SS"))
    child = person(given="Ida", born="2020-02-02", identifiers=chart("078051120", "SSA", "SS"))
    twin = person(given="Ida", identifiers=chart("078051120", "SSA", "SS"))
    assert kind(child, mother) == "review"
    assert kind(twin, mother) == "review"


def test_a_subscribers_number_is_no_persons():
    shared = chart("99", "plan", "SN")
    assert kind(person(given="Ida", identifiers=shared), person(identifiers=shared)) == "new"


def test_two_charts_of_one_clinic_are_looked_at():
    one = person(phones=("+15305550100",), identifiers=chart("17"))
    assert kind(replace(one, identifiers=chart("18")), one) == "review"


def test_an_oid_is_the_same_with_and_without_its_urn():
    a = person("Abt", identifiers=chart("17", "urn:oid:1.2.3"))
    assert kind(a, person(identifiers=chart("17", "1.2.3"))) == "match"


def test_two_persons_with_the_same_identifiers_are_named_both():
    both = (*chart("17"), *chart("4", "clinic-b"))
    found = asked(person(identifiers=both), person(identifiers=chart("17")), person("Abt", identifiers=both[1:]))
    assert (found.kind, found.person_id) == ("match", "p0")
    assert [one.person_id for one in found.others] == ["p1"]


# ---- Names and birth dates -------------------------------------------------------------------------------------------


def test_a_rare_name_with_its_birth_date_is_enough():
    assert kind(person(), person()) == "match"


def test_a_common_name_with_its_birth_date_is_looked_at():
    one = person("Smith", "James", sex="male")
    assert kind(one, one) == "review"


@pytest.mark.parametrize(
    "fact",
    [
        {"phones": ("+15305550100",)},
        {"mother_maiden": "Quennell"},
        {"emails": ("j@example.org",)},
        {"address": HOME},
        {"name": Name("Smith", ("James", "Ezekiel"))},
    ],
    ids=lambda fact: next(iter(fact)),
)
def test_a_common_name_with_one_more_fact_is_enough(fact):
    one = replace(person("Smith", "James", sex="male"), **fact)
    assert kind(one, one) == "match"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"sex": "male"}, {}),
        ({"mother_maiden": "Quennell"}, {"mother_maiden": "Torres"}),
        ({"name": Name("Quillfeather", ("Wilhelmina", "Rose"))}, {"name": Name("Quillfeather", ("Wilhelmina", "Ada"))}),
        ({"name": Name("Quillfeather", ("Wilhelmina",), "Jr")}, {"name": Name("Quillfeather", ("Wilhelmina",), "III")}),
    ],
    ids=["sex", "mother", "middle", "suffix"],
)
def test_what_contradicts_is_looked_at(ours, theirs):
    one = person(phones=("+15305550100",))
    assert kind(replace(one, **ours), replace(one, **theirs)) == "review"


@pytest.mark.parametrize(
    "name",
    [
        Name("QUILLFEATHER", ("WILHELMINA",)),
        Name("Quill-Feather", ("Wilhelmina",)),
        Name("Quillfeather", ("Wilhelmína",)),
        Name(text="Wilhelmina Quillfeather"),
        Name("van der Quillfeather", ("Wilhelmina",)),
    ],
    ids=["case", "hyphen", "accent", "undivided", "particle"],
)
def test_spellings_of_one_name(name):
    one = person(phones=("+15305550100",))
    assert kind(replace(one, name=name), one) == "match"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Name("O'Brien", ("Siobhan",)), Name("OBrien", ("Siobhan",))),
        (Name("Delacruz", ("Pilar",)), Name("De La Cruz", ("Pilar",))),
        (Name("Müller", ("Jörg",)), Name("Muller", ("Jorg",))),
        (Name("Łukasik", ("Bożena",)), Name("Lukasik", ("Bozena",))),
        (Name("Ünlü", ("Işıl",)), Name("UNLU", ("ISIL",))),
        (Name("Θεοδωράκη", ("Ελένη",)), Name("ΘΕΟΔΩΡΑΚΗ", ("ΕΛΕΝΗ",))),
        (Name("Петренко", ("Оксана",)), Name("ПЕТРЕНКО", ("Оксана",))),
        (Name("حدّاد", ("مريم",)), Name("حداد", ("مريم",))),
        (Name("Smythe-Quill", ("Mary Ann",)), Name("Smythe Quill", ("Maryann",))),
    ],
    ids=lambda name: "",
)
def test_the_same_name_in_many_scripts(a, b):
    one = person(phones=("+15305550100",))
    assert kind(replace(one, name=a), replace(one, name=b)) == "match"


def test_vowel_signs_are_part_of_a_name():
    one = person(sex=None)
    assert kind(replace(one, name=Name("राम", ("गीता",))), replace(one, name=Name("रोम", ("गोता",)))) == "new"


def test_a_typing_error_needs_another_fact():
    known = person(phones=("+15305550100",), address=HOME)
    assert kind(person("Quilfeather", phones=("+15305550100",)), known) == "match"
    assert kind(person("Quilfeather"), known) == "review"


def test_both_names_the_wrong_way_round():
    known = person(phones=("+15305550100",))
    assert kind(person("Wilhelmina", "Quillfeather", phones=("+15305550100",)), known) == "match"


def test_a_short_form_of_a_name():
    known = person("Quillfeather", "Elizabeth", phones=("+15305550100",))
    assert kind(person("Quillfeather", "Beth", phones=("+15305550100",)), known) == "match"
    assert kind(person("Quillfeather", "E", phones=("+15305550100",)), known) == "review"


@pytest.mark.parametrize(
    ("born", "reason"),
    [
        ("1987-05-06", "birth-date-day-month-swapped"),
        ("1987-06-15", "birth-date-one-digit"),
        ("1987-01-01", "birth-date-first-of-january"),
    ],
)
def test_another_birth_date_is_never_linked_unseen(born, reason):
    found = asked(person(born=born, phones=("+15305550100",)), person(phones=("+15305550100",)))
    assert found.kind == "review"
    assert reason in found.others[0].reasons


def test_father_and_son_of_one_name_are_two():
    assert kind(person(born="2015-06-05", phones=("+15305550100",)), person(phones=("+15305550100",))) == "new"


def test_without_a_birth_date_nobody_is_linked():
    assert kind(person(born=""), person()) == "new"
    assert kind(person(born="1987"), person()) == "review"


# ---- Families --------------------------------------------------------------------------------------------------------


FAMILY = {"phones": ("+15305550100",), "mother_maiden": "Quennell", "address": HOME, "born": "2024-03-01"}


def test_twins_are_two():
    assert kind(person(given="Olive", **FAMILY), person(given="Hazel", **FAMILY)) == "new"
    assert kind(person(given="Daniel", sex="male", **FAMILY), person(given="Danielle", **FAMILY)) == "new"


def test_twins_with_like_names_are_looked_at_unless_their_birth_order_tells():
    jaden, jayden = person(given="Jaden", **FAMILY), person(given="Jayden", **FAMILY)
    assert kind(jaden, jayden) == "review"
    assert kind(replace(jaden, birth_order=1), replace(jayden, birth_order=2)) == "new"
    assert kind(replace(jaden, name=jayden.name, birth_order=1), replace(jayden, birth_order=2)) == "new"


def test_three_children_on_a_parents_phone_are_three():
    children = [
        person(given=given, born=born, phones=("+15305550100",), address=HOME)
        for given, born in (("Olive", "2020-03-01"), ("Hazel", "2022-03-01"), ("Rose", "2022-03-01"))
    ]
    for number, child in enumerate(children):
        assert kind(child, *children[:number]) == "new"


def test_a_placeholder_is_looked_at_and_never_linked():
    baby = person(given=("Baby Girl",), **FAMILY)
    assert kind(baby, baby) == "review"
    assert kind(person(given="Olive", **FAMILY), baby) == "review"
    assert kind(replace(baby, sex="male", name=Name("Quillfeather", ("Baby", "Boy"))), baby) == "new"


def test_a_placeholder_with_the_same_chart_is_the_same_child():
    baby = person(given="Newborn", identifiers=chart("17"), **FAMILY)
    assert kind(person(given="Olive", identifiers=chart("17"), **FAMILY), baby) == "match"


def test_placeholders_of_twins_tell_their_order():
    a, b = person(given="Infant Girl A", **FAMILY), person(given=("Infant", "Girl", "B"), **FAMILY)
    assert kind(b, a) == "new"
    assert kind(a, a) == "review"


def test_a_twins_order_outweighs_a_shared_number():
    a = person(given="Twin A", identifiers=chart("17"), **FAMILY)
    assert kind(person(given="Twin B", identifiers=chart("17"), **FAMILY), a) == "review"


# ---- Changed names ---------------------------------------------------------------------------------------------------


def test_a_changed_name_with_its_former_one():
    known = person(phones=("+15305550100",))
    new = person("Stonebridge", aliases=(Name("Quillfeather", ("Wilhelmina",)),))
    assert kind(replace(new, phones=known.phones), known) == "match"
    assert kind(new, known) == "review"


def test_a_changed_name_without_it_is_looked_at_where_something_else_agrees():
    known = person(phones=("+15305550100",))
    assert kind(person("Stonebridge", phones=("+15305550100",)), known) == "review"
    assert kind(person("Stonebridge"), known) == "new"


def test_a_child_first_known_by_its_mothers_name():
    born = person("Quennell", "Olive", "2024-03-01", phones=("+15305550100",))
    assert kind(person("Stonebridge", "Olive", "2024-03-01", mother_maiden="Quennell"), born) == "review"


# ---- Several candidates ----------------------------------------------------------------------------------------------


def test_two_of_one_rare_name_are_not_told_apart_by_it():
    found = asked(person(), person(identifiers=chart("17")), person(identifiers=chart("18")))
    assert found.kind == "review"
    assert {one.person_id for one in found.others} == {"p0", "p1"}


def test_the_one_with_more_facts_is_taken():
    known = person(phones=("+15305550100",), address=HOME)
    found = asked(person(phones=("+15305550100",)), person(identifiers=chart("18")), known)
    assert (found.kind, found.person_id) == ("match", "p1")


def test_one_person_twice_in_the_register_is_linked_and_said():
    known = person(phones=("+15305550100",))
    found = asked(known, known, known)
    assert (found.kind, found.person_id) == ("match", "p0")
    assert [one.person_id for one in found.others] == ["p1"]


def test_the_order_of_candidates_does_not_matter():
    a, b = Candidate("a", person()), Candidate("b", person(phones=("+15305550100",)))
    new = person(phones=("+15305550100",))
    assert decide(new, [], [a, b]) == decide(new, [], [b, a]) == decide(new, [b], [a, b, a])


def test_reasons_and_repr_hold_no_values():
    found = asked(person(given="Wilhelmine", **FAMILY), person(**FAMILY))
    shown = repr(found) + repr(Candidate("a", person()))
    for value in ("Quill", "Wilhel", "1987", "2024", "5550100", "Oak"):
        assert value not in shown


@pytest.mark.parametrize("nothing", ["N/A", "unknown", "NONE", "0", "0000000", "9999-9999", "-", "000"])
def test_what_stands_for_no_number_makes_nobody_the_same(nothing: str) -> None:
    one = Demographics(Name("Lopez", ("Maria",)), "1991-05-06", identifiers=(Identifier("1.2.3", nothing, "MR"),))
    other = Demographics(Name("Garcia", ("Maria",)), "1980-01-02", identifiers=(Identifier("1.2.3", nothing, "MR"),))
    assert keys_of(one).identifiers == ()
    assert decide(one, [Candidate("x", other)], []).kind == "new"


@pytest.mark.parametrize("nothing", ["N/A", "unknown", "0000000000", "555"])
def test_a_contact_that_is_none_is_no_fact(nothing: str) -> None:
    one = Demographics(Name("Smith", ("Maria",)), "1991-05-06", phones=(nothing,), mother_maiden="UNKNOWN")
    plain = Demographics(Name("Smith", ("Maria",)), "1991-05-06")
    candidates = [Candidate("x", one)]
    assert decide(one, [], candidates).kind == decide(plain, [], [Candidate("x", plain)]).kind == "review"
