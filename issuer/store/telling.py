"""What there is to tell residents: notices that wait, events of records that were added, whom they are about.

Within the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select, update

from issuer.models import notice, person, record
from issuer.models.audit import event
from issuer.models.residents import outreach
from issuer.store.rows import in_portions

PORTION = 500
"""Values in one IN."""
_MESSAGE = outreach.message


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """Somebody is to be told of a card that was replaced or taken back."""

    id: str
    person_id: str
    purpose: str
    caused_at: datetime


def waiting_notices(connection: Connection, limit: int) -> tuple[NoticeRow, ...]:
    """The oldest that nobody was told of yet; no other worker gets them until the transaction ends."""
    names = [notice.c[name] for name in NoticeRow.__slots__]
    waiting = select(*names).where(notice.c.told_at.is_(None)).order_by(notice.c.caused_at, notice.c.id)
    rows = connection.execute(waiting.limit(limit).with_for_update(skip_locked=True))
    return tuple(NoticeRow(**row._mapping) for row in rows)


def notices_told(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """They are dealt with."""
    if ids:
        connection.execute(update(notice).where(notice.c.id.in_(ids)).values(told_at=now))


def first_event_since(connection: Connection, since: datetime) -> int:
    """The id below the first event of a time; that of the newest where there is none."""
    first = connection.scalar(select(func.min(event.c.id)).where(event.c.at >= since))
    return int(first) - 1 if first is not None else int(connection.scalar(select(func.max(event.c.id))) or 0)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A record, or a submission of many, that something happened to."""

    id: int
    kind: str
    object_kind: str
    object_id: str
    at: datetime


def events_after(connection: Connection, after: int, until: datetime, limit: int) -> tuple[RecordedEvent, ...]:
    """Events in the order of their ids, up to the first that is newer than `until`."""
    names = [event.c[name] for name in RecordedEvent.__slots__]
    later = select(*names).where(event.c.id > after).order_by(event.c.id).limit(limit)
    found = []
    for row in connection.execute(later):
        if row.at > until:
            break
        found.append(RecordedEvent(**row._mapping))
    return tuple(found)


def persons_recorded(connection: Connection, events: Sequence[RecordedEvent]) -> Mapping[str, RecordedEvent]:
    """Person -> the newest of these events that is about a dose or result of theirs which may stand on a card: whoever
    comes for anything else would find nothing."""
    by_object = {(one.object_kind, one.object_id): one for one in reversed(events)}
    found: dict[str, RecordedEvent] = {}
    for kind, column in (("record", record.c.id), ("submission", record.c.submission_id)):
        ids = sorted(object_id for object_kind, object_id in by_object if object_kind == kind)
        for portion in in_portions(ids, PORTION):
            chosen = select(record.c.person_id, column.label("named")).where(column.in_(portion))
            shown = (record.c.status == "completed") & (record.c.unsigned_because == "")
            for row in connection.execute(chosen.where(shown)):
                one = by_object[kind, row.named]
                if row.person_id not in found or one.id > found[row.person_id].id:
                    found[row.person_id] = one
    return found


def protected_in_outbox(connection: Connection) -> tuple[str, ...]:
    """Protected persons whom a message waits for."""
    waits = _MESSAGE.c.state == literal_column("'waiting'")  # in words: the index of those that wait is used
    joined = select(_MESSAGE.c.person).join(person, person.c.id == _MESSAGE.c.person)
    return tuple(connection.scalars(joined.where(waits, person.c.protected).distinct()))
