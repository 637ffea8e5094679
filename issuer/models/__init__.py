"""The tables, by subject. Rows stay in `issuer.store`; whoever asks it gets frozen values."""

from issuer.models import audit, imports, ledger, residents, staff, withdrawals
from issuer.models.base import ID_CHARACTERS, KID_CHARACTERS, RID_CHARACTERS, metadata
from issuer.models.core import (
    card,
    card_link,
    clinic,
    merge,
    notice,
    person,
    person_key,
    question,
    record,
    record_version,
    review,
    revocation_list,
    revoked_rid,
    submission,
)

__all__ = [
    "ID_CHARACTERS",
    "KID_CHARACTERS",
    "RID_CHARACTERS",
    "audit",
    "card",
    "card_link",
    "clinic",
    "imports",
    "ledger",
    "merge",
    "metadata",
    "notice",
    "person",
    "person_key",
    "question",
    "record",
    "record_version",
    "residents",
    "review",
    "revocation_list",
    "revoked_rid",
    "staff",
    "submission",
    "withdrawals",
]
