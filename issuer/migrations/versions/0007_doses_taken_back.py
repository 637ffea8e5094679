"""Doses taken back many at a time."""

import sqlalchemy as sa
from alembic import op

from issuer.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables of `issuer.models.withdrawals`."""
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=True),
        sa.Column("vaccinator", sa.Text, nullable=False),
        sa.Column("lot", sa.String(40), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("since", UtcDateTime, nullable=True),
        sa.Column("until", UtcDateTime, nullable=True),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("persons", sa.Integer, nullable=False),
        sa.Column("cards", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by", sa.String(48), nullable=False),
        sa.Column("asked_role", sa.String(16), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("task", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("to_do", sa.Integer, nullable=False),
        sa.Column("done_records", sa.Integer, nullable=False),
        sa.Column("done_persons", sa.Integer, nullable=False),
        sa.Column("revoked_cards", sa.Integer, nullable=False),
        sa.Column("new_cards", sa.Integer, nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("restore_reason", sa.Text, nullable=False),
        sa.Column("restored_by", sa.String(48), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawal"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_withdrawal_clinic_id"),
    )
    op.create_index("ix_withdrawal_state", "withdrawal", ["state"])
    op.create_table(
        "withdrawn_record",
        sa.Column("withdrawal_id", sa.String(32), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("unsigned_before", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("withdrawal_id", "record_id", name="pk_withdrawn_record"),
        sa.ForeignKeyConstraint(["withdrawal_id"], ["withdrawal.id"], name="fk_withdrawn_record_withdrawal_id"),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_withdrawn_record_record_id"),
    )
    op.create_index("ix_withdrawn_record_record_id", "withdrawn_record", ["record_id"])
    op.create_index("ix_withdrawn_record_state", "withdrawn_record", ["withdrawal_id", "state"])


def downgrade() -> None:
    """Take them away, with everything in them."""
    op.drop_table("withdrawn_record")
    op.drop_table("withdrawal")
