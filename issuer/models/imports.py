"""Imports of tables and day's lists.

Health data stands in `waiting_row.cells` and `roster_entry.person`; both are deleted after a time (`forget_after`, the
roster's day), and so is the file at `import_job.path`. `column_mapping.mapping` and `import_job.mapping` name columns
and what a clinic said for a whole file.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from issuer.db import UtcDateTime
from issuer.models.base import ID_CHARACTERS, metadata
from issuer.models.core import DIGEST_CHARACTERS

STATE_CHARACTERS = 8
CODE_CHARACTERS = 40

column_mapping = Table(
    "column_mapping",
    metadata,
    # What a clinic said of a file with these headers, for the next such file.
    Column("clinic_id", ForeignKey("clinic.id"), primary_key=True),
    Column("fingerprint", String(DIGEST_CHARACTERS), primary_key=True),
    # JSON of `issuer.tables.mapping.ColumnMapping`.
    Column("mapping", Text, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
)

import_job = Table(
    "import_job",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("clinic_id", ForeignKey("clinic.id"), nullable=False),
    # Who asked for it: `issuer.rights.Actor`.
    Column("actor", String(48), nullable=False),
    Column("actor_role", String(16), nullable=False),
    Column("actor_clinic_id", String(ID_CHARACTERS), nullable=False),
    Column("actor_origin", Text, nullable=False),
    Column("digest", String(DIGEST_CHARACTERS), nullable=False),
    Column("path", Text, nullable=False),
    # JSON of `issuer.tables.rows.Head`.
    Column("head", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    # now, on-demand
    Column("signing", String(STATE_CHARACTERS + 2), nullable=False),
    # waiting, running, stopped, done, failed
    Column("state", String(STATE_CHARACTERS), nullable=False, index=True),
    Column("rows", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=True),
    Column("ended_at", UtcDateTime, nullable=True),
    # Seconds of the runs before the present one, and when that began.
    Column("worked_seconds", Float, nullable=False),
    Column("resumed_at", UtcDateTime, nullable=True),
    Column("forget_after", UtcDateTime, nullable=False, index=True),
    Index("ix_import_job_clinic", "clinic_id", "created_at"),
)

import_chunk = Table(
    "import_chunk",
    metadata,
    Column("job_id", ForeignKey(import_job.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("first_row", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    # waiting, running, done, failed
    Column("state", String(STATE_CHARACTERS), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", String(64), nullable=True),
    Column("claimed_at", UtcDateTime, nullable=True),
    Column("error", String(CODE_CHARACTERS), nullable=True),
    # What became of its rows: counted here and summed, so that workers do not wait for one row of the job.
    Column("recorded", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Index("ix_import_chunk_state", "job_id", "state", "number"),
)

waiting_row = Table(
    "waiting_row",
    metadata,
    Column("job_id", ForeignKey(import_job.c.id), primary_key=True),
    Column("row", Integer, primary_key=True),
    # JSON: the row's cells by the clinic's headers.
    Column("cells", LargeBinary, nullable=False),
    # JSON: [[code, place], …]
    Column("findings", Text, nullable=False),
    # waiting, mended, dropped
    Column("state", String(STATE_CHARACTERS), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("forget_after", UtcDateTime, nullable=False, index=True),
)

roster = Table(
    "roster",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("clinic_id", ForeignKey("clinic.id"), nullable=False),
    # The clinic's own day, YYYY-MM-DD.
    Column("day", String(10), nullable=False, index=True),
    Column("actor", String(48), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_roster_clinic", "clinic_id", "day"),
)

roster_entry = Table(
    "roster_entry",
    metadata,
    Column("roster_id", ForeignKey(roster.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    # HH:MM or "".
    Column("time", String(5), nullable=False),
    # JSON of `issuer.intake.proposal.Demographics`.
    Column("person", LargeBinary, nullable=False),
    # waiting, done, absent
    Column("state", String(STATE_CHARACTERS), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=True, index=True),
    Column("changed_at", UtcDateTime, nullable=False),
)
