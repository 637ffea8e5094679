"""The ledger of lots, kept: deliveries, waste, recalls; and what the intake asks of it. In the caller's transaction.

Doses used are counted from the records: given by the clinic, not deleted, not taken back as never given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR

from issuer.fraud.lots import Delivery, Lot, Movement, Recall, folded, spellings
from issuer.models import clinic, record
from issuer.models.ledger import lot, lot_movement, lot_recall
from issuer.plausibility import LotFacts
from issuer.store.rows import add_rows, in_portions

Pair = tuple[str, str]
"""(code, lot)"""
EMPTY_FOR = timedelta(seconds=30)
"""How long a process believes that the ledger is empty: the first recall of all takes that long to be known."""
GIVEN = and_(
    record.c.kind == "immunization",
    record.c.status == "completed",
    record.c.source == "administered",
    record.c.unsigned_because != "withdrawn",
)
"""Doses on record as given by the clinic that recorded them."""

# ---- What the intake asks --------------------------------------------------------------------------------------------


def facts(connection: Connection, clinic_id: str, pairs: Iterable[Pair]) -> Mapping[Pair, LotFacts]:
    """What the ledger says of lots at a clinic: one statement for all pairs; those it knows nothing of are left out."""
    wanted: dict[Pair, list[Pair]] = {}
    for code, name in pairs:
        if name:
            wanted.setdefault((code, folded(name)), []).append((code, name))
    found: dict[Pair, LotFacts] = {}
    statement = _facts(connection.dialect.name)
    for portion in in_portions(sorted({name for _, name in wanted})):
        for row in connection.execute(statement, {"whose": clinic_id, "wanted": portion}):
            for pair in wanted.get((row.code, row.folded), ()):
                found[pair] = _joined(found.get(pair), row)
    return found


def _joined(known: LotFacts | None, row: Row[Any]) -> LotFacts:
    """A lot may stand in the ledger, in a recall, or in both."""
    before = known or LotFacts("", recalled=False, known=False)
    recalled = bool(row.recalled)
    return LotFacts(before.expires or row.expires, before.recalled or recalled, before.known or not recalled)


@cache
def _facts(dialect: str) -> Any:
    """Built once; lots of the clinic, and recalls that reach it."""
    here: BindParameter[str] = bindparam("whose")
    kept = select(lot.c.code, lot.c.folded, lot.c.expires, literal(0).label("recalled")).where(
        lot.c.clinic_id == here, _one_of(dialect, lot.c.folded)
    )
    recalls = select(lot_recall.c.code, lot_recall.c.folded, literal("").label("expires"), literal(1)).where(
        _one_of(dialect, lot_recall.c.folded),
        lot_recall.c.lifted_at.is_(None),
        or_(lot_recall.c.clinic_id.is_(None), lot_recall.c.clinic_id == here),
    )
    return kept.union_all(recalls)


def _one_of(dialect: str, column: Any) -> ColumnElement[bool]:
    """PostgreSQL gets one array: one plan, whatever the number."""
    if dialect == "postgresql":
        return column == any_(bindparam("wanted", type_=ARRAY(VARCHAR)))  # type: ignore[no-any-return]
    return column.in_(bindparam("wanted", expanding=True))  # type: ignore[no-any-return]


@dataclass(slots=True)
class LotsKnown:
    """`facts` for a process that asks often: while nobody keeps a ledger, it asks once in `EMPTY_FOR`."""

    _empty_at: datetime | None = field(default=None)

    def facts(
        self, connection: Connection, clinic_id: str, pairs: Iterable[Pair], now: datetime
    ) -> Mapping[Pair, LotFacts]:
        """What the ledger says, as the function of this name."""
        asked = {pair for pair in pairs if pair[1]}
        if not asked or (self._empty_at is not None and timedelta() <= now - self._empty_at < EMPTY_FOR):
            return {}
        if not connection.scalar(_ANYTHING):
            self._empty_at = now
            return {}
        self._empty_at = None
        return facts(connection, clinic_id, asked)


_ANYTHING = select(or_(exists(select(lot.c.id)), exists(select(lot_recall.c.id))))

# ---- The ledger ------------------------------------------------------------------------------------------------------


def keep_lot(connection: Connection, lot_id: str, clinic_id: str, one: Delivery, now: datetime) -> str:
    """The lot's id: the one it has, or the new one. A known lot keeps its expiry unless it had none."""
    same = and_(lot.c.clinic_id == clinic_id, lot.c.folded == folded(one.lot), lot.c.code == one.code)
    known = connection.execute(select(lot.c.id, lot.c.expires).where(same)).first()
    if known is not None:
        if one.expires and not known.expires:
            connection.execute(update(lot).where(lot.c.id == known.id).values(expires=one.expires))
        return str(known.id)
    values = {
        "id": lot_id, "clinic_id": clinic_id, "code": one.code, "lot": one.lot, "folded": folded(one.lot),
        "expires": one.expires, "created_at": now,
    }  # fmt: skip
    add_rows(connection, lot, [values])
    return lot_id


def lock_clinic(connection: Connection, clinic_id: str) -> str | None:
    """A clinic's state, its row held until the commit: two who write its ledger go one after the other."""
    return connection.scalar(select(clinic.c.state).where(clinic.c.id == clinic_id).with_for_update(key_share=True))


def add_movement(connection: Connection, movement_id: str, lot_id: str, one: Movement) -> None:
    """One more line."""
    values = {name: getattr(one, name) for name in Movement.__slots__}
    add_rows(connection, lot_movement, [{"id": movement_id, "lot_id": lot_id, **values}])


def lots_of(connection: Connection, clinic_id: str, most: int, first: int = 0) -> tuple[Lot, ...]:
    """Lots of a clinic, or of all for "", the newest first."""
    where = [lot.c.clinic_id == clinic_id] if clinic_id else []
    ordered = _lots().where(*where).order_by(lot.c.created_at.desc(), lot.c.id).limit(most).offset(first)
    return _as_lots(connection, connection.execute(ordered).all())


def lot_of(connection: Connection, lot_id: str) -> Lot | None:
    """One lot with its lines, newest first."""
    found = _as_lots(connection, connection.execute(_lots().where(lot.c.id == lot_id)).all())
    if not found:
        return None
    columns = [lot_movement.c[name] for name in Movement.__slots__]
    lines = select(*columns).where(lot_movement.c.lot_id == lot_id)
    rows = connection.execute(lines.order_by(lot_movement.c.at.desc(), lot_movement.c.id))
    one = found[0]
    values = {name: getattr(one, name) for name in Lot.__slots__} | {"movements": tuple(Movement(*row) for row in rows)}
    return Lot(**values)


def lots_named(connection: Connection, clinic_id: str, pairs: Iterable[Pair]) -> tuple[Lot, ...]:
    """The lots in a clinic's ledger of which doses were recorded as (code, lot). Each spelling that is named is
    counted as used, beside the commonest ones."""
    names: dict[Pair, set[str]] = {}
    for code, name in pairs:
        names.setdefault((code, folded(name)), set()).add(name)
    rows: list[Row[Any]] = []
    for portion in in_portions(sorted({name for _, name in names})):
        rows += connection.execute(_lots().where(lot.c.clinic_id == clinic_id, lot.c.folded.in_(portion))).all()
    wanted = [row for row in rows if (row.code, row.folded) in names]
    return _as_lots(connection, wanted, {row.id: names[row.code, row.folded] for row in wanted})


def _lots() -> Select[Any]:
    received, wasted = (
        func.coalesce(func.sum(case((lot_movement.c.kind == kind, lot_movement.c.doses), else_=0)), 0)
        for kind in ("received", "wasted")
    )
    moved = (
        select(lot_movement.c.lot_id, received.label("received"), wasted.label("wasted"))
        .group_by(lot_movement.c.lot_id)
        .subquery()
    )
    recalled = exists(
        select(lot_recall.c.id).where(
            lot_recall.c.folded == lot.c.folded,
            lot_recall.c.code == lot.c.code,
            lot_recall.c.lifted_at.is_(None),
            or_(lot_recall.c.clinic_id.is_(None), lot_recall.c.clinic_id == lot.c.clinic_id),
        )
    )
    columns = (lot, clinic.c.name, moved.c.received, moved.c.wasted, recalled.label("recalled"))
    return select(*columns).join_from(lot, clinic).outerjoin(moved, moved.c.lot_id == lot.c.id)


def _as_lots(
    connection: Connection, rows: Sequence[Row[Any]], seen: Mapping[str, Iterable[str]] | None = None
) -> tuple[Lot, ...]:
    used = _used(connection, rows, seen or {})
    return tuple(
        Lot(
            row.id, row.clinic_id, row.name, row.code, row.lot, row.expires, row.received or 0, row.wasted or 0,
            used.get((row.clinic_id, row.code, row.folded), 0), bool(row.recalled),
        )
        for row in rows
    )  # fmt: skip


def _used(
    connection: Connection, rows: Sequence[Row[Any]], seen: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str, str], int]:
    """Doses given, by (clinic, code, folded lot): the records are found by their lot's index."""
    names = {name for row in rows for name in (*spellings(row.lot), *seen.get(row.id, ()))}
    clinics = sorted({row.clinic_id for row in rows})
    found: dict[tuple[str, str, str], int] = {}
    for portion in in_portions(sorted(names)):
        counts = (
            select(record.c.clinic_id, record.c.code, record.c.lot, func.count())
            .where(record.c.lot.in_(portion), record.c.clinic_id.in_(clinics), GIVEN)
            .group_by(record.c.clinic_id, record.c.code, record.c.lot)
        )
        for clinic_id, code, name, count in connection.execute(counts):
            key = (clinic_id, code, folded(name))
            found[key] = found.get(key, 0) + count
    return found


# ---- Recalls ---------------------------------------------------------------------------------------------------------


def add_recall(connection: Connection, one: Recall) -> None:
    """A lot must not be used from now on."""
    values = {name: getattr(one, name) for name in Recall.__slots__ if name != "clinic_name"}
    add_rows(connection, lot_recall, [values | {"folded": folded(one.lot)}])


def recalls(connection: Connection, most: int) -> tuple[Recall, ...]:
    """Those that stand first, then the newest."""
    ordered = _recalls().order_by(lot_recall.c.lifted_at.is_not(None), lot_recall.c.at.desc(), lot_recall.c.id)
    return tuple(map(_recall, connection.execute(ordered.limit(most))))


def recall_of(connection: Connection, recall_id: str) -> Recall | None:
    """One of them."""
    row = connection.execute(_recalls().where(lot_recall.c.id == recall_id)).first()
    return _recall(row) if row else None


def lift_recall(connection: Connection, recall_id: str, actor: str, reason: str, now: datetime) -> bool:
    """It may be used again; whether the recall stood."""
    stands = and_(lot_recall.c.id == recall_id, lot_recall.c.lifted_at.is_(None))
    lifted = update(lot_recall).where(stands).values(lifted_at=now, lifted_by=actor, lift_reason=reason)
    return connection.execute(lifted).rowcount > 0


def _recalls() -> Select[Any]:
    return select(lot_recall, clinic.c.name.label("clinic_name")).outerjoin(
        clinic, clinic.c.id == lot_recall.c.clinic_id
    )


def _recall(row: Row[Any]) -> Recall:
    values = {name: row._mapping[name] for name in Recall.__slots__}
    return Recall(**values | {"clinic_name": row.clinic_name or ""})
