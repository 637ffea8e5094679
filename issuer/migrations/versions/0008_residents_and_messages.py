"""How residents come in and share, and the outbox of messages to people."""

import sqlalchemy as sa
from alembic import op

from issuer.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """The tables of `issuer.models.residents` and of `outreach.models`."""
    op.create_table(
        "outreach_message",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("once", sa.String(120), nullable=True),
        sa.Column("urgency", sa.SmallInteger, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("contact_ref", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(43), nullable=False),
        sa.Column("contacts_sealed", sa.LargeBinary, nullable=True),
        sa.Column("values_sealed", sa.LargeBinary, nullable=True),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("claim", sa.String(32), nullable=True),
        sa.Column("met", sa.String(40), nullable=False),
        sa.Column("queued_at", UtcDateTime, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=True),
        sa.Column("done_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outreach_message"),
        sa.UniqueConstraint("once", name="uq_outreach_message_once"),
    )
    op.create_index("ix_outreach_message_done", "outreach_message", ["done_at"])
    op.create_index(
        "ix_outreach_message_due",
        "outreach_message",
        ["urgency", "due_at"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index(
        "ix_outreach_message_fingerprint",
        "outreach_message",
        ["fingerprint"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index("ix_outreach_message_person", "outreach_message", ["person"])
    op.create_table(
        "outreach_contact",
        sa.Column("fingerprint", sa.String(43), nullable=False),
        sa.Column("stop_hash", sa.String(43), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("flagged", sa.String(8), nullable=False),
        sa.Column("flagged_at", UtcDateTime, nullable=True),
        sa.Column("opted_out_at", UtcDateTime, nullable=True),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("in_hour", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("in_day", sa.Integer, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_outreach_contact"),
        sa.UniqueConstraint("stop_hash", name="uq_outreach_contact_stop_hash"),
    )
    op.create_index("ix_outreach_contact_used_at", "outreach_contact", ["used_at"])
    op.create_table(
        "outreach_count",
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("span", sa.String(4), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("scope", "span", "number", name="pk_outreach_count"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("confirmed_by", sa.String(48), nullable=True),
        sa.Column("confirmed_at", UtcDateTime, nullable=True),
        sa.Column("ended_because", sa.String(16), nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_contact_person_id"),
        sa.UniqueConstraint("person_id", "channel", "address", name="uq_contact_person_id"),
    )
    op.create_index("ix_contact_address", "contact", ["channel", "address"])
    op.create_index("ix_contact_person_id", "contact", ["person_id"])
    op.create_table(
        "way_in",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("contact_id", sa.String(32), nullable=True),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_way_in"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_way_in_person_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_way_in_contact_id"),
    )
    op.create_index("ix_way_in_contact_id", "way_in", ["contact_id"])
    op.create_index("ix_way_in_person_id", "way_in", ["person_id"])
    op.create_table(
        "visit",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("way_in", sa.String(64), nullable=True),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_visit"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_visit_person_id"),
        sa.ForeignKeyConstraint(["way_in"], ["way_in.token_hash"], name="fk_visit_way_in"),
    )
    op.create_index("ix_visit_person_id", "visit", ["person_id"])
    op.create_table(
        "knock",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("asked", sa.LargeBinary, nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_knock"),
    )
    op.create_index("ix_knock_asked_at", "knock", ["asked_at"])
    op.create_table(
        "share",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("groups", sa.Text, nullable=False),
        sa.Column("is_direct", sa.Boolean, nullable=False),
        sa.Column("passcode", sa.Text, nullable=True),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=True),
        sa.Column("stopped_at", UtcDateTime, nullable=True),
        sa.Column("stopped_because", sa.String(16), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_share"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_share_person_id"),
        sa.UniqueConstraint("token_hash", name="uq_share_token_hash"),
    )
    op.create_index("ix_share_person_id", "share", ["person_id"])
    op.create_table(
        "share_opening",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("share_id", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_share_opening"),
        sa.ForeignKeyConstraint(["share_id"], ["share.id"], name="fk_share_opening_share_id"),
    )
    op.create_index("ix_share_opening_share_id", "share_opening", ["share_id"])
    untold = sa.text("told_at IS NULL")
    op.create_index("ix_notice_untold", "notice", ["caused_at"], sqlite_where=untold, postgresql_where=untold)
    # Smaller by the key's name in each entry: a load of millions lives by how much of its indexes stays in memory.
    op.drop_index("uq_card_kid_rid", "card")
    op.create_index("uq_card_rid", "card", ["rid"], unique=True)
