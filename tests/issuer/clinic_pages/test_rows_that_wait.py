"""Rows of a file that wait, mended or dropped on the import's page; what the department sees of a clinic's files."""

import io
import json
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select, update

from issuer.bulk.chunk import ChunkWorker
from issuer.db import reading, writing
from issuer.models import clinic, record
from issuer.models.audit import audit_entry
from issuer.store.import_chunks import ChunkStore
from tests.issuer.clinic_pages.world import Desk, Reader

FILES = "/clinic/imports"
TABLE = (
    "Last Name,First Name,DOB,CVX,Date Given,Lot,Expiry,Remarks\n"
    "Quasimodo,Wilhelmina,1987-06-05,140,2026-11-01,LOT 12,,\n"
    "Adams,Ada,1990-01-02,xyz,2026-11-01,A1,,\n"
    "Brown,Bea,1991-01-02,08,2026-12-24,A2,,=1+1\n"
    "Clark,Cy,2025-06-05,03,2025-07-01,M1,2025-06-01,,too,many\n"
)
BEYOND_THE_HEADER = ("too", "many")


def text_of(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def recorded(desk: Desk) -> int:
    with reading(desk.service.store._engine) as connection:
        return int(connection.scalar(select(func.count()).select_from(record).where(record.c.status == "completed")))


def noted(desk: Desk, action: str) -> list[Any]:
    with reading(desk.service.store._engine) as connection:
        return list(connection.execute(select(audit_entry).where(audit_entry.c.action == action)))


def brought_in(desk: Desk, browser: Reader, table: str = TABLE) -> str:
    """A file, done; the address of its page."""
    sent = browser.send(FILES, file=(io.BytesIO(table.encode()), "drive.csv"))
    where = sent.headers["Location"]
    columns = "family_name given_names birth_date product date lot expiry".split()
    run = browser.send(where, **{f"column-{place}": name for place, name in enumerate(columns)}).headers["Location"]
    worker = ChunkWorker(desk.service.intake, ChunkStore(desk.service.store._engine), desk.clock)
    while worker.run_one("a worker"):
        desk.clock.now += timedelta(seconds=1)
    return str(run)


def cells(**changes: str) -> dict[str, str]:
    """Row 3 as its form sends it, with something typed over it."""
    names = "family given born product day lot expiry".split()
    texts = ("Adams", "Ada", "1990-01-02", "xyz", "2026-11-01", "A1", "")
    row = dict(zip(names, texts, strict=True)) | changes
    return {f"cell-{place}": row[name] for place, name in enumerate(names)}


@pytest.fixture
def boss(desk: Desk) -> Reader:
    desk.member("boss", "manager")
    return desk.browser("boss")


@pytest.fixture
def run(desk: Desk, boss: Reader) -> str:
    return brought_in(desk, boss)


def test_a_row_is_mended_here_and_waits_no_more(desk: Desk, boss: Reader, run: str) -> None:
    row = f"{run}/rows/3"
    page = text_of(boss.get(row))
    assert "There is no vaccine with this CVX code." in page
    assert 'value="Adams"' in page
    assert "Remarks" not in page  # a column that is not used
    before = recorded(desk)
    again = boss.send(row, **cells(product="yyy"))
    assert (again.status_code, recorded(desk)) == (422, before)
    assert 'value="yyy"' in text_of(again)
    assert 'href="#cell-3"' in text_of(again)
    later = boss.send(row, **cells(product="140", day="2026-12-24"))
    assert "The date lies in the future." in text_of(later)
    assert boss.send(row, **cells(product="140")).headers["Location"] == run
    assert recorded(desk) == before + 1
    page = text_of(boss.get(run))
    assert "Row 3 is recorded" in page
    assert f'{row}"' not in page
    assert boss.send(row, FILES, **cells(product="140")).status_code == 404  # it waits no more
    told = boss.get(f"{run}/state.json").json["parts"]
    assert (told["recorded"], told["refused"], told["mended"]) == ("2", "2", "1")
    assert ",CVX,error," not in boss.get(f"{run}/results.csv").data.decode("utf-8-sig")
    [line] = noted(desk, "import.mend")
    assert (line.object_id, json.loads(line.detail)) == (run.rpartition("/")[2], {"row": 3})


def test_cells_beyond_the_header_are_shown_and_the_row_can_be_mended(desk: Desk, boss: Reader, run: str) -> None:
    page = text_of(boss.get(f"{run}/rows/5"))
    for text in BEYOND_THE_HEADER:
        assert f"<code>{text}</code>" in page
    row = {"family": "Clark", "given": "Cy", "born": "2025-06-05", "product": "03", "day": "2026-07-01", "lot": "M1"}
    assert boss.send(f"{run}/rows/5", **cells(**row)).status_code == 303


def test_a_row_is_dropped_with_a_reason(desk: Desk, boss: Reader, run: str) -> None:
    row, before = f"{run}/rows/4", recorded(desk)
    refused = boss.send(f"{row}/drop", row, reason="I do not like it")
    assert (refused.status_code, "Choose why" in text_of(refused)) == (422, True)
    assert boss.send(f"{row}/drop", row, reason="not-ours").status_code == 303
    assert "Row 4 is dropped" in text_of(boss.get(run))
    assert boss.get(row).status_code == 404
    assert recorded(desk) == before
    [line] = noted(desk, "import.drop")
    assert (line.reason, json.loads(line.detail)) == ("not-ours", {"row": 4})
    assert "2026-12-24" not in boss.get(f"{run}/rows-to-mend.csv").data.decode("utf-8-sig")


def test_when_none_waits_the_import_is_finished(desk: Desk, boss: Reader, run: str) -> None:
    assert "some rows wait" in text_of(boss.get(FILES))
    for row in (3, 4, 5):
        boss.send(f"{run}/rows/{row}/drop", f"{run}/rows/{row}", reason="duplicate")
    assert "some rows wait" not in text_of(boss.get(run))
    assert "some rows wait" not in text_of(boss.get(FILES))


def test_without_a_form_token_nothing_happens(desk: Desk, boss: Reader, run: str) -> None:
    for path, typed in ((f"{run}/rows/3", cells(product="140")), (f"{run}/rows/4/drop", {"reason": "duplicate"})):
        assert boss.client.post(path, data=typed).status_code in (400, 403)
    assert noted(desk, "import.mend") == noted(desk, "import.drop") == []


def test_rows_are_the_clinics_and_its_managers(desk: Desk, boss: Reader, run: str) -> None:
    desk.member("stranger", "manager", desk.clinic("Hill Clinic"))
    desk.member("dora", "department", "")
    for login, at, status in (("stranger", FILES, 404), ("dora", FILES, 403), ("nurse", "/clinic/form", 403)):
        browser = desk.browser(login)
        assert browser.get(f"{run}/rows/3").status_code == status
        assert browser.send(f"{run}/rows/3", at, **cells(product="140")).status_code == status
        assert browser.send(f"{run}/rows/4/drop", at, reason="duplicate").status_code == status
    assert noted(desk, "import.mend") == noted(desk, "import.drop") == []
    assert boss.get(f"{run}/rows/2").status_code == 404  # it went in
    assert boss.get(f"{run}/rows/99").status_code == 404


def test_a_clinic_that_is_held_mends_nothing(desk: Desk, boss: Reader, run: str) -> None:
    with writing(desk.service.store._engine) as connection:
        connection.execute(update(clinic).where(clinic.c.id == desk.clinic_id).values(state="held"))
    answer = boss.send(f"{run}/rows/3", **cells(product="140"))
    assert (answer.status_code, "may not record anything now" in text_of(answer)) == (409, True)
    assert boss.get(f"{run}/rows/3").status_code == 200  # it waits


# ---- What is said of rows that went in -------------------------------------------------------------------------------


def test_rows_that_went_in_with_a_remark_are_told(desk: Desk, boss: Reader) -> None:
    table = TABLE.replace(",,too,many", ",")
    run = brought_in(desk, boss, table)
    page = text_of(boss.get(run))
    assert "Rows that went in with a remark" in page
    assert "The lot had expired before the dose was given: it does not count." in page
    assert "By: CDSi" in page
    lines = boss.get(f"{run}/results.csv").data.decode("utf-8-sig").splitlines()
    severities = [line.split(",")[2] for line in lines[1:]]
    assert severities == sorted(severities)  # first what is wrong, then what is said
    assert any(line.startswith("5,Expiry,warning,expired-lot,") and "CDSi" in line for line in lines)
    assert any(line.startswith("2,Lot,warning,lot-number-words,") for line in lines)
    with reading(desk.service.store._engine) as connection:
        kept = connection.exec_driver_sql("SELECT cells FROM waiting_row WHERE state = 'noted'").scalars().all()
    assert set(kept) == {b"{}"}  # what stands on record is not kept a second time


# ---- The department --------------------------------------------------------------------------------------------------


def test_the_department_sees_files_and_changes_none(desk: Desk, boss: Reader, run: str) -> None:
    desk.member("dora", "department", "")
    dora = desk.browser("dora")
    page = text_of(dora.get(FILES))
    assert "Harbour Clinic" in page
    assert 'type="file"' not in page
    page = text_of(dora.get(run))
    assert "There is no vaccine with this CVX code." in page
    assert "Mend" not in page
    assert dora.get(f"{run}/state.json").status_code == dora.get(f"{run}/results.csv").status_code == 200
    assert dora.get(f"{run}/rows-to-mend.csv").status_code == 403
    for path in (FILES, f"{run}/stop", f"{run}/go-on"):
        assert dora.send(path, FILES).status_code == 403


def test_the_department_and_the_clinic_are_told_whose_records_they_see(desk: Desk, boss: Reader, run: str) -> None:
    desk.member("dora", "department", "")
    assert "<h1>Records of Harbour Clinic</h1>" in text_of(boss.get("/corrections"))
    page = text_of(desk.browser("dora").get("/corrections"))
    assert "<h1>Records of all clinics</h1>" in page
    assert "Quasimodo" in page
    assert "Harbour Clinic" in page
