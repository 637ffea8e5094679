"""The watch on both databases: who is held, what that stops, and what the department decides."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import update

from issuer.db import reading
from issuer.fraud.cases import UnknownHold
from issuer.fraud.drives import Announced, NotToDecide, UnknownDrive
from issuer.fraud.lots import Delivery, NotEntered
from issuer.fraud.watching import EVERY_SECONDS, run_watch
from issuer.intake.service import ClinicNotLive
from issuer.models import metadata, person
from issuer.models.ledger import drive as drive_table
from issuer.models.ledger import hold, lot, lot_movement, lot_recall, two_people
from issuer.rights import Actor, Forbidden

SUNDAY = date(2026, 11, 22)


def forged(world: Any, clinic_id: str, begin: datetime, watch: Any, most: int = 400) -> tuple[int, tuple[Any, ...]]:
    """A forger records a dose every ten seconds; the watch looks every three minutes. How many got in."""
    at, done, looked = begin, 0, begin
    while done < most:
        try:
            world.record(clinic_id, at, ["FAKE100"] * 3)
        except ClinicNotLive:
            break
        done += 3
        at += timedelta(seconds=30)
        if at - looked >= timedelta(seconds=EVERY_SECONDS):
            looked, opened = at, watch.watch(at)
            if opened:
                return done, opened
    return done, ()


def test_a_forger_is_held_within_the_first_hundred(world: Any, sunday_night: datetime) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    world.ledger.receive(world.actors[harbour], harbour, Delivery("208", "FAKE100", "2027-03-31", 100), world.now)
    done, [case] = forged(world, harbour, sunday_night, world.watch)
    assert 20 <= done <= 100
    assert [one.rule for one in case.reasons] == ["unusual-hours"]
    assert world.state(harbour) == "held"
    with pytest.raises(ClinicNotLive) as refused:
        world.record(harbour, sunday_night + timedelta(hours=1), ["FAKE100"])
    assert refused.value.state == "held"
    assert ("case.opened", harbour) in world.told()
    [(_, detail)] = [one for one in world.audited() if one[0] == "hold.open"]
    assert json.loads(detail) == {"unusual-hours": done}
    [lot] = world.ledger.lots(world.department("dora"))
    assert (lot.used, lot.left) == (done, 100 - done)


def test_by_day_the_lot_gives_a_forger_away(world: Any) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY, a_day=200)
    world.ledger.receive(world.actors[harbour], harbour, Delivery("208", "FAKE100", "", 40), world.now)
    noon = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    world.record(harbour, noon, ["FAKE100"] * 24 + ["fake 100"] * 24)
    assert world.watch.watch(noon) == ()
    world.record(harbour, noon, ["Fake100"])
    [case] = world.watch.watch(noon + timedelta(minutes=1))
    [reason] = case.reasons
    assert (reason.rule, reason.found, reason.limit) == ("more-than-received", 49, 48)
    assert world.ledger.lot(world.department("dora"), reason.about).lot == "FAKE100"


def test_a_usual_day_passes_and_is_looked_at_once(world: Any) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    noon = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    world.record(harbour, noon, ["A"] * 40)
    watch = world.watch
    assert watch.watch(noon) == ()
    assert watch.watch(noon + timedelta(minutes=3)) == ()
    assert world.state(harbour) == "live"
    assert not [one for one in world.audited() if one[0].startswith("hold")]


def test_people_from_far_away(world: Any) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    noon = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    world.record(harbour, noon, ["A"] * 16, postcode="90210")
    [case] = world.watch.watch(noon)
    assert [(one.rule, one.found) for one in case.reasons] == [("unusual-places", 16)]


def test_a_clinic_that_paused_is_compared_with_what_it_was(world: Any, sunday_night: datetime) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, date(2026, 3, 1))
    world.record(harbour, sunday_night, ["A"] * 20)
    [case] = world.watch.watch(sunday_night)
    assert case.reasons[0].rule == "unusual-hours"


def test_a_new_clinic_has_no_past_to_be_unlike(world: Any, sunday_night: datetime) -> None:
    harbour = world.clinic("Harbour")
    world.record(harbour, sunday_night, ["A"] * 50)
    assert world.watch.watch(sunday_night) == ()


def test_deleted_historical_and_results_are_no_doses_given(world: Any, sunday_night: datetime) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    world.record(harbour, sunday_night, ["A"] * 30, administered=False, evidence="01")
    assert world.watch.watch(sunday_night) == ()


def drive(world: Any, clinic_id: str, begins: datetime, doses: int = 100, *, confirmed: bool = True) -> str:
    said = Announced(begins, begins + timedelta(hours=4), doses, "the gym")
    drive_id = world.drives.announce(world.actors[clinic_id], clinic_id, said, begins - timedelta(days=1))
    if confirmed:
        world.drives.confirm(world.department("dora"), drive_id, begins - timedelta(hours=3))
    return str(drive_id)


def test_a_confirmed_drive_is_not_held(world: Any, sunday_night: datetime) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    world.ledger.receive(world.actors[harbour], harbour, Delivery("208", "A", "", 10), world.now)
    drive(world, harbour, sunday_night)
    world.record(harbour, sunday_night, ["A"] * 105, postcode="90210")
    assert world.watch.watch(sunday_night) == ()
    world.record(harbour, sunday_night + timedelta(hours=1), ["B"] * 25)
    [case] = world.watch.watch(sunday_night + timedelta(hours=1))
    assert [(one.rule, one.found) for one in case.reasons] == [("unusual-hours", 20)]


def test_an_unconfirmed_drive_is_held(world: Any, sunday_night: datetime) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    drive(world, harbour, sunday_night, confirmed=False)
    world.record(harbour, sunday_night, ["A"] * 30)
    assert len(world.watch.watch(sunday_night)) == 1


def test_a_long_drive_counts_from_its_first_day(world: Any, sunday_night: datetime) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    said = Announced(sunday_night, sunday_night + timedelta(days=5), 50, "")
    drive_id = world.drives.announce(world.actors[harbour], harbour, said, world.now)
    world.drives.confirm(world.department("dora"), drive_id, world.now)
    world.record(harbour, sunday_night, ["A"] * 50)
    later = sunday_night + timedelta(days=4)
    world.record(harbour, later, ["B"] * 25)
    [case] = world.watch.watch(later)
    assert case.doses == 20


def test_who_decides_about_drives(world: Any, sunday_night: datetime) -> None:
    harbour, river = world.clinic("Harbour"), world.clinic("River")
    manager, dora = world.actors[harbour], world.department("dora")
    said = Announced(sunday_night, sunday_night + timedelta(hours=2), 50, "")
    with pytest.raises(NotToDecide):
        world.drives.announce(manager, harbour, said, sunday_night)
    with pytest.raises(Forbidden):
        world.drives.announce(manager, river, said, world.now)
    first = world.drives.announce(manager, harbour, said, world.now)
    for attempt in (manager, Actor("operator", "operator")):
        with pytest.raises(Forbidden):
            world.drives.confirm(attempt, first, world.now)
    with pytest.raises(UnknownDrive):
        world.drives.cancel(world.actors[river], first, world.now)
    own = world.drives.announce(dora, harbour, said, world.now)
    with pytest.raises(NotToDecide):
        world.drives.confirm(dora, own, world.now)
    with pytest.raises(NotEntered):
        world.drives.decline(dora, first, " ", world.now)
    assert world.drives.decline(dora, first, "twice", world.now).state == "declined"
    with pytest.raises(NotToDecide):
        world.drives.confirm(world.department("dan"), first, world.now)
    with pytest.raises(NotToDecide):
        world.drives.confirm(world.department("dan"), own, sunday_night + timedelta(hours=3))
    assert world.drives.confirm(world.department("dan"), own, world.now).state == "confirmed"
    assert world.drives.cancel(manager, own, world.now).state == "cancelled"
    assert {one.state for one in world.drives.all(manager)} == {"declined", "cancelled"}
    assert world.drives.all(world.actors[river]) == ()
    assert [one[0] for one in world.audited() if one[0].startswith("drive")] == [
        "drive.announce", "drive.announce", "drive.decline", "drive.confirm", "drive.cancel",
    ]  # fmt: skip


def held(world: Any, at: datetime) -> tuple[str, Any]:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    world.record(harbour, at, ["A"] * 30)
    [case] = world.watch.watch(at)
    return harbour, case


def test_going_on(world: Any, sunday_night: datetime) -> None:
    harbour, case = held(world, sunday_night)
    dora = world.department("dora")
    for attempt in (world.actors[harbour], Actor("operator", "operator"), Actor("staff:a", "auditor")):
        with pytest.raises(Forbidden):
            world.cases.go_on(attempt, case.id, "mine", sunday_night)
    with pytest.raises(NotEntered):
        world.cases.go_on(dora, case.id, "  ", sunday_night)
    with pytest.raises(UnknownHold):
        world.cases.go_on(dora, "x", "why", sunday_night)
    world.cases.go_on(dora, case.id, "a drive nobody had announced", sunday_night)
    assert world.state(harbour) == "live"
    with pytest.raises(NotToDecide):
        world.cases.go_on(dora, case.id, "again", sunday_night)
    # What it did passes until its day ends.
    world.record(harbour, sunday_night + timedelta(minutes=30), ["B"] * 60)
    assert world.watch.watch(sunday_night + timedelta(minutes=31)) == ()
    next_night = sunday_night + timedelta(hours=3)
    world.record(harbour, next_night, ["C"] * 20)
    [again] = world.watch.watch(next_night)
    assert [(one.rule, one.found) for one in again.reasons] == [("unusual-hours", 20)]
    assert [one.state for one in world.cases.all(dora)] == ["open", "released"]


def test_going_on_accepts_what_was_recorded_of_a_lot(world: Any) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY, a_day=200)
    world.ledger.receive(world.actors[harbour], harbour, Delivery("208", "A", "", 10), world.now)
    noon = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    world.record(harbour, noon, ["A"] * 20)
    [case] = world.watch.watch(noon)
    world.cases.go_on(world.department("dora"), case.id, "the delivery was not entered", noon + timedelta(minutes=5))
    later = noon + timedelta(minutes=10)
    world.record(harbour, later, ["A"] * 5)
    assert world.watch.watch(later) == ()
    world.record(harbour, later, ["A"])
    [again] = world.watch.watch(later + timedelta(minutes=1))
    assert [(one.found, one.limit) for one in again.reasons] == [(26, 25)]


def test_taking_back_keeps_the_clinic_held(world: Any, sunday_night: datetime) -> None:
    harbour, case = held(world, sunday_night)
    dora = world.department("dora")
    world.cases.take_back(dora, case.id, "nobody was there", sunday_night)
    assert world.state(harbour) == "held"
    with pytest.raises(NotToDecide):
        world.cases.take_back(dora, case.id, "again", sunday_night)
    world.cases.go_on(dora, case.id, "done", sunday_night + timedelta(hours=1))
    assert world.state(harbour) == "live"
    assert [one[0] for one in world.audited() if one[0].startswith("hold")] == [
        "hold.open", "hold.take-back", "hold.release",
    ]  # fmt: skip


def test_two_watches_at_once_hold_once(world: Any, sunday_night: datetime) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    world.record(harbour, sunday_night, ["A"] * 30)
    start, opened = threading.Barrier(3), []

    def look() -> None:
        watch = world.watch
        start.wait()
        opened.extend(watch.watch(sunday_night))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(opened) == 1
    assert len(world.cases.all(world.department("dora"))) == 1


def test_unreadable_records_of_one_clinic_do_not_hide_the_others(world: Any, sunday_night: datetime) -> None:
    for name in ("Abbey", "Harbour"):
        world.had_a_past(world.clinic(name), SUNDAY)
    abbey, harbour = world.actors
    world.record(abbey, sunday_night, ["A"] * 30)
    with world.engine.begin() as connection:
        connection.execute(update(person).where(person.c.created_at == sunday_night).values(demographics=b"?"))
    world.record(harbour, sunday_night, ["A"] * 30)
    with pytest.raises(ValueError):
        world.watch.watch(sunday_night)
    assert (world.state(abbey), world.state(harbour)) == ("live", "held")


def test_the_migration_builds_the_tables_of_the_models(world: Any) -> None:
    ours = {table.name for table in (lot, lot_movement, lot_recall, hold, drive_table, two_people)}

    def is_ours(one: Any, name: str | None, kind: str, _: bool, __: Any) -> bool:
        return (name if kind == "table" else one.table.name) in ours

    with reading(world.engine) as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, metadata) == []


def test_the_watch_goes_on_after_a_failure(world: Any, sunday_night: datetime) -> None:
    class Broken:
        looks = 0

        def watch(self, now: datetime) -> tuple[Any, ...]:
            self.looks += 1
            raise OSError("the disk")

    broken, failed, waited = Broken(), [], []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) == 3

    run_watch(broken, lambda: sunday_night, wait, failed.append)  # type: ignore[arg-type]
    assert (broken.looks, len(failed), waited) == (3, 3, [EVERY_SECONDS] * 3)
