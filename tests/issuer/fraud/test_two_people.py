"""Exports and searches: two people, a reason, once, counted."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from issuer.fraud.criteria import COLUMNS, Criteria, criteria_json, read_criteria
from issuer.fraud.lots import NotEntered
from issuer.fraud.requests import LEAF_WITHIN, PAGE_ROWS, WITHIN, NotNow, UnknownRequest
from issuer.intake.proposal import Dose, Name, Proposal
from issuer.models import person
from issuer.models.staff import staff
from issuer.rights import Actor, Forbidden
from tests.issuer.fraud.people import somebody

HOUR = timedelta(hours=1)


@pytest.fixture
def filled(world: Any) -> Any:
    """Two clinics with a few doses."""
    harbour, river = world.clinic("Harbour"), world.clinic("River")
    world.record(harbour, world.now, ["A", "A", "B"])
    world.record(river, world.now + HOUR, ["A"])
    return world


def ask(world: Any, kind: str = "export", **criteria: Any) -> tuple[Actor, Actor, str]:
    first, second = world.department("dora"), world.department("dan")
    wanted = Criteria(**(criteria or {"lot": "A"}))
    return first, second, world.requests.ask(first, kind, wanted, "outbreak", "measles", world.now)


def rows_of(chunks: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(chunks))))


def test_one_asks_another_agrees_the_first_runs_it_once(filled: Any) -> None:
    first, second, request_id = ask(filled)
    later = filled.now + 2 * HOUR
    requests = filled.requests
    with pytest.raises(NotNow):
        requests.run_export(first, request_id, later)
    with pytest.raises(NotNow):
        requests.agree(first, request_id, later)
    requests.agree(second, request_id, later)
    with pytest.raises(NotNow):
        requests.agree(second, request_id, later)
    with pytest.raises(NotNow):
        requests.run_export(second, request_id, later)
    with pytest.raises(NotNow):
        requests.run_search(first, request_id, later)
    rows = rows_of(requests.run_export(first, request_id, later))
    assert [(row["lot"], row["clinic"]) for row in rows] == [("A", "Harbour"), ("A", "Harbour"), ("A", "River")]
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["recorded_at"].endswith("+00:00")
    with pytest.raises(NotNow):
        requests.run_export(first, request_id, later)
    assert requests.one(first, request_id).records == 3
    noted = [(action, json.loads(detail)) for action, detail in filled.audited() if action.startswith("export")]
    assert noted == [
        ("export.ask", {"by": "lot", "kind": "export", "reason": "outbreak"}),
        ("export.agree", {"kind": "export"}),
        ("export.run", {"records": 3, "step": "export"}),
    ]


def test_agreed_to_yesterday_is_too_late(filled: Any) -> None:
    first, second, request_id = ask(filled)
    filled.requests.agree(second, request_id, filled.now)
    with pytest.raises(NotNow):
        filled.requests.run_export(first, request_id, filled.now + WITHIN + timedelta(seconds=1))
    assert rows_of(filled.requests.run_export(first, request_id, filled.now + WITHIN))


def test_declined_is_declined(filled: Any) -> None:
    first, second, request_id = ask(filled)
    with pytest.raises(NotEntered):
        filled.requests.decline(second, request_id, "", filled.now)
    filled.requests.decline(second, request_id, "too wide", filled.now)
    for call in (filled.requests.agree, filled.requests.run_export):
        with pytest.raises(NotNow):
            call(second if call == filled.requests.agree else first, request_id, filled.now)


def test_two_of_whom_one_let_the_other_in_count_as_one(filled: Any) -> None:
    _, second, request_id = ask(filled)
    rows = [
        {"id": name, "login": name, "name": name, "role": "department", "totp_step": 0, "active": True,
         "linked_by": by, "created_at": filled.now}
        for name, by in (("dora", "operator"), ("dan", "staff:dora"))
    ]  # fmt: skip
    with filled.engine.begin() as connection:
        connection.execute(insert(staff), rows)
    with pytest.raises(NotNow, match="count as one"):
        filled.requests.agree(second, request_id, filled.now)
    filled.requests.agree(filled.department("dina"), request_id, filled.now)


def test_only_people_of_the_department(filled: Any) -> None:
    _, _, request_id = ask(filled)
    everybody = [
        Actor("operator", "operator"),
        Actor("staff:m", "manager", next(iter(filled.actors))),
        Actor("staff:h", "helpdesk"),
        Actor("staff:a", "auditor"),
        Actor("client:c", "system", next(iter(filled.actors))),
    ]
    for actor in everybody:
        with pytest.raises(Forbidden):
            filled.requests.ask(actor, "export", Criteria(lot="A"), "outbreak", "why", filled.now)
        with pytest.raises(Forbidden):
            filled.requests.agree(actor, request_id, filled.now)
        with pytest.raises(Forbidden):
            filled.requests.run_export(actor, request_id, filled.now)
    with pytest.raises(UnknownRequest):
        filled.requests.agree(filled.department("dan"), "x", filled.now)


@pytest.mark.parametrize(
    ("kind", "criteria", "code", "reason", "field"),
    [
        ("export", Criteria(), "outbreak", "why", "clinic_id"),
        ("export", Criteria(lot="L" * 99), "outbreak", "why", "lot"),
        (
            "export",
            Criteria(since=datetime(2026, 2, 1, tzinfo=UTC), until=datetime(2026, 1, 1, tzinfo=UTC)),
            "outbreak",
            "why",
            "until",
        ),
        ("dump", Criteria(lot="A"), "outbreak", "why", "kind"),
        ("export", Criteria(lot="A"), "curiosity", "why", "reason_code"),
        ("export", Criteria(lot="A"), "outbreak", " \n", "reason"),
    ],
)
def test_what_cannot_be_asked(world: Any, kind: Any, criteria: Criteria, code: str, reason: str, field: str) -> None:
    with pytest.raises(NotEntered) as refused:
        world.requests.ask(world.department("dora"), kind, criteria, code, reason, world.now)
    assert refused.value.field_name == field


def test_each_criterion_narrows(filled: Any) -> None:
    harbour = next(iter(filled.actors))
    later = filled.now + 2 * HOUR
    for wanted, found in (
        ({"clinic_id": harbour}, 3),
        ({"code": "208"}, 4),
        ({"code": "207"}, 0),
        ({"lot": "b"}, 1),
        ({"since": filled.now + HOUR}, 1),
        ({"until": filled.now + HOUR}, 3),
    ):
        first, second, request_id = ask(filled, **wanted)
        filled.requests.agree(second, request_id, later)
        assert len(rows_of(filled.requests.run_export(first, request_id, later))) == found


def test_formulas_are_none_in_the_file(filled: Any) -> None:
    harbour = next(iter(filled.actors))
    evil = replace(somebody(7), name=Name("=HYPERLINK(1)", ("@SUM",)), birth_date="1970-01-01")
    proposal = Proposal(evil, Dose("208", "2026-11-01", lot="+1"))
    filled.service.intake.submit(filled.actors[harbour], harbour, [proposal], filled.now, door="form")
    first, second, request_id = ask(filled, clinic_id=harbour)
    filled.requests.agree(second, request_id, filled.now)
    rows = rows_of(filled.requests.run_export(first, request_id, filled.now))
    [row] = [one for one in rows if "HYPERLINK" in one["family"]]
    assert (row["family"], row["given"], row["lot"]) == ("'=HYPERLINK(1)", "'@SUM", "'+1")


def test_protected_people_are_left_out(filled: Any) -> None:
    with filled.engine.begin() as connection:
        connection.execute(update(person).values(protected=True))
    first, second, request_id = ask(filled)
    filled.requests.agree(second, request_id, filled.now)
    assert rows_of(filled.requests.run_export(first, request_id, filled.now + HOUR)) == []


def test_a_search_is_leafed_through_once(world: Any) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, world.now.date(), weeks=18)
    first, second, request_id = ask(world, "search", clinic_id=harbour)
    world.requests.agree(second, request_id, world.now)
    one = world.requests.run_search(first, request_id, world.now)
    assert len(one) == PAGE_ROWS
    with pytest.raises(NotNow):
        world.requests.run_search(first, request_id, world.now)
    with pytest.raises(NotNow):
        world.requests.run_search(first, request_id, world.now, one[3].record_id)
    with pytest.raises(NotNow):
        world.requests.run_search(second, request_id, world.now, one[-1].record_id)
    with pytest.raises(NotNow):
        world.requests.run_search(first, request_id, world.now + LEAF_WITHIN + HOUR, one[-1].record_id)
    two = world.requests.run_search(first, request_id, world.now, one[-1].record_id)
    three = world.requests.run_search(first, request_id, world.now, two[-1].record_id)
    everything = [row.record_id for row in (*one, *two, *three)]
    assert len(everything) == len(set(everything)) == 18 * 5 * 24
    assert [row.recorded_at for row in (*one, *two)] == sorted(row.recorded_at for row in (*one, *two))
    assert world.requests.one(first, request_id).records == len(everything)
    [numbers] = world.requests.numbers()
    assert (numbers.run, numbers.records) == (1, len(everything))


def test_the_public_numbers(filled: Any) -> None:
    first, second, run = ask(filled)
    filled.requests.agree(second, run, filled.now)
    list(filled.requests.run_export(first, run, filled.now + HOUR))
    _, _, declined = ask(filled)
    filled.requests.decline(second, declined, "too wide", filled.now)
    filled.requests.ask(first, "search", Criteria(lot="A"), "fraud", "why", filled.now + timedelta(days=20))
    found = [
        (one.month, one.kind, one.reason_code, one.asked, one.declined, one.run, one.records)
        for one in filled.requests.numbers()
    ]
    assert found == [
        ("2026-12", "search", "fraud", 1, 0, 0, 0),
        ("2026-11", "export", "outbreak", 2, 1, 1, 3),
    ]


def test_criteria_come_back() -> None:
    asked = Criteria("c", "208", "A", datetime(2026, 1, 1, tzinfo=UTC), None)
    assert read_criteria(criteria_json(asked)) == asked
    assert asked.named == "clinic_id code lot since"
