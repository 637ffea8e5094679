"""Staff, their logins and sessions, approvals of clinics, clinics' systems and their tokens."""

import sqlalchemy as sa
from alembic import op

from issuer.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables of `issuer.models.staff`."""
    _staff()
    _factors()
    _sessions()
    _clients()


def downgrade() -> None:
    """Take them away, with everything in them."""
    for name in (
        "access_token",
        "used_jti",
        "client",
        "clinic_approval",
        "login_attempt",
        "staff_session",
        "setup_link",
        "recovery_code",
        "passkey_challenge",
        "passkey",
        "staff",
    ):
        op.drop_table(name)


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=True),
        sa.Column("password_hash", sa.Text, nullable=True),
        sa.Column("totp_sealed", sa.LargeBinary, nullable=True),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("oidc_subject", sa.String(64), nullable=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("linked_by", sa.String(48), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_staff_clinic_id"),
        sa.UniqueConstraint("login", name="uq_staff_login"),
        sa.UniqueConstraint("oidc_subject", name="uq_staff_oidc_subject"),
    )
    op.create_index("ix_staff_clinic_id", "staff", ["clinic_id"])
    op.create_table(
        "clinic_approval",
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "staff_id", name="pk_clinic_approval"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_clinic_approval_clinic_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_clinic_approval_staff_id"),
    )


def _factors() -> None:
    op.create_table(
        "passkey",
        sa.Column("credential_id", sa.Text, nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("credential_id", name="pk_passkey"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_passkey_staff_id"),
    )
    op.create_index("ix_passkey_staff_id", "passkey", ["staff_id"])
    op.create_table(
        "passkey_challenge",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_passkey_challenge"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("staff_id", "hash", name="pk_recovery_code"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_recovery_code_staff_id"),
    )


def _sessions() -> None:
    op.create_table(
        "setup_link",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_setup_link"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_setup_link_staff_id"),
    )
    op.create_index("ix_setup_link_staff_id", "setup_link", ["staff_id"])
    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(8), nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_staff_session"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_session_staff_id"),
        sa.UniqueConstraint("id", name="uq_staff_session_id"),
    )
    op.create_index("ix_staff_session_staff_id", "staff_session", ["staff_id"])
    op.create_table(
        "login_attempt",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_login_attempt"),
    )


def _clients() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("clinic_id", sa.String(32), nullable=False),
        sa.Column("jwks", sa.Text, nullable=True),
        sa.Column("jwks_uri", sa.Text, nullable=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("facilities", sa.Text, nullable=False),
        sa.Column("soap_username", sa.Text, nullable=True),
        sa.Column("soap_hash", sa.Text, nullable=True),
        sa.Column("certificate", sa.String(64), nullable=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_client_clinic_id"),
        sa.UniqueConstraint("soap_username", name="uq_client_soap_username"),
        sa.UniqueConstraint("certificate", name="uq_client_certificate"),
    )
    op.create_index("ix_client_clinic_id", "client", ["clinic_id"])
    op.create_table(
        "used_jti",
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("jti_hash", sa.String(64), nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti_hash", name="pk_used_jti"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_used_jti_client_id"),
    )
    op.create_index("ix_used_jti_ends_at", "used_jti", ["ends_at"])
    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_access_token"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_access_token_client_id"),
    )
    op.create_index("ix_access_token_client_id", "access_token", ["client_id"])
    op.create_index("ix_access_token_ends_at", "access_token", ["ends_at"])
