"""Clinics, persons, records, cards and revocations.

Health data stands in `person.demographics`, `person.birth_date`, `record.resource`, `record.code`, `record.day`,
`record.lot`, `record_version.resource`, `card.jws` and `card.title`; nothing else says anything about a person.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from issuer.db import UtcDateTime
from issuer.models.base import ID_CHARACTERS, KID_CHARACTERS, RID_CHARACTERS, metadata

KEY_CHARACTERS = 24
"""One letter for the kind of key and 128 bits of SHA-256 in base64url."""
DIGEST_CHARACTERS = 64
CODE_CHARACTERS = 24
LOT_CHARACTERS = 40

clinic = Table(
    "clinic",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("name", Text, nullable=False),
    # What stands on cards as the performer: a prison, shelter or HIV clinic must not show.
    Column("public_name", Text, nullable=False),
    # applied, live, suspended
    Column("state", String(16), nullable=False),
    # JSON of `issuer.clinics.ClinicDetails`: address, time zone, hours, contact.
    Column("details", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    # JSON of `issuer.intake.proposal.Demographics`.
    Column("demographics", LargeBinary, nullable=False),
    Column("birth_date", String(10), nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("protected_at", UtcDateTime, nullable=True),
    # The person this record was merged into; it is kept, so that a merge can be undone.
    Column("merged_into", ForeignKey("person.id"), nullable=True, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

person_key = Table(
    "person_key",
    metadata,
    # What a person may be found by: `issuer.persons.keys`. Hashed: the index says nothing about anybody.
    # No index over both columns: of all indexes this one is the largest, and its size is what a load of millions costs.
    # No foreign key either: it is an index of ours, written with its person, and checking each of four keys of each
    # person was a fifth of what PostgreSQL did for a row.
    Column("key", String(KEY_CHARACTERS), nullable=False, index=True),
    Column("person_id", String(ID_CHARACTERS), nullable=False, index=True),
)

submission = Table(
    "submission",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    # form, fhir, hl7, csv, xlsx, api
    Column("door", String(8), nullable=False),
    Column("actor", String(48), nullable=False),
    Column("clinic_id", ForeignKey(clinic.c.id), nullable=False),
    # The sender's own id of the message (MSH-10) and the digest of its content; "" where the door has none.
    Column("message_id", Text, nullable=False),
    Column("digest", String(DIGEST_CHARACTERS), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index("ix_submission_message", "actor", "message_id"),
)

record = Table(
    "record",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    Column("clinic_id", ForeignKey(clinic.c.id), nullable=False),
    # What makes a record the same one when it is sent again: `issuer.intake.deciding.record_key`.
    Column("key", String(KEY_CHARACTERS), nullable=False, unique=True),
    # The sender's own id of it, hashed with the clinic's; "" where it has none.
    Column("event_key", String(KEY_CHARACTERS), nullable=True, index=True),
    # immunization, observation
    Column("kind", String(12), nullable=False),
    Column("code", String(CODE_CHARACTERS), nullable=False),
    Column("day", String(10), nullable=False),
    Column("lot", String(LOT_CHARACTERS), nullable=False),
    # completed, not-done, deleted
    Column("status", String(10), nullable=False),
    # administered, historical, laboratory
    Column("source", String(12), nullable=False),
    # "" where it may stand on a card, else the code of the signing policy's finding.
    Column("unsigned_because", String(40), nullable=False),
    Column("vaccinator", Text, nullable=False),
    # JSON: the reduced FHIR R4 resource and what else was said of the event.
    Column("resource", LargeBinary, nullable=False),
    # Codes of what the plausibility rules marked, separated by spaces.
    Column("marks", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("submission_id", ForeignKey(submission.c.id), nullable=False, index=True),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_record_clinic", "clinic_id", "recorded_at"),
    Index("ix_record_lot", "lot", "code"),
)

record_version = Table(
    "record_version",
    metadata,
    # What a record was before it was changed; kept until `forget_after`.
    Column("record_id", ForeignKey(record.c.id), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("status", String(10), nullable=False),
    Column("resource", LargeBinary, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("changed_by", String(48), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("forget_after", UtcDateTime, nullable=False, index=True),
)

card = Table(
    "card",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    # The records on it, each as id.version, separated by spaces.
    Column("holds", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("kid", String(KID_CHARACTERS), nullable=False),
    Column("rid", String(RID_CHARACTERS), nullable=False),
    Column("jws", Text, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    # A newer card says the same and more: this one stands, but is not handed out any more.
    Column("superseded_at", UtcDateTime, nullable=True),
    Column("revoked_at", UtcDateTime, nullable=True),
    Column("revoked_reason", String(32), nullable=True),
    # The card this one took the place of: each card is replaced at most once, however often that is asked for.
    Column("replaces", ForeignKey("card.id"), nullable=True, unique=True),
    # An id of its own for each card, whatever the key: 64 bits of HMAC over both (D1).
    Index("uq_card_rid", "rid", unique=True),
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

question = Table(
    "question",
    metadata,
    # What the rules asked about a record that a machine sent: the clinic answers it on its page.
    Column("record_id", ForeignKey(record.c.id), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("clinic_id", ForeignKey(clinic.c.id), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("answer", String(16), nullable=True),
    Column("answered_by", String(48), nullable=True),
    Column("answered_at", UtcDateTime, nullable=True),
    Index("ix_question_clinic", "clinic_id", "answered_at"),
)

review = Table(
    "review",
    metadata,
    # Two persons who may be one. `newer` was made because nobody could tell.
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("newer", ForeignKey(person.c.id), nullable=False, index=True),
    Column("older", ForeignKey(person.c.id), nullable=False, index=True),
    # Codes of what agrees and what does not, separated by spaces: no values.
    Column("reasons", Text, nullable=False),
    Column("score", Integer, nullable=False),
    # open, merged, distinct
    Column("state", String(8), nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("decided_by", String(48), nullable=True),
    Column("decided_at", UtcDateTime, nullable=True),
)

merge = Table(
    "merge",
    metadata,
    # One person's records put with another's; `records` names what moved, so that it can be undone.
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("gone", ForeignKey(person.c.id), nullable=False, index=True),
    Column("into", ForeignKey(person.c.id), nullable=False, index=True),
    Column("records", Text, nullable=False),
    Column("before", LargeBinary, nullable=False),
    Column("merged_by", String(48), nullable=False),
    Column("merged_at", UtcDateTime, nullable=False),
    Column("undone_by", String(48), nullable=True),
    Column("undone_at", UtcDateTime, nullable=True),
)

_UNTOLD = text("told_at IS NULL")
notice = Table(
    "notice",
    metadata,
    # Somebody is to be told of something; committed with what caused it. Whoever sends messages takes it from here.
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    # card-replaced, card-revoked
    Column("purpose", String(24), nullable=False),
    Column("caused_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime, nullable=True),
    Index(
        "ix_notice_untold", "caused_at", sqlite_where=text("told_at IS NULL"), postgresql_where=text("told_at IS NULL")
    ),
)
