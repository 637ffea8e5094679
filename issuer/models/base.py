"""What all tables share."""

from sqlalchemy import MetaData

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
