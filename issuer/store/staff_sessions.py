"""Sessions and counted attempts in the store. Of a token only its hash is here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Integer, bindparam, delete, func, insert, select, text, update

from issuer.audit.entry import Entry
from issuer.db import UtcDateTime, reading, writing
from issuer.models.staff import login_attempt, passkey, staff, staff_session
from issuer.staff import attempts
from issuer.staff.people import IDLE_LIMIT, SEEN_EVERY, Member, NewSession, Session, SignedIn
from issuer.store.audit import append as append_audit
from issuer.store.staff import Append, as_member

_COUNT = (
    text(
        "INSERT INTO login_attempt (key, count, began_at) VALUES (:key, 1, :now) ON CONFLICT (key) DO UPDATE SET"
        " count = CASE WHEN login_attempt.began_at <= :old THEN 1 ELSE login_attempt.count + 1 END,"
        " began_at = CASE WHEN login_attempt.began_at <= :old THEN excluded.began_at ELSE login_attempt.began_at END"
        " RETURNING count, began_at"
    )
    .bindparams(bindparam("now", type_=UtcDateTime), bindparam("old", type_=UtcDateTime))
    .columns(count=Integer, began_at=UtcDateTime)
)
"""One statement: two guesses at once are counted as two. Both databases speak it (SQLite 3.35, PostgreSQL)."""


class SessionStore:
    """Who is logged in where."""

    def __init__(self, engine: Engine, append: Append = append_audit) -> None:
        self.engine = engine
        self._append = append

    def open(self, member: Member, new: NewSession, now: datetime, how: str, instead_of: str = "") -> None:
        """Open a session; the one it takes the place of (by its token's hash) ends with the same commit."""
        times = {"created_at": now, "seen_at": now, "ends_at": new.ends_at}
        values = {"token_hash": new.token_hash, "id": new.id, "stage": new.stage, "origin": new.origin}
        with writing(self.engine) as connection:
            connection.execute(delete(staff_session).where(staff_session.c.token_hash == instead_of))
            connection.execute(delete(staff_session).where(staff_session.c.ends_at <= now))
            connection.execute(insert(staff_session).values(**values, **times, staff_id=member.id))
            if new.stage == "full":
                self._note(connection, member, "session.open", new.id, new.origin, now, how)

    def find(self, token_hash: str, now: datetime) -> SignedIn | None:
        """Whose session this is, where it has not ended, was used lately, and its owner is active."""
        with reading(self.engine) as connection:
            found = _found(connection, token_hash, now)
        if found is not None and found.session.seen_at <= now - SEEN_EVERY:
            with writing(self.engine) as connection:
                seen = update(staff_session).where(staff_session.c.token_hash == token_hash).values(seen_at=now)
                connection.execute(seen)
        return found

    def end(self, member: Member, session_id: str, origin: str, now: datetime) -> None:
        """End one of a person's own sessions; nothing happens where it has ended."""
        mine = (staff_session.c.staff_id == member.id, staff_session.c.id == session_id)
        with writing(self.engine) as connection:
            if connection.execute(delete(staff_session).where(*mine)).rowcount:
                self._note(connection, member, "session.end", session_id, origin, now)

    def end_all(self, member: Member, origin: str, now: datetime) -> None:
        """Log out everywhere."""
        with writing(self.engine) as connection:
            connection.execute(delete(staff_session).where(staff_session.c.staff_id == member.id))
            self._note(connection, member, "session.end", "all", origin, now)

    def of(self, staff_id: str, now: datetime) -> tuple[Session, ...]:
        """A person's sessions that stand open, newest first."""
        open_ones = (
            staff_session.c.staff_id == staff_id,
            staff_session.c.stage == "full",
            staff_session.c.ends_at > now,
            staff_session.c.seen_at > now - IDLE_LIMIT,
        )
        newest = select(staff_session).where(*open_ones).order_by(staff_session.c.created_at.desc())
        with reading(self.engine) as connection:
            return tuple(_session(row._mapping) for row in connection.execute(newest))

    # ---- Attempts ---------------------------------------------------------------------------------------------------

    def count(self, limits: Sequence[attempts.Limit], now: datetime) -> None:
        """Count an attempt under each key before it is looked at. Raises TooManyAttempts."""
        counted = []
        with writing(self.engine) as connection:
            old = now - attempts.WINDOW
            connection.execute(delete(login_attempt).where(login_attempt.c.began_at <= old - attempts.WINDOW))
            for limit in sorted(
                limits, key=lambda each: each.key
            ):  # in one order: two transactions cannot wait in a ring
                row = connection.execute(_COUNT, {"key": limit.key, "now": now, "old": old}).one()
                counted.append((int(row[0]), row[1], limit))
        for count, began_at, limit in counted:
            attempts.check(count, began_at, limit)

    def forgive(self, cleared: Sequence[str], shared: Sequence[str]) -> None:
        """After a success: the person's own counts end; of an address only this attempt is taken back.

        Rows are taken in the order in which `count` takes them: two transactions cannot wait for each other.
        """
        with writing(self.engine) as connection:
            for key in sorted({*cleared, *shared}):
                this = login_attempt.c.key == key
                if key in cleared:
                    connection.execute(delete(login_attempt).where(this))
                else:
                    less = update(login_attempt).where(this, login_attempt.c.count > 0)
                    connection.execute(less.values(count=login_attempt.c.count - 1))

    def _note(
        self,
        connection: Connection,
        member: Member,
        action: str,
        object_id: str,
        origin: str,
        now: datetime,
        how: str = "",
    ) -> None:
        detail = {"how": how} if how else {}
        entry = Entry(now, member.actor(origin), action, "session", object_id, member.clinic_id, detail=detail)
        self._append(connection, [entry])


def _found(connection: Connection, token_hash: str, now: datetime) -> SignedIn | None:
    keys = select(func.count()).where(passkey.c.staff_id == staff.c.id).scalar_subquery().label("passkeys")
    session = [staff_session.c[name].label(f"session_{name}") for name in _SESSION]
    good = (
        staff_session.c.token_hash == token_hash,
        staff_session.c.ends_at > now,
        staff_session.c.seen_at > now - IDLE_LIMIT,
        staff.c.active,
    )
    both = select(staff, keys, *session).join(staff, staff.c.id == staff_session.c.staff_id)
    row = connection.execute(both.select_from(staff_session).where(*good)).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    return SignedIn(as_member(values), _session({name: values[f"session_{name}"] for name in _SESSION}))


_SESSION = ("id", "stage", "origin", "created_at", "seen_at", "ends_at")


def _session(values: Any) -> Session:
    return Session(**{name: values[name] for name in _SESSION})
