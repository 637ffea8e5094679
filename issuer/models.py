"""The tables. Rows stay in `issuer.store`; whoever asks it gets frozen values.

Health data stands in `record.bundle`, `record.birth_date`, `card.jws` and `card.title`; nothing else says anything
about a person.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

from issuer.db import UtcDateTime

ID_CHARACTERS = 32
"""128 random bits in hexadecimal: an id says nothing about when or after whom it was made."""
KID_CHARACTERS = 43
"""An RFC 7638 thumbprint."""
RID_CHARACTERS = 24
"""The longest `rid` the specification allows (D1)."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


person = Table(
    "person",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    # SHA-256 of the reduced content: the same record sent twice is one record.
    Column("digest", String(64), nullable=False, unique=True),
    Column("bundle", LargeBinary, nullable=False),
    Column("birth_date", String(10), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

card = Table(
    "card",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("record_id", ForeignKey(record.c.id), nullable=False, index=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("kid", String(KID_CHARACTERS), nullable=False),
    Column("rid", String(RID_CHARACTERS), nullable=False),
    Column("jws", Text, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime, nullable=True),
    Column("revoked_reason", String(32), nullable=True),
    # The card this one took the place of: each card is replaced at most once, however often that is asked for.
    Column("replaces", ForeignKey("card.id"), nullable=True, unique=True),
    Index("uq_card_kid_rid", "kid", "rid", unique=True),
)

card_link = Table(
    "card_link",
    metadata,
    # SHA-256 of the 256-bit token: whoever reads this table cannot open a card page with it.
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

revocation_list = Table(
    "revocation_list",
    metadata,
    Column("kid", String(KID_CHARACTERS), primary_key=True),
    Column("ctr", Integer, nullable=False),
)

revoked_rid = Table(
    "revoked_rid",
    metadata,
    Column("kid", ForeignKey(revocation_list.c.kid), primary_key=True),
    Column("rid", String(RID_CHARACTERS), primary_key=True),
    Column("listed_at", UtcDateTime, nullable=False),
)
