"""Rows: written and read within the caller's transaction, on SQLite and on PostgreSQL.

Each function is one or two statements; what they mean is decided elsewhere. Messages are taken with one
`UPDATE … RETURNING`: on PostgreSQL it passes over rows that another worker is taking (SKIP LOCKED), on SQLite there
is one writer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    MetaData,
    Row,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from outreach.models import NAMING, tables

_own = tables(MetaData(naming_convention=NAMING))
message, contact, count = _own.message, _own.contact, _own.count
MAX_SWEPT = 1000
"""Rows changed by one sweep of each kind: short transactions."""
_SQL_VARIABLES = 500
"""Values in one IN: every SQLite takes them."""


@dataclass(frozen=True, slots=True)
class ContactState:
    """What is held against a contact, and how many messages it got."""

    fingerprint: str
    flagged: str = ""
    opted_out: bool = False
    in_hour: int = 0
    in_day: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A message's row."""

    id: str
    purpose: str
    language: str
    person: str
    urgency: int
    position: int
    channel: str
    contact_ref: str
    fingerprint: str
    contacts_sealed: bytes | None = field(repr=False)
    values_sealed: bytes | None = field(repr=False)
    state: str
    attempts: int
    due_at: datetime
    claim: str | None
    met: str
    queued_at: datetime
    since: datetime
    ends_at: datetime | None
    done_at: datetime | None

    @property
    def key(self) -> str:
        """What it is called towards servers: the message, and to which contact."""
        return f"{self.id}.{self.position}"


_COLUMNS = [message.c[name] for name in Stored.__slots__]


# ---- Messages --------------------------------------------------------------------------------------------------------


def known_causes(connection: Connection, causes: Sequence[str]) -> set[str]:
    """Which of these causes have their message."""
    found: set[str] = set()
    for start in range(0, len(causes), _SQL_VARIABLES):
        some = message.c.once.in_(causes[start : start + _SQL_VARIABLES])
        found |= set(connection.scalars(select(message.c.once).where(some)))
    return found


def add_messages(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write them. One whose cause has its message by now is passed over."""
    if rows:
        connection.execute(_insert(connection, message).on_conflict_do_nothing(index_elements=["once"]), list(rows))


def take(
    connection: Connection, now: datetime, until: datetime, claim: str, channels: Collection[str], limit: int
) -> list[Stored]:
    """Due messages, urgent ones first, claimed until `until`."""
    due = (
        select(message.c.id)
        .where(message.c.state == "waiting", message.c.due_at <= now, message.c.channel.in_(sorted(channels)))
        .order_by(message.c.urgency, message.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # As a table of its own: PostgreSQL may ask a plain subquery again, and take more than the limit.
        .cte("due")
    )
    taken = (
        update(message)
        .where(message.c.id.in_(select(due.c.id)))
        .values(due_at=until, claim=claim, attempts=message.c.attempts + 1)
    )
    found = [_stored(row) for row in connection.execute(taken.returning(*_COLUMNS))]
    return sorted(found, key=lambda one: (one.urgency, one.queued_at, one.id))


def note(connection: Connection, one: Stored, **values: Any) -> bool:
    """Change a message that was taken; False where it is not this worker's any more."""
    held = and_(message.c.id == one.id, message.c.claim == one.claim, message.c.state == "waiting")
    return _changed(connection, update(message).where(held).values(claim=None, **values)) > 0


def change(connection: Connection, one: Stored, **values: Any) -> bool:
    """Change a message as it was read; False where somebody else changed it meanwhile."""
    same = and_(message.c.id == one.id, message.c.state == one.state, message.c.position == one.position)
    return _changed(connection, update(message).where(same).values(claim=None, **values)) > 0


def find(connection: Connection, message_id: str) -> Stored | None:
    """One message."""
    row = connection.execute(select(*_COLUMNS).where(message.c.id == message_id)).first()
    return None if row is None else _stored(row)


def cancel(
    connection: Connection, now: datetime, *, person: str = "", fingerprint: str = "", message_id: str = ""
) -> int:
    """End what waits and was not sent, and forget what it said; how many."""
    named = {message.c.person: person, message.c.fingerprint: fingerprint, message.c.id: message_id}
    which = [column == value for column, value in named.items() if value]
    if not which:
        raise ValueError("whose?")
    open_ones = update(message).where(*which, message.c.state.in_(("waiting", "to-print")))
    ended = {"state": "cancelled", "done_at": now, "claim": None, "values_sealed": None, "contacts_sealed": None}
    return _changed(connection, open_ones.values(**ended))


def forget_person(connection: Connection, person: str) -> int:
    """Delete every message about a person; how many."""
    return _changed(connection, delete(message).where(message.c.person == person))


def in_state(connection: Connection, state: str, limit: int) -> list[Stored]:
    """The oldest messages of one state."""
    which = select(*_COLUMNS).where(message.c.state == state).order_by(message.c.queued_at, message.c.id)
    return [_stored(row) for row in connection.execute(which.limit(limit))]


def figures(connection: Connection) -> dict[str, int]:
    """How many messages stand how."""
    found = connection.execute(select(message.c.state, func.count()).group_by(message.c.state))
    return {row[0]: row[1] for row in found}


# ---- Contacts --------------------------------------------------------------------------------------------------------


def contacts(connection: Connection, fingerprints: Collection[str]) -> dict[str, ContactState]:
    """What is known of these; those never written to are missing."""
    found: dict[str, ContactState] = {}
    wanted = sorted(set(fingerprints))
    for start in range(0, len(wanted), _SQL_VARIABLES):
        some = contact.c.fingerprint.in_(wanted[start : start + _SQL_VARIABLES])
        found |= {row.fingerprint: _contact_state(row) for row in connection.execute(select(contact).where(some))}
    return found


def count_contacts(connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, ContactState]:
    """Add to what contacts got, and read what they have: exact, however many do it at once.

    Args:
        rows: fingerprint, stop_hash, channel and `number` of messages, each fingerprint once.
    """
    if not rows:
        return {}
    hour, day = numbers(now)
    new = [
        {name: row[name] for name in ("fingerprint", "stop_hash", "channel")}
        | {"flagged": "", "hour": hour, "in_hour": row["number"], "day": day, "in_day": row["number"], "used_at": now}
        for row in sorted(rows, key=lambda row: str(row["fingerprint"]))  # always in one order: nobody waits in a ring
    ]
    adding = _insert(connection, contact)
    excluded = adding.excluded
    adding = adding.on_conflict_do_update(
        index_elements=["fingerprint"],
        set_={
            "in_hour": case((contact.c.hour == excluded.hour, contact.c.in_hour), else_=0) + excluded.in_hour,
            "in_day": case((contact.c.day == excluded.day, contact.c.in_day), else_=0) + excluded.in_day,
            "hour": excluded.hour,
            "day": excluded.day,
            "used_at": excluded.used_at,
        },
    )
    found = connection.execute(adding.returning(*contact.c), new)
    return {row.fingerprint: _contact_state(row) for row in found}


def mark_contact(connection: Connection, row: Mapping[str, Any], now: datetime, **values: Any) -> None:
    """Flag a contact, or end its opting out; one never written to is added."""
    known = {name: row[name] for name in ("fingerprint", "stop_hash", "channel")}
    new = known | {"flagged": "", "hour": 0, "in_hour": 0, "day": 0, "in_day": 0, "used_at": now} | values
    adding = _insert(connection, contact).values(**new)
    connection.execute(adding.on_conflict_do_update(index_elements=["fingerprint"], set_=values))


def contact_of_token(connection: Connection, stop_hash: str) -> tuple[str, str] | None:
    """(fingerprint, channel) of the contact with this stop link."""
    found = select(contact.c.fingerprint, contact.c.channel).where(contact.c.stop_hash == stop_hash)
    row = connection.execute(found).first()
    return None if row is None else (row.fingerprint, row.channel)


def messages_of(connection: Connection, fingerprint: str) -> list[tuple[str, str]]:
    """(contact_ref, person) of what went, or goes, to a contact."""
    pairs = select(message.c.contact_ref, message.c.person).where(message.c.fingerprint == fingerprint).distinct()
    return [
        (ref, person) for ref, person in connection.execute(pairs.order_by(message.c.contact_ref, message.c.person))
    ]


# ---- Counting --------------------------------------------------------------------------------------------------------


def numbers(now: datetime) -> tuple[int, int]:
    """The hour and the day of a moment, counted since 1970."""
    seconds = int(now.timestamp())
    return seconds // 3600, seconds // 86_400


def add_count(connection: Connection, scope: str, number: int, now: datetime) -> tuple[int, int]:
    """Count; (this hour, this day) with it. Exact, however many do it at once."""
    hour, day = numbers(now)
    adding = _insert(connection, count)
    adding = adding.on_conflict_do_update(
        index_elements=["scope", "span", "number"], set_={"count": count.c.count + adding.excluded.count}
    )
    found = {}
    for span, at in (("day", day), ("hour", hour)):
        row = {"scope": scope, "span": span, "number": at, "count": number}
        found[span] = connection.execute(adding.values(**row).returning(count.c.count)).scalar_one()
    return found["hour"], found["day"]


def counted(connection: Connection, now: datetime) -> dict[str, tuple[int, int]]:
    """Scope -> (this hour, this day), without those of single networks."""
    hour, day = numbers(now)
    current = tuple_(count.c.span, count.c.number).in_([("hour", hour), ("day", day)])
    found: dict[str, list[int]] = {}
    for row in connection.execute(select(count).where(current, count.c.scope.not_like("requester/%"))):
        found.setdefault(row.scope, [0, 0])[row.span == "day"] = row._mapping["count"]
    return {scope: (in_hour, in_day) for scope, (in_hour, in_day) in found.items()}


# ---- Taking out ------------------------------------------------------------------------------------------------------


def take_out(connection: Connection, column: str, before: datetime) -> int:
    """Empty a sealed column of messages that ended before; how many rows."""
    old = select(message.c.id).where(message.c.done_at < before, message.c[column].is_not(None)).limit(MAX_SWEPT)
    return _changed(connection, update(message).where(message.c.id.in_(old.scalar_subquery())).values({column: None}))


def delete_old(connection: Connection, messages: datetime, unused: datetime, counts: datetime) -> int:
    """Delete messages that ended before, contacts that nothing is held against and not used since, old counts."""
    old = select(message.c.id).where(message.c.done_at < messages).limit(MAX_SWEPT).scalar_subquery()
    free = and_(contact.c.flagged == "", contact.c.opted_out_at.is_(None), contact.c.used_at < unused)
    idle = select(contact.c.fingerprint).where(free).limit(MAX_SWEPT).scalar_subquery()
    hour, day = numbers(counts)
    past = or_(and_(count.c.span == "hour", count.c.number < hour), and_(count.c.span == "day", count.c.number < day))
    gone = _changed(connection, delete(message).where(message.c.id.in_(old)))
    gone += _changed(connection, delete(contact).where(contact.c.fingerprint.in_(idle)))
    return gone + _changed(connection, delete(count).where(past))


def end_overdue(connection: Connection, now: datetime, patience: timedelta) -> int:
    """End what waits long after it stopped being true: nobody has a channel for it, or printed it. How many."""
    stale = and_(
        message.c.state.in_(("waiting", "to-print")), message.c.ends_at < now - patience, message.c.due_at < now
    )
    some = select(message.c.id).where(stale).limit(MAX_SWEPT).scalar_subquery()
    ended = {"state": "expired", "done_at": now, "claim": None, "values_sealed": None, "contacts_sealed": None}
    return _changed(connection, update(message).where(message.c.id.in_(some)).values(**ended))


def _insert(connection: Connection, table: Any) -> Any:
    """An INSERT that may say what happens where the row is there."""
    known = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
    return known.get(connection.dialect.name, insert)(table)


def _changed(connection: Connection, statement: Any) -> int:
    return cast("CursorResult[Any]", connection.execute(statement)).rowcount


def _stored(row: Row[Any]) -> Stored:
    return Stored(**row._mapping)


def _contact_state(row: Row[Any]) -> ContactState:
    return ContactState(row.fingerprint, row.flagged, row.opted_out_at is not None, row.in_hour, row.in_day)
