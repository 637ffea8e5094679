"""The ledger of lots on both databases: entered by the clinic, counted from records, asked by the intake."""

import json
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from issuer.db import reading
from issuer.fraud.entering import delivery_of, product_code
from issuer.fraud.lots import Delivery, NotEntered, UnknownLot
from issuer.intake.proposal import Dose, Proposal
from issuer.plausibility import LotFacts
from issuer.rights import Actor, Forbidden
from issuer.store.ledger import EMPTY_FOR, LotsKnown, facts
from tests.issuer.fraud.people import somebody


def came(lot: str = "EW01", doses: int = 100, expires: str = "2027-03-31") -> Delivery:
    return Delivery("208", lot, expires, doses)


def statements(world: Any) -> list[str]:
    seen: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return seen


def test_a_lot_from_its_delivery_to_its_last_dose(world: Any) -> None:
    harbour = world.clinic("Harbour")
    manager = world.actors[harbour]
    lot_id = world.ledger.receive(manager, harbour, came(), world.now)
    assert world.ledger.receive(manager, harbour, came("ew 01", 50, ""), world.now) == lot_id
    world.ledger.move(manager, lot_id, "wasted", 7, "broken", world.now)
    world.ledger.move(manager, lot_id, "received", -50, "counted twice", world.now)
    world.record(harbour, world.now, ["EW01", "ew01"])
    world.record(harbour, world.now, ["EW01"], administered=False, evidence="01")
    world.record(harbour, world.now, ["EW02"])
    lot = world.ledger.lot(manager, lot_id)
    assert (lot.received, lot.wasted, lot.used, lot.left) == (100, 7, 2, 91)
    assert lot.expires == "2027-03-31"
    assert not lot.expired(date(2027, 3, 31))
    assert lot.expired(date(2027, 4, 1))
    assert sorted(one.doses for one in lot.movements) == [-50, 7, 50, 100]
    noted = [(action, json.loads(detail)["doses"]) for action, detail in world.audited() if action.startswith("lot")]
    assert noted == [("lot.receive", 100), ("lot.receive", 50), ("lot.waste", 7), ("lot.receive", -50)]


def test_deleted_doses_are_not_used(world: Any) -> None:
    harbour = world.clinic("Harbour")
    manager = world.actors[harbour]
    lot_id = world.ledger.receive(manager, harbour, came(), world.now)
    world.record(harbour, world.now, ["EW01"])
    assert world.ledger.lot(manager, lot_id).used == 1
    gone = Proposal(somebody(1), Dose("208", world.now.date().isoformat(), lot="EW01"), "delete")
    world.service.intake.submit(manager, harbour, [gone], world.now, door="form")
    assert world.ledger.lot(manager, lot_id).used == 0


def test_nobody_takes_back_more_than_was_entered(world: Any) -> None:
    harbour = world.clinic("Harbour")
    manager = world.actors[harbour]
    lot_id = world.ledger.receive(manager, harbour, came(), world.now)
    for kind, doses, note, field in (
        ("received", -101, "why", "doses"),
        ("wasted", -1, "why", "doses"),
        ("received", -1, "", "note"),
        ("lent", 1, "", "kind"),
    ):
        with pytest.raises(NotEntered) as refused:
            world.ledger.move(manager, lot_id, kind, doses, note, world.now)
        assert refused.value.field_name == field
    assert len(world.ledger.lot(manager, lot_id).movements) == 1


def test_whose_ledger_it_is(world: Any) -> None:
    harbour, river = world.clinic("Harbour"), world.clinic("River")
    theirs, dora = world.actors[river], world.department("dora")
    lot_id = world.ledger.receive(world.actors[harbour], harbour, came(), world.now)
    for attempt in (Actor("staff:n", "vaccinator", harbour), Actor("staff:a", "auditor"), Actor("client:c", "system")):
        with pytest.raises(Forbidden):
            world.ledger.lots(attempt, harbour)
        with pytest.raises(Forbidden):
            world.ledger.lot(attempt, lot_id)
    with pytest.raises(Forbidden):
        world.ledger.lots(theirs, harbour)
    with pytest.raises(Forbidden):
        world.ledger.receive(theirs, harbour, came(), world.now)
    with pytest.raises(UnknownLot):
        world.ledger.lot(theirs, lot_id)
    with pytest.raises(UnknownLot):
        world.ledger.move(theirs, lot_id, "wasted", 1, "", world.now)
    with pytest.raises(UnknownLot):
        world.ledger.receive(dora, "x" * 32, came(), world.now)
    with pytest.raises(Forbidden):
        world.ledger.recall(theirs, "208", "EW01", "", "why", world.now)
    assert world.ledger.lots(theirs) == ()
    assert [one.clinic_name for one in world.ledger.lots(dora)] == ["Harbour"]
    assert list(world.ledger.clinics(theirs)) == [river]
    assert set(world.ledger.clinics(dora)) >= {harbour, river}


def test_two_deliveries_at_once_are_one_lot(world: Any) -> None:
    harbour = world.clinic("Harbour")
    start, ids = threading.Barrier(4), []

    def receive() -> None:
        start.wait()
        ids.append(world.ledger.receive(world.actors[harbour], harbour, came(), world.now))

    threads = [threading.Thread(target=receive) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert world.ledger.lot(world.actors[harbour], ids[0]).received == 400


def test_what_the_intake_asks_is_one_statement(world: Any) -> None:
    harbour, river = world.clinic("Harbour"), world.clinic("River")
    dora = world.department("dora")
    world.ledger.receive(world.actors[harbour], harbour, came(), world.now)
    world.ledger.receive(world.actors[harbour], harbour, came("EW02", expires=""), world.now)
    world.ledger.recall(dora, "208", "ew02", "", "FDA 7", world.now)
    world.ledger.recall(dora, "208", "EW03", harbour, "the cold chain", world.now)
    pairs = [("208", "EW01"), ("208", "ew 01"), ("208", "EW02"), ("208", "EW03"), ("207", "EW01"), ("208", ""),
             *(("208", f"X{number}") for number in range(300))]  # fmt: skip
    seen = statements(world)
    with reading(world.engine) as connection:
        before = len(seen)
        found = facts(connection, harbour, pairs)
        assert len(seen) - before == 1
        elsewhere = facts(connection, river, pairs)
    in_use = LotFacts("2027-03-31", recalled=False, known=True)
    assert found == {
        ("208", "EW01"): in_use,
        ("208", "ew 01"): in_use,
        ("208", "EW02"): LotFacts("", recalled=True, known=True),
        ("208", "EW03"): LotFacts("", recalled=True, known=False),
    }
    assert elsewhere == {("208", "EW02"): LotFacts("", recalled=True, known=False)}


def test_an_empty_ledger_is_asked_once_in_a_while(world: Any) -> None:
    harbour = world.clinic("Harbour")
    known, seen = LotsKnown(), statements(world)
    pairs, now = [("208", "EW01")], world.now
    with reading(world.engine) as connection:
        before = len(seen)
        for seconds in range(20):
            assert known.facts(connection, harbour, pairs, now + timedelta(seconds=seconds)) == {}
        assert len(seen) - before == 1
        assert known.facts(connection, harbour, [("208", "")], now + 2 * EMPTY_FOR) == {}
        assert len(seen) - before == 1
    world.ledger.recall(world.department("dora"), "208", "EW01", "", "FDA 7", now)
    with reading(world.engine) as connection:
        assert known.facts(connection, harbour, pairs, now + EMPTY_FOR) != {}


def test_a_recall_and_its_end(world: Any) -> None:
    harbour = world.clinic("Harbour")
    manager, dora = world.actors[harbour], world.department("dora")
    lot_id = world.ledger.receive(manager, harbour, came(), world.now)
    recall_id = world.ledger.recall(dora, "208", "ew01", "", "FDA 7", world.now)
    assert world.ledger.lot(manager, lot_id).recalled
    with pytest.raises(NotEntered):
        world.ledger.lift(dora, recall_id, " ", world.now)
    with pytest.raises(UnknownLot):
        world.ledger.lift(dora, "x", "why", world.now)
    world.ledger.lift(dora, recall_id, "it was lot EW10", world.now)
    world.ledger.lift(dora, recall_id, "again", world.now)
    assert not world.ledger.lot(manager, lot_id).recalled
    [recall] = world.ledger.recalls(dora)
    assert recall.lift_reason == "it was lot EW10"
    with reading(world.engine) as connection:
        assert not facts(connection, harbour, [("208", "EW01")])["208", "EW01"].recalled
    steps = [json.loads(detail)["step"] for action, detail in world.audited() if action == "lot.recall"]
    assert steps == ["recall", "lift"]


# ---- What is typed or scanned ----------------------------------------------------------------------------------------

TODAY = date(2026, 11, 20)


def test_a_scanned_vial_fills_what_was_not_typed() -> None:
    found = delivery_of({"scan": "01003581608421151727033110EW0182", "doses": "50"}, TODAY)
    assert (found.lot, found.expires, found.doses) == ("EW0182", "2027-03-31", 50)
    assert found.code == product_code("58160-842-11")
    typed = delivery_of({"scan": "01003581608421151727033110EW0182", "lot": "EW0183", "doses": "50"}, TODAY)
    assert typed.lot == "EW0183"
    with pytest.raises(NotEntered) as refused:
        delivery_of({"scan": "hello", "doses": "50"}, TODAY)
    assert refused.value.field_name == "scan"


def test_products_by_code_or_name() -> None:
    assert product_code("8") == "08"
    assert product_code(" SHINGRIX ") == "187"
    for text in ("", "no such product", "influenza", "12345"):
        with pytest.raises(NotEntered) as refused:
            product_code(text)
        assert refused.value.field_name == "code"
