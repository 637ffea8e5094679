"""ORU^R01 by the laboratory guides."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from issuer.hl7 import Reading, read_message
from issuer.intake.proposal import Result

SNOMED = "http://snomed.info/sct"


def test_a_result_by_the_guide(shapes, ask, intake):
    ack = ask(shapes.oru())
    assert (ack.code, ack.number) == ("AA", "LAB-1")
    assert ack.named("MSH")[0][8] == "ACK^R01^ACK"
    [proposal] = intake.proposals
    assert proposal.event == Result(
        code="94500-6",
        time="2026-11-19T10:30:00-05:00",
        status="final",
        value_code="260373001",
        value_system=SNOMED,
        performer="Harbour Lab",
    )
    assert (proposal.action, proposal.event_id) == ("add", "F-9^LAB/94500-6/1")
    assert proposal.person.name.family == shapes.family


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"f2": "NM", "f5": "1.50", "f6": "m[IU]/mL^mIU/mL^UCUM"}, {"quantity": "1.50", "unit": "m[IU]/mL"}),
        ({"f2": "NM", "f5": "7", "f6": "x^^L^m[IU]/mL^^UCUM"}, {"quantity": "7", "unit": "m[IU]/mL"}),
        ({"f2": "SN", "f5": ">^100", "f6": "m[IU]/mL^^UCUM"}, {"quantity": ">100", "unit": "m[IU]/mL", "text": ""}),
        ({"f2": "SN", "f5": "=^12"}, {"quantity": "12", "text": ""}),
        ({"f2": "SN", "f5": "^1^:^128"}, {"quantity": "", "text": "1:128"}),
        ({"f2": "TX", "f5": "Not detected~repeat"}, {"text": "Not detected\nrepeat"}),
        (
            {"f2": "CE", "f5": "POS^Positive^L^10828004^Positive^SCT"},
            {"value_code": "10828004", "value_system": SNOMED},
        ),
        ({"f2": "CWE", "f5": "POS^Positive^L"}, {"value_code": "POS", "value_system": "L"}),
        ({"f2": "CWE", "f5": "^Positive"}, {"value_code": "", "text": "Positive"}),
        ({"f2": "CWE", "f5": "^^^^^^^^seen by eye"}, {"value_code": "", "text": "seen by eye"}),
        ({"f5": ""}, {"value_code": "", "quantity": "", "text": ""}),
        ({"f11": "P"}, {"status": "preliminary"}),
        ({"f11": "X"}, {"status": "cancelled"}),
        ({"f11": "?"}, {"status": "unknown"}),
        ({"f3": "COV^Covid^L^94500-6^RNA^LN"}, {"code": "94500-6"}),
        ({"f3": "COV^Covid^L"}, {"code": "COV"}),
        ({"f14": ""}, {"time": "2026-11-19T10:30:00+00:00"}),
        ({"f14": "20261119"}, {"time": "2026-11-19"}),
        ({"f14": "20261119103007.123+0130"}, {"time": "2026-11-19T10:30:07+01:30"}),
        ({"f14": "yesterday"}, {"time": "yesterday"}),
        ({"f14": "202613011030"}, {"time": "202613011030"}),
    ],
)
def test_what_an_obx_says(shapes, ask, intake, changes, expected):
    obr = shapes.segment("OBR", {3: "F-9", 4: "94500-6^^LN", 7: "202611191030"})
    usual = {"f14": "20261119103000-0500"}
    obx = shapes.obx(1, "94500-6^RNA^LN", "260373001^Detected^SCT", "CWE", **(usual | changes))
    ask(shapes.oru(shapes.pid(), obr, obx))
    [proposal] = intake.proposals
    assert {name: getattr(proposal.event, name) for name in expected} == expected


@pytest.mark.parametrize(("status", "action"), [("F", "add"), ("C", "update"), ("D", "delete"), ("W", "delete")])
def test_corrections_and_withdrawals(shapes, ask, intake, status, action):
    obr = shapes.segment("OBR", {3: "F-9", 7: "202611191030"})
    ask(shapes.oru(shapes.pid(), obr, shapes.obx(1, "94500-6^RNA^LN", "260373001^^SCT", "CWE", f11=status)))
    assert [(one.action, one.event_id) for one in intake.proposals] == [(action, "F-9/94500-6/1")]


def test_times_without_a_zone_take_the_one_given(shapes):
    obr = shapes.segment("OBR", {3: "F-9", 7: "202607011030"})
    message = read_message(
        shapes.oru(shapes.pid(), obr, shapes.obx(1, "94500-6^RNA^LN", "260373001^^SCT", "CWE")),
        Reading(zone=ZoneInfo("America/Detroit")),
    )
    assert [one.event.time for one in message.proposals] == ["2026-07-01T10:30:00-04:00"]
    assert Reading().zone is UTC


def test_questions_and_specimens_are_no_results(shapes, ask, intake):
    obr = shapes.segment("OBR", {3: "F-9"})
    asked = shapes.obx(2, "95418-0^Employed in healthcare^LN", "Y", "ID", f29="QST")
    specimen = shapes.segment("SPM", {1: "1", 17: "20261118080000-0500"})
    about = shapes.obx(3, "3151-8^Oxygen^LN", "3", "NM")
    body = (obr, shapes.obx(1, "94500-6^RNA^LN", "260373001^^SCT", "CWE"), asked, specimen, about)
    ask(shapes.oru(shapes.pid(), *body))
    assert [(one.event.code, one.event.time) for one in intake.proposals] == [("94500-6", "2026-11-18T08:00:00-05:00")]


def test_an_order_without_results(shapes, ask, intake):
    ack = ask(shapes.oru(shapes.pid(), shapes.segment("OBR", {3: "F-9"})))
    assert (ack.code, ack.errors) == ("AE", [("OBR^1", "100", "E", "order-without-result")])
    assert intake.submissions == []


def test_findings_are_placed_in_the_right_obx(shapes, ask, intake):
    from issuer.intake.findings import finding
    from issuer.intake.proposal import Outcome

    obr = shapes.segment("OBR", {3: "F-9"})
    body = [shapes.obx(at, "94500-6^RNA^LN", "260373001^^SCT", "CWE") for at in (1, 2)]
    intake.outcomes = (Outcome("recorded"), Outcome("refused", (finding("time-missing", "event.day"),)))
    assert ask(shapes.oru(shapes.pid(), obr, *body)).errors == [("OBX^2^14", "101", "E", "time-missing")]
