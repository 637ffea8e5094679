"""The audit log with its seals, and events with the webhooks they are sent to."""

import sqlalchemy as sa
from alembic import op

from issuer.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ENTRY_COLUMNS = "seq, at, actor, role, clinic_id, action, object_kind, object_id, person_id, origin, reason, detail"
"""All but `sealed_by`."""
_REFUSAL = "the audit log is only added to"


def upgrade() -> None:
    """The tables of `issuer.models.audit`, and triggers that let the log only grow."""
    _audit_tables()
    _event_tables()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def downgrade() -> None:
    """Take them away, with everything in them."""
    for name in ("delivery", "webhook", "event", "audit_seal", "audit_entry"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_only_grows()")


def _count() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _audit_tables() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", _count(), primary_key=True, autoincrement=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(48), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("object_kind", sa.String(24), nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("sealed_by", _count(), nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_object_id", "audit_entry", ["object_id"])
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor", "seq"])
    _partial_index("ix_audit_entry_person", "audit_entry", "person_id", "person_id <> ''")
    _partial_index("ix_audit_entry_unsealed", "audit_entry", "seq", "sealed_by IS NULL")
    op.create_table(
        "audit_seal",
        sa.Column("number", _count(), primary_key=True, autoincrement=False),
        sa.Column("first_seq", _count(), nullable=False),
        sa.Column("last_seq", _count(), nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("sealed_at", UtcDateTime, nullable=False),
    )


def _event_tables() -> None:
    op.create_table(
        "event",
        sa.Column("id", _count(), primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("object_kind", sa.String(24), nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("addressed_at", UtcDateTime, nullable=True),
        sqlite_autoincrement=True,
    )
    _partial_index("ix_event_unaddressed", "event", "id", "addressed_at IS NULL")
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stopped_because", sa.String(16), nullable=False),
        sa.Column("created_by", sa.String(48), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("event_id", _count(), sa.ForeignKey("event.id", name="fk_delivery_event_id"), primary_key=True),
        sa.Column(
            "webhook_id", sa.String(32), sa.ForeignKey("webhook.id", name="fk_delivery_webhook_id"), primary_key=True
        ),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("met", sa.String(40), nullable=False),
        sa.Column("done_at", UtcDateTime, nullable=True),
    )
    op.create_index("ix_delivery_webhook_id", "delivery", ["webhook_id"])
    _partial_index("ix_delivery_due", "delivery", "due_at", "state = 'waiting'")


def _partial_index(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for name, when, table, condition in (
        ("audit_entry_stays", f"BEFORE DELETE OR UPDATE OF {_ENTRY_COLUMNS}", "audit_entry", "FOR EACH ROW"),
        (
            "audit_entry_is_sealed_once",
            "BEFORE UPDATE OF sealed_by",
            "audit_entry",
            "FOR EACH ROW WHEN (OLD.sealed_by IS NOT NULL OR NEW.sealed_by IS NULL)",
        ),
        ("audit_entry_is_not_emptied", "BEFORE TRUNCATE", "audit_entry", "FOR EACH STATEMENT"),
        ("audit_seal_stays", "BEFORE DELETE OR UPDATE", "audit_seal", "FOR EACH ROW"),
        ("audit_seal_is_not_emptied", "BEFORE TRUNCATE", "audit_seal", "FOR EACH STATEMENT"),
    ):
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} {condition} EXECUTE FUNCTION audit_only_grows()")


def _sqlite_triggers() -> None:
    for name, when, table, condition in (
        ("audit_entry_stays", f"BEFORE UPDATE OF {_ENTRY_COLUMNS}", "audit_entry", ""),
        ("audit_entry_is_not_deleted", "BEFORE DELETE", "audit_entry", ""),
        (
            "audit_entry_is_sealed_once",
            "BEFORE UPDATE OF sealed_by",
            "audit_entry",
            "WHEN OLD.sealed_by IS NOT NULL OR NEW.sealed_by IS NULL",
        ),
        ("audit_seal_stays", "BEFORE UPDATE", "audit_seal", ""),
        ("audit_seal_is_not_deleted", "BEFORE DELETE", "audit_seal", ""),
    ):
        op.execute(
            f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW {condition}"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
