"""A clinic's pages of its own records: found, looked at before and after, corrected, deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from issuer.intake.proposal import Dose

FIRST, SECOND = Dose("208", "2021-03-01", lot="A1"), Dose("208", "2021-04-01", lot="B1")


@pytest.fixture
def nurse(site: Any, world: Any) -> Any:
    return site.client("nora", "vaccinator", world.clinic("Harbour"))


@pytest.fixture
def record(world: Any, nurse: Any, person: Callable[..., Any]) -> str:
    [harbour] = world.clinics
    [first, _] = world.record(harbour, person(0), [FIRST, SECOND], world.now)
    return f"/corrections/{first.record_id}"


def text_of(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def test_a_record_is_found_corrected_and_shown_with_what_it_was(nurse: Any, record: str, send: Any) -> None:
    listed = text_of(nurse.get("/corrections"))
    assert "Ada Abara" in listed
    assert record in listed
    page = text_of(nurse.get(record))
    assert "Correct it" in page
    assert "It was never changed" in page
    typed = {"version": "1", "product": "208", "day": "2021-03-02", "lot": "A9", "expires": "", "status": "completed"}
    checked = send(nurse, f"{record}/edit", f"{record}/edit", **typed, step="check")
    assert checked.status_code == 200
    assert "1 March 2021" in text_of(checked)
    assert text_of(checked).count("<strong>Changed</strong>") == 2
    assert "It was never changed" in text_of(nurse.get(record))
    saved = send(nurse, f"{record}/edit", f"{record}/edit", **typed, step="save")
    assert saved.status_code == 303
    page = text_of(nurse.get(saved.headers["Location"]))
    assert "Every card that carried it is cancelled and made anew" in page
    assert "Version 1 became version 2" in page
    again = send(nurse, f"{record}/edit", f"{record}/edit", **typed, step="save")
    assert (again.status_code, "Nothing is different" in text_of(again)) == (422, True)
    stale = {**typed, "lot": "A7"}
    assert send(nurse, f"{record}/edit", f"{record}/edit", **stale, step="save").status_code == 409


def test_a_product_is_typed_by_name(nurse: Any, record: str, send: Any) -> None:
    typed = {"version": "1", "day": "2021-03-01", "lot": "A1", "expires": "", "status": "completed"}
    several = send(nurse, f"{record}/edit", f"{record}/edit", **typed, product="influenza", step="check")
    assert several.status_code == 422
    assert "Several products have a name like this" in text_of(several)
    nothing = send(nurse, f"{record}/edit", f"{record}/edit", **typed, product="qqqqzzzz", step="check")
    assert "We know no product of this name" in text_of(nothing)
    found = send(nurse, f"{record}/edit", f"{record}/edit", **typed, product="Shingrix", step="check")
    assert "(187)" in text_of(found)


def test_what_the_checker_finds_stands_at_its_field(nurse: Any, record: str, send: Any) -> None:
    typed = {"version": "1", "product": "208", "lot": "A1", "expires": "", "status": "completed"}
    late = send(nurse, f"{record}/edit", f"{record}/edit", **typed, day="2031-01-01", step="save")
    assert late.status_code == 422
    assert 'href="#day"' in text_of(late)
    assert "The date lies in the future." in text_of(late)


def test_a_record_is_deleted_with_a_reason(nurse: Any, record: str, send: Any) -> None:
    without = send(nurse, f"{record}/delete", f"{record}/delete", version="1", reason="")
    assert without.status_code == 422
    done = send(nurse, f"{record}/delete", f"{record}/delete", version="1", reason="not-given")
    assert done.status_code == 303
    page = text_of(nurse.get(done.headers["Location"]))
    assert "It was not given or done" in page
    assert "Correct it" not in page


def test_another_clinics_record_is_not_there(site: Any, world: Any, record: str, send: Any) -> None:
    stranger = site.client("sam", "manager", world.clinic("Hill"))
    assert [stranger.get(path).status_code for path in (record, f"{record}/edit", f"{record}/delete")] == [404] * 3
    for path in (f"{record}/edit", f"{record}/delete"):
        answer = send(stranger, path, "/withdrawals/find", version="1", reason="not-given", step="save")
        assert answer.status_code == 400  # no form of this page: no token
    assert "Ada Abara" not in text_of(stranger.get("/corrections"))


def test_the_department_looks_and_does_not_correct(site: Any, record: str) -> None:
    department = site.client("dora", "department")
    page = text_of(department.get(record))
    assert "Ada Abara" in page
    assert "Correct it" not in page
    assert department.get(f"{record}/edit").status_code == 403
    assert site.client("anna", "auditor").get(record).status_code == 403


def test_nothing_of_it_is_kept_by_a_cache(nurse: Any, record: str) -> None:
    for path in ("/corrections", record, f"{record}/edit", f"{record}/delete"):
        assert nurse.get(path).headers["Cache-Control"] == "no-store"
