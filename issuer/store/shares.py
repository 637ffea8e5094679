"""SMART Health Links of residents, kept: a row a link, a row an opening. Of a token only its hash is looked up.

The caller's transaction is around everything: a passcode is judged and counted while the link's row is locked
(`locked`), so that guesses of whatever process stand in line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from issuer.models import person
from issuer.models.residents import share, share_opening
from issuer.store.own_records import MOST_MERGES
from issuer.store.rows import in_portions

MOST_OPENINGS = 300
"""Kept of one link: whoever has a link may open it as often as they like, and must not fill the disk."""
SAME_OPENING = timedelta(minutes=15)
"""A viewer that asks again and again under one name stands there once in this time; wrong passcodes each."""
FORGOTTEN_AT_ONCE = 500

What = Literal["manifest", "file", "wrong-passcode", "ended"]
Because = Literal["by-holder", "passcodes", "erased"]


@dataclass(frozen=True, slots=True)
class Share:
    """One link."""

    id: str
    person_id: str
    secret: bytes = field(repr=False)
    """Sealed: `issuer.sharing.kept.Secret`."""
    label: str = field(repr=False)
    groups: str = field(repr=False)
    """JSON of the titles chosen; "" for everything."""
    is_direct: bool
    passcode: str | None = field(repr=False)
    wrong: int
    made_at: datetime
    ends_at: datetime | None
    stopped_at: datetime | None = None
    stopped_because: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody asked for what lies behind a link."""

    at: datetime
    what: What
    recipient: str = field(repr=False)
    """Who they said they were: nobody checked it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose link it is now, after merges."""

    person_id: str
    protected: bool
    protected_at: datetime | None


_COLUMNS = [share.c[name] for name in Share.__slots__]


def add_share(connection: Connection, one: Share, token_hash: str) -> None:
    """Write a new link."""
    row = {name: getattr(one, name) for name in Share.__slots__}
    connection.execute(insert(share).values(**row, token_hash=token_hash))


def share_by_token(connection: Connection, token_hash: str) -> Share | None:
    """The link of a token, whether it stands or not."""
    return _first(connection, share.c.token_hash == token_hash)


def locked(connection: Connection, token_hash: str) -> Share | None:
    """The same; nobody else judges or stops it until the transaction ends (on SQLite a writer is alone anyhow)."""
    row = connection.execute(select(*_COLUMNS).where(share.c.token_hash == token_hash).with_for_update()).first()
    return Share(*row) if row else None


def own_share(connection: Connection, share_id: str, person_id: str) -> Share | None:
    """A link of this person's; None for somebody else's, as if there were none."""
    mine = share.c.person_id.in_(_all_of(connection, person_id))
    return _first(connection, share.c.id == share_id, mine)


def shares_of(connection: Connection, person_id: str) -> tuple[Share, ...]:
    """A person's links, newest first, those of persons merged into this one among them."""
    mine = share.c.person_id.in_(_all_of(connection, person_id))
    rows = connection.execute(select(*_COLUMNS).where(mine).order_by(share.c.made_at.desc(), share.c.id))
    return tuple(Share(*row) for row in rows)


def lock_owner(connection: Connection, person_id: str) -> None:
    """Nobody else makes links of this person's until the transaction ends: the count of them holds."""
    connection.execute(select(person.c.id).where(person.c.id == person_id).with_for_update())


def owner_of(connection: Connection, person_id: str) -> Owner | None:
    """Whose cards a link carries: a person merged into another is that one."""
    for _ in range(MOST_MERGES):
        chosen = select(person.c.id, person.c.protected, person.c.protected_at, person.c.merged_into)
        row = connection.execute(chosen.where(person.c.id == person_id)).first()
        if row is None:
            return None
        if row.merged_into is None:
            return Owner(row.id, row.protected, row.protected_at)
        person_id = row.merged_into
    return None


def count_wrong(connection: Connection, share_id: str, wrong: int) -> None:
    """Write how many wrong passcodes there were; the row is locked."""
    connection.execute(update(share).where(share.c.id == share_id).values(wrong=wrong))


def stop(connection: Connection, share_id: str, because: Because, now: datetime) -> bool:
    """End a link; False where it was stopped before."""
    standing = update(share).where(share.c.id == share_id, share.c.stopped_at.is_(None))
    return bool(connection.execute(standing.values(stopped_at=now, stopped_because=because)).rowcount)


def note_opening(connection: Connection, share_id: str, one: Opening) -> bool:
    """Write an opening; False where the same one was written a short time ago. The oldest go when there are many."""
    if one.what != "wrong-passcode" and _is_known(connection, share_id, one):
        return False
    connection.execute(
        insert(share_opening).values(share_id=share_id, at=one.at, what=one.what, recipient=one.recipient)
    )
    of_link = share_opening.c.share_id == share_id
    newest = select(share_opening.c.id).where(of_link).order_by(share_opening.c.id.desc())
    oldest_kept = connection.scalar(newest.offset(MOST_OPENINGS - 1).limit(1))
    if oldest_kept is not None:
        connection.execute(delete(share_opening).where(of_link, share_opening.c.id < oldest_kept))
    return True


def openings_of(connection: Connection, share_ids: Sequence[str]) -> dict[str, tuple[Opening, ...]]:
    """Openings of links, newest first."""
    found: dict[str, list[Opening]] = {one: [] for one in share_ids}
    for portion in in_portions(share_ids):
        chosen = select(
            share_opening.c.share_id, share_opening.c.at, share_opening.c.what, share_opening.c.recipient
        ).where(share_opening.c.share_id.in_(portion))
        for row in connection.execute(chosen.order_by(share_opening.c.id.desc())):
            found[row.share_id].append(Opening(row.at, row.what, row.recipient))
    return {one: tuple(many) for one, many in found.items()}


def forget_openings(connection: Connection, before: datetime) -> int:
    """Delete openings older than this, some hundred at a time; how many those were."""
    old = select(share_opening.c.id).where(share_opening.c.at < before).limit(FORGOTTEN_AT_ONCE)
    return connection.execute(delete(share_opening).where(share_opening.c.id.in_(old.scalar_subquery()))).rowcount


def forget_ended(connection: Connection, before: datetime) -> int:
    """Delete links that ended before this, with their openings, some hundred at a time; how many those were."""
    ended = or_(share.c.stopped_at < before, share.c.ends_at < before)
    ids = list(connection.execute(select(share.c.id).where(ended).limit(FORGOTTEN_AT_ONCE)).scalars())
    if ids:
        connection.execute(delete(share_opening).where(share_opening.c.share_id.in_(ids)))
        connection.execute(delete(share).where(share.c.id.in_(ids)))
    return len(ids)


def _is_known(connection: Connection, share_id: str, one: Opening) -> bool:
    same = (
        share_opening.c.share_id == share_id,
        share_opening.c.what == one.what,
        share_opening.c.recipient == one.recipient,
        share_opening.c.at > one.at - SAME_OPENING,
    )
    return bool(connection.scalar(select(func.count()).select_from(share_opening).where(*same)))


def _all_of(connection: Connection, person_id: str) -> list[str]:
    """The person and everybody who was merged into them, whoever merged them before among those."""
    found, latest = [person_id], [person_id]
    for _ in range(MOST_MERGES):
        latest = list(connection.execute(select(person.c.id).where(person.c.merged_into.in_(latest))).scalars())
        if not latest:
            break
        found += latest
    return found


def _first(connection: Connection, *chosen: Any) -> Share | None:
    row = connection.execute(select(*_COLUMNS).where(*chosen)).first()
    return Share(*row) if row else None
