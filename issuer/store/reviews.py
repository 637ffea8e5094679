"""Reviews and merges, kept. Everything here stands in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, bindparam, delete, func, or_, select, update

from issuer.intake.held import HeldRecord
from issuer.intake.keys import hashed
from issuer.models import card, merge, person, person_key, record, record_version, review
from issuer.store.holdings import RECORD_COLUMNS
from issuer.store.rows import add_rows

_NEWER, _OLDER = person.alias("newer_person"), person.alias("older_person")
_NEWER_NOW = func.coalesce(_NEWER.c.merged_into, _NEWER.c.id)
_OLDER_NOW = func.coalesce(_OLDER.c.merged_into, _OLDER.c.id)
"""The two persons of a review; whoever was put together with somebody since is that one."""


# ---- Reviews ---------------------------------------------------------------------------------------------------------


def _reviews() -> Select[Any]:
    return (
        select(review, _NEWER_NOW.label("newer_now"), _OLDER_NOW.label("older_now"))
        .join_from(review, _NEWER, _NEWER.c.id == review.c.newer)
        .join(_OLDER, _OLDER.c.id == review.c.older)
    )


def reviews_in(connection: Connection, state: str, most: int) -> Sequence[RowMapping]:
    """Reviews of a state, the likeliest first; those whose persons are one by now are left out."""
    chosen = _reviews().where(review.c.state == state, _NEWER_NOW != _OLDER_NOW)
    ordered = chosen.order_by(review.c.score.desc(), review.c.opened_at, review.c.id).limit(most)
    return connection.execute(ordered).mappings().all()


def review_row(connection: Connection, review_id: str, *, lock: bool = False) -> RowMapping | None:
    """One review with its persons as they are now."""
    chosen = _reviews().where(review.c.id == review_id)
    return connection.execute(chosen.with_for_update(of=review) if lock else chosen).mappings().first()


def add_review(connection: Connection, review_id: str, newer: str, older: str, reasons: str, now: datetime) -> None:
    """Ask people about two persons."""
    row = {"id": review_id, "newer": newer, "older": older, "score": 50, "reasons": reasons, "state": "open"}
    add_rows(connection, review, [row | {"opened_at": now}])


def states_of_pair(connection: Connection, one: str, other: str) -> frozenset[str]:
    """What was asked, or decided, about two persons."""
    return frozenset(row["state"] for row in connection.execute(_reviews().where(_is_pair(one, other))).mappings())


def decide_pair(
    connection: Connection, one: str, other: str, old: str, new: str, by: str | None, now: datetime | None
) -> None:
    """Every review of these two that has a state gets another."""
    chosen = _reviews().where(_is_pair(one, other), review.c.state == old)
    ids = [row["id"] for row in connection.execute(chosen).mappings()]
    decided = {"state": new, "decided_by": by, "decided_at": now}
    connection.execute(update(review).where(review.c.id.in_(ids)).values(decided))


def _is_pair(one: str, other: str) -> ColumnElement[bool]:
    newer_now: ColumnElement[str] = _NEWER_NOW
    older_now: ColumnElement[str] = _OLDER_NOW
    return or_(
        and_(newer_now == one, older_now == other),
        and_(newer_now == other, older_now == one),
        and_(review.c.newer == one, review.c.older == other),
        and_(review.c.newer == other, review.c.older == one),
    )


# ---- Persons ---------------------------------------------------------------------------------------------------------


def person_rows(connection: Connection, ids: Iterable[str]) -> dict[str, RowMapping]:
    """Rows of persons by id, those merged into others among them."""
    chosen = select(person).where(person.c.id.in_(list(ids)))
    return {row["id"]: row for row in connection.execute(chosen).mappings()}


def keys_by_person(connection: Connection, ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """The keys of each."""
    found: dict[str, set[str]] = {who: set() for who in ids}
    for row in connection.execute(select(person_key).where(person_key.c.person_id.in_(list(found)))):
        found[row.person_id].add(row.key)
    return {who: frozenset(keys) for who, keys in found.items()}


def persons_with_key(connection: Connection, keys: Iterable[str]) -> frozenset[str]:
    """Ids of whoever is found by one of the keys."""
    chosen = select(person_key.c.person_id).where(person_key.c.key.in_(list(keys)))
    return frozenset(connection.execute(chosen).scalars())


def followers_of(connection: Connection, person_id: str) -> tuple[str, ...]:
    """Persons who were put together with this one."""
    chosen = select(person.c.id).where(person.c.merged_into == person_id).order_by(person.c.id)
    return tuple(connection.execute(chosen).scalars())


def lead_to(connection: Connection, ids: Iterable[str], survivor: str | None) -> None:
    """These persons are that one from now on; None: persons of their own again."""
    connection.execute(update(person).where(person.c.id.in_(list(ids))).values(merged_into=survivor))


def keep_person(connection: Connection, person_id: str, demographics: bytes, born: str, protected: bool) -> None:
    """What is known of a person now."""
    values = {"demographics": demographics, "birth_date": born[:10], "protected": protected}
    connection.execute(update(person).where(person.c.id == person_id).values(values))


def take_keys(connection: Connection, person_id: str, keys: Iterable[str]) -> None:
    """They are not found by these any more."""
    gone = and_(person_key.c.person_id == person_id, person_key.c.key.in_(list(keys)))
    connection.execute(delete(person_key).where(gone))


def give_keys(connection: Connection, person_id: str, keys: Iterable[str]) -> None:
    """They are found by these, which they had not."""
    add_rows(connection, person_key, [{"key": key, "person_id": person_id} for key in sorted(keys)])


# ---- Records and cards -----------------------------------------------------------------------------------------------


def rewrite_records(connection: Connection, records: Sequence[HeldRecord]) -> None:
    """Records as they are from now on. Two of them may have changed keys: none keeps its own meanwhile."""
    if not records:
        return
    connection.execute(_SET_KEY, [{"a_id": one.id, "a_key": hashed("t", one.id)} for one in records])
    values = [{f"new_{name}": getattr(one, name) for name in RECORD_COLUMNS} for one in records]
    connection.execute(_REWRITE, values)


_SET_KEY = update(record).where(record.c.id == bindparam("a_id")).values(key=bindparam("a_key"))
_REWRITE = (
    update(record)
    .where(record.c.id == bindparam("new_id"))
    .values({name: bindparam(f"new_{name}") for name in RECORD_COLUMNS if name != "id"})
)


def keys_taken(connection: Connection, keys: Iterable[str]) -> frozenset[str]:
    """Which of these are keys of records."""
    return frozenset(connection.execute(select(record.c.key).where(record.c.key.in_(list(keys)))).scalars())


def drop_version(connection: Connection, record_id: str, version: int) -> None:
    """It is that version again: what it was is what it is."""
    chosen = and_(record_version.c.record_id == record_id, record_version.c.version == version)
    connection.execute(delete(record_version).where(chosen))


def move_cards(connection: Connection, cards: Mapping[str, Mapping[str, Any]]) -> None:
    """Whose cards they are and what they hold: `person_id`, `holds`, `superseded_at` by id."""
    for card_id, values in cards.items():
        connection.execute(update(card).where(card.c.id == card_id).values(**values))


# ---- Merges ----------------------------------------------------------------------------------------------------------


def add_merge(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep that two persons were put together, and how they were before."""
    add_rows(connection, merge, [row])


def merge_row(connection: Connection, merge_id: str, *, lock: bool = False) -> RowMapping | None:
    """One merge."""
    chosen = select(merge).where(merge.c.id == merge_id)
    return connection.execute(chosen.with_for_update() if lock else chosen).mappings().first()


def all_merges(connection: Connection, most: int) -> Sequence[RowMapping]:
    """The newest first."""
    ordered = select(merge).order_by(merge.c.merged_at.desc(), merge.c.id).limit(most)
    return connection.execute(ordered).mappings().all()


def times_merged(connection: Connection, one: str, other: str) -> int:
    """How often these two were put together."""
    both = or_(and_(merge.c.gone == one, merge.c.into == other), and_(merge.c.gone == other, merge.c.into == one))
    return connection.execute(select(func.count()).select_from(merge).where(both)).scalar_one()


def mark_undone(connection: Connection, merge_id: str, by: str, now: datetime) -> None:
    """They are two again; how they were is not needed any more."""
    values = {"undone_by": by, "undone_at": now, "before": b""}
    connection.execute(update(merge).where(merge.c.id == merge_id).values(values))
