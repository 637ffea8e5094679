"""Files of many rows as pages: uploaded, confirmed, run, stopped, gone on with, mended."""

import io
import os
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from issuer.bulk.chunk import ChunkWorker
from issuer.clinic_desk.runs import duration_in_words
from issuer.store.import_chunks import ChunkStore

FILES = "/clinic/imports"
TABLE = (
    "Last Name,First Name,DOB,CVX,Date Given,Lot,Remarks\n"
    "Quasimodo,Wilhelmina,1987-06-05,140,2026-11-01,12E5,\n"
    "Adams,Ada,1990-01-02,xyz,2026-11-01,A1,\n"
    "Brown,Bea,1991-01-02,08,2026-12-24,A2,=1+1\n"
)


def text_of(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


@pytest.fixture
def boss(desk: Any) -> Any:
    desk.member("boss", "manager")
    return desk.browser("boss")


@pytest.fixture
def work(desk: Any) -> Any:
    """Does all chunks there are."""
    chunks = ChunkStore(desk.service.store._engine)
    worker = ChunkWorker(desk.service.intake, chunks, desk.clock)

    def all_of_it() -> None:
        while worker.run_one("a worker"):
            desk.clock.now += timedelta(seconds=1)

    return all_of_it


def upload(browser: Any, content: str | bytes = TABLE, name: str = "drive.csv") -> Any:
    octets = content.encode() if isinstance(content, str) else content
    return browser.send(FILES, file=(io.BytesIO(octets), name))


def chosen(page: str) -> dict[str, str]:
    """What the page's selects say."""
    found = {}
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        picked = re.search(r'value="([^"]*)" selected', body)
        found[name] = picked[1] if picked else ""
    return found


def begin(browser: Any, content: str | bytes = TABLE, **typed: str) -> str:
    where = upload(browser, content).headers["Location"]
    answer = browser.send(where, **{**chosen(text_of(browser.get(where))), **typed})
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["Location"])


def test_a_file_goes_in_and_its_bad_rows_wait(desk: Any, boss: Any, work: Any) -> None:
    where = begin(boss)
    assert "Waiting for a worker" in text_of(boss.get(where))
    work()
    page = text_of(boss.get(where))
    assert "Finished; some rows wait for their correction" in page
    assert "3 of 3 rows (100 %)" in page
    assert "The date lies in the future." in page
    told = boss.get(f"{where}/state.json").json
    assert (told["state"], told["done"], told["parts"]["recorded"], told["parts"]["refused"]) == ("done", 3, "1", "2")
    assert "Finished" in text_of(boss.get(FILES))


def test_results_and_rows_to_mend_can_be_taken_and_sent_again(desk: Any, boss: Any, work: Any) -> None:
    where = begin(boss)
    work()
    results = boss.get(f"{where}/results.csv").data.decode("utf-8-sig")
    assert results.splitlines()[0].startswith("row,column,severity,code")
    assert "3,CVX," in results
    assert "4,Date Given," in results
    mend = boss.get(f"{where}/rows-to-mend.csv").data.decode("utf-8-sig")
    assert "'=1+1" in mend or "\t=1+1" in mend  # a spreadsheet program must not run it
    mended = mend.replace("xyz", "140").replace("2026-12-24", "2026-11-02")
    again = begin(boss, mended)
    work()
    assert boss.get(f"{again}/state.json").json["parts"]["recorded"] == "2"
    assert boss.get(f"{where}/rows-to-mend.xlsx").data[:2] == b"PK"


def test_a_run_is_stopped_and_gone_on_with(desk: Any, boss: Any, work: Any) -> None:
    where = begin(boss)
    boss.send(f"{where}/stop", where)
    page = text_of(boss.get(where))
    assert "Stopped" in page
    assert "Go on" in page
    work()
    assert boss.get(f"{where}/state.json").json["done"] == 0
    boss.send(f"{where}/go-on", where)
    work()
    assert boss.get(f"{where}/state.json").json["done"] == 3


def test_a_part_that_was_given_up_is_shown_and_run_again(desk: Any, boss: Any, work: Any) -> None:
    where = begin(boss)
    [path] = desk.folder.glob("*/*.csv")
    kept = path.read_bytes()
    path.unlink()
    work()
    page = text_of(boss.get(where))
    assert "Parts that could not be done" in page
    assert "FileNotFoundError" in page
    path.write_bytes(kept)
    boss.send(f"{where}/go-on", where)
    work()
    assert boss.get(f"{where}/state.json").json["parts"]["recorded"] == "1"


def test_what_was_chosen_is_remembered_for_the_next_such_file(desk: Any, boss: Any) -> None:
    begin(boss, **{"column-6": "event_id", "signing": "now"})
    page = text_of(boss.get(upload(boss).headers["Location"]))
    assert "You imported a file with these headers before" in page
    assert chosen(page)["column-6"] == "event_id"


@pytest.mark.parametrize(
    ("content", "typed", "place"),
    [
        (TABLE, {"column-3": ""}, "column-0"),
        (TABLE, {"column-6": "lot"}, "column-6"),
        (TABLE, {"zone": "Moon/Base"}, "zone"),
        (TABLE.replace("2026-11-01", "03/04/2026").replace("2026-12-24", ""), {}, "date_order"),
        (TABLE.replace("Remarks", "MRN").replace("12E5,", "12E5,M7"), {}, "fixed-identifier_authority"),
    ],
)
def test_what_only_a_person_can_say_is_asked(desk: Any, boss: Any, content: str, typed: Any, place: str) -> None:
    where = upload(boss, content).headers["Location"]
    answer = boss.send(where, **{**chosen(text_of(boss.get(where))), **typed})
    page = text_of(answer)
    assert answer.status_code == 422
    assert f'href="#{place}"' in page
    assert f'id="{place}"' in page
    assert "No file was imported yet" in text_of(boss.get(FILES))


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old excel", b"PK\x03\x04broken"]
)
def test_what_is_no_table_is_refused_and_not_kept(desk: Any, boss: Any, content: bytes) -> None:
    answer = upload(boss, content)
    assert answer.status_code == 422
    assert 'href="#file"' in text_of(answer)
    assert [path for path in desk.folder.rglob("*") if path.is_file()] == []


def test_nothing_chosen_is_said(boss: Any) -> None:
    answer = boss.send(FILES)
    assert answer.status_code == 422
    assert "Choose a CSV or XLSX file." in text_of(answer)


def test_an_upload_is_the_clinics_and_starts_once(desk: Any, boss: Any) -> None:
    where = upload(boss).headers["Location"]
    desk.member("stranger", "manager", desk.clinic("Hill Clinic"))
    stranger = desk.browser("stranger")
    assert stranger.get(where).status_code == 404
    picked = chosen(text_of(boss.get(where)))
    run = boss.send(where, **picked).headers["Location"]
    assert boss.send(where, FILES, **picked).status_code == 404
    for path in (run, f"{run}/state.json", f"{run}/results.csv"):
        assert stranger.get(path).status_code == 404
    assert stranger.send(f"{run}/stop", FILES).status_code == 404
    assert stranger.get("/clinic/imports/new/..%2f..%2fetc").status_code == 404


def test_files_have_random_names_and_are_nobody_elses(desk: Any, boss: Any) -> None:
    upload(boss, name="Quasimodo, Wilhelmina.csv")
    [path] = [path for path in desk.folder.rglob("*") if path.is_file()]
    assert re.fullmatch(r"[0-9a-f]{32}\.upload", path.name)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_nobody_started_goes_after_a_day(desk: Any, boss: Any) -> None:
    upload(boss)
    [old] = desk.folder.glob("*/*.upload")
    before = (desk.clock.now - timedelta(days=2)).timestamp()
    os.utime(old, (before, before))
    where = upload(boss).headers["Location"]
    assert not old.exists()
    assert boss.get(where).status_code == 200


def test_a_vaccinator_imports_nothing(desk: Any) -> None:
    assert desk.browser().get(FILES).status_code == 403


@pytest.mark.parametrize("use", ["dose", "result"])
def test_templates_can_be_taken_and_sent_filled_in(desk: Any, boss: Any, use: str) -> None:
    assert boss.get(f"{FILES}/template-{use}.xlsx").data[:2] == b"PK"
    header = boss.get(f"{FILES}/template-{use}.csv").data.decode("utf-8-sig")
    assert header.startswith("family_name,given_names")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (61, "about 1 minute"), (600, "about 10 minutes"), (7200, "about 2 hours")],
)
def test_time_left_in_words(seconds: int, words: str) -> None:
    assert duration_in_words(timedelta(seconds=seconds)) == words
