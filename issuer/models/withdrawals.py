"""Doses taken back many at a time: what was asked for, how far it has come, and which records it holds.

Health data stands in `withdrawal.lot` and `withdrawal.vaccinator` only as far as it names a lot and a member of staff;
nothing here says anything about a person but the ids.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from issuer.db import UtcDateTime
from issuer.models.base import ID_CHARACTERS, metadata
from issuer.models.core import CODE_CHARACTERS, DIGEST_CHARACTERS, LOT_CHARACTERS, clinic, record

ACTOR_CHARACTERS = 48

withdrawal = Table(
    "withdrawal",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    # withdrawn, recalled-lot
    Column("mark", String(16), nullable=False),
    # What was looked for; "" and NULL: not asked.
    Column("clinic_id", ForeignKey(clinic.c.id), nullable=True),
    Column("vaccinator", Text, nullable=False),
    Column("lot", String(LOT_CHARACTERS), nullable=False),
    Column("code", String(CODE_CHARACTERS), nullable=False),
    # recorded, given
    Column("what", String(8), nullable=False),
    Column("since", UtcDateTime, nullable=True),
    Column("until", UtcDateTime, nullable=True),
    # What the preview said, and what somebody agreed to.
    Column("records", Integer, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("cards", Integer, nullable=False),
    Column("digest", String(DIGEST_CHARACTERS), nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", String(ACTOR_CHARACTERS), nullable=False),
    # The role of whoever asked last: for the taking back, or for the putting back.
    Column("asked_role", String(16), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    # withdraw, restore: what is being done; running, stopped, done: whether it is.
    Column("task", String(8), nullable=False),
    Column("state", String(8), nullable=False, index=True),
    # How far the task has come; begins at 0 again when records are put back.
    Column("to_do", Integer, nullable=False),
    Column("done_records", Integer, nullable=False),
    Column("done_persons", Integer, nullable=False),
    Column("revoked_cards", Integer, nullable=False),
    Column("new_cards", Integer, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    # Why records were put back, by whom.
    Column("restore_reason", Text, nullable=False),
    Column("restored_by", String(ACTOR_CHARACTERS), nullable=False),
)

withdrawn_record = Table(
    "withdrawn_record",
    metadata,
    Column("withdrawal_id", ForeignKey(withdrawal.c.id), primary_key=True),
    Column("record_id", ForeignKey(record.c.id), primary_key=True, index=True),
    # waiting, withdrawn, skipped (changed meanwhile: nothing was left to withdraw), restoring, restored
    Column("state", String(9), nullable=False),
    # What stood in `record.unsigned_because` before.
    Column("unsigned_before", String(40), nullable=False),
    Index("ix_withdrawn_record_state", "withdrawal_id", "state"),
)
