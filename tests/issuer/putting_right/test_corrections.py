"""One record corrected or deleted by its clinic: the cards of it, and of nothing else, taken back and made anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import cards
import verifier
from issuer.intake.proposal import Demographics, Dose, Proposal
from issuer.models import notice, record
from issuer.putting_right.corrections import ChangedMeanwhile, Corrections, UnknownReason, UnknownRecord
from issuer.putting_right.searching import Search
from issuer.putting_right.withdrawing import Withdrawals
from issuer.rights import Actor, Forbidden
from issuer.store.holdings import KEEP_BEFORE
from issuer.store.putting_right import cards_by_person
from trust_registry import TrustRegistry

FIRST, SECOND, FLU = Dose("208", "2021-03-01", lot="A1"), Dose("208", "2021-04-01", lot="B1"), Dose("140", "2020-10-01")
People = Callable[[int], Demographics]


@pytest.fixture
def corrections(world: Any) -> Corrections:
    return Corrections(world.service.store, world.service.intake)


def outcome(world: Any, card: Any) -> str:
    keys = world.service.jwks()
    crls = [world.service.revocation_list(key["kid"]) for key in keys["keys"]]
    entry = {"issuer": {"iss": world.service.iss, "name": "Harbour"}, "keys": keys["keys"], "crls": crls}
    registry = TrustRegistry.from_vci_snapshot({"issuerInfo": [entry]})
    return verifier.check(card.jws, registry, world.now + timedelta(hours=9)).outcome


def lots_of(world: Any, card: Any) -> list[str]:
    key = next(key for key in world.service.keys.published() if key.kid == card.kid)
    entries = cards.read(card.jws).verify(key).bundle["entry"]
    return [entry["resource"].get("lotNumber", "") for entry in entries[1:]]


def test_a_correction_reaches_every_card_that_carries_the_dose_and_no_other(
    world: Any, corrections: Corrections, person: People
) -> None:
    harbour = world.clinic("Harbour")
    [first, *_] = world.record(harbour, person(0), [FIRST, SECOND, FLU], world.now)
    world.record(harbour, person(1), [FIRST], world.now)
    token = world.service.make_link(first.person_id, world.now)
    kid = world.service.keys.active().kid
    ctr = world.service.revocation_list(kid)["ctr"]
    with world.service.store.reading() as connection:
        before = cards_by_person(connection, [first.person_id])[first.person_id]
    done = corrections.correct(world.actor(harbour), first.record_id, 1, replace(FIRST, lot="A9"), world.now)
    assert (done.did, done.record_id) == ("corrected", first.record_id)
    wrong = [card for card in before if f"{first.record_id}.1" in card.refs]
    right = [card for card in before if card not in wrong]
    assert len(wrong) == 2  # the one that was superseded is still in somebody's hands
    assert world.service.revocation_list(kid)["ctr"] == ctr + 1
    assert set(world.service.store.revoked_rids(kid)[1]) == {card.rid for card in wrong}
    assert [outcome(world, card) for card in (*wrong, *right)] == ["rejected", "rejected", "accepted"]
    standing = [card for card in world.service.cards_by_link(token, world.now) if not card.revoked_at]
    assert sorted(lots_of(world, card) for card in standing) == [[""], ["A9", "B1"]]
    assert {outcome(world, card) for card in standing} == {"accepted"}
    assert {card.replaces for card in standing} & {card.id for card in wrong}
    with world.engine.begin() as connection:
        assert connection.execute(select(notice.c.person_id, notice.c.purpose)).all() == [
            (first.person_id, "card-replaced")
        ]


def test_the_first_card_is_handed_out_again_when_the_second_dose_is_deleted(
    world: Any, corrections: Corrections, person: People
) -> None:
    harbour = world.clinic("Harbour")
    [first, second] = world.record(harbour, person(0), [FIRST, SECOND], world.now)
    done = corrections.delete(world.actor(harbour), second.record_id, 1, "not-given", world.now)
    assert done.did == "deleted"
    standing = [card for card in world.service.cards_of_person(first.person_id, world.now) if not card.revoked_at]
    assert [lots_of(world, card) for card in standing] == [["A1"]]
    assert [outcome(world, card) for card in standing] == ["accepted"]
    again = world.record(harbour, person(0), [SECOND], world.now)
    assert (again[0].did, again[0].record_id) == ("reinstated", second.record_id)
    standing = [card for card in world.service.cards_of_person(first.person_id, world.now) if not card.revoked_at]
    assert [lots_of(world, card) for card in standing] == [["A1", "B1"]]


def test_product_and_date_are_corrected_and_what_it_was_is_kept_for_a_time(
    world: Any, corrections: Corrections, person: People
) -> None:
    harbour = world.clinic("Harbour")
    [first] = world.record(harbour, person(0), [FIRST], world.now)
    moved = replace(FIRST, code="207", day="2021-03-02")
    assert corrections.correct(world.actor(harbour), first.record_id, 1, moved, world.now).did == "corrected"
    assert corrections.delete(world.actor(harbour), first.record_id, 2, "wrong-person", world.now).did == "deleted"
    shown = corrections.show(world.actor(harbour), first.record_id, world.now)
    assert (shown.record.status, shown.record.version, shown.cards, shown.clinic_name) == ("deleted", 3, 0, "Harbour")
    assert [(one.version, one.reason, one.status) for one in shown.versions] == [
        (2, "wrong-person", "completed"),
        (1, "corrected", "completed"),
    ]
    assert [(one.event.code, one.event.day) for one in shown.versions] == [("207", "2021-03-02"), ("208", "2021-03-01")]
    assert corrections.forget(world.now + KEEP_BEFORE - timedelta(days=1)) == 0
    assert corrections.forget(world.now + KEEP_BEFORE) == 2
    assert corrections.show(world.actor(harbour), first.record_id, world.now).versions == ()


def test_another_clinics_record_is_not_there(world: Any, corrections: Corrections, person: People) -> None:
    harbour, hill = world.clinic("Harbour"), world.clinic("Hill")
    [first] = world.record(harbour, person(0), [FIRST], world.now)
    stranger = world.actor(hill)
    for call in (
        lambda: corrections.show(stranger, first.record_id, world.now),
        lambda: corrections.correct(stranger, first.record_id, 1, SECOND, world.now),
        lambda: corrections.delete(stranger, first.record_id, 1, "not-given", world.now),
        lambda: corrections.show(world.actor(harbour), "nothing", world.now),
    ):
        with pytest.raises(UnknownRecord):
            call()
    hour = timedelta(hours=1)
    assert corrections.listing(stranger, world.now - hour, world.now + hour, world.now) == ()
    [line] = corrections.listing(world.actor(harbour), world.now - hour, world.now + hour, world.now)
    assert (line.record.id, line.person.birth_date) == (first.record_id, person(0).birth_date)
    with pytest.raises(Forbidden):
        corrections.delete(Actor("staff:d", "department"), first.record_id, 1, "not-given", world.now)
    with pytest.raises(Forbidden):
        corrections.show(Actor("staff:a", "auditor"), first.record_id, world.now)
    with world.engine.begin() as connection:
        assert connection.execute(select(record.c.version)).scalars().all() == [1]


def test_a_named_record_is_corrected_only_for_its_person_and_clinic(world: Any, person: People) -> None:
    """The intake's own look: a page that sends another's ids changes nothing."""
    harbour, hill = world.clinic("Harbour"), world.clinic("Hill")
    [first] = world.record(harbour, person(0), [FIRST], world.now)
    [other] = world.record(hill, person(1), [SECOND], world.now)
    for who, owner in ((first.person_id, hill), (other.person_id, harbour), ("nobody", harbour)):
        for action in ("update", "delete"):
            named = Proposal(person(0), SECOND, action, person_id=who, record_id=first.record_id)
            done = world.service.intake.submit(world.actor(owner), owner, [named], world.now, door="form").outcomes[0]
            assert (done.did, [one.code for one in done.findings]) == ("refused", ["nothing-to-change"])


def test_who_comes_second_looks_again(world: Any, corrections: Corrections, person: People) -> None:
    harbour = world.clinic("Harbour")
    [first] = world.record(harbour, person(0), [FIRST], world.now)
    corrections.correct(world.actor(harbour), first.record_id, 1, replace(FIRST, lot="A9"), world.now)
    with pytest.raises(ChangedMeanwhile):
        corrections.delete(world.actor(harbour), first.record_id, 1, "not-given", world.now)
    with pytest.raises(UnknownReason):
        corrections.delete(world.actor(harbour), first.record_id, 2, "because", world.now)


def test_what_the_rules_ask_is_asked_before_anything_changes(
    world: Any, corrections: Corrections, person: People
) -> None:
    harbour = world.clinic("Harbour")
    [_, second] = world.record(harbour, person(0), [FIRST, replace(SECOND, day="2021-06-01")], world.now)
    near = replace(SECOND, day="2021-03-02", dose_number=1)
    asked = corrections.correct(world.actor(harbour), second.record_id, 1, near, world.now)
    assert asked.did == "asked"
    codes = frozenset(one.code for one in asked.findings if one.severity == "question")
    assert codes
    done = corrections.correct(world.actor(harbour), second.record_id, 1, near, world.now, codes)
    assert done.did == "corrected"


def test_a_system_that_sends_everything_again_does_not_undo_a_withdrawal(
    world: Any, corrections: Corrections, person: People
) -> None:
    harbour = world.clinic("Harbour")
    [first] = world.record(harbour, person(0), [FIRST], world.now)
    withdrawals = Withdrawals(world.service.store, world.service.maker(), world.service.random)
    for mark in ("withdrawn", "recalled-lot"):
        found = withdrawals.find(world.department, Search(lot="A1"), world.now)
        one = withdrawals.take_back(world.department, Search(lot="A1"), mark, "why", world.now, found.digest)
        withdrawals.work(lambda: world.now)
        [again] = world.record(harbour, person(0), [FIRST], world.now)
        assert again.did == "unchanged"
        [vaccinated] = world.record(harbour, person(0), [replace(FIRST, vaccinator="N. Urse")], world.now)
        assert vaccinated.did == "corrected"
        assert all(card.revoked_at for card in world.service.cards_of_person(first.person_id, world.now))
        world.record(harbour, person(0), [FIRST], world.now)
        withdrawals.restore(world.department, one, "not so", world.now)
        withdrawals.work(lambda: world.now)
    withdrawals.take_back(
        world.department,
        Search(lot="A1"),
        "recalled-lot",
        "why",
        world.now,
        withdrawals.find(world.department, Search(lot="A1"), world.now).digest,
    )
    withdrawals.work(lambda: world.now)
    [corrected] = world.record(harbour, person(0), [replace(FIRST, lot="A2")], world.now)
    assert corrected.did == "corrected"
    standing = [card for card in world.service.cards_of_person(first.person_id, world.now) if not card.revoked_at]
    assert [lots_of(world, card) for card in standing] == [["A2"]]
