"""The audit log, kept: appended within the caller's transaction, sealed in order, looked at, verified.

Entries are written without waiting for one another. A sealer takes whatever was committed, in the order of `seq`, and
chains it (`issuer.audit.sealing`); an entry whose transaction commits later stands under a later seal.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, func, insert, or_, select, text, update

from issuer.audit.entry import Entry
from issuer.audit.lines import Called, Filter, Line, actors_in, clinics_in
from issuer.audit.sealing import START, Head, Seal, digest_of, seal_of
from issuer.audit.verifying import Verification, verify
from issuer.db import reading, writing
from issuer.models import person, record
from issuer.models.audit import audit_entry, audit_seal
from issuer.store.names import names_of_actors, names_of_clinics
from issuer.store.rows import add_rows

MAX_SEALED = 5_000
"""Entries under one seal: a sealer holds SQLite's one writer no longer than these take."""
_CHUNK = 2_000
MAX_TYPED = 500
"""Characters of a reason that are kept."""
_SEALER_LOCK = 7382646574
"""Any number: two sealers on one PostgreSQL database wait for each other by it. SQLite has one writer anyway."""


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write entries with the change they speak of: one statement, within the caller's transaction."""
    if entries:
        add_rows(connection, audit_entry, [_values(entry) for entry in entries])


class AuditStore:
    """The log, for whoever seals, reads or verifies it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, entries: Sequence[Entry]) -> None:
        """Append in a transaction of its own: for looking, which changes nothing else."""
        with writing(self._engine) as connection:
            append(connection, entries)

    # ---- Sealing ----------------------------------------------------------------------------------------------------

    def seal(self, secret: bytes, now: datetime) -> int:
        """Seal every entry that is committed and not sealed yet; how many those were.

        Raises:
            StorageFull, StorageBusy: what is not sealed yet is sealed next time.
        """
        whole = 0
        while self._has_unsealed():
            with writing(self._engine) as connection:
                sealed = _seal(connection, secret, now)
            whole += sealed
            if sealed < MAX_SEALED:
                break
        return whole

    def _has_unsealed(self) -> bool:
        unsealed = select(audit_entry.c.seq).where(audit_entry.c.sealed_by.is_(None)).limit(1)
        with reading(self._engine) as connection:
            return connection.scalar(unsealed) is not None

    def head(self) -> Head | None:
        """The newest seal; None before the first."""
        with reading(self._engine) as connection:
            newest = _newest(connection)
            return None if newest is None else Head(newest.number, newest.hash)

    def verify(self, secret: bytes, head: str | None = None) -> Verification:
        """Go through the whole log (`issuer.audit.verifying`).

        Args:
            head: what `Head.text` said some time ago, noted where this database's operator cannot change it.

        Raises:
            ValueError: `head` is no such text.
        """
        noted = Head.read(head) if head else None
        with reading(self._engine) as connection:
            newest = connection.scalar(select(func.max(audit_seal.c.number))) or 0
        return verify(secret, self._seals(newest), self._sealed(newest), noted, self.unsealed())

    def unsealed(self) -> int:
        """How many entries are not sealed yet."""
        with reading(self._engine) as connection:
            counted = select(func.count()).select_from(audit_entry).where(audit_entry.c.sealed_by.is_(None))
            return connection.execute(counted).scalar_one()

    def _seals(self, newest: int) -> Iterator[Seal]:
        query = select(audit_seal).where(audit_seal.c.number <= newest).order_by(audit_seal.c.number)
        for row in self._chunks(query, audit_seal.c.number):
            yield Seal(**row._mapping)

    def _sealed(self, newest: int) -> Iterator[Line]:
        """Every sealed entry in order of `seq`, but those sealed since verifying began: they are left for next time."""
        query = select(audit_entry).where(audit_entry.c.sealed_by.is_not(None)).order_by(audit_entry.c.seq)
        later: dict[int, bool] = {}
        for line in map(_line, self._chunks(query, audit_entry.c.seq)):
            number = line.sealed_by or 0
            if number > newest and number not in later:
                later[number] = self._has_seal(number)
            if not later.get(number):
                yield line

    def _has_seal(self, number: int) -> bool:
        with reading(self._engine) as connection:
            return connection.scalar(select(audit_seal.c.number).where(audit_seal.c.number == number)) is not None

    def _chunks(self, query: Select[Any], key: ColumnElement[int]) -> Iterator[Row[Any]]:
        """Row by row, a transaction a chunk: a long one would hold up SQLite's log and PostgreSQL's cleaning."""
        last = -1
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query.where(key > last).limit(_CHUNK)).all()
            yield from rows
            if len(rows) < _CHUNK:
                return
            last = rows[-1]._mapping[key]

    # ---- Looking ----------------------------------------------------------------------------------------------------

    def entries(self, wanted: Filter, after: int | None = None, limit: int = 50) -> tuple[Line, ...]:
        """The newest entries of a filter.

        Args:
            after: the `seq` of the last entry of the page before; what follows is older.
        """
        where = _where(wanted)
        if after is not None:
            where.append(audit_entry.c.seq < after)
        query = select(audit_entry).where(*where).order_by(audit_entry.c.seq.desc()).limit(limit)
        with reading(self._engine) as connection:
            return tuple(map(_line, connection.execute(query)))

    def export(self, wanted: Filter) -> Iterator[Line]:
        """Every entry of a filter, oldest first, without holding them all."""
        query = select(audit_entry).where(*_where(wanted)).order_by(audit_entry.c.seq)
        return map(_line, self._chunks(query, audit_entry.c.seq))

    def called(self, lines: Sequence[Line]) -> Called:
        """What the people, systems and clinics in some lines are called now."""
        with reading(self._engine) as connection:
            return Called(
                names_of_actors(connection, actors_in(lines)), names_of_clinics(connection, clinics_in(lines))
            )

    def export_named(self, wanted: Filter) -> Iterator[tuple[Line, Called]]:
        """As `export`, each entry with the names that belong to it."""
        lines = self.export(wanted)
        while chunk := list(islice(lines, _CHUNK)):
            called = self.called(chunk)
            yield from ((line, called) for line in chunk)

    def of_person(self, person_id: str, after: int | None = None, limit: int = 50) -> tuple[Line, ...]:
        """Who saw or changed a person's record, newest first: entries about the person and those merged into them, and
        the chunks of bulk imports that brought one of their records."""
        with reading(self._engine) as connection:
            where = [_about(_with_merged(connection, person_id))]
            if after is not None:
                where.append(audit_entry.c.seq < after)
            query = select(audit_entry).where(*where).order_by(audit_entry.c.seq.desc()).limit(limit)
            return tuple(map(_line, connection.execute(query)))


def _seal(connection: Connection, secret: bytes, now: datetime) -> int:
    """One seal. The statement that marks the entries also reads them: what commits beside it is not among them."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SEALER_LOCK})
    before = _newest(connection)
    number = 1 if before is None else before.number + 1
    chosen = select(audit_entry.c.seq).where(audit_entry.c.sealed_by.is_(None)).order_by(audit_entry.c.seq)
    marking = update(audit_entry).where(audit_entry.c.seq.in_(chosen.limit(MAX_SEALED).scalar_subquery()))
    marked = connection.execute(marking.values(sealed_by=number).returning(audit_entry)).all()
    if not marked:
        return 0
    lines = sorted(map(_line, marked), key=lambda line: line.seq)
    digest, previous = digest_of(lines), START if before is None else before.hash
    seal = seal_of(secret, previous, number, lines[0].seq, lines[-1].seq, len(lines), digest, now)
    connection.execute(insert(audit_seal).values({name: getattr(seal, name) for name in Seal.__slots__}))
    return len(lines)


def _newest(connection: Connection) -> Seal | None:
    row = connection.execute(select(audit_seal).order_by(audit_seal.c.number.desc()).limit(1)).first()
    return None if row is None else Seal(**row._mapping)


def _values(entry: Entry) -> Mapping[str, Any]:
    actor = entry.actor
    return {
        "at": entry.at,
        "actor": actor.id,
        "role": actor.role,
        "clinic_id": entry.clinic_id or actor.clinic_id,
        "action": entry.action,
        "object_kind": entry.object_kind,
        "object_id": entry.object_id,
        "person_id": entry.person_id,
        "origin": _stored(actor.origin),
        "reason": _stored(entry.reason),
        "detail": orjson.dumps(entry.detail, option=orjson.OPT_SORT_KEYS).decode() if entry.detail else "{}",
    }


def _stored(text: str) -> str:
    """What somebody typed, as any database takes it: short, without NUL and halves of surrogate pairs."""
    return text[:MAX_TYPED].replace("\0", "").encode("utf-8", "replace").decode() if text else ""


def _line(row: Row[Any]) -> Line:
    return Line(**row._mapping)


def _where(wanted: Filter) -> list[ColumnElement[bool]]:
    columns = audit_entry.c
    where = [columns[name] == value for name, value in wanted.equals().items()]
    if wanted.since is not None:
        where.append(columns.at >= wanted.since)
    if wanted.until is not None:
        where.append(columns.at < wanted.until)
    return where


def _about(person_ids: Sequence[str]) -> ColumnElement[bool]:
    brought = select(record.c.submission_id).where(record.c.person_id.in_(person_ids))
    in_bulk = and_(audit_entry.c.object_kind == "submission", audit_entry.c.object_id.in_(brought))
    return or_(audit_entry.c.person_id.in_(person_ids), and_(in_bulk, audit_entry.c.person_id == ""))


def _with_merged(connection: Connection, person_id: str) -> list[str]:
    """The person, and everybody whose record became theirs."""
    found, newest = [person_id], [person_id]
    while newest:
        merged = select(person.c.id).where(person.c.merged_into.in_(newest), person.c.id.not_in(found))
        newest = list(connection.scalars(merged))
        found += newest
    return found
