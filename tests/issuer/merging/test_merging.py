"""Two persons put together, kept apart, taken apart again: rows, cards, links, lists, the log."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import verifier
from issuer.intake.proposal import Dose, Identifier, Proposal
from issuer.merging.parting import NotUndoable, UnknownMerge
from issuer.merging.service import AlreadyDecided, UnknownReview
from issuer.models import notice, person, record, record_version
from issuer.models.audit import audit_entry
from issuer.persons import read_demographics
from issuer.putting_right.corrections import Corrections
from issuer.rights import Actor, Forbidden
from issuer.store.holdings import KEEP_BEFORE
from issuer.store.putting_right import cards_by_person
from trust_registry import TrustRegistry

FIRST, SECOND, THIRD = (Dose("208", f"2021-0{month}-01", lot=f"LOT{month}") for month in (3, 4, 6))
ELSEWHERE = Dose("140", "2020-10-01", lot="FLU")


def standing(desk: Any, person_id: str) -> list[Any]:
    return [card for card in desk.service.store.cards_of_person(person_id) if not card.revoked_at]


def everything(desk: Any) -> dict[str, Any]:
    with desk.service.store.reading() as connection:
        ids = connection.execute(select(person.c.id)).scalars().all()
        return {card.id: card for many in cards_by_person(connection, ids).values() for card in many}


def outcome(desk: Any, card: Any) -> str:
    keys = desk.service.jwks()
    crls = [desk.service.revocation_list(key["kid"]) for key in keys["keys"]]
    entry = {"issuer": {"iss": desk.service.iss, "name": "Harbour"}, "keys": keys["keys"], "crls": crls}
    registry = TrustRegistry.from_vci_snapshot({"issuerInfo": [entry]})
    return verifier.check(card.jws, registry, desk.now + timedelta(hours=9)).outcome


@pytest.fixture
def two(desk: Any, people: Any) -> tuple[str, str, str]:
    """(clinic, older, newer): two persons of two charts, each with a card."""
    harbour = desk.clinic("Harbour")
    [older] = desk.send(harbour, people.chart("1"), FIRST)
    [newer] = desk.send(harbour, people.chart("2", given="Minna", phones=("+15550100",)), SECOND)
    assert older.person_id != newer.person_id
    return harbour, older.person_id, newer.person_id


def test_the_others_records_cards_and_links_become_the_survivors(desk: Any, two: Any) -> None:
    _, older, newer = two
    token = desk.service.make_link(newer, desk.now)
    before = everything(desk)
    desk.merging.merge(desk.department, desk.ask(newer, older), older, desk.now)
    [card] = standing(desk, older)
    assert len([ref for ref in card.refs if "." in ref]) == 2
    after = everything(desk)
    assert all(after[card_id].revoked_at is None and after[card_id].superseded_at for card_id in before)
    assert {outcome(desk, card) for card in after.values()} == {"accepted"}
    assert [one.id for one in desk.service.cards_by_link(token, desk.now)] == [card.id]
    assert not desk.service.store.person_exists(newer)
    with desk.engine.begin() as connection:
        known = connection.execute(select(person.c.demographics).where(person.c.id == older)).scalar_one()
        assert connection.execute(select(notice)).all() == []
        done = connection.execute(select(audit_entry.c.action).order_by(audit_entry.c.seq)).scalars().all()
    demographics = read_demographics(known)
    assert demographics.name.given == ("Wilhelmina",)
    assert [alias.given for alias in demographics.aliases] == [("Minna",)]
    assert {one.value for one in demographics.identifiers} == {"1", "2"}
    assert demographics.phones == ("+15550100",)
    assert done[-2:] == ["review.merge", "person.merge"]


def test_whoever_sends_again_finds_the_survivor(desk: Any, two: Any, people: Any) -> None:
    harbour, older, newer = two
    desk.merging.merge(desk.department, desk.ask(newer, older), older, desk.now)
    [again] = desk.send(harbour, people.chart("2", given="Minna", phones=("+15550100",)), SECOND)
    assert (again.did, again.person_id) == ("unchanged", older)
    [third] = desk.send(harbour, people.chart("2", given="Minna", phones=("+15550100",)), THIRD)
    assert (third.did, third.person_id) == ("recorded", older)


def test_merged_and_taken_apart_everything_is_as_it_was(desk: Any, two: Any) -> None:
    _, older, newer = two
    rows, before = desk.rows(), everything(desk)
    merge_id = desk.merging.merge(desk.department, desk.ask(newer, older), older, desk.now)
    [made] = standing(desk, older)
    assert desk.rows() != rows
    desk.merging.undo(desk.department, merge_id, desk.now)
    assert desk.rows() == rows
    after = everything(desk)
    assert {card_id: after[card_id] for card_id in before} == before
    assert set(after) - set(before) == {made.id}
    assert after[made.id].revoked_reason == "wrong-person"
    assert outcome(desk, after[made.id]) == "rejected"
    assert {outcome(desk, after[card_id]) for card_id in before} == {"accepted"}
    assert len(desk.merging.open_reviews(desk.department)) == 1
    with pytest.raises(NotUndoable):
        desk.merging.undo(desk.department, merge_id, desk.now)


def test_it_can_be_done_and_undone_again_and_again(desk: Any, two: Any) -> None:
    _, older, newer = two
    rows = desk.rows()
    review_id = desk.ask(newer, older)
    for _ in range(3):
        merge_id = desk.merging.merge(desk.department, review_id, older, desk.now)
        assert [outcome(desk, card) for card in standing(desk, older)] == ["accepted"]
        assert len([ref for ref in standing(desk, older)[0].refs if "." in ref]) == 2
        desk.merging.undo(desk.department, merge_id, desk.now)
        assert desk.rows() == rows
        assert [len(standing(desk, who)) for who in (older, newer)] == [1, 1]


@pytest.mark.parametrize("survivor", ["older", "newer"])
def test_the_same_dose_recorded_twice_is_a_duplicate(desk: Any, people: Any, survivor: str) -> None:
    harbour = desk.clinic("Harbour")
    [one, _] = desk.send(harbour, people.chart("1"), FIRST, SECOND, ids=("e1", "e2"))
    [other, _] = desk.send(harbour, people.chart("2", given="Minna"), FIRST, THIRD, ids=("f1", "f3"))
    rows, before = desk.rows(), everything(desk)
    into = one.person_id if survivor == "older" else other.person_id
    merge_id = desk.merging.merge(desk.department, desk.ask(other.person_id, one.person_id), into, desk.now)
    with desk.engine.begin() as connection:
        chosen = select(record.c.id, record.c.status, record.c.event_key.is_(None)).order_by(record.c.recorded_at)
        found = {row[0]: tuple(row)[1:] for row in connection.execute(chosen)}
        versions = connection.execute(select(record_version.c.record_id, record_version.c.reason)).all()
    assert found[other.record_id] == ("deleted", 1)
    assert [status for status, _ in found.values()].count("completed") == 3
    assert versions == [(other.record_id, "duplicate")]
    after = everything(desk)
    assert not any(card.revoked_at for card in after.values())  # what the other's card says is true
    [card] = standing(desk, into)
    assert len([ref for ref in card.refs if "." in ref]) == 3
    [again] = desk.send(harbour, people.chart("2", given="Minna"), FIRST, ids=("f1",))
    assert (again.did, again.record_id) == ("unchanged", one.record_id)
    desk.merging.undo(desk.department, merge_id, desk.now)
    assert desk.rows() == rows
    after = everything(desk)
    assert {card_id: after[card_id] for card_id in before} == before


def test_what_was_said_since_the_merge_stays_after_it_is_undone(desk: Any, two: Any, people: Any) -> None:
    harbour, older, newer = two
    merge_id = desk.merging.merge(desk.department, desk.ask(newer, older), older, desk.now)
    desk.send(harbour, people.chart("1", emails=("w@example.org",)), THIRD)
    corrected = replace(SECOND, lot="LOT9")
    [done] = desk.send(harbour, people.chart("2", given="Minna", phones=("+15550100",)), corrected)
    assert (done.did, done.person_id) == ("corrected", older)
    desk.merging.undo(desk.department, merge_id, desk.now)
    with desk.engine.begin() as connection:
        found = {row.lot: row.person_id for row in connection.execute(select(record.c.lot, record.c.person_id))}
        known = connection.execute(select(person.c.demographics).where(person.c.id == older)).scalar_one()
    assert found == {"LOT3": older, "LOT9": newer, "LOT6": older}
    demographics = read_demographics(known)
    assert demographics.emails == ("w@example.org",)
    assert demographics.phones == ()
    assert {one.value for one in demographics.identifiers} == {"1"}
    for who, count in ((older, 2), (newer, 1)):
        [card] = standing(desk, who)
        assert len([ref for ref in card.refs if "." in ref]) == count
        assert outcome(desk, card) == "accepted"
    gone = [card for card in everything(desk).values() if card.revoked_at]
    assert {outcome(desk, card) for card in gone} == {"rejected"}
    [again] = desk.send(harbour, people.chart("2", given="Minna", phones=("+15550100",)), corrected)
    assert (again.did, again.person_id) == ("unchanged", newer)


def test_a_chain_of_merges_is_undone_from_its_end(desk: Any, two: Any, people: Any) -> None:
    harbour, older, newer = two
    [third] = desk.send(harbour, people.chart("3", given="Willa"), ELSEWHERE)
    rows = desk.rows()
    token = desk.service.make_link(newer, desk.now)
    first = desk.merging.merge(desk.department, desk.ask(newer, older), older, desk.now)
    between = desk.rows()
    second = desk.merging.merge(desk.department, desk.ask(older, third.person_id), third.person_id, desk.now)
    assert desk.service.store.person_by_token(token, desk.now) == third.person_id
    with pytest.raises(NotUndoable):
        desk.merging.undo(desk.department, first, desk.now)
    assert [line.undoable for line in desk.merging.merges(desk.department) if line.id == first] == [False]
    desk.merging.undo(desk.department, second, desk.now)
    assert desk.rows() == between
    desk.merging.undo(desk.department, first, desk.now)
    assert desk.rows() == rows


def test_how_they_were_is_forgotten_in_the_end(desk: Any, two: Any) -> None:
    _, older, newer = two
    merge_id = desk.merging.merge(desk.department, desk.ask(newer, older), older, desk.now)
    corrections = Corrections(desk.service.store, desk.service.intake)
    assert corrections.forget(desk.now + KEEP_BEFORE - timedelta(minutes=1)) == 0
    assert corrections.forget(desk.now + KEEP_BEFORE) == 1
    assert [line.undoable for line in desk.merging.merges(desk.department)] == [False]
    with pytest.raises(NotUndoable):
        desk.merging.undo(desk.department, merge_id, desk.now)


def test_two_persons_are_never_asked_about_again(desk: Any, two: Any) -> None:
    harbour, older, newer = two
    review_id = desk.ask(newer, older)
    desk.merging.keep_apart(desk.department, review_id, desk.now)
    assert desk.merging.open_reviews(desk.department) == ()
    with pytest.raises(AlreadyDecided):
        desk.merging.merge(desk.department, review_id, older, desk.now)
    told = [Identifier("HARBOUR", number, "MR") for number in ("2", "1")]
    done = desk.merging.merge_by_identifier(desk.clinics[harbour], harbour, *told, desk.now)
    assert (done.did, [one.code for one in done.findings]) == ("refused", ["nothing-to-change"])
    assert desk.merging.open_reviews(desk.department) == ()
    desk.merging.ask_again(desk.department, review_id, desk.now)
    assert [line.id for line in desk.merging.open_reviews(desk.department)] == [review_id]


def test_both_are_shown_side_by_side_with_what_agrees_in_words(desk: Any, two: Any) -> None:
    _, older, newer = two
    shown = desk.merging.review(desk.department, desk.ask(newer, older), desk.now)
    assert {row.what: row.words for row in shown.rows} == {
        "Name": "Agrees in part",
        "Date of birth": "Agrees",
        "Phone": "Known of one only",
        "Numbers": "Differs",
    }
    assert [row.words for row in shown.records] == ["On one record only"] * 2
    with desk.engine.begin() as connection:
        seen = connection.execute(select(audit_entry.c.person_id).where(audit_entry.c.action == "person.open"))
        assert set(seen.scalars()) == {older, newer}


def test_only_the_department_decides(desk: Any, two: Any) -> None:
    harbour, older, newer = two
    review_id = desk.ask(newer, older)
    for actor in (desk.clinics[harbour], Actor("staff:m", "manager", harbour), Actor("staff:h", "helpdesk")):
        for call in (
            lambda actor=actor: desk.merging.open_reviews(actor),
            lambda actor=actor: desk.merging.review(actor, review_id, desk.now),
            lambda actor=actor: desk.merging.merge(actor, review_id, older, desk.now),
            lambda actor=actor: desk.merging.keep_apart(actor, review_id, desk.now),
            lambda actor=actor: desk.merging.undo(actor, "any", desk.now),
            lambda actor=actor: desk.merging.merges(actor),
        ):
            with pytest.raises(Forbidden):
                call()
    with pytest.raises(UnknownReview):
        desk.merging.merge(desk.department, "nothing", older, desk.now)
    with pytest.raises(UnknownReview):
        desk.merging.merge(desk.department, review_id, "somebody else", desk.now)
    with pytest.raises(UnknownMerge):
        desk.merging.undo(desk.department, "nothing", desk.now)


# ---- ADT^A40 ---------------------------------------------------------------------------------------------------------


def told(desk: Any, clinic_id: str, gone: str, into: str, authority: str = "HARBOUR") -> Any:
    numbers = [Identifier(authority, number, "MR") for number in (gone, into)]
    return desk.merging.merge_by_identifier(desk.clinics[clinic_id], clinic_id, *numbers, desk.now)


def test_a_clinics_own_charts_are_put_together_at_once(desk: Any, people: Any) -> None:
    harbour = desk.clinic("Harbour")
    [one] = desk.send(harbour, people.chart("1"), FIRST)
    [other] = desk.send(harbour, people.chart("2", family="Esmeralda", phones=("+15550100",)), SECOND)
    done = told(desk, harbour, "2", "1")
    assert (done.did, done.person_id, done.review) == ("noted", one.person_id, False)
    [line] = desk.merging.merges(desk.department)
    assert (line.records, line.merged_by, line.undoable) == (1, "client:Harbour", True)
    desk.merging.undo(desk.department, line.id, desk.now)
    assert desk.service.store.person_exists(other.person_id)
    assert told(desk, harbour, "1", "1").did == "unchanged"


def test_charts_with_another_clinics_records_are_asked_about(desk: Any, people: Any) -> None:
    harbour, hill = desk.clinic("Harbour"), desk.clinic("Hill")
    [one] = desk.send(harbour, people.chart("1"), FIRST)
    desk.service.intake.submit(
        desk.clinics[hill],
        hill,
        [Proposal(people.person(), ELSEWHERE, person_id=one.person_id)],
        desk.now,
        door="form",
    )
    desk.send(harbour, people.chart("2", given="Minna"), SECOND)
    done = told(desk, harbour, "2", "1")
    assert (done.did, done.review, [each.code for each in done.findings]) == ("noted", True, ["person-ambiguous"])
    assert told(desk, harbour, "2", "1").review
    assert [line.reasons for line in desk.merging.open_reviews(desk.department)] == [("sender-says-one-person",)]
    assert desk.merging.merges(desk.department) == ()


def test_charts_that_contradict_each_other_are_asked_about(desk: Any, people: Any) -> None:
    harbour = desk.clinic("Harbour")
    desk.send(harbour, people.chart("1", born="2020-01-02"), FIRST)
    desk.send(harbour, people.chart("2", given="Bartholomew", born="2020-01-02"), SECOND)
    assert told(desk, harbour, "2", "1").review


def test_numbers_nobody_knows(desk: Any, people: Any) -> None:
    harbour = desk.clinic("Harbour")
    desk.send(harbour, people.chart("1"), FIRST)
    for gone, into, authority in (("9", "1", "HARBOUR"), ("1", "9", "HARBOUR"), ("1", "1", "ELSEWHERE")):
        done = told(desk, harbour, gone, into, authority)
        assert (done.did, [each.code for each in done.findings]) == ("refused", ["nothing-to-change"])
    with pytest.raises(Forbidden):
        desk.merging.merge_by_identifier(
            Actor("client:x", "system", "another"),
            harbour,
            Identifier("HARBOUR", "1"),
            Identifier("HARBOUR", "2"),
            desk.now,
        )
