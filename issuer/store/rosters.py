"""Day's lists: uploaded in the morning, ticked off during the day, deleted after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from issuer.audit.entry import Entry
from issuer.db import reading, writing
from issuer.intake.proposal import Demographics
from issuer.models.imports import roster, roster_entry
from issuer.persons import demographics_json, read_demographics
from issuer.rights import Actor, may, require
from issuer.store.audit import append as append_audit
from issuer.tables.roster import Expected

Append = Callable[[Connection, Sequence[Entry]], None]
EntryState = Literal["waiting", "done", "absent"]


class UnknownEntry(Exception):
    """There is no such entry, or it is on another clinic's list."""


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """Somebody on a day's list."""

    roster_id: str
    number: int
    time: str
    """HH:MM, or ""."""
    person: Demographics = field(repr=False)
    state: EntryState
    person_id: str = ""
    """Whom a dose was recorded for; "" before."""


class RosterStore:
    """Day's lists of clinics."""

    def __init__(self, engine: Engine, append: Append = append_audit) -> None:
        self._engine = engine
        self._append = append

    def add(
        self, actor: Actor, clinic_id: str, roster_id: str, day: str, expected: Sequence[Expected], now: datetime
    ) -> None:
        """Keep a list for a day (YYYY-MM-DD, the clinic's own). Several lists of one day stand together.

        Raises:
            Forbidden.
        """
        require(actor, "roster.use", clinic_id)
        with writing(self._engine) as connection:
            values = {"id": roster_id, "clinic_id": clinic_id, "day": day, "actor": actor.id, "created_at": now}
            connection.execute(insert(roster).values(values))
            rows = [_values(roster_id, number, one, now) for number, one in enumerate(expected, start=1)]
            if rows:
                connection.execute(insert(roster_entry), rows)
            detail = {"rows": len(rows)}
            self._append(
                connection, [Entry(now, actor, "roster.upload", "roster", roster_id, clinic_id, detail=detail)]
            )

    def entries(self, actor: Actor, clinic_id: str, day: str) -> tuple[RosterEntry, ...]:
        """Who is expected at a clinic on a day, by time. Raises Forbidden."""
        require(actor, "roster.use", clinic_id)
        query = (
            select(roster_entry)
            .join(roster, roster.c.id == roster_entry.c.roster_id)
            .where(roster.c.clinic_id == clinic_id, roster.c.day == day)
            .order_by(roster_entry.c.time == "", roster_entry.c.time, roster.c.created_at, roster_entry.c.number)
        )
        with reading(self._engine) as connection:
            return tuple(_as_entry(row) for row in connection.execute(query))

    def entry(self, actor: Actor, roster_id: str, number: int) -> RosterEntry:
        """One of those expected. Raises UnknownEntry, Forbidden."""
        with reading(self._engine) as connection:
            return self._required(connection, actor, roster_id, number)

    def tick(
        self,
        connection: Connection,
        actor: Actor,
        roster_id: str,
        number: int,
        state: EntryState,
        now: datetime,
        person_id: str = "",
    ) -> None:
        """Tick somebody off, in the caller's transaction: the one that records the dose, where there is one.

        Raises:
            UnknownEntry, Forbidden.
        """
        self._required(connection, actor, roster_id, number)
        key = (roster_entry.c.roster_id == roster_id, roster_entry.c.number == number)
        values = {"state": state, "person_id": person_id or None, "changed_at": now}
        connection.execute(update(roster_entry).where(*key).values(values))

    def forget(self, before: str) -> int:
        """Delete the lists of days before a day, with everybody on them; how many lists.

        Args:
            before: the earliest day that it still is anywhere a clinic is (YYYY-MM-DD).
        """
        with writing(self._engine) as connection:
            old = select(roster.c.id).where(roster.c.day < before)
            connection.execute(delete(roster_entry).where(roster_entry.c.roster_id.in_(old)))
            return connection.execute(delete(roster).where(roster.c.day < before)).rowcount

    def _required(self, connection: Connection, actor: Actor, roster_id: str, number: int) -> RosterEntry:
        """The entry, if the actor may see it; another clinic's is as unknown as none."""
        require(actor, "roster.use")
        query = (
            select(roster_entry, roster.c.clinic_id)
            .join(roster, roster.c.id == roster_entry.c.roster_id)
            .where(roster_entry.c.roster_id == roster_id, roster_entry.c.number == number)
        )
        row = connection.execute(query).one_or_none()
        if row is None or not may(actor, "roster.use", row.clinic_id):
            raise UnknownEntry
        return _as_entry(row)


def _values(roster_id: str, number: int, one: Expected, now: datetime) -> dict[str, Any]:
    return {
        "roster_id": roster_id,
        "number": number,
        "time": one.time,
        "person": demographics_json(one.person),
        "state": "waiting",
        "person_id": None,
        "changed_at": now,
    }


def _as_entry(row: Row[Any]) -> RosterEntry:
    person = read_demographics(row.person)
    return RosterEntry(row.roster_id, row.number, row.time, person, row.state, row.person_id or "")
