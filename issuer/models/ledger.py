"""The ledger of lots, clinics held for a second look, announced drives, and exports that two people agreed to.

No health data and no name of a resident stands here: codes, lots as they are delivered, counts, and what staff typed as
a reason. How many doses of a lot were used is never written down: it is counted from the records.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from issuer.db import UtcDateTime
from issuer.models.base import ID_CHARACTERS, metadata
from issuer.models.core import CODE_CHARACTERS, LOT_CHARACTERS, clinic

ACTOR_CHARACTERS = 48

lot = Table(
    "lot",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("clinic_id", ForeignKey(clinic.c.id), nullable=False),
    # CVX.
    Column("code", String(CODE_CHARACTERS), nullable=False),
    # As it stands on the box, and as it is compared: `issuer.fraud.lots.folded`.
    Column("lot", String(LOT_CHARACTERS), nullable=False),
    Column("folded", String(LOT_CHARACTERS), nullable=False),
    # Last day of use, YYYY-MM-DD; "" unknown.
    Column("expires", String(10), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("clinic_id", "folded", "code", name="uq_lot_clinic_id"),
)

lot_movement = Table(
    "lot_movement",
    metadata,
    # Lines are added and never changed: a wrong one is made good by another with the opposite number.
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("lot_id", ForeignKey(lot.c.id), nullable=False, index=True),
    # received, wasted
    Column("kind", String(8), nullable=False),
    Column("doses", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("actor", String(ACTOR_CHARACTERS), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

lot_recall = Table(
    "lot_recall",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("code", String(CODE_CHARACTERS), nullable=False),
    Column("lot", String(LOT_CHARACTERS), nullable=False),
    Column("folded", String(LOT_CHARACTERS), nullable=False, index=True),
    # NULL: wherever the lot went; else what this clinic has of it (its refrigerator failed).
    Column("clinic_id", ForeignKey(clinic.c.id), nullable=True),
    Column("reason", Text, nullable=False),
    Column("actor", String(ACTOR_CHARACTERS), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("lifted_by", String(ACTOR_CHARACTERS), nullable=False),
    Column("lifted_at", UtcDateTime, nullable=True),
    Column("lift_reason", Text, nullable=False),
)

hold = Table(
    "hold",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("clinic_id", ForeignKey(clinic.c.id), nullable=False),
    # open, taking-back, released
    Column("state", String(12), nullable=False, index=True),
    # JSON of `issuer.fraud.rules.Reason`: names of rules and counts.
    Column("reasons", Text, nullable=False),
    # The records that were looked at.
    Column("since", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("doses", Integer, nullable=False),
    Column("decided_by", String(ACTOR_CHARACTERS), nullable=False),
    Column("decided_at", UtcDateTime, nullable=True),
    Column("reason", Text, nullable=False),
    Index("ix_hold_clinic", "clinic_id", "opened_at"),
    # A clinic is held once at a time, however many watch.
    Index(
        "uq_hold_standing",
        "clinic_id",
        unique=True,
        sqlite_where=text("state <> 'released'"),
        postgresql_where=text("state <> 'released'"),
    ),
)

drive = Table(
    "drive",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("clinic_id", ForeignKey(clinic.c.id), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("doses", Integer, nullable=False),
    Column("note", Text, nullable=False),
    # announced, confirmed, declined, cancelled
    Column("state", String(12), nullable=False, index=True),
    Column("announced_by", String(ACTOR_CHARACTERS), nullable=False),
    Column("announced_at", UtcDateTime, nullable=False),
    Column("decided_by", String(ACTOR_CHARACTERS), nullable=False),
    Column("decided_at", UtcDateTime, nullable=True),
    Column("reason", Text, nullable=False),
    Index("ix_drive_clinic", "clinic_id", "starts_at"),
)

two_people = Table(
    "two_people",
    metadata,
    # A bulk export or search: one person asks, another agrees, the first runs it once.
    Column("id", String(ID_CHARACTERS), primary_key=True),
    # export, search
    Column("kind", String(8), nullable=False),
    # JSON of `issuer.fraud.requests.Criteria`.
    Column("criteria", Text, nullable=False),
    # What the public page says, and what somebody typed.
    Column("reason_code", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    # asked, agreed, declined, run
    Column("state", String(10), nullable=False, index=True),
    Column("asked_by", String(ACTOR_CHARACTERS), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("decided_by", String(ACTOR_CHARACTERS), nullable=False),
    Column("decided_at", UtcDateTime, nullable=True),
    Column("decision_reason", Text, nullable=False),
    Column("run_at", UtcDateTime, nullable=True),
    # Records given out.
    Column("records", Integer, nullable=False),
    # The last record of the furthest page that was shown of a search.
    Column("shown_to", String(ID_CHARACTERS), nullable=False),
    Index("ix_two_people_asked_at", "asked_at"),
)
