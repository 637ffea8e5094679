"""The tables, to be put into the caller's own metadata: `tables(metadata)`; a migration of the caller's makes them.

Nothing here says anything about anybody's health. Addresses, links and codes are sealed (`outreach.vault`) and taken
out by `outbox.sweep`; contacts and networks are keyed hashes; `person` and `contact_ref` are the caller's own ids.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

ID_CHARACTERS = 32
"""128 random bits in hexadecimal."""
HASH_CHARACTERS = 43
"""SHA-256 in base64url."""
ONCE_CHARACTERS = 120
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
_WAITING = text("state = 'waiting'")


class UtcMoment(TypeDecorator[datetime]):
    """A moment, stored in UTC. SQLite forgets zones; without this a time read back would have none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC. Raises ValueError for a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored time needs a zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From UTC, with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Tables:
    """The three tables of one database."""

    message: Table
    contact: Table
    count: Table


def tables(metadata: MetaData) -> Tables:
    """The tables, added to `metadata`, whose naming convention has to be `NAMING`.

    Raises:
        sqlalchemy.exc.InvalidRequestError: they are there already.
    """
    return Tables(_message(metadata), _contact(metadata), _count(metadata))


def _message(metadata: MetaData) -> Table:
    return Table(
        "outreach_message",
        metadata,
        Column("id", String(ID_CHARACTERS), primary_key=True),
        Column("purpose", String(24), nullable=False),
        Column("language", String(16), nullable=False),
        Column("person", Text, nullable=False, index=True),
        # Its cause, so that repeated work queues it once; NULL where each is meant.
        Column("once", String(ONCE_CHARACTERS), nullable=True, unique=True),
        # 0: asked for, somebody waits for it; 1: news
        Column("urgency", SmallInteger, nullable=False),
        # Which of the person's contacts it goes to now.
        Column("position", SmallInteger, nullable=False),
        Column("channel", String(8), nullable=False),
        Column("contact_ref", Text, nullable=False),
        Column("fingerprint", String(HASH_CHARACTERS), nullable=False),
        # JSON of [[channel, address, ref, zone], …] and of {link, code, ends}, sealed; NULL once taken out.
        Column("contacts_sealed", LargeBinary, nullable=True),
        Column("values_sealed", LargeBinary, nullable=True),
        # waiting, sent, to-print, printed, given-up, cancelled, expired
        Column("state", String(9), nullable=False),
        Column("attempts", Integer, nullable=False),
        # Not before this; a worker that takes it moves it on, so that no other takes it too.
        Column("due_at", UtcMoment, nullable=False),
        # Whose it is; a worker whose claim has gone notes nothing.
        Column("claim", String(ID_CHARACTERS), nullable=True),
        # What the last attempt met with: a status or a word of ours, never the other side's text.
        Column("met", String(40), nullable=False),
        Column("queued_at", UtcMoment, nullable=False),
        # Since when it goes to this contact.
        Column("since", UtcMoment, nullable=False),
        Column("ends_at", UtcMoment, nullable=True),
        Column("done_at", UtcMoment, nullable=True),
        Index("ix_outreach_message_due", "urgency", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_outreach_message_fingerprint", "fingerprint", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_outreach_message_done", "done_at"),
    )


def _contact(metadata: MetaData) -> Table:
    return Table(
        "outreach_contact",
        metadata,
        Column("fingerprint", String(HASH_CHARACTERS), primary_key=True),
        # SHA-256 of the token in its stop link.
        Column("stop_hash", String(HASH_CHARACTERS), nullable=False, unique=True),
        Column("channel", String(8), nullable=False),
        # "", bounced, disowned
        Column("flagged", String(8), nullable=False),
        Column("flagged_at", UtcMoment, nullable=True),
        Column("opted_out_at", UtcMoment, nullable=True),
        # Hours and days since 1970, and messages in each.
        Column("hour", Integer, nullable=False),
        Column("in_hour", Integer, nullable=False),
        Column("day", Integer, nullable=False),
        Column("in_day", Integer, nullable=False),
        Column("used_at", UtcMoment, nullable=False, index=True),
    )


def _count(metadata: MetaData) -> Table:
    return Table(
        "outreach_count",
        metadata,
        # asked, sent, requester/HASH, or not-sent/REASON
        Column("scope", String(64), primary_key=True),
        # hour, day
        Column("span", String(4), primary_key=True),
        # Its number since 1970.
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("count", BigInteger, nullable=False),
    )
