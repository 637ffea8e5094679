"""Withdrawals, kept: what was asked for, how far it has come, which records wait. All in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, update

from issuer.models import clinic, record
from issuer.models.withdrawals import withdrawal, withdrawn_record
from issuer.putting_right.progress import Held, Withdrawal
from issuer.putting_right.searching import FoundRecord
from issuer.store.rows import add_rows, in_portions

_COLUMNS = tuple(withdrawal.c[name] for name in Withdrawal.__slots__)


def add_withdrawal(connection: Connection, one: Withdrawal, records: Sequence[FoundRecord]) -> None:
    """Keep what was asked for, and every record it is about."""
    values = {name: getattr(one, name) for name in Withdrawal.__slots__} | {"clinic_id": one.clinic_id or None}
    add_rows(connection, withdrawal, [values])
    rows = [
        {"withdrawal_id": one.id, "record_id": each.id, "state": "waiting", "unsigned_before": each.unsigned_because}
        for each in records
    ]
    for portion in in_portions(rows):
        add_rows(connection, withdrawn_record, portion)


def withdrawal_of(connection: Connection, withdrawal_id: str, *, lock: bool = False) -> Withdrawal | None:
    """One withdrawal; locked, nobody else works on it until the transaction ends."""
    chosen = select(*_COLUMNS).where(withdrawal.c.id == withdrawal_id)
    row = connection.execute(chosen.with_for_update() if lock else chosen).first()
    return Withdrawal(*row) if row else None


def all_withdrawals(connection: Connection, most: int) -> tuple[Withdrawal, ...]:
    """The newest first."""
    ordered = select(*_COLUMNS).order_by(withdrawal.c.asked_at.desc(), withdrawal.c.id).limit(most)
    return tuple(Withdrawal(*row) for row in connection.execute(ordered))


def running_withdrawals(connection: Connection) -> Sequence[str]:
    """Ids of those with something to do, the oldest first."""
    chosen = select(withdrawal.c.id).where(withdrawal.c.state == "running")
    return connection.execute(chosen.order_by(withdrawal.c.began_at, withdrawal.c.id)).scalars().all()


def keep_withdrawal(connection: Connection, one: Withdrawal) -> None:
    """Write how far it has come."""
    values = {name: getattr(one, name) for name in Withdrawal.__slots__ if name not in ("id", "clinic_id")}
    connection.execute(update(withdrawal).where(withdrawal.c.id == one.id).values(values))


def next_persons(connection: Connection, withdrawal_id: str, state: str, most: int) -> Mapping[str, str]:
    """person by record, of the next so many persons who have records in a state. Persons as they are now: somebody
    may have been put together with somebody else meanwhile."""
    of_it = and_(withdrawn_record.c.withdrawal_id == withdrawal_id, withdrawn_record.c.state == state)
    persons = (
        select(record.c.person_id)
        .join_from(withdrawn_record, record)
        .where(of_it)
        .group_by(record.c.person_id)
        .order_by(record.c.person_id)
        .limit(most)
    )
    ids = connection.execute(persons).scalars().all()
    if not ids:
        return {}
    rows = (
        select(record.c.id, record.c.person_id)
        .join_from(withdrawn_record, record)
        .where(of_it, record.c.person_id.in_(ids))
    )
    return {row.id: row.person_id for row in connection.execute(rows)}


def unsigned_before(connection: Connection, withdrawal_id: str, record_ids: Iterable[str]) -> dict[str, str]:
    """What stood in `unsigned_because` before."""
    found = {}
    for portion in in_portions(sorted(set(record_ids))):
        chosen = select(withdrawn_record.c.record_id, withdrawn_record.c.unsigned_before).where(
            withdrawn_record.c.withdrawal_id == withdrawal_id, withdrawn_record.c.record_id.in_(portion)
        )
        found.update({row.record_id: row.unsigned_before for row in connection.execute(chosen)})
    return found


def mark_done(connection: Connection, withdrawal_id: str, states: Mapping[str, str]) -> None:
    """state by record."""
    if states:
        values = [{"a_record": who, "a_state": state, "a_withdrawal": withdrawal_id} for who, state in states.items()]
        connection.execute(_MARK, values)


_MARK = (
    update(withdrawn_record)
    .where(
        withdrawn_record.c.withdrawal_id == bindparam("a_withdrawal"),
        withdrawn_record.c.record_id == bindparam("a_record"),
    )
    .values(state=bindparam("a_state"))
)


def change_states(
    connection: Connection, withdrawal_id: str, old: str, new: str, record_ids: Iterable[str] | None = None
) -> int:
    """All records of a state, or those of them named, get another; how many."""
    of_it = and_(withdrawn_record.c.withdrawal_id == withdrawal_id, withdrawn_record.c.state == old)
    if record_ids is None:
        return connection.execute(update(withdrawn_record).where(of_it).values(state=new)).rowcount
    count = 0
    for portion in in_portions(sorted(set(record_ids))):
        chosen = and_(of_it, withdrawn_record.c.record_id.in_(portion))
        count += connection.execute(update(withdrawn_record).where(chosen).values(state=new)).rowcount
    return count


def held_records(connection: Connection, withdrawal_id: str, most: int, first: int) -> tuple[Held, ...]:
    """Its records with what is shown of them, in the order of recording."""
    columns: tuple[Any, ...] = (
        record.c.id, record.c.kind, record.c.code, record.c.day, record.c.lot, clinic.c.name, record.c.recorded_at,
        withdrawn_record.c.state,
    )  # fmt: skip
    ordered = (
        select(*columns)
        .join_from(withdrawn_record, record)
        .join(clinic, clinic.c.id == record.c.clinic_id)
        .where(withdrawn_record.c.withdrawal_id == withdrawal_id)
        .order_by(record.c.recorded_at, record.c.id)
        .limit(most)
        .offset(first)
    )
    return tuple(Held(*row) for row in connection.execute(ordered))


def count_states(connection: Connection, withdrawal_id: str) -> Mapping[str, int]:
    """Records by state."""
    counted = (
        select(withdrawn_record.c.state, func.count())
        .where(withdrawn_record.c.withdrawal_id == withdrawal_id)
        .group_by(withdrawn_record.c.state)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}
