"""Records never go to somebody else: numbers used again, partial dates, protection, repeated messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

import cards
from issuer.intake.looking import Looking
from issuer.intake.proposal import Demographics, Dose, Identifier, Name, Proposal
from issuer.rights import Actor
from issuer.service import HOUSE, OPERATOR

DEPARTMENT = Actor("staff:d", "department")


def person(family: str, given: str, born: str, number: str = "", **more: Any) -> Demographics:
    ids = (Identifier("urn:harbour", number, "MR"),) if number else ()
    return Demographics(Name(family, (given,)), born, identifiers=ids, **more)


ADA = person("Aldous", "Ivy", "1980-02-03", "A1")
TOM = person("Zimmer", "Olga", "1999-09-09", "B7")
FLU = Dose("140", "2025-10-01", lot="F1")


@pytest.fixture
def send(service: Any, made: Any) -> Any:
    def send(*proposals: Proposal, actor: Actor = OPERATOR, clinic: str = HOUSE, later: int = 0, **more: Any) -> Any:
        now = made.now + timedelta(minutes=later)
        done = service.intake.submit(actor, clinic, proposals, now, door="hl7", **more)
        return done.outcomes if len(proposals) > 1 else done.outcomes[0]

    return send


@pytest.fixture
def elsewhere(service: Any, made: Any) -> Actor:
    """Another clinic's system."""
    row = {"id": "e" * 32, "name": "E", "public_name": "E", "state": "live", "details": "{}", "at": made.now}
    with service.store.writing() as connection:
        connection.execute(text("INSERT INTO clinic VALUES (:id, :name, :public_name, :state, :details, :at)"), row)
    return Actor("client:e", "system", "e" * 32)


def names(service: Any, person_id: str) -> str:
    (card, *_) = service.cards_of_person(person_id, datetime(2026, 11, 20, 12, tzinfo=UTC))

    key = next(key for key in service.keys.known() if key.kid == card.kid)
    bundle = cards.read(card.jws).verify(key).bundle
    return str(bundle["entry"][0]["resource"]["name"][0]["family"])


def codes(outcome: Any) -> set[str]:
    return {one.code for one in outcome.findings}


def test_a_number_used_again_does_not_make_one_patient_of_two(send: Any, service: Any) -> None:
    first = send(Proposal(ADA, FLU, event_id="1"))
    second = send(Proposal(TOM, FLU, event_id="1"))
    assert (first.did, second.did) == ("recorded", "recorded")
    assert second.person_id != first.person_id
    assert "event-id-of-another" in codes(second)
    assert (names(service, first.person_id), names(service, second.person_id)) == ("Aldous", "Zimmer")
    assert send(Proposal(TOM, FLU, event_id="1")).did == "unchanged"
    both = send(Proposal(person("Fox", "Una", "1970-01-01"), FLU, event_id="9"), Proposal(TOM, FLU, event_id="9"))
    assert both[0].person_id != both[1].person_id


@pytest.mark.parametrize("action", ["update", "delete"])
def test_nobody_changes_or_deletes_a_dose_of_somebody_else_by_its_number(send: Any, service: Any, action: Any) -> None:
    first = send(Proposal(ADA, FLU, event_id="1"))
    wrong = send(Proposal(TOM, replace(FLU, lot="F2"), action, "1"))
    assert (wrong.did, codes(wrong)) == ("refused", {"person-mismatch"})
    assert names(service, first.person_id) == "Aldous"
    assert send(Proposal(Demographics(), None, "delete", "1")).did == "deleted"


def test_a_dose_is_moved_to_another_person_by_deleting_it_first(send: Any) -> None:
    first = send(Proposal(ADA, FLU, event_id="1"))
    assert send(Proposal(ADA, FLU, "delete", "1")).did == "deleted"
    moved = send(Proposal(TOM, FLU, event_id="1"))
    assert moved.did == "recorded"
    assert moved.person_id != first.person_id
    assert codes(moved).isdisjoint({"event-id-of-another"})


def test_doses_of_one_year_are_told_apart_by_their_ids(send: Any, service: Any) -> None:
    history = [Dose("08", "2011", administered=False, evidence="05", dose_number=n) for n in (1, 2, 3)]
    done = send(*(Proposal(ADA, dose, event_id=f"H{n}") for n, dose in enumerate(history)))
    assert [one.did for one in done] == ["recorded"] * 3
    again = send(*(Proposal(ADA, dose, event_id=f"H{n}") for n, dose in enumerate(history)))
    assert [one.did for one in again] == ["unchanged"] * 3
    without = send(*(Proposal(TOM, dose) for dose in history))
    assert [one.did for one in without] == ["recorded"] * 3
    two = [Proposal(ADA, replace(FLU, lot=lot), event_id=lot) for lot in ("L1", "L2")]
    assert [one.did for one in send(*two)] == ["recorded"] * 2
    assert service.store.counts()["record"] == 8


def test_a_message_repeated_does_not_undo_what_came_after(send: Any) -> None:
    message = {"message_id": "m1", "digest": "d1"}
    first = send(Proposal(ADA, FLU, event_id="1"), **message)
    assert send(Proposal(ADA, FLU, "delete", "1"), message_id="m2", digest="d2").did == "deleted"
    assert send(Proposal(ADA, FLU, event_id="1"), **message).did == "unchanged"
    back = send(Proposal(ADA, FLU, event_id="1"), message_id="m3", digest="d1")
    assert (back.did, back.record_id) == ("reinstated", first.record_id)


def test_a_protected_person_opens_to_whoever_knew_them_before(
    send: Any, service: Any, made: Any, elsewhere: Actor
) -> None:
    send(Proposal(replace(ADA, protected=True), FLU))
    later = send(Proposal(ADA, Dose("03", "2020-01-01")), actor=elsewhere, clinic=elsewhere.clinic_id, later=5)
    assert later.did == "recorded"
    looking = Looking(service.store)
    assert looking.history(elsewhere, ADA, "visit", made.now).kind == "protected"
    lifted = send(Proposal(replace(ADA, protected=False), None), actor=elsewhere, clinic=elsewhere.clinic_id)
    assert "protected-person" in codes(lifted)
    assert looking.history(elsewhere, ADA, "visit", made.now).kind == "protected"
    send(Proposal(replace(ADA, protected=False), None))
    assert looking.history(elsewhere, ADA, "visit", made.now).kind == "one"


def test_another_clinic_does_not_replace_a_date_of_birth(send: Any, service: Any, elsewhere: Actor) -> None:
    first = send(Proposal(ADA, FLU))
    typed_wrong = replace(ADA, birth_date="1980-03-02")
    other = send(Proposal(typed_wrong, Dose("03", "2020-01-01")), actor=elsewhere, clinic=elsewhere.clinic_id)
    assert other.person_id == first.person_id
    assert "person-details-kept" in codes(other)
    with service.store.reading() as connection:
        born = connection.execute(text("SELECT birth_date FROM person")).scalars().all()
    assert born == ["1980-02-03"]


def test_a_corrected_date_of_birth_takes_the_old_card_back(send: Any, service: Any, made: Any) -> None:
    first = send(Proposal(ADA, FLU))
    (old,) = service.cards_of_person(first.person_id, made.now)
    send(Proposal(replace(ADA, birth_date="1980-02-04"), FLU))
    assert service.card(old.id).revoked_reason == "replaced"
    standing = [one for one in service.cards_of_person(first.person_id, made.now) if one.revoked_at is None]
    assert [one.replaces for one in standing] == [old.id]


def test_a_changed_person_is_a_line_of_the_audit_log(send: Any, service: Any) -> None:
    first = send(Proposal(ADA, FLU))
    assert send(Proposal(replace(ADA, phones=("+15551234567",)), FLU)).did == "unchanged"
    with service.store.reading() as connection:
        lines = connection.execute(text("SELECT action, person_id FROM audit_entry ORDER BY seq")).all()
    assert ("person.update", first.person_id) in [tuple(line) for line in lines]


def test_what_is_refused_changes_nothing_of_the_person(send: Any, service: Any) -> None:
    send(Proposal(ADA, FLU, event_id="1"), Proposal(ADA, replace(FLU, day="2025-11-01"), event_id="2"))
    clash = send(Proposal(replace(ADA, name=Name("Changed", ("Ivy",))), replace(FLU, day="2025-11-01"), "update", "1"))
    assert (clash.did, "another-record-stands" in codes(clash)) == ("refused", True)
    with service.store.reading() as connection:
        (demographics,) = connection.execute(text("SELECT demographics FROM person")).scalars()
    assert b"Changed" not in bytes(demographics)


def test_one_name_too_long_for_a_code_does_not_fail_the_others(send: Any, service: Any, made: Any) -> None:
    import random

    source = random.Random(1)
    long = tuple("".join(source.choice("abcdefghijklmnopqrstuvwxyzäöüßéèñ") for _ in range(240)) for _ in range(3))
    done = send(Proposal(Demographics(Name(long[0], long[1:]), "1990-01-01"), FLU), Proposal(ADA, FLU), sign=True)
    assert [one.did for one in done][1] == "recorded"
    assert len(service.cards_of_person(done[1].person_id, made.now)) == 1
    if done[0].person_id:
        assert service.cards_of_person(done[0].person_id, made.now) == ()
