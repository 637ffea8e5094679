"""Exports and searches that two people agreed to, kept; and the records they give out. In the caller's transaction.

People whose record is protected (HL7 PD1-12) are in none of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, text, update

from issuer.fraud.criteria import Criteria
from issuer.fraud.lots import spellings
from issuer.models import clinic, person, record
from issuer.models.ledger import two_people
from issuer.models.staff import staff
from issuer.persons import read_demographics
from issuer.store.rows import add_rows


@dataclass(frozen=True, slots=True)
class Request:
    """One export or search."""

    id: str
    kind: str
    criteria: str
    reason_code: str
    reason: str
    state: str
    """asked, agreed, declined, run"""
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    run_at: datetime | None
    records: int
    """Given out."""
    shown_to: str


@dataclass(frozen=True, slots=True)
class Row:
    """One record that is given out."""

    record_id: str
    person_id: str
    family: str = field(repr=False)
    given: str = field(repr=False)
    birth_date: str = field(repr=False)
    postcode: str = field(repr=False)
    kind: str
    code: str = field(repr=False)
    day: str = field(repr=False)
    lot: str = field(repr=False)
    status: str
    source: str
    clinic: str
    recorded_at: datetime
    marks: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the public may know of a month."""

    month: str
    """YYYY-MM, in UTC, in which it was asked for."""
    kind: str
    reason_code: str
    asked: int
    declined: int
    run: int
    records: int


_COLUMNS = tuple(two_people.c[name] for name in Request.__slots__)

# ---- Requests --------------------------------------------------------------------------------------------------------


def add_request(
    connection: Connection,
    request_id: str,
    kind: str,
    criteria: str,
    reason_code: str,
    reason: str,
    asked_by: str,
    now: datetime,
) -> None:
    """Somebody asks."""
    values = {
        "id": request_id, "kind": kind, "criteria": criteria, "reason_code": reason_code, "reason": reason,
        "state": "asked", "asked_by": asked_by, "asked_at": now, "decided_by": "", "decision_reason": "", "records": 0,
        "shown_to": "",
    }  # fmt: skip
    add_rows(connection, two_people, [values])


def request_of(connection: Connection, request_id: str, *, lock: bool = False) -> Request | None:
    """One request; locked, nobody else decides or runs it until the transaction ends."""
    chosen = select(*_COLUMNS).where(two_people.c.id == request_id)
    row = connection.execute(chosen.with_for_update() if lock else chosen).first()
    return Request(*row) if row else None


def requests(connection: Connection, most: int) -> tuple[Request, ...]:
    """Those to be decided or run first, then the newest."""
    first = case((two_people.c.state == "asked", 0), (two_people.c.state == "agreed", 1), else_=2)
    ordered = select(*_COLUMNS).order_by(first, two_people.c.asked_at.desc(), two_people.c.id).limit(most)
    return tuple(Request(*row) for row in connection.execute(ordered))


def change_request(
    connection: Connection, request_id: str, state: str, decided_by: str, reason: str, now: datetime
) -> None:
    """What the second person decided."""
    decided = {"state": state, "decided_by": decided_by, "decided_at": now, "decision_reason": reason}
    connection.execute(update(two_people).where(two_people.c.id == request_id).values(decided))


def begin_run(connection: Connection, request_id: str, now: datetime, records: int) -> None:
    """It was run: it is not run again."""
    run = {"state": "run", "run_at": now, "records": records}
    connection.execute(update(two_people).where(two_people.c.id == request_id).values(run))


def note_shown(connection: Connection, request_id: str, to: str, after: str, records: int) -> bool:
    """A page of a search was shown, of which `after` was the end of the one before; whether it was the next one."""
    next_one = and_(two_people.c.id == request_id, two_people.c.shown_to == after)
    shown = update(two_people).where(next_one).values(shown_to=to, records=two_people.c.records + records)
    return connection.execute(shown).rowcount > 0


def independent(connection: Connection, one: str, other: str) -> bool:
    """Whether neither of two people (`staff:ID`) let the other in: made or reset the account by which they log in."""
    ids = {who.removeprefix("staff:"): who for who in (one, other)}
    let_in = select(staff.c.id, staff.c.linked_by).where(staff.c.id.in_(list(ids)))
    by = {ids[row.id]: row.linked_by for row in connection.execute(let_in)}
    return one != other and by.get(one) != other and by.get(other) != one


def numbers(connection: Connection) -> tuple[Numbers, ...]:
    """By month, kind and reason, the newest month first."""
    month = _month(connection)
    counts = [func.sum(case((two_people.c.state == state, 1), else_=0)) for state in ("declined", "run")]
    keys = (month, two_people.c.kind, two_people.c.reason_code)
    grouped = select(*keys, func.count(), *counts, func.sum(two_people.c.records)).group_by(*keys)
    found = [Numbers(*row[:3], *(int(one) for one in row[3:])) for row in connection.execute(grouped)]
    return tuple(sorted(sorted(found, key=lambda one: (one.kind, one.reason_code)), key=lambda one: one.month)[::-1])


def _month(connection: Connection) -> Any:
    """ "2026-11": of a moment in UTC; each database has its own words for it."""
    if connection.dialect.name == "postgresql":
        return func.to_char(func.timezone(text("'UTC'"), two_people.c.asked_at), text("'YYYY-MM'"))
    return func.strftime(text("'%Y-%m'"), two_people.c.asked_at)


# ---- Records ---------------------------------------------------------------------------------------------------------


def count_rows(connection: Connection, asked: Criteria, until: datetime) -> int:
    """How many records there are."""
    counted = select(func.count()).select_from(_RECORDS).where(*_wanted(asked, until))
    return connection.execute(counted).scalar_one()


def rows_after(connection: Connection, asked: Criteria, until: datetime, after: str, most: int) -> tuple[Row, ...]:
    """The next records in the order of recording.

    Args:
        until: what was recorded later is left out: a run gives out what there was when it began.
        after: the record before the first of them; "" from the beginning.
    """
    columns = (record, person.c.demographics, clinic.c.name.label("clinic_name"))
    where = _wanted(asked, until)
    if after:
        at = select(record.c.recorded_at).where(record.c.id == after).scalar_subquery()
        where.append(or_(record.c.recorded_at > at, and_(record.c.recorded_at == at, record.c.id > after)))
    ordered = select(*columns).select_from(_RECORDS).where(*where).order_by(record.c.recorded_at, record.c.id)
    return tuple(_row(row._mapping) for row in connection.execute(ordered.limit(most)))


_RECORDS = record.join(person, person.c.id == record.c.person_id).join(clinic, clinic.c.id == record.c.clinic_id)


def _wanted(asked: Criteria, until: datetime) -> list[ColumnElement[bool]]:
    where = [record.c.status != "deleted", person.c.protected.is_(False), record.c.recorded_at <= until]
    if asked.clinic_id:
        where.append(record.c.clinic_id == asked.clinic_id)
    if asked.code:
        where.append(record.c.code == asked.code)
    if asked.lot:
        where.append(record.c.lot.in_(sorted(spellings(asked.lot))))
    if asked.since is not None:
        where.append(record.c.recorded_at >= asked.since)
    if asked.until is not None:
        where.append(record.c.recorded_at < asked.until)
    return where


def _row(row: Mapping[Any, Any]) -> Row:
    who = read_demographics(row["demographics"])
    same = {name: row[name] for name in ("person_id", "kind", "code", "day", "lot", "status", "source", "marks")}
    return Row(
        record_id=row["id"],
        family=who.name.family or who.name.text,
        given=" ".join(who.name.given),
        birth_date=who.birth_date,
        postcode=who.address.postcode if who.address else "",
        clinic=row["clinic_name"],
        recorded_at=row["recorded_at"],
        **same,
    )
