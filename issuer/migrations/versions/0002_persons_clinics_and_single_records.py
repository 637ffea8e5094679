"""Persons with demographics, clinics, and a record for each dose or result.

A record of 0001 held everything one submission brought. Each of its doses and results becomes a record of its own; the
cards stay as they were signed and say which records they hold.
"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from cards.encoding import read_json, write_json
from issuer.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HOUSE = "00000000000000000000000000000001"
"""The clinic of whatever was recorded before there were clinics, and of the deployment's own API token."""


def upgrade() -> None:
    """New tables beside the old, the content moved, the old ones taken away."""
    connection = op.get_bind()
    _new_tables()
    connection.execute(
        sa.text(
            "INSERT INTO clinic (id, name, public_name, state, details, created_at)"
            " VALUES (:id, 'Own clinic', '', 'live', '{}', CURRENT_TIMESTAMP)"
        ),
        {"id": HOUSE},
    )
    op.rename_table("record", "record_0001")
    if connection.dialect.name == "postgresql":  # there, names of indexes are the schema's, not the table's
        op.execute("ALTER TABLE record_0001 RENAME CONSTRAINT pk_record TO pk_record_0001")
        op.execute("ALTER INDEX ix_record_person_id RENAME TO ix_record_0001_person_id")
    else:
        op.drop_index("ix_record_person_id", "record_0001")
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("demographics", sa.LargeBinary, nullable=False, server_default=""))
        batch.add_column(sa.Column("birth_date", sa.String(10), nullable=False, server_default=""))
        batch.add_column(sa.Column("protected", sa.Boolean, nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("protected_at", UtcDateTime, nullable=True))
        batch.add_column(sa.Column("merged_into", sa.String(32), nullable=True))
    with op.batch_alter_table("card") as batch:
        batch.add_column(sa.Column("holds", sa.Text, nullable=False, server_default=""))
        batch.add_column(sa.Column("superseded_at", UtcDateTime, nullable=True))
    _record_table()
    _move(connection)
    op.drop_index("ix_card_record_id", "card")
    with op.batch_alter_table("card") as batch:
        batch.drop_constraint("fk_card_record_id", type_="foreignkey")
        batch.drop_column("record_id")
        batch.alter_column("holds", server_default=None)
    op.drop_table("record_0001")
    with op.batch_alter_table("person") as batch:
        for name in ("demographics", "birth_date", "protected"):
            batch.alter_column(name, server_default=None)
        batch.create_foreign_key("fk_person_merged_into", "person", ["merged_into"], ["id"])
    op.create_index("ix_person_merged_into", "person", ["merged_into"])
    _tables_of_records()


def downgrade() -> None:
    """There is no way back: persons and records would lose what the newer tables say of them."""
    raise NotImplementedError("0002 cannot be taken back; restore the backup made before it")


def _id(*more: Any) -> "sa.Column[Any]":
    return sa.Column("id", sa.String(32), *more, nullable=False, primary_key=True)


def _new_tables() -> None:
    op.create_table(
        "clinic",
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("public_name", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "person_key",
        sa.Column("key", sa.String(24), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
    )
    op.create_index("ix_person_key_key", "person_key", ["key"])
    op.create_index("ix_person_key_person_id", "person_key", ["person_id"])
    op.create_table(
        "submission",
        _id(),
        sa.Column("door", sa.String(8), nullable=False),
        sa.Column("actor", sa.String(48), nullable=False),
        sa.Column("clinic_id", sa.String(32), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_submission_message", "submission", ["actor", "message_id"])


def _record_table() -> None:
    op.create_table(
        "record",
        _id(),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("clinic_id", sa.String(32), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("key", sa.String(24), nullable=False, unique=True),
        sa.Column("event_key", sa.String(24), nullable=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("lot", sa.String(40), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("source", sa.String(12), nullable=False),
        sa.Column("unsigned_because", sa.String(40), nullable=False),
        sa.Column("vaccinator", sa.Text, nullable=False),
        sa.Column("resource", sa.LargeBinary, nullable=False),
        sa.Column("marks", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("submission_id", sa.String(32), sa.ForeignKey("submission.id"), nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    for name, columns in {
        "ix_record_person_id": ["person_id"],
        "ix_record_event_key": ["event_key"],
        "ix_record_submission_id": ["submission_id"],
        "ix_record_clinic": ["clinic_id", "recorded_at"],
        "ix_record_lot": ["lot", "code"],
    }.items():
        op.create_index(name, "record", columns)


def _tables_of_records() -> None:
    op.create_table(
        "record_version",
        sa.Column("record_id", sa.String(32), sa.ForeignKey("record.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("resource", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("changed_by", sa.String(48), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("forget_after", UtcDateTime, nullable=False),
    )
    op.create_index("ix_record_version_forget_after", "record_version", ["forget_after"])
    op.create_table(
        "question",
        sa.Column("record_id", sa.String(32), sa.ForeignKey("record.id"), primary_key=True),
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("clinic_id", sa.String(32), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("answer", sa.String(16), nullable=True),
        sa.Column("answered_by", sa.String(48), nullable=True),
        sa.Column("answered_at", UtcDateTime, nullable=True),
    )
    op.create_index("ix_question_clinic", "question", ["clinic_id", "answered_at"])
    op.create_table(
        "review",
        _id(),
        sa.Column("newer", sa.String(32), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("older", sa.String(32), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(48), nullable=True),
        sa.Column("decided_at", UtcDateTime, nullable=True),
    )
    op.create_table(
        "merge",
        _id(),
        sa.Column("gone", sa.String(32), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("into", sa.String(32), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("records", sa.Text, nullable=False),
        sa.Column("before", sa.LargeBinary, nullable=False),
        sa.Column("merged_by", sa.String(48), nullable=False),
        sa.Column("merged_at", UtcDateTime, nullable=False),
        sa.Column("undone_by", sa.String(48), nullable=True),
        sa.Column("undone_at", UtcDateTime, nullable=True),
    )
    op.create_table(
        "notice",
        _id(),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("caused_at", UtcDateTime, nullable=False),
        sa.Column("told_at", UtcDateTime, nullable=True),
    )
    for table, names in {
        "review": ("newer", "older", "state"),
        "merge": ("gone", "into"),
        "notice": ("person_id",),
    }.items():
        for name in names:
            op.create_index(f"ix_{table}_{name}", table, [name])


# ---- What was recorded before ----------------------------------------------------------------------------------------


def _move(connection: sa.Connection) -> None:
    """Each dose and result of each old record becomes a record; the old ids stand in the new ones' submissions."""
    old = connection.execute(
        sa.text("SELECT id, person_id, bundle, birth_date, created_at FROM record_0001 ORDER BY created_at")
    )
    seen: set[str] = set()
    for row in old.mappings().all():
        patient, *events = read_json(bytes(row["bundle"]))
        connection.execute(
            sa.text("UPDATE person SET demographics = :demographics, birth_date = :birth_date WHERE id = :id"),
            {"demographics": _demographics(patient), "birth_date": row["birth_date"], "id": row["person_id"]},
        )
        connection.execute(
            sa.text(
                "INSERT INTO submission (id, door, actor, clinic_id, message_id, digest, received_at)"
                " VALUES (:id, 'api', 'operator', :clinic, '', '', :at)"
            ),
            {"id": row["id"], "clinic": HOUSE, "at": row["created_at"]},
        )
        refs: dict[str, str] = {}
        for number, resource in enumerate(events):
            values = _record_values(row, resource, number)
            if values["key"] in seen:  # the same dose, sent in two records
                values["key"] = _key(values["key"], values["id"])
            seen.add(values["key"])
            connection.execute(sa.text(_INSERT), values)
            refs[values["id"]] = f"{values['code']} {values['day']}"
        _say_what_cards_hold(connection, row["id"], refs)


_INSERT = (
    "INSERT INTO record (id, person_id, clinic_id, key, event_key, kind, code, day, lot, status, source,"
    " unsigned_because, vaccinator, resource, marks, version, submission_id, recorded_at, changed_at)"
    " VALUES (:id, :person_id, :clinic_id, :key, NULL, :kind, :code, :day, :lot, 'completed', :source,"
    " '', '', :resource, '', 1, :submission_id, :at, :at)"
)


def _record_values(row: Any, resource: dict[str, Any], number: int) -> dict[str, Any]:
    is_dose = resource["resourceType"] == "Immunization"
    coding = resource["vaccineCode" if is_dose else "code"]["coding"][0]
    period = resource.get("effectivePeriod") or {}
    moment = (
        resource.get("occurrenceDateTime")
        or resource.get("effectiveDateTime")
        or period.get("start")
        or period.get("end")
    )
    event = _dose(resource, coding) if is_dose else _result(resource, coding, str(moment))
    kept = {name: value for name, value in resource.items() if name not in ("patient", "subject")}
    kind = "immunization" if is_dose else "observation"
    key = _key(row["person_id"], HOUSE, kind, coding["system"], coding["code"], str(moment))
    return {
        "id": hashlib.sha256(f"{row['id']} {number}".encode()).hexdigest()[:32],
        "person_id": row["person_id"],
        "clinic_id": HOUSE,
        "key": key,
        "kind": kind,
        "code": coding["code"][:24],
        "day": str(moment)[:10],
        "lot": resource.get("lotNumber", "")[:40],
        "source": "administered" if is_dose else "laboratory",
        "resource": _compact({"event": event, "fhir": kept}),
        "submission_id": row["id"],
        "at": row["created_at"],
    }


def _say_what_cards_hold(connection: sa.Connection, record_id: str, refs: dict[str, str]) -> None:
    """A card of an old record holds the doses that its own signed text names."""
    import base64
    import zlib

    cards = connection.execute(sa.text("SELECT id, jws FROM card WHERE record_id = :id"), {"id": record_id}).all()
    for card_id, jws in cards:
        part = jws.split(".")[1]
        payload = json.loads(zlib.decompress(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), wbits=-15))
        entries = payload["vc"]["credentialSubject"]["fhirBundle"]["entry"]
        said = {_said(entry["resource"]) for entry in entries}
        holds = " ".join(f"{ref}.1" for ref, what in refs.items() if what in said)
        connection.execute(sa.text("UPDATE card SET holds = :holds WHERE id = :id"), {"holds": holds, "id": card_id})


def _dose(resource: dict[str, Any], coding: dict[str, Any]) -> dict[str, Any]:
    """As `issuer.intake.events` wrote it when this was written: what has its default value is left out."""
    said = {
        "code": coding["code"],
        "day": resource["occurrenceDateTime"],
        "system": coding["system"] if coding["system"] != "http://hl7.org/fhir/sid/cvx" else None,
        "lot": resource.get("lotNumber"),
        "subpotent": resource.get("isSubpotent"),
    }
    return {name: value for name, value in said.items() if value}


def _result(resource: dict[str, Any], coding: dict[str, Any], moment: str) -> dict[str, Any]:
    value = ((resource.get("valueCodeableConcept") or {}).get("coding") or [{}])[0]
    quantity = resource.get("valueQuantity") or {}
    said = {
        "code": coding["code"],
        "time": moment,
        "status": resource["status"] if resource["status"] != "final" else None,
        "value_code": value.get("code"),
        "value_system": value.get("system", "") if value.get("system") != "http://snomed.info/sct" else None,
        "quantity": str(quantity["value"]) if "value" in quantity else None,
        "unit": quantity.get("code") or quantity.get("unit"),
        "text": resource.get("valueString"),
    }
    return {name: value for name, value in said.items() if value or (name == "value_system" and value == "")}


def _compact(content: Any) -> bytes:
    return write_json(content)


def _said(resource: dict[str, Any]) -> str:
    code = resource.get("vaccineCode") or resource.get("code") or {}
    period = resource.get("effectivePeriod") or {}
    moment = (
        resource.get("occurrenceDateTime")
        or resource.get("effectiveDateTime")
        or period.get("start")
        or period.get("end")
    )
    return f"{next((c['code'] for c in code.get('coding', [])), '')} {str(moment)[:10]}"


def _demographics(patient: dict[str, Any]) -> bytes:
    name = (patient.get("name") or [{}])[0]
    parts = [
        name.get("family", ""),
        name.get("given", []),
        " ".join(name.get("suffix", [])),
        name.get("text", ""),
        " ".join(name.get("prefix", [])),
    ]
    content = {"name": parts, "birth_date": patient.get("birthDate", "")}
    return _compact(content)


def _key(*parts: str) -> str:
    """`issuer.intake.keys.hashed` as it was when this was written."""
    import base64

    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return "r" + base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
