"""Contacts of persons: where they may be written to, who confirmed it, why it ended. Within the caller's transaction.

A person who was merged into another is that one: contacts stay at the row they were added to, and are read for whoever
counts now, so that a merge that is undone takes nothing along.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from issuer.models import person
from issuer.models.residents import contact
from issuer.store.own_records import MOST_MERGES, standing_persons
from issuer.store.rows import in_portions

PORTION = 500
"""Values in one IN."""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One row."""

    id: str
    person_id: str
    """As it was added: see `standing_persons`."""
    channel: str
    address: str = field(repr=False)
    added_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    ended_because: str | None
    ended_at: datetime | None

    @property
    def is_usable(self) -> bool:
        """Whether anything may go there."""
        return self.confirmed_at is not None and self.ended_at is None


def add_contacts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Unconfirmed; those that are there stay as they are. Members: id, person_id, channel, address, added_at."""
    if rows:
        dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
        adding = dialect.insert(contact)
        connection.execute(
            adding.on_conflict_do_nothing(index_elements=["person_id", "channel", "address"]), list(rows)
        )


def contacts_of(connection: Connection, person_id: str, lock: bool = False) -> tuple[ContactRow, ...]:
    """A person's, and those of whoever was merged into them, the oldest first."""
    some = contact.c.person_id.in_(sorted(families(connection, [person_id])))
    asked = select(contact).where(some).order_by(contact.c.added_at, contact.c.id)
    return tuple(_row(row) for row in connection.execute(asked.with_for_update() if lock else asked))


def usable_contacts(connection: Connection, person_ids: Collection[str]) -> Mapping[str, tuple[ContactRow, ...]]:
    """Standing person -> confirmed contacts that nothing is held against here, the last confirmed first."""
    family = families(connection, person_ids)
    found: dict[str, list[ContactRow]] = defaultdict(list)
    for portion in in_portions(sorted(family), PORTION):
        open_ones = and_(contact.c.person_id.in_(portion), contact.c.confirmed_at.is_not(None))
        chosen = select(contact).where(open_ones, contact.c.ended_at.is_(None))
        for row in connection.execute(chosen.order_by(contact.c.confirmed_at.desc(), contact.c.id)):
            found[family[row.person_id]].append(_row(row))
    return {who: tuple(many) for who, many in found.items()}


def confirmed_at_address(connection: Connection, channel: str, address: str) -> Mapping[str, ContactRow]:
    """Standing person -> their confirmed contact with this address."""
    same = and_(contact.c.channel == channel, contact.c.address == address)
    open_ones = and_(contact.c.confirmed_at.is_not(None), contact.c.ended_at.is_(None))
    rows = [_row(row) for row in connection.execute(select(contact).where(same, open_ones).order_by(contact.c.id))]
    standing = standing_persons(connection, {row.person_id for row in rows})
    return {standing[row.person_id]: row for row in rows}


def confirm(connection: Connection, contact_id: str, by: str, now: datetime) -> None:
    """Messages may go there."""
    open_one = and_(contact.c.id == contact_id, contact.c.ended_at.is_(None))
    connection.execute(update(contact).where(open_one).values(confirmed_by=by, confirmed_at=now))


def end(connection: Connection, contact_id: str, because: str, now: datetime) -> None:
    """Nothing goes there any more."""
    open_one = and_(contact.c.id == contact_id, contact.c.ended_at.is_(None))
    connection.execute(update(contact).where(open_one).values(ended_because=because, ended_at=now))


def reopen(connection: Connection, contact_id: str) -> None:
    """It may be confirmed anew."""
    fresh = {"ended_because": None, "ended_at": None, "confirmed_by": None, "confirmed_at": None}
    connection.execute(update(contact).where(contact.c.id == contact_id).values(fresh))


def end_everywhere(connection: Connection, contact_ids: Iterable[str], because: str, now: datetime) -> tuple[str, ...]:
    """End these contacts, and all others with their addresses, whoever has them; whose they were."""
    named = select(contact.c.channel, contact.c.address).where(contact.c.id.in_(sorted(set(contact_ids))))
    pairs = sorted({(row.channel, row.address) for row in connection.execute(named)})
    if not pairs:
        return ()
    same = tuple_(contact.c.channel, contact.c.address).in_(pairs)
    owners = sorted(set(connection.scalars(select(contact.c.person_id).where(same))))
    ending = update(contact).where(same, contact.c.ended_at.is_(None))
    connection.execute(ending.values(ended_because=because, ended_at=now))
    return tuple(owners)


def families(connection: Connection, person_ids: Iterable[str]) -> Mapping[str, str]:
    """Id -> the one of these persons that it counts as: itself, and whoever was merged into it, over others too."""
    found = {one: one for one in person_ids}
    last = sorted(found)
    for _ in range(MOST_MERGES):
        further: dict[str, str] = {}
        for portion in in_portions(last, PORTION):
            rows = connection.execute(
                select(person.c.id, person.c.merged_into).where(person.c.merged_into.in_(portion))
            )
            further |= {row.id: found[row.merged_into] for row in rows if row.id not in found}
        if not further:
            break
        found |= further
        last = sorted(further)
    return found


def _row(row: Row[Any]) -> ContactRow:
    return ContactRow(**row._mapping)
