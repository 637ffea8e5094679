"""Links: opened, entered, locked, renewed; visits; what a stranger who has one can do with it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from issuer.getting_in.results import Begun, Look, NotIn
from issuer.models import card_link, merge, person
from issuer.models.audit import audit_entry
from issuer.models.residents import visit, way_in
from issuer.staff.tokens import digest
from tests.issuer.getting_in.world import BORN, HELPDESK, HERE, MAIL, NURSE, PHONE, World

WRONG = "1987-05-06"


def handed(world: World, who: str) -> str:
    return world.desk.hand_over(NURSE, who, world.now).link.rpartition("/")[2]


def sent(world: World) -> str:
    """A link that went to a telephone after a dose."""
    world.somebody(PHONE)
    world.settled()
    return world.links()[-1]


def test_opening_never_uses_a_link_up(world: World) -> None:
    token = sent(world)
    assert [world.ways.look(token, world.now) for _ in range(20)] == [Look("ready")] * 20
    cookie = world.begun(token).cookie
    assert world.ways.visitor(cookie, world.now)


def test_only_hashes_are_kept(world: World) -> None:
    token = sent(world)
    begun = world.begun(token)
    with world.engine.begin() as connection:
        rows = [*connection.execute(select(way_in)), *connection.execute(select(visit))]
    text = repr(rows)
    assert token not in text
    assert begun.cookie not in text
    assert len(token) == len(begun.cookie) == 43  # 256 bits
    assert begun.cookie not in repr(begun)


def test_five_wrong_dates_lock_for_life_from_however_many_networks(world: World) -> None:
    token = sent(world)
    answers = [world.enter(token, WRONG, f"198.51.100.{number}") for number in range(5)]
    assert [(one.why, one.tries_left) for one in answers] == [
        ("wrong-date", 4),
        ("wrong-date", 3),
        ("wrong-date", 2),
        ("wrong-date", 1),
        ("locked", 0),
    ]
    assert world.enter(token) == NotIn("locked")
    assert world.ways.look(token, world.now) == Look("locked")
    assert not Look("locked").can_renew
    world.ways.renew(token, world.now, HERE)
    world.deliver()
    assert world.links() == [token]


def test_what_is_no_date_is_not_counted(world: World) -> None:
    token = sent(world)
    for text in ("", "05.06.1987", "1987-6-5", "1987-06-31", "1987-06-05 ", "１９８７-06-05", "0" * 5000):
        assert world.enter(token, text) == NotIn("not-a-date")
    assert isinstance(world.enter(token), Begun)


def test_parallel_guesses_count_each(world: World) -> None:
    token = sent(world)
    answers: list[Any] = []
    guess = [f"1987-01-{day:02}" for day in range(1, 13)]
    threads = [threading.Thread(target=lambda one=one: answers.append(world.enter(token, one))) for one in guess]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.why for one in answers) == ["locked"] * 8 + ["wrong-date"] * 4


def test_two_devices_at_once_begin_one_visit(world: World) -> None:
    token = sent(world)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(world.enter(token))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Begun) for one in answers) == 1
    assert [one for one in answers if isinstance(one, NotIn)] == [NotIn("used")] * 3
    assert world.count(visit) == 1


def test_on_a_second_device_it_is_renewed_in_one_step(world: World) -> None:
    token = sent(world)
    first = world.begun(token)
    assert world.ways.look(token, world.now) == Look("used")
    assert world.enter(token).can_renew
    world.ways.renew(token, world.now, HERE)
    world.deliver()
    new = world.links()[-1]
    assert new != token
    assert world.sms.sent[-1].address == PHONE
    second = world.begun(new)
    assert world.ways.visitor(first.cookie, world.now)
    assert world.ways.visitor(second.cookie, world.now)


def test_an_expired_link_is_told_and_renewed_with_the_wrong_dates_it_had(world: World) -> None:
    token = sent(world)
    for _ in range(3):
        world.enter(token, WRONG)
    world.turn(days=91)
    assert world.ways.look(token, world.now) == Look("expired")
    assert world.enter(token) == NotIn("expired")
    world.ways.renew(token, world.now, HERE)
    world.deliver()
    new = world.links()[-1]
    assert world.enter(new, WRONG).tries_left == 1
    assert world.enter(new, WRONG).why == "locked"


def test_a_link_works_to_the_end_of_the_day_that_its_message_says(world: World) -> None:
    token = sent(world)
    assert "until 18 February" in world.text(world.sms.sent[-1])
    last = world.now.replace(year=2027, month=2, day=19, hour=4, minute=59)  # 23:59 in New York
    assert world.ways.look(token, last) == Look("ready")
    assert world.ways.look(token, last + timedelta(minutes=1)) == Look("expired")


def test_renewing_is_capped_like_everything_that_is_asked_for(world: World) -> None:
    token = sent(world)
    world.begun(token)
    for number in range(30):
        world.ways.renew(token, world.now, f"198.51.100.{number}")
    world.deliver()
    assert len(world.sms.sent) - 1 == world.setting.office.rules.per_contact_asked.hour - 1  # the first counts too


def test_one_network_that_guesses_is_stopped_over_all_links(world: World) -> None:
    cap = world.setting.terms.wrong_dates_per_network.hour
    for number in range(cap):
        assert world.enter(f"{number:043}") == NotIn("unknown")
    token = sent(world)
    assert world.enter(token) == NotIn("too-many")
    assert world.enter("x" * 43) == NotIn("too-many")
    assert isinstance(world.enter(token, origin="203.0.113.9"), Begun)
    world.turn(hours=1)


def test_one_record_is_not_guessed_by_having_its_link_renewed(local: World) -> None:
    token = sent(local)
    local.begun(token)
    guesses = 0
    for _ in range(4):
        local.turn(minutes=3)
        local.ways.renew(token, local.now, "203.0.113.9")
        local.deliver()
        new = local.links()[-1]
        guesses += sum(local.enter(new, WRONG, f"198.51.100.{number}").why != "too-many" for number in range(4))
    assert guesses == local.setting.terms.wrong_dates_per_person.hour


def test_unknown_ended_and_protected_are_one_answer(world: World) -> None:
    token, unknown = sent(world), "u" * 43
    with world.engine.begin() as connection:
        who = connection.scalar(select(way_in.c.person_id))
    cookie = world.begun(token).cookie
    world.ways.renew(token, world.now, HERE)
    world.deliver()
    new = world.links()[-1]
    world.protect(who)
    for one in (token, new, unknown, "", "\x00" * 5000):
        assert world.ways.look(one, world.now) == Look("unknown")
        assert world.enter(one) == NotIn("unknown")
        world.ways.renew(one, world.now, HERE)
    assert world.ways.visitor(cookie, world.now) is None
    before = world.sent
    world.deliver()
    assert world.sent == before


def test_a_protected_person_is_served_in_person_alone(world: World) -> None:
    who = world.somebody(PHONE)
    old = handed(world, who)
    world.turn(minutes=1)
    world.protect(who)
    world.turn(minutes=1)
    assert world.ways.look(old, world.now) == Look("unknown")
    new = world.desk.hand_over(HELPDESK, who, world.now).link.rpartition("/")[2]
    visitor = world.ways.visitor(world.begun(new).cookie, world.now)
    assert visitor
    assert visitor.in_person
    assert not world.desk.send(HELPDESK, who, "en", world.now)
    world.settled()
    assert world.sent == 0


def test_the_links_of_the_first_card_pages_go_the_same_way(world: World) -> None:
    who = world.somebody()
    token = world.service.make_link(who, world.now)
    assert world.ways.look(token, world.now) == Look("ready")
    assert world.count(way_in) == 0  # looking wrote nothing
    assert world.enter(token, WRONG).tries_left == 4
    world.begun(token)
    assert world.ways.look(token, world.now) == Look("used")
    with world.engine.begin() as connection:
        old = {"person_id": who, "created_at": world.now, "expires_at": world.now - timedelta(days=1)}
        connection.execute(insert(card_link).values(token_hash=digest("o" * 43), **old))
    assert world.ways.look("o" * 43, world.now) == Look("expired")


def test_a_visit_ends_when_idle_at_last_and_on_leaving(world: World) -> None:
    token = sent(world)
    cookie = world.begun(token).cookie
    for _ in range(9):
        world.turn(minutes=25)
        assert world.ways.visitor(cookie, world.now)
    world.turn(minutes=25)  # four hours and ten minutes
    assert world.ways.visitor(cookie, world.now) is None
    world.ways.renew(token, world.now, HERE)
    world.deliver()
    cookie = world.begun(world.links()[-1]).cookie
    world.turn(minutes=31)
    assert world.ways.visitor(cookie, world.now) is None
    world.ways.renew(token, world.now, HERE)
    world.deliver()
    cookie = world.begun(world.links()[-1]).cookie
    world.ways.leave(cookie, world.now)
    assert world.ways.visitor(cookie, world.now) is None
    for nonsense in ("", "x" * 43, "\x00", "é" * 4000):
        assert world.ways.visitor(nonsense, world.now) is None


def test_whoever_was_merged_is_the_other_one(world: World) -> None:
    gone, into = world.somebody(PHONE), world.somebody(family="Quasimoto", born="1987-06-15")
    world.settled()
    token = world.links()[-1]
    with world.engine.begin() as connection:
        connection.execute(update(person).where(person.c.id == gone).values(merged_into=into))
    assert world.enter(token, BORN).why == "wrong-date"
    visitor = world.ways.visitor(world.begun(token, "1987-06-15").cookie, world.now)
    assert visitor
    assert visitor.person_id == into
    assert merge.name == "merge"


def test_a_birth_date_that_is_not_whole_opens_nothing(local: World) -> None:
    who = local.somebody(PHONE)
    token = handed(local, who)
    with local.engine.begin() as connection:
        connection.execute(update(person).where(person.c.id == who).values(birth_date="1987"))
    assert local.enter(token, "1987-01-01") == NotIn("unknown")


def test_links_visits_and_wrong_dates_are_in_the_audit_log_without_health_data(world: World) -> None:
    token = sent(world)
    world.enter(token, WRONG)
    world.begun(token)
    with world.engine.begin() as connection:
        rows = connection.execute(select(audit_entry).where(audit_entry.c.object_kind == "way-in")).all()
    assert [row.action for row in sorted(rows, key=lambda row: row.seq)] == [
        "card.link",
        "visit.refused",
        "visit.begin",
    ]
    assert {row.origin for row in rows[1:]} == {HERE}
    text = repr(rows)
    for secret in (token, BORN, WRONG, "Quasimodo", PHONE, MAIL):
        assert secret not in text


@pytest.mark.parametrize("days", [181])
def test_what_is_over_is_forgotten(world: World, days: int) -> None:
    token = sent(world)
    world.begun(token)
    world.turn(days=90 + days)
    world.chores.forget(world.now)
    assert world.count(way_in) == world.count(visit) == 0
    assert world.ways.look(token, world.now) == Look("unknown")
