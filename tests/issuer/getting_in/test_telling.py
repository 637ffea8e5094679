"""Who is told of what, when, and how often."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from issuer.getting_in.telling import SETTLES
from issuer.intake.proposal import Dose, Proposal
from issuer.models import notice, person, record
from issuer.models.residents import outreach, share, way_in
from outreach.messages import NewMessage
from tests.issuer.getting_in.world import BORN, CLINIC, MAIL, NURSE, PHONE, World, somebody, teller


def purposes(world: World) -> list[str]:
    with world.engine.begin() as connection:
        rows = connection.execute(select(outreach.message).order_by(outreach.message.c.queued_at))
        return [row.purpose for row in rows]


def test_after_a_dose_a_link_goes_to_the_confirmed_contact(world: World) -> None:
    who = world.somebody(PHONE)
    world.settled()
    assert purposes(world) == ["record-ready"]
    text = world.text(world.sms.sent[0])
    for secret in ("Quasimodo", BORN, "Harbour", "vaccin", "COVID", who):
        assert secret.lower() not in text.lower()
    assert world.ways.visitor(world.begun(world.links()[0]).cookie, world.now)


def test_contacts_come_from_records_unconfirmed_and_get_nothing(world: World) -> None:
    who = world.record(
        somebody(phones=("(555) 010-0123", "call the neighbour"), emails=("Wilhelmina@Mail.example", "none"))
    )
    world.settled()
    assert world.contact_rows() == []  # until somebody asks for them: a load's are not read
    world.book.of(NURSE, who, world.now)
    assert [(row.channel, row.address, row.confirmed_at) for row in world.contact_rows()] == [
        ("sms", PHONE, None),
        ("email", MAIL, None),
    ]
    assert world.sent == 0
    world.settled()
    world.book.of(NURSE, who, world.now)
    assert len(world.contact_rows()) == 2


def test_each_is_told_once_whatever_workers_do(world: World) -> None:
    world.somebody(PHONE)
    world.turn(minutes=2)
    first, second = teller(world), teller(world)
    assert first.tell(world.now) == 1
    assert second.tell(world.now) == first.tell(world.now) == 0
    world.turn(minutes=1)
    assert teller(world).tell(world.now) == 0  # started anew
    assert purposes(world) == ["record-ready"]


def test_what_was_recorded_before_the_link_is_in_it_and_what_comes_later_is_told_anew(world: World) -> None:
    world.somebody(PHONE)
    world.turn(seconds=30)
    world.record(somebody(), "08", "2026-11-18")
    world.settled()
    assert purposes(world) == ["record-ready"]
    world.turn(days=1)
    world.record(somebody(), "03", "2026-11-20")
    world.settled()
    assert purposes(world) == ["record-ready"] * 2


def test_a_link_that_was_made_after_the_record_is_enough(world: World) -> None:
    world.somebody(PHONE)
    world.turn(seconds=90)
    world.record(somebody(), "08", "2026-11-18")
    world.turn(seconds=30)
    worker = teller(world)
    assert worker.tell(world.now) == 1  # the second dose has not settled, and the link shows it already
    world.turn(minutes=1)
    assert worker.tell(world.now) == 0
    assert purposes(world) == ["record-ready"]


def test_events_settle_before_they_are_told(world: World) -> None:
    world.somebody(PHONE)
    world.turn(seconds=SETTLES.total_seconds() - 1)
    assert teller(world).tell(world.now) == 0
    world.turn(seconds=1)
    assert teller(world).tell(world.now) == 1


def test_many_at_once_from_a_file(world: World) -> None:
    people = [somebody(family=f"Quasimodo{number}", phones=(f"+1555010{number:04}",)) for number in range(60)]
    proposals = [Proposal(one, Dose("208", "2026-11-19")) for one in people]
    done = world.service.intake.submit(NURSE, CLINIC, proposals, world.now, door="csv", sign=False)
    world.settled()
    for outcome in done.outcomes:
        world.book.of(NURSE, outcome.person_id, world.now)
    rows = world.contact_rows()
    assert len(rows) == 60
    assert world.sent == 0
    for row in rows:
        world.book.confirm(NURSE, row.person_id, row.id, world.now)
    more = [Proposal(one, Dose("08", "2026-11-20")) for one in people]
    world.service.intake.submit(NURSE, CLINIC, more, world.now, door="csv", sign=False)
    world.settled()
    assert len(world.sms.sent) == 60


def test_a_card_that_was_replaced_or_taken_back(world: World) -> None:
    who = world.somebody(PHONE)
    world.settled()
    for number, purpose in enumerate(("card-replaced", "card-revoked")):
        with world.engine.begin() as connection:
            row = {"id": f"{number:032}", "person_id": who, "purpose": purpose, "caused_at": world.now}
            connection.execute(insert(notice).values(row))
        world.settled()
    assert purposes(world) == ["record-ready", "card-replaced", "card-cancelled"]
    with world.engine.begin() as connection:
        assert None not in set(connection.scalars(select(notice.c.told_at)))
    world.settled()
    assert len(world.sms.sent) == 3


def test_a_correction_tells_the_resident_once_and_share_recipients_never(world: World) -> None:
    who = world.record(somebody(), sign=True)
    world.confirmed(who, PHONE)
    with world.engine.begin() as connection:
        rows: Any = {"id": "s" * 32, "person_id": who, "token_hash": "h" * 64, "secret": b"", "label": "school"}
        rows |= {"groups": "", "is_direct": False, "wrong": 0, "made_at": world.now}
        connection.execute(insert(share).values(rows))
        record_id = connection.scalar(select(record.c.id))
    world.settled()
    world.turn(hours=1)
    change = Proposal(somebody(), Dose("208", "2026-11-18"), "update", person_id=who, record_id=record_id or "")
    done = world.service.intake.submit(NURSE, CLINIC, [change], world.now, door="form", sign=True)
    assert done.outcomes[0].did == "corrected", done.outcomes
    world.settled()
    assert purposes(world) == ["record-ready", "card-replaced"]
    assert {one.address for one in world.sms.sent} == {PHONE}
    for token in world.links():  # the link from before the correction opens what stands now, like the new one
        visitor = world.ways.visitor(world.begun(token).cookie, world.now)
        assert visitor
        cards = world.service.cards_of_person(visitor.person_id, world.now)
        assert [one.revoked_at is None for one in cards] == [False, True]


def test_a_protected_person_is_sent_nothing_even_what_waited(world: World) -> None:
    who = world.somebody(PHONE)
    world.turn(minutes=2)
    world.chores(world.now)
    world.protect(who)
    world.chores(world.now)
    world.deliver()
    assert world.sent == 0
    with world.engine.begin() as connection:
        connection.execute(
            insert(notice).values(id="n" * 32, person_id=who, purpose="card-replaced", caused_at=world.now)
        )
    world.record(somebody(), "08", "2026-11-18")
    world.settled()
    assert world.sent == 0


def test_whoever_was_merged_is_told_at_either_contact(world: World) -> None:
    gone, into = world.somebody(PHONE), world.somebody(MAIL, family="Quasimoto", born="1987-06-15")
    world.settled()
    sent = world.sent
    with world.engine.begin() as connection:
        connection.execute(update(person).where(person.c.id == gone).values(merged_into=into))
        row = {"id": "n" * 32, "person_id": gone, "purpose": "card-replaced", "caused_at": world.now}
        connection.execute(insert(notice).values(row))
    world.settled()
    assert world.sent == sent + 1
    with world.engine.begin() as connection:
        assert set(connection.scalars(select(way_in.c.person_id).where(way_in.c.made_at == world.now))) == {into}


def test_what_stands_on_no_card_is_not_announced(local: World) -> None:
    who = local.somebody(PHONE)
    with local.engine.begin() as connection:
        connection.execute(update(record).where(record.c.person_id == who).values(unsigned_because="sensitive-test"))
    local.settled()
    assert local.sent == 0


def test_nobody_is_sent_a_link_that_could_not_open(local: World) -> None:
    who = local.somebody(PHONE)
    with local.engine.begin() as connection:
        connection.execute(update(person).where(person.c.id == who).values(birth_date="1987-06"))
    local.settled()
    assert local.sent == 0


def test_a_worker_that_stood_still_over_a_weekend_loses_nobody(world: World) -> None:
    world.somebody(PHONE)
    world.turn(days=2, hours=23)
    assert teller(world).tell(world.now) == 1


def test_at_night_news_wait_and_answers_do_not(local: World) -> None:
    local.somebody(PHONE)
    local.now = local.now.replace(hour=4)  # 23 in New York
    local.now += timedelta(days=1)
    local.settled()
    assert local.sent == 0
    local.knock("Wilhelmina Quasimodo", PHONE)
    local.answered()
    assert len(local.sms.sent) == 1
    local.turn(hours=9)
    local.deliver()
    assert len(local.sms.sent) == 2


def test_messages_name_no_more_than_their_purpose_allows() -> None:
    assert "name" not in NewMessage.__slots__
