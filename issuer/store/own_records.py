"""A clinic's own records, one by one: the clinic stands in the query, so that no door can hand out another's."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from issuer.intake.held import HeldRecord
from issuer.models import person, record
from issuer.store.holdings import RECORD_COLUMNS
from issuer.store.rows import in_portions

MOST_MERGES = 16
"""How often one person was merged into another in a row: a circle would be a fault of ours, not an endless loop."""


def own_record(connection: Connection, record_id: str, clinic_id: str) -> HeldRecord | None:
    """The record, those deleted among them, if this clinic recorded it."""
    columns = [record.c[name] for name in RECORD_COLUMNS]
    chosen = select(*columns).where(record.c.id == record_id, record.c.clinic_id == clinic_id)
    row = connection.execute(chosen).first()
    return HeldRecord(*row) if row else None


def record_exists(connection: Connection, record_id: str) -> bool:
    """Whether any clinic has a record with this id."""
    return connection.execute(select(record.c.id).where(record.c.id == record_id)).first() is not None


def has_record_of(connection: Connection, clinic_id: str, person_id: str) -> bool:
    """Whether the clinic has recorded something for this person that was not deleted."""
    standing = (record.c.person_id == person_id) & (record.c.status != "deleted")
    chosen = select(record.c.id).where(standing, record.c.clinic_id == clinic_id).limit(1)
    return connection.execute(chosen).first() is not None


def has_given(connection: Connection, clinic_id: str, person_id: str) -> bool:
    """Whether the clinic itself gave this person a dose, or tested them: a note that nothing was given opens nothing.
    Of a protected person it must have been before the protection began."""
    given = (record.c.status == "completed") & record.c.source.in_(("administered", "laboratory"))
    before = person.c.protected.is_(False) | (record.c.recorded_at <= person.c.protected_at)
    chosen = (
        select(record.c.id)
        .join(person, person.c.id == record.c.person_id)
        .where(record.c.person_id == person_id, record.c.clinic_id == clinic_id, given, before)
        .limit(1)
    )
    return connection.execute(chosen).first() is not None


def standing_persons(connection: Connection, ids: Iterable[str]) -> Mapping[str, str]:
    """Id -> id of the person it is now: itself, or the one it was merged into. Unknown ids are left out."""
    found: dict[str, str] = {}
    for portion in in_portions(sorted(set(ids))):
        rows = connection.execute(select(person.c.id, person.c.merged_into).where(person.c.id.in_(portion)))
        found |= {row.id: row.merged_into or row.id for row in rows}
    for _ in range(MOST_MERGES):
        further = {new for old, new in found.items() if new != old and new not in found}
        rows = connection.execute(select(person.c.id, person.c.merged_into).where(person.c.id.in_(further)))
        onward = {row.id: row.merged_into or row.id for row in rows} if further else {}
        moved = {old: onward.get(new, found.get(new, new)) for old, new in found.items()}
        if moved == found:
            break
        found = moved
    return found


def persons_made_at(connection: Connection, ids: Iterable[str], now: datetime) -> frozenset[str]:
    """Which of these persons were new at that very moment: those a submission of that moment made."""
    made: set[str] = set()
    for portion in in_portions(sorted(set(ids))):
        chosen = select(person.c.id).where(person.c.id.in_(portion), person.c.created_at == now)
        made.update(connection.execute(chosen).scalars())
    return frozenset(made)
