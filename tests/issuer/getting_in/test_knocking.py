"""Self-service: who gets a link, and that nobody can tell from outside who would."""

import statistics
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from issuer.getting_in.results import Asked, missing
from issuer.intake.proposal import Name
from issuer.models import person
from issuer.models.residents import knock, way_in
from tests.issuer.getting_in.world import BORN, HERE, MAIL, NURSE, PHONE, World

FULL = "Wilhelmina Quasimodo"


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        (FULL, PHONE),
        ("QUASIMODO, wilhelmina", "(555) 010-0123"),
        ("Wílhelmina Quasímodo", "555.010.0123"),
        ("\u202eWilhelmina\u202c \u2066Quasimodo\u2069", PHONE),
        (FULL, "Wilhelmina@MAIL.example"),
    ],
)
def test_name_birth_date_and_contact_together_get_a_link(world: World, name: str, typed: str) -> None:
    who = world.somebody(PHONE, MAIL)
    world.knock(name, typed)
    world.answered()
    assert world.sent == 1
    token = world.links(world.email if "@" in typed else world.sms)[0]
    visitor = world.ways.visitor(world.begun(token).cookie, world.now)
    assert visitor
    assert visitor.person_id == who


@pytest.mark.parametrize(
    ("name", "typed", "born"),
    [
        ("Wilhelmina Quasimoto", PHONE, BORN),
        ("Wilhelmina", PHONE, BORN),
        ("Quasimodo", PHONE, BORN),
        (FULL, PHONE, "1987-05-06"),
        (FULL, "+15550100124", BORN),
        (FULL, "somebody@mail.example", BORN),
        ("", PHONE, BORN),
        ("'; DROP TABLE person; --", PHONE, BORN),
        ("\x00" * 300, PHONE, BORN),
    ],
)
def test_anything_else_gets_nothing(world: World, name: str, typed: str, born: str) -> None:
    world.somebody(PHONE, MAIL)
    world.knock(name, typed, born)
    world.answered()
    assert world.sent == 0
    assert world.count(knock) == 0
    assert world.count(way_in) == 0


def test_an_unconfirmed_an_ended_and_a_flagged_contact_get_nothing(world: World) -> None:
    who = world.somebody(MAIL)
    world.book.add(NURSE, who, PHONE, world.now)
    world.knock(FULL, PHONE)
    world.answered()
    assert world.sent == 0
    one = world.confirmed(who, PHONE)
    world.knock(FULL, PHONE)
    world.answered()
    assert len(world.sms.sent) == 1
    world.book.not_mine(world.stop_token(), world.now)
    world.knock(FULL, PHONE)
    world.answered()
    assert len(world.sms.sent) == 1
    world.book.restore(NURSE, who, one, world.now)
    world.knock(FULL, PHONE)
    world.answered()
    assert len(world.sms.sent) == 1


def test_a_protected_person_gets_nothing(world: World) -> None:
    world.protect(world.somebody(PHONE))
    world.knock(FULL, PHONE)
    world.answered()
    assert world.sent == 0


def test_somebodys_child_is_not_added_by_name_and_birth_date(world: World) -> None:
    """A parent's, or anybody's, own confirmed telephone opens their own record and nobody else's."""
    world.somebody(PHONE)
    world.somebody(given=("Balduin",), born="2020-02-02")
    world.knock("Balduin Quasimodo", PHONE, "2020-02-02")
    world.answered()
    assert world.sent == 0


def test_of_twins_with_one_telephone_the_one_who_was_named(world: World) -> None:
    first = world.somebody(PHONE, given=("Maria",), family="Silva")
    world.somebody(PHONE, given=("Anna", "Maria"), family="Silva")
    world.knock("Maria Silva", PHONE)
    world.answered()
    visitor = world.ways.visitor(world.begun(world.links()[0]).cookie, world.now)
    assert visitor
    assert visitor.person_id == first


def test_two_who_fit_get_nothing(world: World) -> None:
    world.somebody(PHONE)
    other = world.somebody(given=("Wilhelmine",))
    with world.engine.begin() as connection:
        row = connection.scalar(select(person.c.demographics).where(person.c.id == other))
        connection.execute(
            update(person).where(person.c.id == other).values(demographics=row.replace(b"Wilhelmine", b"Wilhelmina"))
        )
    world.confirmed(other, PHONE)
    world.knock(FULL, PHONE)
    world.answered()
    assert world.sent == 0


@pytest.mark.parametrize(
    ("family", "given", "typed"),
    [
        ("", (), "sukarno"),
        ("शर्मा", ("राम",), "राम शर्मा"),
        ("王", ("小明",), "王小明"),
        ("Nguyễn", ("Văn", "An"), "Nguyen Van An"),
        ("O’Brien-Smith", ("Zoë",), "zoe o'brien smith"),
        ("García Márquez", ("Gabriel",), "Gabriel Garcia"),
    ],
)
def test_names_of_all_kinds(local: World, family: str, given: tuple[str, ...], typed: str) -> None:
    local.somebody(PHONE, family=family, given=given, text="" if family else "Sukarno")
    local.knock(typed, PHONE)
    local.answered()
    assert local.sent == 1


def test_a_former_name_finds_too(local: World) -> None:
    local.somebody(PHONE, aliases=(Name("Frollo", ("Wilhelmina",)),))
    local.knock("Wilhelmina Frollo", PHONE)
    local.answered()
    assert local.sent == 1


def test_asking_twice_sends_once_and_a_late_answer_not_at_all(world: World) -> None:
    world.somebody(PHONE)
    for _ in range(3):
        world.knock(FULL, PHONE)
    world.answered()
    assert world.sent == 1
    world.knock(FULL, PHONE)
    world.turn(hours=3)
    world.answered()
    assert world.sent == 1
    assert world.count(knock) == 0


def test_pumping_is_capped_by_network_contact_and_in_all(local: World) -> None:
    local.somebody(PHONE)
    cap = local.setting.terms.knocks_per_network.hour
    for _ in range(cap + 10):
        local.knock(FULL, PHONE)
    assert local.count(knock) == cap
    local.answered()
    for number in range(20):
        local.knock(FULL, PHONE, origin=f"198.51.100.{number}")
        local.answered()
    assert local.sent == local.setting.office.rules.per_contact_asked.hour


def test_in_all_no_more_is_kept_than_workers_can_answer(local: World) -> None:
    terms = replace(local.setting.terms, knocks_in_all=local.setting.terms.codes_per_contact)
    local.knocks = type(local.knocks)(replace(local.setting, terms=terms))
    for number in range(9):
        local.knock(FULL, PHONE, origin=f"2001:db8:{number}::1")
    assert local.count(knock) == 5


def test_what_was_typed_is_sealed_to_one_length_and_bound_to_its_row(world: World) -> None:
    for name in ("A", FULL, "王" * 5000, "\U0001f600" * 5000, "\ud800"):
        world.knock(name, PHONE)
    with world.engine.begin() as connection:
        rows = connection.execute(select(knock)).all()
        assert len({len(row.asked) for row in rows}) == 1
        assert FULL.encode() not in b"".join(row.asked for row in rows)
        assert HERE not in repr(rows)
        connection.execute(update(knock).values(asked=rows[0].asked))
    world.answered()
    assert world.count(knock) == 0


def test_the_form_is_judged_without_looking_anybody_up() -> None:
    assert missing(Asked("", "", "")) == ("name", "birth_date", "contact")
    assert missing(Asked("\u202e\u200b", "2020-02-30", "call me")) == ("name", "birth_date", "contact")
    assert missing(Asked("राम", BORN, "(555) 010-0123")) == ()
    assert missing(Asked(FULL, BORN, "x" * 300 + "@mail.example")) == ("contact",)
    assert FULL not in repr(Asked(FULL, BORN, PHONE))


def test_a_knock_is_the_same_statements_for_everybody(local: World) -> None:
    """Not one statement depends on who is in the database: no time can."""
    local.somebody(PHONE)
    protected = local.somebody("+15550100199", family="Gringoire")
    local.protect(protected)
    seen: list[list[str]] = []

    @event.listens_for(local.engine, "before_cursor_execute")
    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen[-1].append(statement)

    known = [(FULL, PHONE), ("Wilhelmina Gringoire", "+15550100199"), ("Nobody Atall", "+15550100777"), ("", "")]
    for name, typed in known:
        seen.append([])
        local.knock(name, typed)
    assert seen[0]
    assert all(one == seen[0] for one in seen)


def test_a_knock_takes_the_same_time(local: World) -> None:
    """Coarse: `make show-story` measures it with many samples."""
    local.somebody(PHONE)
    times: dict[str, list[float]] = {FULL: [], "Nobody Atall": []}
    for number in range(40):
        for name, found in times.items():
            began = time.perf_counter()
            local.knock(name, PHONE, origin=f"2001:db8:{number}::1")
            found.append(time.perf_counter() - began)
    there, not_there = (statistics.median(one) for one in times.values())
    assert abs(there - not_there) < max(there, not_there) / 2


def test_a_knock_that_lies_too_long_is_gone_whoever_asked(local: World) -> None:
    local.knock("Nobody Atall", PHONE)
    local.now += timedelta(days=2)
    assert local.knocks.answer(local.now) == 1
    assert local.knocks.answer(local.now) == 0
