"""Every dose of a clinic, a vaccinator or a lot taken back, in portions, and put back: records, cards, lists."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

import cards
import verifier
from issuer.intake.proposal import Demographics, Dose, Proposal
from issuer.models import notice, record, record_version
from issuer.models import person as person_table
from issuer.models.audit import audit_entry
from issuer.putting_right.portion import Portion
from issuer.putting_right.searching import PreviewChanged, Search, SearchTooWide
from issuer.putting_right.withdrawing import ReasonMissing, StillRunning, Withdrawals
from issuer.rights import Actor, Forbidden
from issuer.store.putting_right import cards_by_person
from issuer.store.withdrawals import next_persons, withdrawal_of
from trust_registry import TrustRegistry

HOUR = timedelta(hours=1)
GOOD, BAD = Dose("208", "2021-03-01", lot="GOOD1"), Dose("208", "2021-04-01", lot="BAD1", vaccinator="N. Urse")
People = Callable[[int], Demographics]


@pytest.fixture
def withdrawals(world: Any) -> Withdrawals:
    return Withdrawals(world.service.store, world.service.maker(), world.service.random)


def registry_of(service: Any) -> TrustRegistry:
    keys = service.jwks()
    crls = [service.revocation_list(key["kid"]) for key in keys["keys"]]
    entry = {"issuer": {"iss": service.iss, "name": "Harbour"}, "keys": keys["keys"], "crls": crls}
    return TrustRegistry.from_vci_snapshot({"issuerInfo": [entry]})


def outcome(world: Any, card: Any) -> str:
    return verifier.check(card.jws, registry_of(world.service), world.now + 9 * HOUR).outcome


def all_cards(world: Any) -> list[Any]:
    with world.service.store.reading() as connection:
        ids = connection.execute(select(person_table.c.id)).scalars().all()
        return [card for many in cards_by_person(connection, ids).values() for card in many]


def taken_back(world: Any, withdrawals: Withdrawals, search: Search, mark: Any = "withdrawn") -> str:
    now = world.now + 2 * HOUR
    found = withdrawals.find(world.department, search, now)
    done = withdrawals.take_back(world.department, search, mark, "wrong dilution", now, found.digest)
    withdrawals.work(lambda: now)
    return done


def test_only_the_cards_with_one_of_the_doses_are_taken_back_and_the_rest_is_issued_again(
    world: Any, withdrawals: Withdrawals, person: People
) -> None:
    harbour, hill = world.clinic("Harbour"), world.clinic("Hill")
    both = [world.record(harbour, person(number), [GOOD, BAD], world.now) for number in range(3)]
    world.record(harbour, person(3), [BAD], world.now)
    world.record(harbour, person(4), [GOOD], world.now)
    world.record(hill, person(5), [BAD], world.now)
    before = all_cards(world)
    with_it = {card.id for card in before if any(f"{one[1].record_id}." in card.holds for one in both)}
    search = Search(harbour, lot="BAD1", code="208", since=world.now - HOUR, until=world.now + HOUR)
    found = withdrawals.find(world.department, search, world.now)
    assert (len(found.records), found.persons, found.cards) == (4, 4, 4)
    assert found.by_title == (("COVID-19", 4),)
    assert found.by_clinic == (("Harbour", 4),)
    withdrawal_id = taken_back(world, withdrawals, search)
    one = withdrawals.one(world.department, withdrawal_id)
    assert (one.state, one.left, one.done_records, one.done_persons, one.revoked_cards) == ("done", 0, 4, 4, 4)
    after = {card.id: card for card in all_cards(world)}
    gone = {card.id for card in after.values() if card.revoked_at}
    assert with_it <= gone
    assert len(gone) == 4
    listed = {rid for kid in {card.kid for card in before} for rid in world.service.store.revoked_rids(kid)[1]}
    assert listed == {after[card_id].rid for card_id in gone}
    assert {after[card_id].revoked_reason for card_id in gone} == {"entered-in-error"}
    assert {outcome(world, card) for card in after.values() if card.id in gone} == {"rejected"}
    assert {outcome(world, card) for card in after.values() if card.id not in gone} == {"accepted"}
    for outcomes in both:
        standing = [card for card in world.service.store.cards_of_person(outcomes[0].person_id) if not card.revoked_at]
        assert [card.refs & {f"{outcomes[0].record_id}.1"} for card in standing] == [{f"{outcomes[0].record_id}.1"}]


def test_the_counter_goes_up_once_a_transaction_and_each_person_is_told_once(
    world: Any, withdrawals: Withdrawals, person: People
) -> None:
    harbour = world.clinic("Harbour")
    for number in range(5):
        world.record(harbour, person(number), [GOOD, BAD], world.now)
    kid = world.service.keys.active().kid
    before = world.service.revocation_list(kid)["ctr"]
    taken_back(world, withdrawals, Search(lot="BAD1"), "recalled-lot")
    assert world.service.revocation_list(kid)["ctr"] == before + 1
    with world.engine.begin() as connection:
        assert connection.execute(select(notice.c.purpose)).scalars().all() == ["card-revoked"] * 5
        marked = connection.execute(select(record.c.unsigned_because, record.c.marks, record.c.version))
        assert sorted(marked) == [("", "", 1)] * 5 + [("recalled-lot", "recalled-lot", 2)] * 5
        said = connection.execute(select(audit_entry.c.action, audit_entry.c.actor, audit_entry.c.reason)).all()
    bulk = [row for row in said if row.action.startswith("bulk.")]
    assert [(row.action, row.reason) for row in bulk] == [
        ("bulk.find", ""),
        ("bulk.correct", "wrong dilution"),
        ("bulk.correct", ""),
        ("bulk.correct", ""),
    ]
    assert {row.actor for row in bulk} == {world.department.id}


def test_a_card_in_the_drawer_is_taken_back_as_well(world: Any, withdrawals: Withdrawals, person: People) -> None:
    """The first card was handed out before the second dose; a larger one took its place, and it is still accepted."""
    harbour = world.clinic("Harbour")
    world.record(harbour, person(0), [BAD, GOOD], world.now)
    first, second = sorted(all_cards(world), key=lambda card: len(card.refs))
    assert first.superseded_at
    taken_back(world, withdrawals, Search(lot="BAD1"))
    after = {card.id: card for card in all_cards(world)}
    assert after[first.id].revoked_at
    assert after[second.id].revoked_at
    assert [outcome(world, after[card.id]) for card in (first, second)] == ["rejected", "rejected"]


def test_what_was_put_back_stands_on_a_card_again(world: Any, withdrawals: Withdrawals, person: People) -> None:
    harbour = world.clinic("Harbour")
    [good, bad] = world.record(harbour, person(0), [GOOD, BAD], world.now)
    world.record(harbour, person(1), [BAD], world.now)
    withdrawal_id = taken_back(world, withdrawals, Search(lot="BAD1"))
    assert withdrawals.restore(world.department, withdrawal_id, "it was the other lot", world.now, [bad.record_id]) == 1
    withdrawals.work(lambda: world.now + 3 * HOUR)
    one = withdrawals.one(world.department, withdrawal_id)
    assert (one.task, one.state, one.to_do, one.done_records, one.new_cards) == ("restore", "done", 1, 1, 1)
    standing = [card for card in world.service.store.cards_of_person(good.person_id) if not card.revoked_at]
    assert [len([ref for ref in card.refs if "." in ref]) for card in standing] == [2]
    assert f"{bad.record_id}.3" in standing[0].refs
    assert outcome(world, standing[0]) == "accepted"
    with world.engine.begin() as connection:
        states = connection.execute(select(record.c.unsigned_because, record.c.marks).where(record.c.lot == "BAD1"))
        assert sorted(states) == [("", ""), ("withdrawn", "withdrawn")]
        versions = connection.execute(select(record_version.c.version, record_version.c.reason)).all()
    assert sorted(versions) == [(1, "withdrawn"), (1, "withdrawn"), (2, "withdrawn")]
    assert withdrawals.restore(world.department, withdrawal_id, "all of it", world.now) == 1
    withdrawals.work(lambda: world.now + 3 * HOUR)
    taken_back(world, withdrawals, Search(lot="BAD1"))
    assert withdrawals.find(world.department, Search(lot="BAD1"), world.now).records == ()


def test_a_link_opened_afterwards_shows_the_new_card(world: Any, withdrawals: Withdrawals, person: People) -> None:
    harbour = world.clinic("Harbour")
    [good, _] = world.record(harbour, person(0), [GOOD, BAD], world.now)
    token = world.service.make_link(good.person_id, world.now)
    taken_back(world, withdrawals, Search(lot="BAD1"))
    shown = [card for card in world.service.cards_by_link(token, world.now + 3 * HOUR) if not card.revoked_at]
    key = world.service.keys.published()[0]
    lots = [
        entry["resource"].get("lotNumber")
        for card in shown
        for entry in cards.read(card.jws).verify(key).bundle["entry"]
    ]
    assert lots == [None, "GOOD1"]


class Killed(Exception):
    """The process is gone before the transaction is whole."""


def killed_within_a_portion(world: Any, portion: Portion, withdrawal_id: str) -> None:
    with world.service.store.writing() as connection:
        known = withdrawal_of(connection, withdrawal_id)
        assert known is not None
        portion._do(connection, known, next_persons(connection, withdrawal_id, "waiting", 50), world.now)
        raise Killed


def test_it_goes_on_where_it_was_stopped_or_killed(world: Any, withdrawals: Withdrawals, person: People) -> None:
    many = 450
    harbour = world.clinic("Harbour")
    for start in range(0, many, 150):
        proposals = [Proposal(person(number), BAD) for number in range(start, start + 150)]
        world.service.intake.submit(world.actor(harbour), harbour, proposals, world.now, door="csv", sign=True)
    found = withdrawals.find(world.department, Search(lot="BAD1"), world.now)
    assert found.cards == many
    one = withdrawals.take_back(world.department, Search(lot="BAD1"), "recalled-lot", "recall", world.now, found.digest)
    portion = Portion(world.service.store, world.service.maker(), world.service.random)
    assert portion.done(one, world.now)
    assert withdrawals.one(world.department, one).done_records == 200
    with pytest.raises(StillRunning):
        withdrawals.restore(world.department, one, "not so", world.now)
    assert withdrawals.stop(world.department, one, world.now).state == "stopped"
    assert not portion.done(one, world.now)
    assert withdrawals.work(lambda: world.now) == 0
    assert withdrawals.go_on(world.department, one, world.now).state == "running"
    with pytest.raises(Killed):
        killed_within_a_portion(world, portion, one)
    assert withdrawals.one(world.department, one).done_records == 200
    assert withdrawals.work(lambda: world.now) == 2
    done = withdrawals.one(world.department, one)
    assert (done.state, done.done_records, done.done_persons, done.revoked_cards) == ("done", many, many, many)
    assert sum(len(world.service.store.revoked_rids(kid)[1]) for kid in {world.service.keys.active().kid}) == many


def test_nothing_is_done_where_the_figures_changed_meanwhile(
    world: Any, withdrawals: Withdrawals, person: People
) -> None:
    harbour = world.clinic("Harbour")
    world.record(harbour, person(0), [BAD], world.now)
    found = withdrawals.find(world.department, Search(lot="BAD1"), world.now)
    world.record(harbour, person(1), [BAD], world.now)
    with pytest.raises(PreviewChanged):
        withdrawals.take_back(world.department, Search(lot="BAD1"), "withdrawn", "why", world.now, found.digest)
    assert withdrawals.all(world.department) == ()


@pytest.mark.parametrize(
    ("search", "count"),
    [
        (Search(lot="BAD1", what="given", since=datetime(2021, 4, 1), until=datetime(2021, 4, 30)), 2),
        (Search(lot="BAD1", what="given", since=datetime(2021, 4, 2), until=datetime(2021, 4, 30)), 1),
        (Search(lot="BAD1", what="given", since=datetime(2022, 1, 1), until=datetime(2022, 4, 30)), 0),
        (Search(lot="BAD1", code="207"), 0),
        (Search(lot="BAD2"), 0),
    ],
)
def test_days_and_partial_days(
    world: Any, withdrawals: Withdrawals, person: People, search: Search, count: int
) -> None:
    harbour = world.clinic("Harbour")
    world.record(harbour, person(0), [BAD], world.now)
    partial = replace(BAD, day="2021-04", administered=False, evidence="01")
    world.record(harbour, person(1), [partial], world.now)
    moments = {
        name: value.replace(tzinfo=world.now.tzinfo)
        for name in ("since", "until")
        if (value := getattr(search, name)) is not None
    }
    assert len(withdrawals.find(world.department, replace(search, **moments), world.now).records) == count


def test_of_one_vaccinator_between_two_moments(world: Any, withdrawals: Withdrawals, person: People) -> None:
    harbour, hill = world.clinic("Harbour"), world.clinic("Hill")
    for place, moment in enumerate((world.now, world.now + HOUR, world.now + 2 * HOUR)):
        world.record(harbour, person(place), [BAD, GOOD], moment)
        world.record(hill, person(10 + place), [BAD], moment)
    search = Search(harbour, "N. Urse", since=world.now + HOUR, until=world.now + 2 * HOUR)
    found = withdrawals.find(world.department, search, world.now)
    assert [(one.clinic_id, one.lot, one.recorded_at) for one in found.records] == [(harbour, "BAD1", world.now + HOUR)]


def test_who_may_and_what_must_be_said(world: Any, withdrawals: Withdrawals) -> None:
    harbour = world.clinic("Harbour")
    for actor in (world.actor(harbour), Actor("staff:a", "auditor"), Actor("client:x", "system", harbour)):
        with pytest.raises(Forbidden):
            withdrawals.find(actor, Search(lot="BAD1"), world.now)
        with pytest.raises(Forbidden):
            withdrawals.take_back(actor, Search(lot="BAD1"), "withdrawn", "why", world.now, "")
        with pytest.raises(Forbidden):
            withdrawals.restore(actor, "any", "why", world.now)
    with pytest.raises(ReasonMissing):
        withdrawals.take_back(world.department, Search(lot="BAD1"), "withdrawn", " ", world.now, "")
    for search in (Search(), Search(code="208"), Search(harbour), Search(vaccinator="N", lot="A")):
        with pytest.raises(SearchTooWide):
            withdrawals.find(world.department, search, world.now)


def test_the_persons_without_cards_get_none(world: Any, withdrawals: Withdrawals, person: People) -> None:
    harbour = world.clinic("Harbour")
    world.record(harbour, person(0), [GOOD, BAD], world.now, sign=False)
    taken_back(world, withdrawals, Search(lot="BAD1"))
    assert all_cards(world) == []
    with world.engine.begin() as connection:
        assert connection.execute(select(notice.c.id)).all() == []
