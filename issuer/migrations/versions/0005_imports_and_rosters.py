"""Imports of tables with their chunks and waiting rows, remembered mappings, and day's lists."""

import sqlalchemy as sa
from alembic import op

from issuer.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables of `issuer.models.imports`."""
    _mappings_and_jobs()
    _chunks_and_rows()
    _rosters()


def downgrade() -> None:
    """Take them away, with everything in them."""
    for name in ("roster_entry", "roster", "waiting_row", "import_chunk", "import_job", "column_mapping"):
        op.drop_table(name)


def _mappings_and_jobs() -> None:
    op.create_table(
        "column_mapping",
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "fingerprint", name="pk_column_mapping"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_column_mapping_clinic_id"),
    )
    op.create_table(
        "import_job",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(48), nullable=False),
        sa.Column("actor_role", sa.String(16), nullable=False),
        sa.Column("actor_clinic_id", sa.String(32), nullable=False),
        sa.Column("actor_origin", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("signing", sa.String(10), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("worked_seconds", sa.Float, nullable=False),
        sa.Column("resumed_at", UtcDateTime, nullable=True),
        sa.Column("forget_after", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_import_job"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_import_job_clinic_id"),
    )
    op.create_index("ix_import_job_state", "import_job", ["state"])
    op.create_index("ix_import_job_forget_after", "import_job", ["forget_after"])
    op.create_index("ix_import_job_clinic", "import_job", ["clinic_id", "created_at"])


def _chunks_and_rows() -> None:
    op.create_table(
        "import_chunk",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("first_row", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(64), nullable=True),
        sa.Column("claimed_at", UtcDateTime, nullable=True),
        sa.Column("error", sa.String(40), nullable=True),
        sa.Column("recorded", sa.Integer, nullable=False),
        sa.Column("unchanged", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_import_chunk"),
        sa.ForeignKeyConstraint(["job_id"], ["import_job.id"], name="fk_import_chunk_job_id"),
    )
    op.create_index("ix_import_chunk_state", "import_chunk", ["job_id", "state", "number"])
    op.create_table(
        "waiting_row",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("cells", sa.LargeBinary, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("forget_after", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "row", name="pk_waiting_row"),
        sa.ForeignKeyConstraint(["job_id"], ["import_job.id"], name="fk_waiting_row_job_id"),
    )
    op.create_index("ix_waiting_row_forget_after", "waiting_row", ["forget_after"])


def _rosters() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(48), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_roster_clinic_id"),
    )
    op.create_index("ix_roster_day", "roster", ["day"])
    op.create_index("ix_roster_clinic", "roster", ["clinic_id", "day"])
    op.create_table(
        "roster_entry",
        sa.Column("roster_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("time", sa.String(5), nullable=False),
        sa.Column("person", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=True),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("roster_id", "number", name="pk_roster_entry"),
        sa.ForeignKeyConstraint(["roster_id"], ["roster.id"], name="fk_roster_entry_roster_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_roster_entry_person_id"),
    )
    op.create_index("ix_roster_entry_person_id", "roster_entry", ["person_id"])
