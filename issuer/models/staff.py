"""Staff, how they log in, what clinics were approved by whom, and clinics' systems with their tokens.

No health data stands here. Passwords are Argon2id hashes, TOTP secrets are sealed, and of tokens, links and codes only
SHA-256 is kept: each is 128 random bits or more, so that a hash that is quick to compute gives nothing away.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from issuer.db import UtcDateTime
from issuer.models.base import ID_CHARACTERS, metadata

HASH_CHARACTERS = 64
"""SHA-256 in hexadecimal."""

staff = Table(
    "staff",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    # As `issuer.staff.people.plain_login` writes it: one spelling each.
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    # NULL for the department, the help desk and auditors.
    Column("clinic_id", ForeignKey("clinic.id"), nullable=True, index=True),
    # NULL until the one-time link was used, and after a reset.
    Column("password_hash", Text, nullable=True),
    # AES-256-GCM, the id of the person as associated data.
    Column("totp_sealed", LargeBinary, nullable=True),
    # The last time step whose code was used: none at or before it is taken again (RFC 6238 section 5.2).
    Column("totp_step", BigInteger, nullable=False),
    # `iss` and `sub` at the OpenID Connect provider, hashed together; NULL until the first such login.
    Column("oidc_subject", String(HASH_CHARACTERS), nullable=True, unique=True),
    Column("active", Boolean, nullable=False),
    # Who made the last one-time link: they could have used it themselves, so the two do not approve a clinic together.
    Column("linked_by", String(48), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

passkey = Table(
    "passkey",
    metadata,
    Column("credential_id", Text, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    # COSE_Key.
    Column("public_key", LargeBinary, nullable=False),
    # An unsigned 32-bit number: more than PostgreSQL's integer holds.
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=True),
)

passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    Column("hash", String(HASH_CHARACTERS), primary_key=True),
    Column("ends_at", UtcDateTime, nullable=False),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True),
    Column("hash", String(HASH_CHARACTERS), primary_key=True),
    Column("used_at", UtcDateTime, nullable=True),
)

setup_link = Table(
    "setup_link",
    metadata,
    Column("token_hash", String(HASH_CHARACTERS), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("ends_at", UtcDateTime, nullable=False),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_hash", String(HASH_CHARACTERS), primary_key=True),
    # What the list of sessions calls it.
    Column("id", String(ID_CHARACTERS), nullable=False, unique=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    # code: the second factor is missing; setup: there is none yet; full.
    Column("stage", String(8), nullable=False),
    Column("origin", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
)

login_attempt = Table(
    "login_attempt",
    metadata,
    # HMAC of a login, an address or a session: people type passwords into the login field.
    Column("key", String(HASH_CHARACTERS), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
)

clinic_approval = Table(
    "clinic_approval",
    metadata,
    Column("clinic_id", ForeignKey("clinic.id"), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

client = Table(
    "client",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("name", Text, nullable=False),
    Column("clinic_id", ForeignKey("clinic.id"), nullable=False, index=True),
    # One of the two, or none where the system only sends HL7.
    Column("jwks", Text, nullable=True),
    Column("jwks_uri", Text, nullable=True),
    Column("scopes", Text, nullable=False),
    # JSON: MSH-4 as it is sent -> id of the clinic it stands for.
    Column("facilities", Text, nullable=False),
    Column("soap_username", Text, nullable=True, unique=True),
    Column("soap_hash", Text, nullable=True),
    # SHA-256 of the certificate in DER, hexadecimal.
    Column("certificate", String(HASH_CHARACTERS), nullable=True, unique=True),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

used_jti = Table(
    "used_jti",
    metadata,
    Column("client_id", ForeignKey("client.id"), primary_key=True),
    Column("jti_hash", String(HASH_CHARACTERS), primary_key=True),
    Column("ends_at", UtcDateTime, nullable=False),
    Index("ix_used_jti_ends_at", "ends_at"),
)

access_token = Table(
    "access_token",
    metadata,
    Column("token_hash", String(HASH_CHARACTERS), primary_key=True),
    Column("client_id", ForeignKey("client.id"), nullable=False, index=True),
    Column("scopes", Text, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Index("ix_access_token_ends_at", "ends_at"),
)

TABLES = (
    staff,
    passkey,
    passkey_challenge,
    recovery_code,
    setup_link,
    staff_session,
    login_attempt,
    clinic_approval,
    client,
    used_jti,
    access_token,
)
"""In an order in which they can be made."""
