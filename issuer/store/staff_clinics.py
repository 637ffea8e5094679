"""Entering, approving and suspending clinics.

A clinic goes live when two different people of the department approved it. Who enters it may be one of the two at most,
by approving once like anybody else; and two of whom one let the other in (made or reset the account, and so held the
link that sets its password) do not count together: nobody makes a second self.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from issuer.audit.entry import Entry
from issuer.db import reading, writing
from issuer.models.core import clinic
from issuer.models.staff import access_token, client, clinic_approval, staff
from issuer.rights import Actor, Forbidden, may, require
from issuer.staff.people import Approval, Clinic
from issuer.staff.refusals import UnknownClinic
from issuer.store.audit import append as append_audit
from issuer.store.staff import Append

APPROVALS = 2
"""Different people of the department before a clinic goes live."""


class NotToApprove(Exception):
    """This approval does not count. `words` says why; nothing was changed."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class ClinicStore:
    """Clinics, and who let them in."""

    def __init__(self, engine: Engine, append: Append = append_audit) -> None:
        self.engine = engine
        self._append = append

    def clinics(self, actor: Actor) -> tuple[Clinic, ...]:
        """All of them by name for whoever may enter clinics; one's own for others."""
        mine = [] if _over_all(actor) else [clinic.c.id == actor.clinic_id]
        with reading(self.engine) as connection:
            rows = connection.execute(select(clinic).where(*mine).order_by(clinic.c.name)).all()
            return tuple(_clinic(connection, row) for row in rows)

    def clinic(self, actor: Actor, clinic_id: str) -> Clinic:
        """One of them. Raises UnknownClinic."""
        if not (_over_all(actor) or actor.clinic_id == clinic_id):
            raise UnknownClinic
        with reading(self.engine) as connection:
            return _existing(connection, clinic_id)

    def enter(self, actor: Actor, clinic_id: str, name: str, public_name: str, details: str, now: datetime) -> Clinic:
        """Enter a clinic; it can do nothing until it was approved. Raises Forbidden."""
        require(actor, "clinic.apply", clinic_id)
        values = {"name": name, "public_name": public_name, "details": details, "state": "applied", "created_at": now}
        with writing(self.engine) as connection:
            connection.execute(insert(clinic).values(id=clinic_id, **values))
            self._note(connection, actor, "clinic.enter", clinic_id, now)
            return _existing(connection, clinic_id)

    def approve(self, actor: Actor, clinic_id: str, now: datetime) -> Clinic:
        """One person's approval; with the second one the clinic goes live.

        Raises:
            Forbidden: not of the department.
            NotToApprove: approved by this person before, live already, or of two that are not independent.
            UnknownClinic.
        """
        require(actor, "clinic.approve", clinic_id)
        staff_id = _person(actor)
        with writing(self.engine) as connection:
            found = _locked(connection, clinic_id)
            if found.state == "live":
                raise NotToApprove("This clinic is live already.")
            if found.state == "held":
                raise NotToApprove("This clinic is held for a second look. Decide that first.")
            self._check_independent(connection, staff_id, found)
            try:
                connection.execute(insert(clinic_approval).values(clinic_id=clinic_id, staff_id=staff_id, at=now))
            except IntegrityError:
                raise NotToApprove("You approved this clinic before. A second person must do so.") from None
            self._note(connection, actor, "clinic.approve", clinic_id, now)
            if len(found.approvals) + 1 >= APPROVALS:
                connection.execute(update(clinic).where(clinic.c.id == clinic_id).values(state="live"))
                self._note(connection, actor, "clinic.live", clinic_id, now)
            return _existing(connection, clinic_id)

    def suspend(self, actor: Actor, clinic_id: str, reason: str, now: datetime) -> Clinic:
        """Stop a clinic at once: its tokens end, and it needs two approvals to go live again.

        Raises:
            Forbidden, UnknownClinic.
        """
        require(actor, "clinic.approve", clinic_id)
        with writing(self.engine) as connection:
            _locked(connection, clinic_id)
            connection.execute(update(clinic).where(clinic.c.id == clinic_id).values(state="suspended"))
            connection.execute(delete(clinic_approval).where(clinic_approval.c.clinic_id == clinic_id))
            theirs = select(client.c.id).where(client.c.clinic_id == clinic_id)
            connection.execute(delete(access_token).where(access_token.c.client_id.in_(theirs)))
            self._note(connection, actor, "clinic.suspend", clinic_id, now, reason)
            return _existing(connection, clinic_id)

    def _check_independent(self, connection: Connection, staff_id: str, found: Clinic) -> None:
        """Raises NotToApprove where this person approved before, or one of the two let the other in."""
        let_in_by = select(staff.c.linked_by).where(staff.c.id == staff_id)
        mine = connection.scalar(let_in_by)
        for approval in found.approvals:
            if approval.staff_id == staff_id:
                raise NotToApprove("You approved this clinic before. A second person must do so.")
            theirs = connection.scalar(select(staff.c.linked_by).where(staff.c.id == approval.staff_id))
            if mine == f"staff:{approval.staff_id}" or theirs == f"staff:{staff_id}":
                raise NotToApprove("One of you let the other in, so the two of you count as one. Ask somebody else.")

    def _note(
        self, connection: Connection, actor: Actor, action: str, clinic_id: str, now: datetime, reason: str = ""
    ) -> None:
        self._append(connection, [Entry(now, actor, action, "clinic", clinic_id, clinic_id, reason=reason)])


def _over_all(actor: Actor) -> bool:
    return not actor.clinic_id and (may(actor, "clinic.apply") or may(actor, "audit.read"))


def _person(actor: Actor) -> str:
    """Approvals need people. Raises Forbidden."""
    kind, _, staff_id = actor.id.partition(":")
    if kind != "staff" or not staff_id:
        raise Forbidden("only a person of the department approves")
    return staff_id


def _existing(connection: Connection, clinic_id: str) -> Clinic:
    row = connection.execute(select(clinic).where(clinic.c.id == clinic_id)).one_or_none()
    if row is None:
        raise UnknownClinic
    return _clinic(connection, row)


def _locked(connection: Connection, clinic_id: str) -> Clinic:
    """The clinic, its row held until the commit: two approvals at once are counted one after the other."""
    connection.execute(select(clinic.c.id).where(clinic.c.id == clinic_id).with_for_update())
    return _existing(connection, clinic_id)


def _clinic(connection: Connection, row: Any) -> Clinic:
    given = select(clinic_approval.c.staff_id, staff.c.name, clinic_approval.c.at)
    by = given.join(staff, staff.c.id == clinic_approval.c.staff_id).where(clinic_approval.c.clinic_id == row.id)
    approvals = tuple(Approval(*each) for each in connection.execute(by.order_by(clinic_approval.c.at)))
    return Clinic(row.id, row.name, row.public_name, row.state, row.details, row.created_at, approvals)
