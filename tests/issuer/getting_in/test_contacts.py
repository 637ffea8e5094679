"""Contacts: who may confirm them, what a code proves, what "not mine" ends."""

from typing import Any

import pytest
from sqlalchemy import select

from issuer.getting_in.results import BadContact, Begun, BirthDateNeeded, UnknownContact, UnknownPerson, Visitor
from issuer.models import person
from issuer.models.audit import audit_entry
from issuer.models.residents import visit
from issuer.rights import Actor, Forbidden
from outreach.results import Report
from tests.issuer.getting_in.world import (
    CLINIC,
    HELPDESK,
    HERE,
    MAIL,
    NURSE,
    PHONE,
    STRANGER,
    World,
    somebody,
)

PROGRAM = Actor("client:ehr", "system", CLINIC)
AUDITOR = Actor("staff:auditor", "auditor")
LINES = "12 Quay Street\nHarbour, NY 10001"


def visitor(world: World, who: str) -> Visitor:
    token = world.desk.hand_over(HELPDESK, who, world.now).link.rpartition("/")[2]
    found = world.ways.visitor(world.begun(token).cookie, world.now)
    assert found
    return found


def test_staff_see_add_confirm_and_end(world: World) -> None:
    who = world.record(somebody(phones=(PHONE,)))
    (found,) = world.book.of(NURSE, who, world.now)
    assert (found.state, found.masked, found.channel) == ("unconfirmed", "•••• 0123", "sms")
    assert PHONE not in repr(found)
    world.book.confirm(NURSE, who, found.id, world.now)
    assert world.book.add(NURSE, who, "555 010 0123", world.now).state == "confirmed"  # the same one
    world.book.end(NURSE, who, found.id, world.now)
    (ended,) = world.book.of(NURSE, who, world.now)
    assert (ended.state, ended.because) == ("ended", "staff")
    with world.engine.begin() as connection:
        rows = connection.execute(select(audit_entry).where(audit_entry.c.object_kind == "contact")).all()
    assert [row.action for row in rows] == ["contact.confirm", "contact.add", "contact.end"]
    assert PHONE not in repr(rows)


def test_who_may(world: World) -> None:
    who = world.record(somebody(phones=(PHONE,)))
    (found,) = world.book.of(HELPDESK, who, world.now)
    with pytest.raises(UnknownPerson):
        world.book.confirm(STRANGER, who, found.id, world.now)
    with pytest.raises(Forbidden):
        world.book.confirm(AUDITOR, who, found.id, world.now)
    with pytest.raises(Forbidden):
        world.book.confirm(PROGRAM, who, found.id, world.now)
    with pytest.raises(UnknownContact):
        world.book.confirm(NURSE, who, "x" * 32, world.now)
    with pytest.raises(UnknownPerson):
        world.book.of(HELPDESK, "x" * 32, world.now)
    for call in (world.desk.hand_over, world.book.of):
        with pytest.raises(UnknownPerson):
            call(STRANGER, who, world.now)
        with pytest.raises(Forbidden):
            call(AUDITOR, who, world.now)
    for typed in ("", "12", "nobody", "x@y", "+15550100123\n+15550100124"):
        with pytest.raises(BadContact):
            world.book.add(NURSE, who, typed, world.now)


def test_a_code_typed_back_confirms(world: World) -> None:
    who = world.record(somebody(phones=(PHONE,)))
    world.settled()
    me = visitor(world, who)
    (found,) = world.book.own(me, world.now)
    world.book.send_code(me, found.id, world.now, HERE)
    world.deliver()
    code = next(word for word in world.text(world.sms.sent[0]).replace(".", " ").split() if word.isdecimal())
    assert len(code) == 6
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert not world.book.type_code(me, found.id, wrong, world.now)
    world.turn(minutes=20)
    assert world.book.type_code(me, found.id, f"{code[:3]} {code[3:]}", world.now)
    assert [one.confirmed_by for one in world.contact_rows()] == ["code"]
    world.turn(hours=2)
    world.book.send_code(me, found.id, world.now, HERE)  # confirmed already: nothing goes out
    world.deliver()
    assert len(world.sms.sent) == 1


def test_a_code_is_of_one_contact_for_a_while_and_not_to_be_guessed(world: World) -> None:
    who = world.record(somebody(phones=(PHONE, "+15550100124")))
    world.settled()
    me = visitor(world, who)
    first, second = world.book.own(me, world.now)
    code = world.setting.code(first.id, int(world.now.timestamp()) // 1800)
    assert not world.book.type_code(me, second.id, code, world.now)
    other = visitor(world, world.somebody(family="Gringoire", born="1987-06-05"))
    assert not world.book.type_code(other, first.id, code, world.now)
    for number in range(5):
        world.book.type_code(me, first.id, f"{number:06}", world.now)
    assert not world.book.type_code(me, first.id, code, world.now)  # too often
    world.turn(hours=1, minutes=1)
    assert not world.book.type_code(me, first.id, code, world.now)  # over
    assert not world.book.type_code(me, first.id, "１２３４５６" * 9, world.now)
    assert {one.confirmed_at for one in world.contact_rows()} == {None}


def test_not_mine_ends_everything_that_went_there(world: World) -> None:
    who = world.somebody(PHONE)
    other = world.somebody(PHONE, family="Gringoire", born="1990-01-01")
    world.settled()
    token, theirs = world.links()
    done = world.enter(token)
    cookie = (done if isinstance(done, Begun) else world.begun(theirs)).cookie
    assert world.ways.visitor(cookie, world.now)
    stop = world.stop_token()
    assert world.book.stop_channel(stop) == "sms"
    assert world.book.stop_channel("x" * 22) is None
    assert world.book.not_mine(stop, world.now)
    assert {row.ended_because for row in world.contact_rows()} == {"not-mine"}
    for one in (token, theirs):
        assert world.ways.look(one, world.now).state == "unknown"
    assert world.ways.visitor(cookie, world.now) is None
    world.record(somebody(), "08", "2026-11-18")
    before = len(world.sms.sent)
    world.settled()
    assert len(world.sms.sent) == before
    assert world.book.not_mine(stop, world.now)  # again: the same answer
    assert not world.book.not_mine("x" * 22, world.now)
    assert who != other


def test_not_mine_is_put_right_by_staff_who_saw_the_owner(world: World) -> None:
    who = world.somebody(PHONE)
    world.settled()
    world.book.not_mine(world.stop_token(), world.now)
    (found,) = world.book.of(NURSE, who, world.now)
    world.book.restore(NURSE, who, found.id, world.now)
    assert [one.state for one in world.book.of(NURSE, who, world.now)] == ["unconfirmed"]
    world.book.confirm(NURSE, who, found.id, world.now)
    world.turn(hours=1)
    world.record(somebody(), "08", "2026-11-18")
    world.settled()
    assert len(world.sms.sent) == 2


def test_what_bounced_ends_and_staff_who_see_the_owner_confirm_it_again(world: World) -> None:
    who = world.somebody(MAIL)
    world.settled()
    key = world.email.sent[0].key
    assert world.book.reported(Report(key, True, True, "5.1.1"), world.now)
    assert not world.book.reported(Report(key, True, True, "5.1.1"), world.now)
    (found,) = world.book.of(NURSE, who, world.now)
    assert (found.state, found.because) == ("ended", "bounced")
    world.book.confirm(NURSE, who, found.id, world.now)
    world.knock("Wilhelmina Quasimodo", MAIL)
    world.answered()
    assert len(world.email.sent) == 2


def test_no_more_holds_for_news_and_not_for_what_is_asked_for(world: World) -> None:
    world.somebody(PHONE)
    world.settled()
    assert world.book.no_more(world.stop_token(), world.now)
    world.turn(hours=1)
    world.record(somebody(), "08", "2026-11-18")
    world.settled()
    assert len(world.sms.sent) == 1
    world.knock("Wilhelmina Quasimodo", PHONE)
    world.answered()
    assert len(world.sms.sent) == 2
    assert not world.book.no_more("x" * 22, world.now)


def test_a_contact_that_staff_took_out_ends_its_links_and_what_waits(world: World) -> None:
    who = world.somebody(PHONE)
    world.settled()
    token = world.links()[0]
    (found,) = world.book.of(NURSE, who, world.now)
    world.book.end(NURSE, who, found.id, world.now)
    assert world.ways.look(token, world.now).state == "unknown"


# ---- In person -------------------------------------------------------------------------------------------------------


def test_a_link_is_handed_over_to_whoever_is_there(world: World) -> None:
    who = world.somebody()
    handed = world.desk.hand_over(NURSE, who, world.now)
    assert handed.link.startswith("https://cards.example.gov/r/")
    assert handed.link not in repr(handed)
    token = handed.link.rpartition("/")[2]
    assert world.enter(token, "1987-06-06").tries_left == 4
    world.begun(token)
    assert world.count(visit) == 1
    world.ways.renew(token, world.now, HERE)  # no contact is confirmed
    world.deliver()
    assert world.sent == 0


def test_a_letter_is_composed_and_not_queued(world: World) -> None:
    who = world.somebody()
    made = world.desk.letter(HELPDESK, who, LINES, "es", world.now)
    assert made.address == tuple(LINES.split("\n"))
    assert made.link.startswith("https://cards.example.gov/r/")
    text = " ".join(made.paragraphs)
    assert "Quasimodo" not in text
    assert "Harbour" not in text
    stop = next(word for word in text.split() if "/n/" in word).rpartition("/n/")[2].rstrip(".")
    assert world.book.stop_channel(stop) == "letter"
    world.book.not_mine(stop, world.now)
    for lines in (LINES, "one line", "x" * 300 + "\ny", "a\n\x07"):
        with pytest.raises(BadContact):
            world.desk.letter(HELPDESK, who, lines, "es", world.now)


def test_the_help_desk_sends_to_confirmed_contacts(world: World) -> None:
    who = world.somebody(MAIL)
    assert world.desk.send(HELPDESK, who, "fr", world.now)
    world.deliver()
    assert len(world.email.sent) == 1
    nobody = world.somebody(family="Gringoire", born="1990-01-01")
    assert not world.desk.send(HELPDESK, nobody, "fr", world.now)


def test_without_a_whole_birth_date_nothing_is_handed_over(local: World) -> None:
    who = local.somebody()
    with local.engine.begin() as connection:
        connection.execute(person.update().where(person.c.id == who).values(birth_date="1987"))
    call: Any
    for call in (
        lambda: local.desk.hand_over(NURSE, who, local.now),
        lambda: local.desk.letter(NURSE, who, LINES, "en", local.now),
    ):
        with pytest.raises(BirthDateNeeded):
            call()
