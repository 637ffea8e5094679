"""Cards, links and revocations, kept.

What is handed out was stored first. What comes out is frozen; rows stay here.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, and_, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from issuer.audit.entry import Entry, Event
from issuer.db import is_current, reading, writing
from issuer.models import card, card_link, clinic, metadata, notice, person, revocation_list, revoked_rid
from issuer.rights import Actor
from issuer.store import audit, events
from issuer.store.rows import add_rows

FIRST_CTR = 1
"""`ctr` of a list that never changed: every published key has one from its first day (docs/issuance.md)."""


@dataclass(frozen=True, slots=True)
class StoredCard:
    """One issued card."""

    id: str
    person_id: str
    holds: str
    """The records on it, each as id.version, separated by spaces."""
    title: str = field(repr=False)
    kid: str
    rid: str = field(repr=False)
    jws: str = field(repr=False)
    issued_at: datetime
    superseded_at: datetime | None = None
    """A newer card says the same and more: this one stands, but is not handed out any more."""
    revoked_at: datetime | None = None
    revoked_reason: str | None = None
    replaces: str | None = None
    """Id of the card it took the place of."""

    @property
    def refs(self) -> frozenset[str]:
        """What it holds, as a set."""
        return frozenset(self.holds.split())


@dataclass(frozen=True, slots=True)
class CardChanges:
    """What is to become of a person's cards, in one transaction."""

    new: tuple[StoredCard, ...] = field(default=(), repr=False)
    superseded: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    """Ids of the cards to be taken back."""
    reason: str = ""
    """Why those are taken back."""
    again: tuple[str, ...] = ()
    """Ids of superseded cards that are handed out again: what was said beyond them is so no more."""

    def __bool__(self) -> bool:
        return bool(self.new or self.superseded or self.revoked or self.again)


def together(many: Sequence[CardChanges]) -> CardChanges:
    """Of several persons as one, so that each list's `ctr` goes up once for all of them."""
    return CardChanges(
        tuple(one for changes in many for one in changes.new),
        tuple(one for changes in many for one in changes.superseded),
        tuple(one for changes in many for one in changes.revoked),
        next((changes.reason for changes in many if changes.reason), ""),
        tuple(one for changes in many for one in changes.again),
    )


class CardRevoked(Exception):
    """The card was taken back before: it has nothing that another could take the place of."""


class DuplicateCard(Exception):
    """The card was replaced meanwhile."""


class Store:
    """Everything the issuer keeps, in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it, or none. Raises StorageFull, StorageBusy: none of it."""
        with writing(self._engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view."""
        with reading(self._engine) as connection:
            yield connection

    def is_current(self) -> bool:
        """Whether the schema is the one this code was written for."""
        return is_current(self._engine)

    def person_exists(self, person_id: str) -> bool:
        """Whether there is a person with this id, not merged into another."""
        found = select(person.c.id).where(person.c.id == person_id, person.c.merged_into.is_(None))
        with reading(self._engine) as connection:
            return connection.execute(found).first() is not None

    def card(self, card_id: str) -> StoredCard | None:
        """One card."""
        with reading(self._engine) as connection:
            return next(iter(_cards(connection, card.c.id == card_id)), None)

    def cards_of_person(self, person_id: str) -> tuple[StoredCard, ...]:
        """All cards of a person that were not superseded, oldest first."""
        with reading(self._engine) as connection:
            return cards_of(connection, person_id)

    def add_link(self, token: str, person_id: str, now: datetime, expires_at: datetime) -> None:
        """Keep the hash of a card page's token."""
        row = {"token_hash": _hashed(token), "person_id": person_id, "created_at": now, "expires_at": expires_at}
        with writing(self._engine) as connection:
            connection.execute(insert(card_link).values(row))

    def person_by_token(self, token: str, now: datetime) -> str | None:
        """Whose cards a link opens; None for an unknown or ended one, which nobody can tell apart.

        The token is looked up by its hash: how long that takes says nothing about the token. A person who was merged
        into another is that one.
        """
        opened = (
            select(func.coalesce(person.c.merged_into, person.c.id))
            .join_from(card_link, person)
            .where(card_link.c.token_hash == _hashed(token), card_link.c.expires_at > now)
        )
        with reading(self._engine) as connection:
            return connection.execute(opened).scalar_one_or_none()

    def revoke_card(self, card_id: str, reason: str, now: datetime, actor: Actor) -> tuple[StoredCard, ...]:
        """List one card's `rid`; the cards newly revoked."""
        with writing(self._engine) as connection:
            return _noted(connection, revoke(connection, card.c.id == card_id, reason, now), reason, actor, now)

    def revoke_person(self, person_id: str, reason: str, now: datetime, actor: Actor) -> tuple[StoredCard, ...]:
        """List the `rid`s of all of a person's cards; the cards newly revoked."""
        with writing(self._engine) as connection:
            lock_person(connection, person_id)
            revoked = revoke(connection, card.c.person_id == person_id, reason, now)
            return _noted(connection, revoked, reason, actor, now)

    def replacement_of(self, card_id: str) -> StoredCard | None:
        """The card that took another's place, if one did."""
        with reading(self._engine) as connection:
            return next(iter(_cards(connection, card.c.replaces == card_id)), None)

    def replace(self, new: StoredCard, reason: str, actor: Actor) -> None:
        """One transaction: the card that `new` replaces is taken back, `new` is written.

        Raises:
            CardRevoked: it had been taken back; DuplicateCard: it was replaced meanwhile. StorageFull, StorageBusy.
                Nothing was changed.
        """
        old = card.c.id == new.replaces
        try:
            with writing(self._engine) as connection:
                lock_person(connection, new.person_id)
                if not _noted(connection, revoke(connection, old, reason, new.issued_at), reason, actor, new.issued_at):
                    raise CardRevoked
                audit.append(
                    connection, [Entry(new.issued_at, actor, "card.issue", "card", new.id, "", new.person_id, reason)]
                )
                place = connection.execute(select(card.c.place).where(old)).scalar_one()
                connection.execute(insert(card).values(_card_values(new, place)))
        except IntegrityError:
            if self.replacement_of(str(new.replaces)) is None:
                raise
            raise DuplicateCard from None

    def revocation_counters(self) -> Mapping[str, int]:
        """`ctr` of each list that ever changed."""
        with reading(self._engine) as connection:
            return {row.kid: row.ctr for row in connection.execute(select(revocation_list))}

    def revoked_rids(self, kid: str) -> tuple[int, tuple[str, ...]]:
        """(ctr, rids in alphabetical order) of one key, of one moment."""
        with reading(self._engine) as connection:
            ctr = connection.execute(select(revocation_list.c.ctr).where(revocation_list.c.kid == kid)).scalar()
            rids = connection.execute(select(revoked_rid.c.rid).where(revoked_rid.c.kid == kid)).scalars()
            return ctr or FIRST_CTR, tuple(sorted(rids))

    def counts(self) -> Mapping[str, int]:
        """Rows of each table, for the operator's overview and the tests."""
        with reading(self._engine) as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in metadata.sorted_tables
            }


# ---- Within the caller's transaction ---------------------------------------------------------------------------------


def lock_person(connection: Connection, person_id: str) -> None:
    """Nobody else gives this person cards or takes some back until the transaction ends: a card that is just being
    replaced must not slip past "take all of them back"."""
    connection.execute(select(person.c.id).where(person.c.id == person_id).with_for_update())


def cards_of(connection: Connection, person_id: str) -> tuple[StoredCard, ...]:
    """All cards of a person that were not superseded, oldest first."""
    return _cards(connection, and_(card.c.person_id == person_id, card.c.superseded_at.is_(None)))


def all_cards_of(connection: Connection, person_id: str) -> tuple[StoredCard, ...]:
    """All cards of a person, those superseded and revoked among them, oldest first."""
    return _cards(connection, card.c.person_id == person_id)


def public_names(connection: Connection) -> Mapping[str, str]:
    """What each clinic is called on cards."""
    return {row.id: row.public_name for row in connection.execute(select(clinic.c.id, clinic.c.public_name))}


def clinic_names(connection: Connection) -> Mapping[str, str]:
    """What each clinic is called by those who work there."""
    return {row.id: row.name for row in connection.execute(select(clinic.c.id, clinic.c.name))}


def write_cards(connection: Connection, changes: CardChanges, now: datetime) -> None:
    """New cards written, superseded ones marked, wrong ones listed and their holders noted to be told."""
    if changes.revoked:
        revoke(connection, card.c.id.in_(changes.revoked), changes.reason, now)
    if changes.superseded:
        marked = update(card).where(card.c.id.in_(changes.superseded)).values(superseded_at=now)
        connection.execute(marked)
    if changes.again:
        connection.execute(update(card).where(card.c.id.in_(changes.again)).values(superseded_at=None))
    add_rows(connection, card, [_card_values(one, place) for place, one in enumerate(changes.new)])


def note(connection: Connection, notice_id: str, person_id: str, purpose: str, now: datetime) -> None:
    """Somebody is to be told; whoever sends messages takes it from here."""
    row = {"id": notice_id, "person_id": person_id, "purpose": purpose, "caused_at": now}
    connection.execute(insert(notice).values(row))


def revoke(connection: Connection, chosen: ColumnElement[bool], reason: str, now: datetime) -> tuple[StoredCard, ...]:
    """Rids listed, `ctr` up by one for each key concerned, cards marked."""
    locked = select(card).where(and_(chosen, card.c.revoked_at.is_(None))).order_by(card.c.id).with_for_update()
    cards = [_card(row) for row in connection.execute(locked).mappings()]
    for kid in sorted({one.kid for one in cards}):
        _list(connection, kid, [one.rid for one in cards if one.kid == kid], now)
    ids = [one.id for one in cards]
    if ids:
        revoked = {"revoked_at": now, "revoked_reason": reason}
        connection.execute(update(card).where(card.c.id.in_(ids)).values(revoked))
    return _cards(connection, card.c.id.in_(ids))


def _noted(
    connection: Connection, revoked: tuple[StoredCard, ...], reason: str, actor: Actor, now: datetime
) -> tuple[StoredCard, ...]:
    """Lines of the audit log, and events for whoever is told."""
    lines = [Entry(now, actor, "card.revoke", "card", one.id, "", one.person_id, reason) for one in revoked]
    audit.append(connection, lines)
    events.append(connection, [Event(now, "card.revoked", "card", one.id) for one in revoked])
    return revoked


def _list(connection: Connection, kid: str, rids: Sequence[str], now: datetime) -> None:
    dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
    started = dialect.insert(revocation_list).values(kid=kid, ctr=FIRST_CTR).on_conflict_do_nothing()
    connection.execute(started)
    connection.execute(
        update(revocation_list).where(revocation_list.c.kid == kid).values(ctr=revocation_list.c.ctr + 1)
    )
    add_rows(connection, revoked_rid, [{"kid": kid, "rid": rid, "listed_at": now} for rid in rids])


def _cards(connection: Connection, chosen: ColumnElement[bool]) -> tuple[StoredCard, ...]:
    ordered = select(card).where(chosen).order_by(card.c.issued_at, card.c.place, card.c.id)
    return tuple(_card(row) for row in connection.execute(ordered).mappings())


def _card(row: RowMapping) -> StoredCard:
    return StoredCard(**{name: value for name, value in row.items() if name != "place"})


def _card_values(one: StoredCard, place: int) -> dict[str, Any]:
    return {name: getattr(one, name) for name in StoredCard.__slots__} | {"place": place}


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
