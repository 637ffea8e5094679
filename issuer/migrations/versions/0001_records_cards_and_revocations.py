"""Records, cards and revocations."""

import sqlalchemy as sa
from alembic import op

from issuer.db import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first tables."""
    op.create_table(
        "person",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_table(
        "record",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("bundle", sa.LargeBinary, nullable=False),
        sa.Column("birth_date", sa.String(10), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_record"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_record_person_id"),
        sa.UniqueConstraint("digest", name="uq_record_digest"),
    )
    op.create_index("ix_record_person_id", "record", ["person_id"])
    op.create_table(
        "card",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("kid", sa.String(43), nullable=False),
        sa.Column("rid", sa.String(24), nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
        sa.Column("issued_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime, nullable=True),
        sa.Column("revoked_reason", sa.String(32), nullable=True),
        sa.Column("replaces", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_card"),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_card_record_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_card_person_id"),
        sa.ForeignKeyConstraint(["replaces"], ["card.id"], name="fk_card_replaces"),
        sa.UniqueConstraint("replaces", name="uq_card_replaces"),
    )
    op.create_index("ix_card_record_id", "card", ["record_id"])
    op.create_index("ix_card_person_id", "card", ["person_id"])
    op.create_index("uq_card_kid_rid", "card", ["kid", "rid"], unique=True)
    op.create_table(
        "card_link",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_card_link"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_card_link_person_id"),
    )
    op.create_index("ix_card_link_person_id", "card_link", ["person_id"])
    op.create_table(
        "revocation_list",
        sa.Column("kid", sa.String(43), nullable=False),
        sa.Column("ctr", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_revocation_list"),
    )
    op.create_table(
        "revoked_rid",
        sa.Column("kid", sa.String(43), nullable=False),
        sa.Column("rid", sa.String(24), nullable=False),
        sa.Column("listed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("kid", "rid", name="pk_revoked_rid"),
        sa.ForeignKeyConstraint(["kid"], ["revocation_list.kid"], name="fk_revoked_rid_kid"),
    )


def downgrade() -> None:
    """Take them away, with everything in them."""
    for name in ("revoked_rid", "revocation_list", "card_link", "card", "record", "person"):
        op.drop_table(name)
