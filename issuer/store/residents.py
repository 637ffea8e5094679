"""Links, visits, knocks: rows of how residents come in.

Functions stand within the caller's transaction. Tokens come here as hashes. The links of the first card pages
(`card_link`) are found like the others; one gets a row of its own here when somebody first enters a birth date.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Engine, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from issuer.db import reading, writing
from issuer.models import card_link, notice, person
from issuer.models.residents import knock, visit, way_in
from issuer.store.own_records import MOST_MERGES
from issuer.store.rows import in_portions

PORTION = 500
"""Values in one IN."""
MAX_FORGOTTEN = 1000
"""Rows deleted at once: short transactions."""


@dataclass(frozen=True, slots=True)
class WayRow:
    """A link."""

    token_hash: str = field(repr=False)
    person_id: str
    reason: str
    contact_id: str | None
    made_at: datetime
    ends_at: datetime
    wrong: int = 0
    used_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit, and the link by which it began."""

    token_hash: str = field(repr=False)
    person_id: str
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    reason: str | None
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What coming in asks of a person."""

    id: str
    birth_date: str = field(repr=False)
    protected: bool
    protected_at: datetime | None
    demographics: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KnockRow:
    """Somebody asked for a link."""

    id: str
    asked: bytes = field(repr=False)
    asked_at: datetime


class ResidentStore:
    """The database, for coming in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view."""
        with reading(self._engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction. Raises StorageFull, StorageBusy: nothing was changed."""
        with writing(self._engine) as connection:
            yield connection


# ---- Links -----------------------------------------------------------------------------------------------------------


def find_way(connection: Connection, token_hash: str) -> WayRow | None:
    """A link, those of the first card pages among them."""
    row = connection.execute(select(way_in).where(way_in.c.token_hash == token_hash)).first()
    return WayRow(**row._mapping) if row else _old_way(connection, token_hash)


def locked_way(connection: Connection, token_hash: str) -> WayRow | None:
    """The same, and nobody else enters by it until the transaction ends."""
    chosen = select(way_in).where(way_in.c.token_hash == token_hash).with_for_update()
    row = connection.execute(chosen).first()
    if row is None and (old := _old_way(connection, token_hash)):
        dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
        connection.execute(dialect.insert(way_in).values(asdict(old)).on_conflict_do_nothing())
        row = connection.execute(chosen).first()
    return WayRow(**row._mapping) if row else None


def _old_way(connection: Connection, token_hash: str) -> WayRow | None:
    row = connection.execute(select(card_link).where(card_link.c.token_hash == token_hash)).first()
    if row is None:
        return None
    return WayRow(row.token_hash, row.person_id, "api", None, row.created_at, row.expires_at)


def add_ways(connection: Connection, ways: Sequence[WayRow]) -> None:
    """New links."""
    if ways:
        connection.execute(insert(way_in), [asdict(one) for one in ways])


def change_way(connection: Connection, token_hash: str, **values: Any) -> None:
    """`wrong`, `used_at`, `ended_at`: of a link that this transaction has locked."""
    connection.execute(update(way_in).where(way_in.c.token_hash == token_hash).values(values))


def end_sent(connection: Connection, person_ids: Iterable[str], now: datetime) -> None:
    """Links that were sent to these persons end, and the visits that began by one."""
    for portion in in_portions(sorted(set(person_ids)), PORTION):
        sent = way_in.c.person_id.in_(portion) & way_in.c.contact_id.is_not(None)
        by_sent = visit.c.way_in.in_(select(way_in.c.token_hash).where(sent))
        connection.execute(update(visit).where(by_sent, visit.c.ended_at.is_(None)).values(ended_at=now))
        connection.execute(update(way_in).where(sent, way_in.c.ended_at.is_(None)).values(ended_at=now))


def told_since(connection: Connection, person_ids: Iterable[str]) -> Mapping[str, datetime]:
    """When each of these was last sent a link because of a record: it shows all that was recorded by then."""
    found: dict[str, datetime] = {}
    for portion in in_portions(sorted(set(person_ids)), PORTION):
        sent = way_in.c.person_id.in_(portion) & (way_in.c.reason == "recorded")
        chosen = select(way_in.c.person_id, func.max(way_in.c.made_at)).where(sent).group_by(way_in.c.person_id)
        found |= {row[0]: row[1] for row in connection.execute(chosen)}
    return found


# ---- Visits ----------------------------------------------------------------------------------------------------------


def add_visit(connection: Connection, token_hash: str, way: WayRow, now: datetime, ends_at: datetime) -> None:
    """A visit begins."""
    row = {"token_hash": token_hash, "person_id": way.person_id, "way_in": way.token_hash, "began_at": now}
    connection.execute(insert(visit).values(seen_at=now, ends_at=ends_at, ended_at=None, **row))


def find_visit(connection: Connection, token_hash: str) -> VisitRow | None:
    """A visit."""
    names = [one for one in VisitRow.__slots__ if one not in ("reason", "made_at")]
    chosen = select(*(visit.c[name] for name in names), way_in.c.reason, way_in.c.made_at)
    joined = chosen.join_from(visit, way_in, visit.c.way_in == way_in.c.token_hash, isouter=True)
    row = connection.execute(joined.where(visit.c.token_hash == token_hash)).first()
    return VisitRow(**row._mapping) if row else None


def change_visit(connection: Connection, token_hash: str, **values: Any) -> None:
    """`seen_at`, `ended_at`."""
    connection.execute(update(visit).where(visit.c.token_hash == token_hash).values(values))


# ---- Persons ---------------------------------------------------------------------------------------------------------


def persons_now(connection: Connection, ids: Iterable[str]) -> Mapping[str, PersonRow]:
    """Id -> the person it is now: whoever was merged into another is that one. Unknown ids are left out."""
    rows: dict[str, Any] = {}
    wanted = set(ids)
    for _ in range(MOST_MERGES):
        for portion in in_portions(sorted(wanted), PORTION):
            rows |= {row.id: row for row in connection.execute(select(person).where(person.c.id.in_(portion)))}
        wanted = {row.merged_into for row in rows.values() if row.merged_into} - rows.keys()
        if not wanted:
            break
    found = {who: _last(rows, who) for who in rows}
    return {who: _person(row) for who, row in found.items() if row.merged_into is None}


def person_now(connection: Connection, person_id: str) -> PersonRow | None:
    """One of them."""
    return persons_now(connection, [person_id]).get(person_id)


def _last(rows: Mapping[str, Any], who: str) -> Any:
    row = rows[who]
    for _ in range(MOST_MERGES):
        if row.merged_into is None or row.merged_into not in rows:
            break
        row = rows[row.merged_into]
    return row


def _person(row: Any) -> PersonRow:
    return PersonRow(row.id, row.birth_date, row.protected, row.protected_at, row.demographics)


# ---- Knocks ----------------------------------------------------------------------------------------------------------


def add_knock(connection: Connection, row: Mapping[str, Any]) -> None:
    """Members: id, asked, network, asked_at."""
    connection.execute(insert(knock).values(row))


def has_knocks(connection: Connection) -> bool:
    """Whether anybody waits."""
    return connection.execute(select(knock.c.id).limit(1)).first() is not None


def take_knocks(connection: Connection, limit: int) -> tuple[KnockRow, ...]:
    """The oldest, deleted with the transaction: whoever takes them answers them in it."""
    names = [knock.c[name] for name in KnockRow.__slots__]
    oldest = select(*names).order_by(knock.c.asked_at, knock.c.id).limit(limit).with_for_update(skip_locked=True)
    rows = tuple(KnockRow(**row._mapping) for row in connection.execute(oldest))
    if rows:
        connection.execute(delete(knock).where(knock.c.id.in_([row.id for row in rows])))
    return rows


# ---- Forgetting ------------------------------------------------------------------------------------------------------


def forget(connection: Connection, ways: datetime, visits: datetime, notices: datetime) -> int:
    """Delete links that ended before `ways` with their visits, visits over before `visits`, notices told before."""
    over = or_(visit.c.ends_at < visits, visit.c.ended_at < visits)
    old_visits = select(visit.c.token_hash).where(over).limit(MAX_FORGOTTEN)
    gone = _deleted(connection, delete(visit).where(visit.c.token_hash.in_(old_visits.scalar_subquery())))
    held = select(visit.c.way_in).where(visit.c.way_in.is_not(None))
    old_ways = select(way_in.c.token_hash).where(way_in.c.ends_at < ways, way_in.c.token_hash.not_in(held))
    limited = old_ways.limit(MAX_FORGOTTEN).scalar_subquery()
    gone += _deleted(connection, delete(way_in).where(way_in.c.token_hash.in_(limited)))
    told = select(notice.c.id).where(notice.c.told_at < notices).limit(MAX_FORGOTTEN)
    gone += _deleted(connection, delete(notice).where(notice.c.id.in_(told.scalar_subquery())))
    return gone + _deleted(connection, delete(card_link).where(card_link.c.expires_at < ways))


def _deleted(connection: Connection, statement: Any) -> int:
    return cast("CursorResult[Any]", connection.execute(statement)).rowcount
