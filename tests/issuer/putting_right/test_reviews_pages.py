"""The department's review page: side by side, put together, undone, kept apart."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from issuer.intake.proposal import Dose, Identifier, Name
from issuer.models import review

FIRST, SECOND = Dose("208", "2021-03-01", lot="A1"), Dose("208", "2021-04-01", lot="B1")


@pytest.fixture
def two(world: Any, person: Callable[..., Any]) -> tuple[str, str]:
    """(older, newer)"""
    harbour = world.clinic("Harbour")
    numbers = [(Identifier("HARBOUR", number, "MR"),) for number in ("1", "2")]
    ada = replace(person(0), identifiers=numbers[0], phones=("+15550100",))
    adele = replace(person(0), name=Name("Abara-Smith", ("Adele",)), identifiers=numbers[1])
    [older] = world.record(harbour, ada, [FIRST], world.now)
    [newer] = world.record(harbour, adele, [SECOND], world.now)
    values = {"id": "r" * 32, "newer": newer.person_id, "older": older.person_id, "score": 60, "state": "open"}
    with world.engine.begin() as connection:
        connection.execute(insert(review).values(reasons="birth-date-same family-part", opened_at=world.now, **values))
    return older.person_id, newer.person_id


def text_of(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def test_compared_put_together_and_undone(site: Any, two: Any, send: Any) -> None:
    department = site.client("dora", "department")
    listed = text_of(department.get("/reviews"))
    assert "Ada Abara" in listed
    assert "Adele Abara-Smith" in listed
    at = f"/reviews/{'r' * 32}"
    page = text_of(department.get(at))
    assert "Agrees in part" in page
    assert "Known of one only" in page
    done = send(department, f"{at}/merge", at, survivor=two[0])
    assert done.status_code == 303
    merges = text_of(department.get(done.headers["Location"]))
    assert "They are one person now" in merges
    assert "Nothing waits" in text_of(department.get("/reviews"))
    assert department.get(at).status_code == 409
    undo = merges.partition('action="/merges/')[2].partition('"')[0]
    assert (
        send(
            department,
            f"/merges/{undo}",
            "/merges",
        ).status_code
        == 303
    )
    assert send(department, f"/merges/{undo}", at).status_code == 409
    assert "Adele Abara-Smith" in text_of(department.get("/reviews"))


def test_kept_apart_and_looked_at_again(site: Any, two: Any, send: Any) -> None:
    department = site.client("dora", "department")
    at = f"/reviews/{'r' * 32}"
    assert send(department, f"{at}/apart", at).status_code == 303
    assert "Decided: two persons (1)" in text_of(department.get("/reviews"))
    assert send(department, f"{at}/again", "/reviews").status_code == 303
    assert department.get("/reviews/nothing").status_code == 404


def test_only_the_department(site: Any, world: Any, two: Any) -> None:
    [harbour] = world.clinics
    manager = site.client("mona", "manager", harbour)
    for path in ("/reviews", f"/reviews/{'r' * 32}", "/merges"):
        assert manager.get(path).status_code == 403
