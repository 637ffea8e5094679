"""The department's pages for many records at once: counted, agreed to, done, put back."""

from collections.abc import Callable
from typing import Any

import pytest

from issuer.intake.proposal import Dose

BAD = Dose("208", "2021-04-01", lot="BAD1")


@pytest.fixture
def department(site: Any, world: Any, person: Callable[..., Any]) -> Any:
    harbour = world.clinic("Harbour")
    for number in range(3):
        world.record(harbour, person(number), [BAD], world.now)
    return site.client("dora", "department")


def text_of(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def hidden(text: str, name: str) -> str:
    return text.partition(f'name="{name}" value="')[2].partition('"')[0]


def test_counted_taken_back_and_put_back(department: Any, send: Any) -> None:
    assert "Nothing was taken back yet" in text_of(department.get("/withdrawals"))
    find = "/withdrawals/find"
    found = text_of(send(department, find, find, lot="BAD1", what="recorded"))
    assert "<strong>3</strong> doses and results" in found
    digest = hidden(found, "digest")
    without = send(department, "/withdrawals", find, lot="BAD1", what="recorded", digest=digest)
    assert without.status_code == 422
    assert "Say why" in text_of(without)
    typed = {"lot": "BAD1", "what": "recorded", "mark": "recalled-lot", "reason": "recall 7"}
    other = send(department, "/withdrawals", find, **typed, digest="0" * 64)
    assert other.status_code == 409
    assert "came or went since you looked" in text_of(other)
    done = send(department, "/withdrawals", find, **typed, digest=digest)
    assert done.status_code == 303
    page = text_of(department.get(done.headers["Location"]))
    assert "<strong>3</strong> cards cancelled" in page
    assert "recall 7" in page
    at = done.headers["Location"]
    assert send(department, f"{at}/restore", at, reason="", which="all").status_code == 422
    assert send(department, f"{at}/restore", at, reason="no", which="chosen").status_code == 422
    one = page.partition('name="record" value="')[2].partition('"')[0]
    assert send(department, f"{at}/restore", at, reason="other lot", which="chosen", record=one).status_code == 303
    page = text_of(department.get(at))
    assert "1 put back" in page
    assert page.count("Taken back</td>") == 2
    assert "recall 7" in text_of(department.get("/withdrawals"))


def test_what_is_too_wide_is_not_looked_for(department: Any, send: Any) -> None:
    for typed in ({}, {"vaccinator": "N"}, {"lot": "A", "since": "yesterday"}):
        assert send(department, "/withdrawals/find", "/withdrawals/find", **typed).status_code == 422
    assert department.get("/withdrawals/nothing").status_code == 404


def test_only_the_department(site: Any, world: Any, department: Any) -> None:
    [harbour] = world.clinics
    manager = site.client("mona", "manager", harbour)
    assert [manager.get(path).status_code for path in ("/withdrawals", "/withdrawals/find")] == [403, 403]
