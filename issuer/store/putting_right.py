"""Records and cards for whoever puts something right: found, changed in portions, versions kept and forgotten.

Everything here stands in the caller's transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    any_,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR

from issuer.intake.held import HeldRecord
from issuer.models import card, clinic, merge, notice, person, record, record_version
from issuer.models.staff import staff
from issuer.putting_right.searching import FoundRecord, Search
from issuer.store import StoredCard
from issuer.store.holdings import KEEP_BEFORE, RECORD_COLUMNS
from issuer.store.rows import add_rows, in_portions

FORGOTTEN_AT_ONCE = 5_000
_CARD_COLUMNS = tuple(card.c[name] for name in StoredCard.__slots__)
_FOUND_COLUMNS = tuple(record.c[name] for name in FoundRecord.__slots__)


# ---- Finding ---------------------------------------------------------------------------------------------------------


def find_records(connection: Connection, search: Search, marks: Iterable[str], most: int) -> list[FoundRecord]:
    """Records that were given and not taken back yet, oldest first; at most one more than `most`."""
    chosen = and_(record.c.status == "completed", record.c.unsigned_because.not_in(tuple(marks)), *_asked(search))
    ordered = select(*_FOUND_COLUMNS).where(chosen).order_by(record.c.recorded_at, record.c.id).limit(most + 1)
    return [FoundRecord(*row) for row in connection.execute(ordered)]


def _asked(search: Search) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    for name in ("clinic_id", "vaccinator", "lot", "code"):
        if value := getattr(search, name):
            asked.append(record.c[name] == value)
    if search.what == "given":
        return asked + _days(search)
    if search.since is not None:
        asked.append(record.c.recorded_at >= search.since)
    if search.until is not None:
        asked.append(record.c.recorded_at < search.until)
    return asked


def _days(search: Search) -> list[ColumnElement[bool]]:
    """A dose of which only the month or year is known counts where that month or year touches the days."""
    first = search.since.date().isoformat() if search.since else "0000-00-00"
    last = search.until.date().isoformat() if search.until else "9999-99-99"
    lengths = [
        and_(func.length(record.c.day) == size, record.c.day >= first[:size], record.c.day <= last[:size])
        for size in (4, 7, 10)
    ]
    return [or_(*lengths)]


def cards_by_person(connection: Connection, person_ids: Iterable[str]) -> dict[str, tuple[StoredCard, ...]]:
    """Every card of each person, oldest first: also those superseded and those taken back."""
    found: defaultdict[str, list[StoredCard]] = defaultdict(list)
    for portion in in_portions(sorted(set(person_ids))):
        ordered = select(*_CARD_COLUMNS).where(_is_one_of(connection, card.c.person_id, portion))
        for row in connection.execute(ordered.order_by(card.c.issued_at, card.c.place, card.c.id)):
            one = StoredCard(*row)
            found[one.person_id].append(one)
    return {who: tuple(cards) for who, cards in found.items()}


def standing_cards(connection: Connection, records: Sequence[FoundRecord]) -> list[tuple[str, str]]:
    """(id, title) of the cards that stand and hold one of the records, whatever version."""
    wanted = {one.id for one in records}
    found = []
    for portion in in_portions(sorted({one.person_id for one in records})):
        chosen = and_(card.c.revoked_at.is_(None), _is_one_of(connection, card.c.person_id, portion))
        for row in connection.execute(select(card.c.id, card.c.title, card.c.holds).where(chosen)):
            if wanted & {ref.split(".")[0] for ref in row.holds.split()}:
                found.append((row.id, row.title))
    return found


def records_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, HeldRecord]:
    """Records by their ids."""
    columns = [record.c[name] for name in RECORD_COLUMNS]
    found = {}
    for portion in in_portions(sorted(set(ids))):
        for row in connection.execute(select(*columns).where(_is_one_of(connection, record.c.id, portion))):
            found[row.id] = HeldRecord(*row)
    return found


def record_of(connection: Connection, record_id: str, clinic_id: str | None) -> HeldRecord | None:
    """One record, if it is this clinic's (None: of any clinic)."""
    columns = [record.c[name] for name in RECORD_COLUMNS]
    row = connection.execute(select(*columns).where(record.c.id == record_id, *_own(clinic_id))).first()
    return HeldRecord(*row) if row else None


def records_of_clinic(
    connection: Connection, clinic_id: str | None, since: datetime, until: datetime, most: int, first: int
) -> list[tuple[HeldRecord, bytes]]:
    """(record, demographics) of what a clinic recorded in a time, newest first."""
    columns = [record.c[name] for name in RECORD_COLUMNS]
    chosen = and_(record.c.recorded_at >= since, record.c.recorded_at < until, *_own(clinic_id))
    ordered = (
        select(*columns, person.c.demographics)
        .join_from(record, person, record.c.person_id == person.c.id)
        .where(chosen)
        .order_by(record.c.recorded_at.desc(), record.c.id)
    )
    rows = connection.execute(ordered.limit(most).offset(first)).all()
    return [(HeldRecord(*row[:-1]), row[-1]) for row in rows]


def _own(clinic_id: str | None) -> list[ColumnElement[bool]]:
    return [] if clinic_id is None else [record.c.clinic_id == clinic_id]


def versions_of(connection: Connection, record_id: str) -> Sequence[RowMapping]:
    """What a record was before: version, status, resource, reason, changed_by, changed_at; newest first."""
    chosen = select(record_version).where(record_version.c.record_id == record_id)
    return connection.execute(chosen.order_by(record_version.c.version.desc())).mappings().all()


def clinics(connection: Connection) -> dict[str, str]:
    """Names of all clinics by id, in alphabetical order."""
    rows = connection.execute(select(clinic.c.id, clinic.c.name).order_by(clinic.c.name, clinic.c.id))
    return {row.id: row.name for row in rows}


def staff_names(connection: Connection, actors: Iterable[str]) -> dict[str, str]:
    """What people are called, by `Actor.id`; programs and the command line by what they are."""
    ids = {one.removeprefix("staff:"): one for one in actors if one.startswith("staff:")}
    rows = connection.execute(select(staff.c.id, staff.c.name).where(staff.c.id.in_(list(ids))))
    found = {ids[row.id]: row.name for row in rows}
    kinds = {
        "client": "A clinic’s system",
        "operator": "The operator of this service",
        "staff": "Somebody of the staff",
    }
    return {one: found.get(one) or kinds.get(one.split(":")[0], "This service") for one in actors}


# ---- Changing --------------------------------------------------------------------------------------------------------


def lock_persons(connection: Connection, person_ids: Iterable[str]) -> None:
    """Nobody else gives these persons cards or takes some back until the transaction ends."""
    for portion in in_portions(sorted(set(person_ids))):
        chosen = select(person.c.id).where(_is_one_of(connection, person.c.id, portion))
        connection.execute(chosen.order_by(person.c.id).with_for_update())


def change_records(
    connection: Connection, changed: Sequence[tuple[HeldRecord, HeldRecord]], reason: str, actor: str, now: datetime
) -> None:
    """New versions of many records; what they were is kept for a time."""
    if not changed:
        return
    add_rows(connection, record_version, [_version(before, reason, actor, now) for before, _ in changed])
    values = [{f"new_{name}": getattr(after, name) for name in RECORD_COLUMNS} for _, after in changed]
    connection.execute(_CHANGE, values)


_CHANGE = (
    update(record)
    .where(record.c.id == bindparam("new_id"))
    .values({name: bindparam(f"new_{name}") for name in RECORD_COLUMNS if name != "id"})
)


def _version(before: HeldRecord, reason: str, actor: str, now: datetime) -> dict[str, Any]:
    return {
        "record_id": before.id,
        "version": before.version,
        "status": before.status,
        "resource": before.resource,
        "reason": reason,
        "changed_by": actor,
        "changed_at": now,
        "forget_after": now + KEEP_BEFORE,
    }


def explain_version(connection: Connection, record_id: str, version: int, reason: str) -> bool:
    """Say why a record is not any more what it was; whether it was that."""
    chosen = and_(record_version.c.record_id == record_id, record_version.c.version == version)
    return connection.execute(update(record_version).where(chosen).values(reason=reason)).rowcount == 1


def note_many(connection: Connection, notices: Mapping[str, str], purpose: str, now: datetime) -> None:
    """These persons are to be told. `notices`: person by the notice's id."""
    rows = [
        {"id": notice_id, "person_id": who, "purpose": purpose, "caused_at": now, "told_at": None}
        for notice_id, who in notices.items()
    ]
    add_rows(connection, notice, rows)


# ---- Forgetting ------------------------------------------------------------------------------------------------------


def forget_versions(connection: Connection, now: datetime) -> int:
    """Delete what records were, where its time is over; how many, at most `FORGOTTEN_AT_ONCE`."""
    key = tuple_(record_version.c.record_id, record_version.c.version)
    due = select(record_version.c.record_id, record_version.c.version).where(record_version.c.forget_after <= now)
    rows = [tuple(row) for row in connection.execute(due.limit(FORGOTTEN_AT_ONCE))]
    for portion in in_portions(rows):
        connection.execute(delete(record_version).where(key.in_(portion)))
    return len(rows)


def forget_merges(connection: Connection, now: datetime, keep: timedelta = KEEP_BEFORE) -> int:
    """Delete how two persons were before they were put together, where that is long ago: they stay together."""
    due = and_(merge.c.merged_at <= now - keep, func.length(merge.c.before) > 0)
    return connection.execute(update(merge).where(due).values(before=b"")).rowcount


def _is_one_of(connection: Connection, column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """PostgreSQL gets one array: one plan, whatever the number."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(VARCHAR), unique=True))  # type: ignore[no-any-return]
    return column.in_(values)  # type: ignore[no-any-return]
