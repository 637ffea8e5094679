"""The audit log, its seals, and events with whom they are sent to.

No health data stands here and no name: ids, codes, counts, and what somebody typed when asked for a reason. Triggers
(migration 0004) let an entry be added and sealed once, a seal be added, and nothing else.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from issuer.db import UtcDateTime
from issuer.models.base import ID_CHARACTERS, metadata

ACTOR_CHARACTERS = 48
HASH_CHARACTERS = 64
_Count = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only in an INTEGER column; there it holds 64 bits as well."""

audit_entry = Table(
    "audit_entry",
    metadata,
    # In the order of writing, not of committing: a rolled-back transaction leaves a gap, which means nothing.
    Column("seq", _Count, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", String(ACTOR_CHARACTERS), nullable=False),
    Column("role", String(16), nullable=False),
    Column("clinic_id", String(ID_CHARACTERS), nullable=False),
    Column("action", String(40), nullable=False),
    Column("object_kind", String(24), nullable=False),
    Column("object_id", Text, nullable=False, index=True),
    # Ids as texts and no foreign keys: the log outlives what it speaks of.
    Column("person_id", String(ID_CHARACTERS), nullable=False),
    Column("origin", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # JSON, members in alphabetical order.
    Column("detail", Text, nullable=False),
    # The number of the seal it stands under; NULL in the second before there is one.
    Column("sealed_by", _Count, nullable=True),
    Index("ix_audit_entry_actor", "actor", "seq"),
    Index(
        "ix_audit_entry_person",
        "person_id",
        sqlite_where=text("person_id <> ''"),
        postgresql_where=text("person_id <> ''"),
    ),
    Index(
        "ix_audit_entry_unsealed",
        "seq",
        sqlite_where=text("sealed_by IS NULL"),
        postgresql_where=text("sealed_by IS NULL"),
    ),
    sqlite_autoincrement=True,
)

audit_seal = Table(
    "audit_seal",
    metadata,
    # 1, 2, 3 … without a gap.
    Column("number", _Count, primary_key=True, autoincrement=False),
    # The lowest and highest `seq` under it. Others between them may stand under a later seal.
    Column("first_seq", _Count, nullable=False),
    Column("last_seq", _Count, nullable=False),
    Column("entries", Integer, nullable=False),
    # SHA-256 of the entries' canonical text, and the HMAC that chains it to the seal before: issuer/audit/sealing.py.
    Column("digest", String(HASH_CHARACTERS), nullable=False),
    Column("hash", String(HASH_CHARACTERS), nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", _Count, primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    Column("object_kind", String(24), nullable=False),
    Column("object_id", Text, nullable=False),
    Column("clinic_id", String(ID_CHARACTERS), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # When its deliveries were written; NULL: nobody has looked at it yet.
    Column("addressed_at", UtcDateTime, nullable=True),
    Index(
        "ix_event_unaddressed",
        "id",
        sqlite_where=text("addressed_at IS NULL"),
        postgresql_where=text("addressed_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("url", Text, nullable=False),
    # AES-256-GCM, the webhook's id as associated data.
    Column("secret_sealed", LargeBinary, nullable=False),
    # Kinds of events, separated by spaces; "" for all.
    Column("kinds", Text, nullable=False),
    # "" for those of every clinic.
    Column("clinic_id", String(ID_CHARACTERS), nullable=False),
    Column("active", Boolean, nullable=False),
    # Why it was stopped: "" , by-staff, gone (it answered 410)
    Column("stopped_because", String(16), nullable=False),
    Column("created_by", String(ACTOR_CHARACTERS), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("event_id", ForeignKey(event.c.id), primary_key=True),
    Column("webhook_id", ForeignKey(webhook.c.id), primary_key=True, index=True),
    # waiting, delivered, given-up
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    # Not before this; a worker that takes it moves it on, so that no other takes it too.
    Column("due_at", UtcDateTime, nullable=False),
    # What the last attempt met with: a status ("503") or the kind of failure; "" before the first.
    Column("met", String(40), nullable=False),
    Column("done_at", UtcDateTime, nullable=True),
    Index(
        "ix_delivery_due",
        "due_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)
