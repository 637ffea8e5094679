"""The ledger of lots, holds and announced drives, and exports that two people agree to."""

import sqlalchemy as sa
from alembic import op

from issuer.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STANDING = sa.text("state <> 'released'")


def upgrade() -> None:
    """The tables of `issuer.models.ledger`."""
    _lots()
    _recalls()
    _holds()
    _drives()
    _two_people()


def downgrade() -> None:
    """Take them away, with everything in them."""
    for name in ("two_people", "drive", "hold", "lot_recall", "lot_movement", "lot"):
        op.drop_table(name)


def _lots() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("lot", sa.String(40), nullable=False),
        sa.Column("folded", sa.String(40), nullable=False),
        sa.Column("expires", sa.String(10), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lot"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_lot_clinic_id"),
        sa.UniqueConstraint("clinic_id", "folded", "code", name="uq_lot_clinic_id"),
    )
    op.create_table(
        "lot_movement",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("lot_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("doses", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("actor", sa.String(48), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lot_movement"),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name="fk_lot_movement_lot_id"),
    )
    op.create_index("ix_lot_movement_lot_id", "lot_movement", ["lot_id"])


def _recalls() -> None:
    op.create_table(
        "lot_recall",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("lot", sa.String(40), nullable=False),
        sa.Column("folded", sa.String(40), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.String(48), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("lifted_by", sa.String(48), nullable=False),
        sa.Column("lifted_at", UtcDateTime, nullable=True),
        sa.Column("lift_reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lot_recall"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_lot_recall_clinic_id"),
    )
    op.create_index("ix_lot_recall_folded", "lot_recall", ["folded"])


def _holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("doses", sa.Integer, nullable=False),
        sa.Column("decided_by", sa.String(48), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_hold_clinic_id"),
    )
    op.create_index("ix_hold_state", "hold", ["state"])
    op.create_index("ix_hold_clinic", "hold", ["clinic_id", "opened_at"])
    op.create_index(
        "uq_hold_standing", "hold", ["clinic_id"], unique=True, sqlite_where=STANDING, postgresql_where=STANDING
    )


def _drives() -> None:
    op.create_table(
        "drive",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("doses", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("announced_by", sa.String(48), nullable=False),
        sa.Column("announced_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(48), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drive"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_drive_clinic_id"),
    )
    op.create_index("ix_drive_state", "drive", ["state"])
    op.create_index("ix_drive_clinic", "drive", ["clinic_id", "starts_at"])


def _two_people() -> None:
    op.create_table(
        "two_people",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("criteria", sa.Text, nullable=False),
        sa.Column("reason_code", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_by", sa.String(48), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(48), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=True),
        sa.Column("decision_reason", sa.Text, nullable=False),
        sa.Column("run_at", UtcDateTime, nullable=True),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("shown_to", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_two_people"),
    )
    op.create_index("ix_two_people_state", "two_people", ["state"])
    op.create_index("ix_two_people_asked_at", "two_people", ["asked_at"])
