"""`countersign audit`, as an operator runs it."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from countersign.commands.audit import command
from issuer.audit.entry import Entry
from issuer.db import open_engine, upgrade, writing
from issuer.rights import Actor
from issuer.store.audit import AuditStore

NURSE = Actor("staff:n1", "vaccinator", "c1", "192.0.2.7")


class Deployment:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = open_engine(f"sqlite:///{folder / 'issuer.db'}")
        self.log = AuditStore(self.engine)

    def write(self, *days: int, reason: str = "") -> None:
        self.log.note(
            [
                Entry(datetime(2026, 11, day, tzinfo=UTC), NURSE, "record.add", "record", f"r{day}", "", "p1", reason)
                for day in days
            ]
        )

    def __call__(self, *arguments: str, status: int = 0) -> str:
        environ = {"COUNTERSIGN_DATABASE": f"sqlite:///{self.folder / 'issuer.db'}"}
        done = CliRunner().invoke(command, ["--data", str(self.folder), *arguments], env=environ)
        assert done.exit_code == status, done.output
        return done.output


@pytest.fixture
def audit(tmp_path) -> Deployment:
    upgrade(f"sqlite:///{tmp_path / 'issuer.db'}")
    return Deployment(tmp_path)


def test_seal_head_verify(audit):
    assert "Nothing is sealed yet" in audit("head", status=1)
    audit.write(1, 2)
    assert "2 entries sealed" in audit("seal")
    noted = audit("head").strip()
    audit.write(3)
    said = audit("verify", "--head", noted)
    assert "2 entries under 1 seals, 1 not sealed yet." in said
    assert "The log is whole." in said
    assert "Without --head" not in said
    assert "Without --head" in audit("verify")
    assert json.loads(audit("verify", "--json", "--head", noted))["whole"] is True


def test_a_change_is_named_and_the_exit_says_it(audit):
    audit.write(1, 2)
    audit("seal")
    noted = audit("head").strip()
    with writing(audit.engine) as connection:
        connection.execute(text("DROP TRIGGER audit_entry_stays"))
        connection.execute(text("UPDATE audit_entry SET actor = 'staff:other' WHERE seq = 2"))
    said = audit("verify", "--head", noted, status=1)
    assert "Seal 1, entries 1 to 2: an entry under this seal is not as it was written." in said
    assert "The log is not whole." in said
    assert json.loads(audit("verify", "--json", status=1))["log"]["problems"][0]["kind"] == "entry-changed"


def test_what_cannot_be_checked_is_said(audit):
    assert "Nothing was checked" in audit("verify", status=1)
    assert not (audit.folder / "secrets" / "audit-secret").exists()
    audit("seal")
    assert "audit head" in audit("verify", "--head", "x", status=2)
    assert "--since" in audit("export", "--since", "yesterday", status=2)


def test_exports(audit):
    audit.write(1, 2, 3, reason="=1+1")
    rows = list(csv.DictReader(io.StringIO(audit("export", "--since", "2026-11-02", "--until", "2026-11-03"))))
    assert [(row["object_id"], row["reason"]) for row in rows] == [("r2", "'=1+1")]
    lines = audit("export", "--format", "jsonl", "--person", "p1", "--actor", "staff:n1").splitlines()
    assert [json.loads(line)["object_id"] for line in lines] == ["r1", "r2", "r3"]
    assert json.loads(lines[0])["detail"] == {}
    exported = audit("export", "--action", "audit.export", "--format", "jsonl").splitlines()
    assert len(exported) == 3
