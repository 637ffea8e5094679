"""Records, cards, links and revocations, kept.

A record and its cards are written in one transaction, before anything is answered: no card without its row, no record
without its cards. What comes out is frozen; rows stay here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, and_, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from issuer.db import is_current, reading, writing
from issuer.models import card, card_link, person, record, revocation_list, revoked_rid

FIRST_CTR = 1
"""`ctr` of a list that never changed: every published key has one from its first day (docs/issuance.md)."""


@dataclass(frozen=True, slots=True)
class StoredCard:
    """One issued card."""

    id: str
    person_id: str
    record_id: str
    title: str = field(repr=False)
    kid: str
    rid: str = field(repr=False)
    jws: str = field(repr=False)
    issued_at: datetime
    revoked_at: datetime | None = None
    revoked_reason: str | None = None
    replaces: str | None = None
    """Id of the card it took the place of."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One submitted record and its cards."""

    id: str
    person_id: str
    cards: tuple[StoredCard, ...]


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to be written with its cards. `is_new_person` also writes the person."""

    id: str
    person_id: str
    is_new_person: bool
    digest: str
    bundle: bytes = field(repr=False)
    birth_date: str = field(repr=False)
    cards: tuple[StoredCard, ...] = field(repr=False)
    created_at: datetime


class CardRevoked(Exception):
    """The card was taken back before: it has nothing that another could take the place of."""


class DuplicateRecord(Exception):
    """The same content was recorded meanwhile."""


class Store:
    """Everything the issuer keeps, in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def is_current(self) -> bool:
        """Whether the schema is the one this code was written for."""
        return is_current(self._engine)

    def record_by_digest(self, digest: str) -> StoredRecord | None:
        """The record with this content, if it was sent before."""
        with reading(self._engine) as connection:
            found = connection.execute(select(record.c.id, record.c.person_id).where(record.c.digest == digest)).first()
            if found is None:
                return None
            return StoredRecord(found.id, found.person_id, _cards(connection, card.c.record_id == found.id))

    def birth_date(self, person_id: str) -> str | None:
        """The date of birth in the newest record of a person; None where there is no such person."""
        newest = (
            select(record.c.birth_date)
            .where(record.c.person_id == person_id)
            .order_by(record.c.created_at.desc(), record.c.id)
            .limit(1)
        )
        with reading(self._engine) as connection:
            return connection.execute(newest).scalar_one_or_none()

    def add(self, new: NewRecord) -> None:
        """Write a record with all its cards, or nothing.

        Raises:
            DuplicateRecord: the same content stands there already.
            StorageFull, StorageBusy: nothing was recorded.
        """
        try:
            with writing(self._engine) as connection:
                if new.is_new_person:
                    connection.execute(insert(person).values(id=new.person_id, created_at=new.created_at))
                connection.execute(insert(record).values(_record_values(new)))
                connection.execute(insert(card), [_card_values(one, place) for place, one in enumerate(new.cards)])
        except IntegrityError:
            if self.record_by_digest(new.digest) is None:
                raise
            raise DuplicateRecord from None

    def card(self, card_id: str) -> StoredCard | None:
        """One card."""
        with reading(self._engine) as connection:
            return next(iter(_cards(connection, card.c.id == card_id)), None)

    def cards_of_person(self, person_id: str) -> tuple[StoredCard, ...]:
        """All cards of a person, oldest record first; () where there is no such person."""
        with reading(self._engine) as connection:
            return _cards(connection, card.c.person_id == person_id)

    def add_link(self, token: str, person_id: str, now: datetime, expires_at: datetime) -> None:
        """Keep the hash of a card page's token."""
        values = {"token_hash": _hashed(token), "person_id": person_id, "created_at": now, "expires_at": expires_at}
        with writing(self._engine) as connection:
            connection.execute(insert(card_link).values(values))

    def cards_by_token(self, token: str, now: datetime) -> tuple[StoredCard, ...]:
        """The cards a link opens; () for an unknown or ended one, which nobody can tell apart.

        The token is looked up by its hash: how long that takes says nothing about the token.
        """
        opened = select(card_link.c.person_id).where(
            card_link.c.token_hash == _hashed(token), card_link.c.expires_at > now
        )
        with reading(self._engine) as connection:
            person_id = connection.execute(opened).scalar_one_or_none()
            return () if person_id is None else _cards(connection, card.c.person_id == person_id)

    def revoke_card(self, card_id: str, reason: str, now: datetime) -> tuple[StoredCard, ...]:
        """List one card's `rid`; the cards newly revoked."""
        with writing(self._engine) as connection:
            return _revoke(connection, card.c.id == card_id, reason, now)

    def revoke_person(self, person_id: str, reason: str, now: datetime) -> tuple[StoredCard, ...]:
        """List the `rid`s of all of a person's cards; the cards newly revoked."""
        with writing(self._engine) as connection:
            _lock_person(connection, person_id)
            return _revoke(connection, card.c.person_id == person_id, reason, now)

    def replacement_of(self, card_id: str) -> StoredCard | None:
        """The card that took another's place, if one did."""
        with reading(self._engine) as connection:
            return next(iter(_cards(connection, card.c.replaces == card_id)), None)

    def replace(self, new: StoredCard, reason: str) -> None:
        """One transaction: the card that `new` replaces is taken back, `new` is written.

        Raises:
            CardRevoked: it had been taken back; DuplicateRecord: it was replaced meanwhile. StorageFull, StorageBusy.
                Nothing was changed.
        """
        old = card.c.id == new.replaces
        try:
            with writing(self._engine) as connection:
                _lock_person(connection, new.person_id)
                place = connection.execute(select(card.c.place).where(old)).scalar_one()
                if not _revoke(connection, old, reason, new.issued_at):
                    raise CardRevoked
                connection.execute(insert(card).values(_card_values(new, place)))
        except IntegrityError:
            if self.replacement_of(str(new.replaces)) is None:
                raise
            raise DuplicateRecord from None

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
            tables = (person, record, card, card_link, revocation_list, revoked_rid)
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
            }

    def records_without_cards(self) -> int:
        """Always 0: a record is written with its cards or not at all."""
        orphans = select(func.count()).select_from(record).where(~select(card.c.id).where(_of_record()).exists())
        with reading(self._engine) as connection:
            return connection.execute(orphans).scalar_one()


def _lock_person(connection: Connection, person_id: str) -> None:
    """Nobody else gives this person cards or takes some back until the transaction ends: a card that is just being
    replaced must not slip past "take all of them back"."""
    connection.execute(select(person.c.id).where(person.c.id == person_id).with_for_update())


def _revoke(connection: Connection, chosen: ColumnElement[bool], reason: str, now: datetime) -> tuple[StoredCard, ...]:
    """Rids listed, `ctr` up by one for each key concerned, cards marked: within the caller's transaction."""
    locked = select(card).where(and_(chosen, card.c.revoked_at.is_(None))).order_by(card.c.id).with_for_update()
    cards = [_card(row) for row in connection.execute(locked).mappings()]
    for kid in sorted({one.kid for one in cards}):
        _list(connection, kid, [one.rid for one in cards if one.kid == kid], now)
    ids = [one.id for one in cards]
    if ids:
        revoked = {"revoked_at": now, "revoked_reason": reason}
        connection.execute(update(card).where(card.c.id.in_(ids)).values(revoked))
    return _cards(connection, card.c.id.in_(ids))


def _list(connection: Connection, kid: str, rids: Sequence[str], now: datetime) -> None:
    dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
    started = dialect.insert(revocation_list).values(kid=kid, ctr=FIRST_CTR).on_conflict_do_nothing()
    connection.execute(started)
    connection.execute(
        update(revocation_list).where(revocation_list.c.kid == kid).values(ctr=revocation_list.c.ctr + 1)
    )
    connection.execute(insert(revoked_rid), [{"kid": kid, "rid": rid, "listed_at": now} for rid in rids])


def _of_record() -> ColumnElement[bool]:
    return card.c.record_id == record.c.id


def _cards(connection: Connection, chosen: ColumnElement[bool]) -> tuple[StoredCard, ...]:
    ordered = select(card).where(chosen).order_by(card.c.issued_at, card.c.record_id, card.c.place)
    return tuple(_card(row) for row in connection.execute(ordered).mappings())


def _card(row: RowMapping) -> StoredCard:
    return StoredCard(**{name: value for name, value in row.items() if name != "place"})


def _record_values(new: NewRecord) -> dict[str, Any]:
    names: Iterable[str] = ("id", "person_id", "digest", "bundle", "birth_date", "created_at")
    return {name: getattr(new, name) for name in names}


def _card_values(one: StoredCard, place: int) -> dict[str, Any]:
    return {name: getattr(one, name) for name in StoredCard.__slots__} | {"place": place}


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
