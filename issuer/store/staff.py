"""The staff's rows: people, their passwords and second factors, one-time links.

Each change is one transaction together with its line in the audit log. Who may manage whom is asked here once more,
with the row in hand. Sessions and attempts stand in `issuer.store.staff_sessions`, clinics and their systems in
`issuer.store.staff_clinics` and `issuer.store.staff_clients`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from issuer.audit.entry import Entry
from issuer.db import reading, writing
from issuer.models.staff import passkey, recovery_code, setup_link, staff, staff_session
from issuer.rights import Actor, Forbidden, Role, may, require
from issuer.staff.people import CLINIC_ROLES, Link, Member, NewMember, NotAllowed, check_place
from issuer.staff.refusals import LinkEnded, LoginTaken, UnknownMember
from issuer.store.audit import append as append_audit

Append = Callable[[Connection, Sequence[Entry]], None]


class StaffStore:
    """People and how they prove who they are."""

    def __init__(self, engine: Engine, append: Append = append_audit) -> None:
        self.engine = engine
        self._append = append

    # ---- Looking ----------------------------------------------------------------------------------------------------

    def member(self, staff_id: str) -> Member | None:
        """One of the staff, for the service itself; pages ask `managed`."""
        with reading(self.engine) as connection:
            return _member(connection, staff.c.id == staff_id)

    def managed(self, actor: Actor, staff_id: str) -> Member:
        """One of those the actor manages. Raises UnknownMember, Forbidden."""
        found = self.member(staff_id)
        if found is None:
            raise UnknownMember
        _require_over(actor, found.role, found.clinic_id)
        return found

    def members(self, actor: Actor, clinic_id: str = "") -> tuple[Member, ...]:
        """Those the actor manages, by name; of one clinic where one is named. Raises Forbidden."""
        require(actor, "staff.manage", clinic_id)
        where = [staff.c.clinic_id == clinic_id] if clinic_id else []
        if not _over_everybody(actor):
            where = [staff.c.clinic_id == actor.clinic_id]
        with reading(self.engine) as connection:
            return tuple(_as_member(row) for row in connection.execute(_members().where(*where).order_by(staff.c.name)))

    def with_password(self, login: str) -> tuple[Member, str] | None:
        """An active person and their password's hash; None where there is no such login or it has no password."""
        with reading(self.engine) as connection:
            found = _member(connection, staff.c.login == login, staff.c.active)
            phc = connection.scalar(select(staff.c.password_hash).where(staff.c.login == login))
        return (found, phc) if found is not None and phc is not None else None

    def by_subject(self, subject: str, email: str, actor_origin: str, now: datetime) -> Member | None:
        """Whom an OpenID Connect login stands for: by its subject, and the first time by the address it verified."""
        with writing(self.engine) as connection:
            found = _member(connection, staff.c.oidc_subject == subject)
            if found is None and email:
                unlinked = (staff.c.login == email, staff.c.oidc_subject.is_(None), staff.c.active)
                found = _member(connection, *unlinked)
                if found is not None:
                    connection.execute(update(staff).where(staff.c.id == found.id).values(oidc_subject=subject))
                    self._note(connection, found.actor(actor_origin), "staff.link", found, now)
        return found if found is not None and found.active else None

    # ---- Managing ---------------------------------------------------------------------------------------------------

    def add(self, actor: Actor, new: NewMember, link: Link, now: datetime) -> Member:
        """Add somebody, who logs in first by the one-time link.

        Raises:
            Forbidden, LoginTaken, NotAllowed: nothing was changed.
        """
        check_place(new.role, new.clinic_id)
        _require_over(actor, new.role, new.clinic_id)
        row = {"password_hash": None, "totp_sealed": None, "totp_step": 0, "oidc_subject": None, "active": True}
        with writing(self.engine) as connection:
            try:
                connection.execute(
                    insert(staff).values(
                        id=new.id,
                        login=new.login,
                        name=new.name,
                        role=new.role,
                        clinic_id=new.clinic_id or None,
                        linked_by=actor.id,
                        created_at=now,
                        **row,
                    )
                )
            except IntegrityError:
                raise LoginTaken from None
            _put_link(connection, new.id, link)
            found = _existing(connection, new.id)
            self._note(connection, actor, "staff.add", found, now, role=new.role)
        return found

    def change(self, actor: Actor, staff_id: str, name: str, role: Role, clinic_id: str, now: datetime) -> Member:
        """Another name, role or clinic. Where role or clinic change, every session of theirs ends.

        Raises:
            Forbidden, NotAllowed, UnknownMember: nothing was changed.
        """
        check_place(role, clinic_id)
        with writing(self.engine) as connection:
            before = self._theirs(connection, actor, staff_id)
            _require_over(actor, role, clinic_id)
            changed = update(staff).where(staff.c.id == staff_id)
            connection.execute(changed.values(name=name, role=role, clinic_id=clinic_id or None))
            if (role, clinic_id) != (before.role, before.clinic_id):
                _end_sessions(connection, staff_id)
            self._note(connection, actor, "staff.change", before, now, role=role)
            return _existing(connection, staff_id)

    def deactivate(self, actor: Actor, staff_id: str, now: datetime) -> None:
        """Let somebody in no more; every session of theirs ends now. Raises Forbidden, NotAllowed, UnknownMember."""
        with writing(self.engine) as connection:
            found = self._theirs(connection, actor, staff_id)
            connection.execute(update(staff).where(staff.c.id == staff_id).values(active=False))
            connection.execute(delete(setup_link).where(setup_link.c.staff_id == staff_id))
            _end_sessions(connection, staff_id)
            self._note(connection, actor, "staff.deactivate", found, now)

    def reset(self, actor: Actor, staff_id: str, link: Link, now: datetime) -> None:
        """Take away password, second factor and passkeys, end every session, and let them in by a new one-time link.

        Raises:
            Forbidden, NotAllowed, UnknownMember.
        """
        with writing(self.engine) as connection:
            found = self._theirs(connection, actor, staff_id)
            bare = {"password_hash": None, "totp_sealed": None, "oidc_subject": None}
            connection.execute(
                update(staff).where(staff.c.id == staff_id).values(active=True, linked_by=actor.id, **bare)
            )
            for table in (passkey, recovery_code):
                connection.execute(delete(table).where(table.c.staff_id == staff_id))
            _end_sessions(connection, staff_id)
            _put_link(connection, staff_id, link)
            self._note(connection, actor, "staff.reset", found, now)

    def note(self, entry: Entry) -> None:
        """A line in the audit log by itself: a login, a refusal."""
        with writing(self.engine) as connection:
            self._append(connection, [entry])

    # ---- One's own password -----------------------------------------------------------------------------------------

    def by_link(self, token_hash: str, now: datetime) -> Member:
        """Whose one-time link this is; it stays good. Raises LinkEnded."""
        with reading(self.engine) as connection:
            return _linked(connection, token_hash, now)

    def use_link(self, token_hash: str, password_hash: str, origin: str, now: datetime) -> Member:
        """Set the first password. Of two uses at once one gets through. Raises LinkEnded."""
        with writing(self.engine) as connection:
            found = _linked(connection, token_hash, now)
            if connection.execute(delete(setup_link).where(setup_link.c.token_hash == token_hash)).rowcount != 1:
                raise LinkEnded
            connection.execute(update(staff).where(staff.c.id == found.id).values(password_hash=password_hash))
            self._note(connection, found.actor(origin), "staff.password", found, now)
        return found

    def set_password(self, member: Member, password_hash: str, keep: str, origin: str, now: datetime) -> None:
        """Another password; all sessions but the one that is kept (by its id) end."""
        with writing(self.engine) as connection:
            connection.execute(update(staff).where(staff.c.id == member.id).values(password_hash=password_hash))
            _end_sessions(connection, member.id, keep)
            self._note(connection, member.actor(origin), "staff.password", member, now)

    def _theirs(self, connection: Connection, actor: Actor, staff_id: str) -> Member:
        """Somebody whom the actor manages and is not."""
        found = _existing(connection, staff_id)
        _require_over(actor, found.role, found.clinic_id)
        if actor.id == f"staff:{staff_id}":
            raise NotAllowed("", "Nobody manages their own account: ask a colleague to do it.")
        return found

    def _note(
        self, connection: Connection, actor: Actor, action: str, about: Member, now: datetime, **detail: str
    ) -> None:
        self._append(connection, [Entry(now, actor, action, "staff", about.id, about.clinic_id, detail=detail)])


# ---- Rows ------------------------------------------------------------------------------------------------------------


def _over_everybody(actor: Actor) -> bool:
    """Whether an actor's right to manage staff reaches beyond one clinic: no own clinic is "any" clinic."""
    return not actor.clinic_id and may(actor, "staff.manage", "")


def _require_over(actor: Actor, role: Role, clinic_id: str) -> None:
    """A manager manages people of the own clinic and makes nobody of the department."""
    require(actor, "staff.manage", clinic_id)
    if role not in CLINIC_ROLES and not _over_everybody(actor):
        raise Forbidden(f"{actor.role} may not manage this role")


def _members() -> Any:
    keys = select(func.count()).where(passkey.c.staff_id == staff.c.id).scalar_subquery()
    return select(staff, keys.label("passkeys"))


def _member(connection: Connection, *where: Any) -> Member | None:
    row = connection.execute(_members().where(*where)).one_or_none()
    return None if row is None else _as_member(row)


def _existing(connection: Connection, staff_id: str) -> Member:
    found = _member(connection, staff.c.id == staff_id)
    if found is None:
        raise UnknownMember
    return found


def as_member(row: Mapping[str, Any]) -> Member:
    """A row of `staff`, with the number of passkeys."""
    return Member(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        role=row["role"],
        clinic_id=row["clinic_id"] or "",
        active=row["active"],
        has_password=row["password_hash"] is not None,
        has_totp=row["totp_sealed"] is not None,
        passkeys=row["passkeys"],
        created_at=row["created_at"],
    )


def _as_member(row: Row[Any]) -> Member:
    return as_member(dict(row._mapping))


def _linked(connection: Connection, token_hash: str, now: datetime) -> Member:
    good = select(setup_link.c.staff_id).where(setup_link.c.token_hash == token_hash, setup_link.c.ends_at > now)
    found = _member(connection, staff.c.id == good.scalar_subquery(), staff.c.active)
    if found is None:
        raise LinkEnded
    return found


def _put_link(connection: Connection, staff_id: str, link: Link) -> None:
    """The one link of a person: an older one ends."""
    connection.execute(delete(setup_link).where(setup_link.c.staff_id == staff_id))
    connection.execute(insert(setup_link).values(token_hash=link.token_hash, staff_id=staff_id, ends_at=link.ends_at))


def _end_sessions(connection: Connection, staff_id: str, keep: str = "") -> None:
    theirs = (staff_session.c.staff_id == staff_id, staff_session.c.id != keep)
    connection.execute(delete(staff_session).where(*theirs))
