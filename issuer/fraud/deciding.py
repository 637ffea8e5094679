"""What people decide about clinics: a hold is released or taken back, a drive is announced and confirmed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry
from issuer.fraud.cases import Hold, HoldState, UnknownHold
from issuer.fraud.drives import Announced, Drive, DriveState, NotToDecide, UnknownDrive
from issuer.fraud.lots import NotEntered, checked_note
from issuer.fraud.zones import zone_of
from issuer.rights import Actor, Forbidden, may, require
from issuer.store import Store, audit
from issuer.store.holds import (
    add_drive,
    change_drive,
    decide_hold,
    details_of,
    drive_of,
    drives,
    hold_of,
    holds,
    standing_hold,
)
from issuer.store.putting_right import clinics, staff_names

if TYPE_CHECKING:
    from sqlalchemy import Connection

ID_OCTETS = 16
AT_ONCE = 100
"""Holds, and drives, on a page."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Use cases of the department about clinics that are held."""

    store: Store

    def all(self, actor: Actor) -> tuple[Hold, ...]:
        """Those to be decided first, then the newest. Raises Forbidden."""
        require(actor, "hold.decide")
        with self.store.reading() as connection:
            return holds(connection, AT_ONCE)

    def one(self, actor: Actor, hold_id: str) -> Hold:
        """Raises Forbidden, UnknownHold."""
        require(actor, "hold.decide")
        with self.store.reading() as connection:
            return _known_hold(hold_of(connection, hold_id))

    def go_on(self, actor: Actor, hold_id: str, reason: str, now: datetime) -> Hold:
        """The clinic records again; what it did passes until its day ends.

        Raises:
            Forbidden; UnknownHold; NotEntered: without a reason; NotToDecide: it was released before.
        """
        return self._decide(actor, hold_id, "released", reason, now)

    def take_back(self, actor: Actor, hold_id: str, reason: str, now: datetime) -> Hold:
        """Its doses of that time are taken back (by a withdrawal); until `go_on` the clinic stays held.

        Raises:
            Forbidden; UnknownHold; NotEntered: without a reason; NotToDecide: it was decided before.
        """
        return self._decide(actor, hold_id, "taking-back", reason, now)

    def names(self, actors: Iterable[str]) -> Mapping[str, str]:
        """What whoever decided is called."""
        with self.store.reading() as connection:
            return staff_names(connection, set(actors))

    def _decide(self, actor: Actor, hold_id: str, state: HoldState, reason: str, now: datetime) -> Hold:
        require(actor, "hold.decide")
        _require_person(actor)
        said = _said(reason)
        with self.store.writing() as connection:
            known = _known_hold(hold_of(connection, hold_id, lock=True))
            if known.state in ("released", state):
                raise NotToDecide("This was decided before. Load the page again to see how.")
            decided = replace(known, state=state, decided_by=actor.id, decided_at=now, reason=said)
            decide_hold(connection, decided, now)
            action = "hold.release" if state == "released" else "hold.take-back"
            audit.append(connection, [Entry(now, actor, action, "hold", known.id, known.clinic_id, "", said)])
        return decided


@dataclass(frozen=True, slots=True)
class Drives:
    """Announced by the clinic before they begin, confirmed by the department."""

    store: Store
    random: Callable[[int], bytes] = field(repr=False)

    def all(self, actor: Actor) -> tuple[Drive, ...]:
        """One's own clinic's, or all: those to be decided first. Raises Forbidden."""
        require(actor, "lot.manage", actor.clinic_id)
        with self.store.reading() as connection:
            return drives(connection, actor.clinic_id, AT_ONCE)

    def held(self, actor: Actor) -> Hold | None:
        """Whether one's own clinic is held. Raises Forbidden."""
        require(actor, "lot.manage", actor.clinic_id)
        with self.store.reading() as connection:
            return standing_hold(connection, actor.clinic_id) if actor.clinic_id else None

    def clinics(self, actor: Actor) -> Mapping[str, str]:
        """Names by id of the clinics the actor may speak for. Raises Forbidden."""
        require(actor, "lot.manage", actor.clinic_id)
        with self.store.reading() as connection:
            return {who: name for who, name in clinics(connection).items() if may(actor, "lot.manage", who)}

    def zone(self, actor: Actor, clinic_id: str) -> tzinfo:
        """In which zone a clinic's times are typed. Raises Forbidden, UnknownDrive: there is no such clinic."""
        require(actor, "lot.manage", clinic_id)
        with self.store.reading() as connection:
            found = details_of(connection, clinic_id)
        if found is None:
            raise UnknownDrive("there is no such clinic")
        return zone_of(found[1])

    def announce(self, actor: Actor, clinic_id: str, said: Announced, now: datetime) -> str:
        """Say that a drive will be; the drive's id. It counts once the department has confirmed it.

        Raises:
            Forbidden, UnknownDrive: there is no such clinic; NotToDecide: it has begun; StorageFull, StorageBusy.
        """
        require(actor, "lot.manage", clinic_id)
        if said.starts_at <= now:
            raise NotToDecide("It has begun already.")
        drive_id = self.random(ID_OCTETS).hex()
        with self.store.writing() as connection:
            found = details_of(connection, clinic_id)
            if found is None:
                raise UnknownDrive("there is no such clinic")
            one = Drive(
                drive_id, clinic_id, found[0], zone_of(found[1]), said.starts_at, said.ends_at, said.doses, said.note,
                "announced", actor.id, now, "", None, "",
            )  # fmt: skip
            add_drive(connection, one)
            detail: dict[str, str | int] = {"doses": one.doses}
            entry = Entry(now, actor, "drive.announce", "drive", drive_id, clinic_id, "", one.note, detail)
            audit.append(connection, [entry])
        return drive_id

    def confirm(self, actor: Actor, drive_id: str, now: datetime) -> Drive:
        """The department knows of it. Raises Forbidden, UnknownDrive; NotToDecide: decided, over, or one's own."""
        require(actor, "hold.decide")
        return self._decide(actor, drive_id, "confirmed", "", now)

    def decline(self, actor: Actor, drive_id: str, reason: str, now: datetime) -> Drive:
        """It is looked at like any other day. Raises Forbidden, UnknownDrive, NotEntered, NotToDecide."""
        require(actor, "hold.decide")
        return self._decide(actor, drive_id, "declined", _said(reason), now)

    def cancel(self, actor: Actor, drive_id: str, now: datetime) -> Drive:
        """It will not be, says the clinic. Raises Forbidden, UnknownDrive, NotToDecide."""
        require(actor, "lot.manage", actor.clinic_id)
        return self._decide(actor, drive_id, "cancelled", "", now)

    def names(self, actors: Iterable[str]) -> Mapping[str, str]:
        """What whoever announced or decided is called."""
        with self.store.reading() as connection:
            return staff_names(connection, set(actors))

    def _decide(self, actor: Actor, drive_id: str, state: DriveState, reason: str, now: datetime) -> Drive:
        _require_person(actor)
        with self.store.writing() as connection:
            known = _known_drive(connection, actor, drive_id)
            may_end = state == "cancelled" and known.state == "confirmed"
            if known.state != "announced" and not may_end:
                raise NotToDecide("This was decided before. Load the page again to see how.")
            if known.ends_at <= now:
                raise NotToDecide("This drive is over.")
            if state == "confirmed" and known.announced_by == actor.id:
                raise NotToDecide("You announced it. Somebody else has to confirm it.")
            decided = replace(known, state=state, decided_by=actor.id, decided_at=now, reason=reason)
            change_drive(connection, decided)
            words = {"confirmed": "confirm", "declined": "decline", "cancelled": "cancel"}
            action = f"drive.{words[state]}"
            audit.append(connection, [Entry(now, actor, action, "drive", drive_id, known.clinic_id, "", reason)])
        return decided


def _known_hold(found: Hold | None) -> Hold:
    if found is None:
        raise UnknownHold("there is no such hold")
    return found


def _known_drive(connection: "Connection", actor: Actor, drive_id: str) -> Drive:
    found = drive_of(connection, drive_id, lock=True)
    if found is None or not may(actor, "lot.manage", found.clinic_id):
        raise UnknownDrive("there is no such drive")
    return found


def _require_person(actor: Actor) -> None:
    if not actor.id.startswith("staff:"):
        raise Forbidden("people decide this")


def _said(reason: str) -> str:
    said = checked_note(reason)
    if not said:
        raise NotEntered("reason", "Say why: the clinic and the auditor will ask.")
    return said
