"""Questions about what machines sent, answered by people of the clinic."""

from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from issuer.db import reading
from issuer.intake.proposal import Demographics, Dose, Name, Proposal, Result
from issuer.models import question, record
from issuer.models.audit import audit_entry

QUESTIONS = "/clinic/questions"
DORA = Demographics(Name("Doubtful", ("Dora",)), "1970-01-01", "female")


def text_of(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def send(desk: Any, *events: Any) -> list[str]:
    """As a machine sends them; the records' ids."""
    proposals = [Proposal(DORA, event) for event in events]
    done = desk.service.intake.submit(desk.actor("nurse"), desk.clinic_id, proposals, desk.clock.now, door="hl7")
    return [one.record_id for one in done.outcomes]


@pytest.fixture
def doubtful(desk: Any) -> str:
    """A second dose of influenza a day after the first."""
    return send(desk, Dose("140", "2026-11-01", lot="Q1"), Dose("140", "2026-11-02", lot="Q1", vaccinator="Nora"))[1]


def answers(desk: Any) -> list[tuple[str, str | None]]:
    with reading(desk.service.store._engine) as connection:
        return [(row.code, row.answer) for row in connection.execute(select(question))]


def standing(desk: Any) -> list[tuple[str, str, str]]:
    with reading(desk.service.store._engine) as connection:
        rows = connection.execute(select(record).where(record.c.status != "deleted").order_by(record.c.day))
        return [(row.code, row.day, row.lot) for row in rows]


def test_a_question_stands_with_what_it_is_about(desk: Any, doubtful: str) -> None:
    browser = desk.browser()
    page = text_of(browser.get(QUESTIONS))
    assert "A dose or result like this one is on record for the same days." in page
    assert "Dora Doubtful, born 1 January 1970" in page
    assert "1 November 2026" in page
    assert "1 to answer" in text_of(browser.get("/clinic"))


def test_it_is_right(desk: Any, doubtful: str) -> None:
    browser = desk.browser()
    browser.send(QUESTIONS, record=doubtful, code="possible-duplicate", do="right")
    assert "There is nothing to answer." in text_of(browser.get(QUESTIONS))
    assert answers(desk) == [("possible-duplicate", "right")]
    assert len(standing(desk)) == 2
    again = browser.send(QUESTIONS, "/clinic/form", record=doubtful, code="possible-duplicate", do="right")
    assert again.status_code == 404


def test_it_is_deleted(desk: Any, doubtful: str) -> None:
    desk.browser().send(QUESTIONS, record=doubtful, code="possible-duplicate", do="delete")
    assert standing(desk) == [("140", "2026-11-01", "Q1")]
    assert answers(desk) == [("possible-duplicate", "deleted")]
    with reading(desk.service.store._engine) as connection:
        actions = list(connection.scalars(select(audit_entry.c.action)))
    assert {"record.delete", "question.answer"} <= set(actions)


def row_of(**typed: str) -> dict[str, str]:
    whole = {"product": "fluarix", "lot": "Q1", "day": "2026-11-02", **typed}
    return {"rows": "1d", **{f"r1-{name}": text for name, text in whole.items()}}


def test_the_lot_is_corrected(desk: Any, doubtful: str) -> None:
    where = f"{QUESTIONS}/{doubtful}/correct"
    browser = desk.browser()
    assert 'value="Q1"' in text_of(browser.get(where))
    answer = browser.send(where, **row_of(lot="Q2"), do="correct")
    assert answer.status_code == 303, text_of(answer)
    assert standing(desk) == [("140", "2026-11-01", "Q1"), ("140", "2026-11-02", "Q2")]
    assert answers(desk) == [("possible-duplicate", "corrected")]
    with reading(desk.service.store._engine) as connection:
        kept = connection.scalar(select(record.c.vaccinator).where(record.c.id == doubtful))
    assert kept == "Nora"  # what the page does not show stays


def test_another_day_takes_the_place_of_the_old_one(desk: Any, doubtful: str) -> None:
    answer = desk.browser().send(
        f"{QUESTIONS}/{doubtful}/correct", **row_of(day="2025-11-02", product="boostrix"), do="correct"
    )
    assert answer.status_code == 303, text_of(answer)
    assert standing(desk) == [("115", "2025-11-02", "Q1"), ("140", "2026-11-01", "Q1")]


def test_a_correction_that_cannot_be_changes_nothing(desk: Any, doubtful: str) -> None:
    where = f"{QUESTIONS}/{doubtful}/correct"
    browser = desk.browser()
    for typed, place in (
        ({"day": "2026-12-24"}, "r1-day"),
        ({"day": "1960-01-01"}, "r1-day"),
        ({"product": "xyzzy"}, "r1-product"),
        ({"product": "flu"}, "r1-choice"),
    ):
        answer = browser.send(where, **row_of(**typed), do="correct")
        assert answer.status_code == 422
        assert f'href="#{place}"' in text_of(answer)
    assert standing(desk) == [("140", "2026-11-01", "Q1"), ("140", "2026-11-02", "Q1")]
    assert answers(desk) == [("possible-duplicate", None)]


def test_a_result_is_corrected(desk: Any) -> None:
    [first] = send(desk, Result("96119-3", "2026-11-19T09:00:00-05:00", value_code="260415000"))
    where = f"{QUESTIONS}/{first}/correct"
    page = text_of(desk.browser().get(where))
    assert 'value="09:00"' in page
    typed = {"rows": "1r", "r1-product": "96119-3", "r1-day": "2026-11-19", "r1-clock": "09:00"}
    answer = desk.browser().send(where, **typed, **{"r1-outcome": "260373001"}, do="correct")
    assert answer.status_code == 303, text_of(answer)


def test_another_clinics_question_is_not_there(desk: Any, doubtful: str) -> None:
    desk.member("stranger", clinic_id=desk.clinic("Hill Clinic"))
    stranger = desk.browser("stranger")
    assert "Dora" not in text_of(stranger.get(QUESTIONS))
    assert stranger.get(f"{QUESTIONS}/{doubtful}/correct").status_code == 404
    for do in ("right", "delete"):
        typed = {"record": doubtful, "code": "possible-duplicate", "do": do}
        assert stranger.send(QUESTIONS, "/clinic/form", **typed).status_code == 404
    assert answers(desk) == [("possible-duplicate", None)]
