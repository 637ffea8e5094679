"""The ledger of lots: what clinics enter, what the department recalls."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry
from issuer.fraud.lots import (
    KINDS,
    Delivery,
    Lot,
    Movement,
    MovementKind,
    NotEntered,
    Recall,
    UnknownLot,
    checked_code,
    checked_lot,
    checked_note,
)
from issuer.rights import Actor, may, require
from issuer.store import Store, audit
from issuer.store.ledger import (
    add_movement,
    add_recall,
    keep_lot,
    lift_recall,
    lock_clinic,
    lot_of,
    lots_of,
    recall_of,
    recalls,
)
from issuer.store.putting_right import clinics, staff_names

if TYPE_CHECKING:
    from sqlalchemy import Connection

ID_OCTETS = 16
AT_ONCE = 100
"""Lots, and recalls, on a page."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Use cases of a clinic's manager and of the department."""

    store: Store
    random: Callable[[int], bytes] = field(repr=False)

    # ---- Looking ----------------------------------------------------------------------------------------------------

    def lots(self, actor: Actor, clinic_id: str = "", first: int = 0) -> tuple[Lot, ...]:
        """`AT_ONCE` lots of a clinic ("": one's own, or of all) from a place on, the newest first. Raises Forbidden."""
        whose = clinic_id or actor.clinic_id
        require(actor, "lot.manage", whose)
        with self.store.reading() as connection:
            return lots_of(connection, whose, AT_ONCE, first)

    def lot(self, actor: Actor, lot_id: str) -> Lot:
        """One lot with its lines. Raises Forbidden, UnknownLot."""
        with self.store.reading() as connection:
            return self._known(connection, actor, lot_id)

    def recalls(self, actor: Actor) -> tuple[Recall, ...]:
        """Recalls, those that stand first. Raises Forbidden."""
        require(actor, "bulk.correct")
        with self.store.reading() as connection:
            return recalls(connection, AT_ONCE)

    def clinics(self, actor: Actor) -> Mapping[str, str]:
        """Names by id of the clinics whose lots are the actor's business. Raises Forbidden."""
        require(actor, "lot.manage", actor.clinic_id)
        with self.store.reading() as connection:
            return {who: name for who, name in clinics(connection).items() if may(actor, "lot.manage", who)}

    def names(self, actors: Iterable[str]) -> Mapping[str, str]:
        """What people are called."""
        with self.store.reading() as connection:
            return staff_names(connection, set(actors))

    # ---- Entering ---------------------------------------------------------------------------------------------------

    def receive(self, actor: Actor, clinic_id: str, came: Delivery, now: datetime) -> str:
        """Doses of a lot came; the lot's id. A second delivery of a known lot adds to it.

        Raises:
            Forbidden, UnknownLot: there is no such clinic; StorageFull, StorageBusy.
        """
        require(actor, "lot.manage", clinic_id)
        with self.store.writing() as connection:
            if lock_clinic(connection, clinic_id) is None:
                raise UnknownLot("there is no such clinic")
            lot_id = keep_lot(connection, self._new_id(), clinic_id, came, now)
            line = Movement("received", came.doses, came.note, actor.id, now)
            self._add(connection, actor, lot_id, clinic_id, line)
        return lot_id

    def move(self, actor: Actor, lot_id: str, kind: MovementKind, doses: int, note: str, now: datetime) -> None:
        """More came, or doses were thrown away. A negative number takes back what was entered wrongly.

        Raises:
            Forbidden, UnknownLot, NotEntered: less than nothing would be left of what was entered, or no word says why
            a line is taken back; StorageFull, StorageBusy. Nothing was changed.
        """
        with self.store.writing() as connection:
            known = self._known(connection, actor, lot_id)
            lock_clinic(connection, known.clinic_id)
            known = self._known(connection, actor, lot_id)
            if kind not in KINDS:
                raise NotEntered("kind", "Choose whether doses came or were thrown away.")
            if doses < 0 and not note:
                raise NotEntered("note", "Say why a number is taken back.")
            total = known.received if kind == "received" else known.wasted
            if total + doses < 0:
                raise NotEntered("doses", f"Only {total} were entered: no more than that can be taken back.")
            self._add(connection, actor, lot_id, known.clinic_id, Movement(kind, doses, note, actor.id, now))

    # ---- Recalling --------------------------------------------------------------------------------------------------

    def recall(self, actor: Actor, code: str, lot: str, clinic_id: str, reason: str, now: datetime) -> str:
        """A lot must not be used, at one clinic or ("") anywhere: doses of it recorded from now on are marked. The
        recall's id. Doses already recorded are taken back by a withdrawal.

        Raises:
            Forbidden, NotEntered, UnknownLot: there is no such clinic; StorageFull, StorageBusy.
        """
        require(actor, "bulk.correct")
        said = _said(reason)
        one = Recall(
            self._new_id(), checked_code(code), checked_lot(lot), clinic_id or None, "", said, actor.id, now, "",
            None, "",
        )  # fmt: skip
        with self.store.writing() as connection:
            if clinic_id and lock_clinic(connection, clinic_id) is None:
                raise UnknownLot("there is no such clinic")
            add_recall(connection, one)
            detail: dict[str, str | int] = {"code": one.code, "step": "recall"}
            entry = Entry(now, actor, "lot.recall", "recall", one.id, clinic_id, "", said, detail)
            audit.append(connection, [entry])
        return one.id

    def lift(self, actor: Actor, recall_id: str, reason: str, now: datetime) -> None:
        """The lot may be used again; marks of doses recorded meanwhile stay until they are corrected.

        Raises:
            Forbidden, NotEntered, UnknownLot: there is no such recall; StorageFull, StorageBusy.
        """
        require(actor, "bulk.correct")
        said = _said(reason)
        with self.store.writing() as connection:
            one = recall_of(connection, recall_id)
            if one is None:
                raise UnknownLot("there is no such recall")
            if lift_recall(connection, recall_id, actor.id, said, now):
                detail: dict[str, str | int] = {"code": one.code, "step": "lift"}
                entry = Entry(now, actor, "lot.recall", "recall", one.id, one.clinic_id or "", "", said, detail)
                audit.append(connection, [entry])

    # ---- Parts ------------------------------------------------------------------------------------------------------

    def _known(self, connection: "Connection", actor: Actor, lot_id: str) -> Lot:
        require(actor, "lot.manage")
        found = lot_of(connection, lot_id)
        if found is None or not may(actor, "lot.manage", found.clinic_id):
            raise UnknownLot("there is no such lot")
        return found

    def _add(self, connection: "Connection", actor: Actor, lot_id: str, clinic_id: str, line: Movement) -> None:
        line = replace(line, note=checked_note(line.note))
        add_movement(connection, self._new_id(), lot_id, line)
        action = "lot.receive" if line.kind == "received" else "lot.waste"
        entry = Entry(line.at, actor, action, "lot", lot_id, clinic_id, "", line.note, {"doses": line.doses})
        audit.append(connection, [entry])

    def _new_id(self) -> str:
        return self.random(ID_OCTETS).hex()


def _said(reason: str) -> str:
    said = checked_note(reason)
    if not said:
        raise NotEntered("reason", "Say why: clinics and the auditor will ask.")
    return said
