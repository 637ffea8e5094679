"""QBP^Q11: Z34 and Z44, answered with Z31, Z32, Z33 and Z42. ADT^A40: merges."""

from dataclasses import dataclass

import pytest

from issuer.intake.findings import finding
from issuer.intake.proposal import Address, Demographics, Dose, Identifier, Name, Outcome, Result
from issuer.rights import Forbidden

PERSON = Demographics(
    Name("Quasimodo", ("Wilhelmina", "Ada")),
    "2019-06-05",
    "female",
    (Identifier("urn:oid:2.16.840.1", "1", "MR"), Identifier("STATE", "2", "SR")),
    aliases=(Name("Bell", ("W|illa",)),),
    birth_order=2,
    multiple_birth=True,
    mother_maiden="Morgan",
    phones=("+16575558563",),
    emails=("mum@example.org",),
    address=Address("1 High St", "Warwick", "MA", "02452", "USA"),
)


@dataclass
class Line:
    record_id: str
    event: Dose | Result
    clinic_name: str = "Harbour Clinic"


@dataclass
class Found:
    kind: str
    person_id: str = ""
    person: Demographics | None = None
    candidates: tuple = ()
    records: tuple = ()


DOSES = (
    Line("r1", Dose("113", "2026-11-19", lot="A^1", expires="2027-12-16", manufacturer="PMC", dose_number=2)),
    Line("r2", Dose("08", "2019-06", administered=False, evidence="record"), ""),
    Line("r3", Dose("03", "2026-01-02", status="not-done", not_done_reason="refused")),
    Line("r4", Dose("141", "2026-01-02", subpotent=True)),
    Line("r5", Result("94500-6", "2026-01-02T10:00:00Z", value_code="260373001")),
)


def test_one_person_is_a_complete_history(shapes, ask, intake):
    intake.found = Found("one", "p-1", PERSON, records=DOSES)
    rsp = ask(shapes.qbp())
    head = rsp.named("MSH")[0]
    assert (head[8], head[20]) == ("RSP^K11^RSP_K11", "Z32^CDCPHINVS")
    assert (rsp.code, rsp.number) == ("AA", "Q-1")
    assert rsp.named("QAK") == [["QAK", "tag-37", "OK", "Z34^Request Immunization History^CDCPHINVS"]]
    assert rsp.text.count("\rQPD|Z34^") == 1
    [pid] = rsp.named("PID")
    assert pid[3] == "p-1^^^COUNTERSIGN^SR~1^^^&2.16.840.1&ISO^MR~2^^^STATE^SR"
    assert pid[5] == "Quasimodo^Wilhelmina^Ada^^^^L~Bell^W\\F\\illa^^^^^A"
    assert (pid[7], pid[8], pid[24], pid[25]) == ("20190605", "F", "Y", "2")
    assert [one[3] for one in rsp.named("ORC")] == [f"r{at}^COUNTERSIGN" for at in (1, 2, 3, 4)]
    given, historical, refused, part = rsp.named("RXA")
    assert given[5].startswith("113^")
    assert given[5].endswith("^CVX")
    assert (given[3], given[9], given[11]) == ("20261119", "00^New immunization record^NIP001", "^^^Harbour Clinic")
    assert (given[15], given[16], given[17], given[20], given[21]) == ("A\\S\\1", "20271216", "PMC^^MVX", "CP", "A")
    assert (historical[3], historical[9][:2]) == ("201906", "03")
    assert (refused[9], refused[18], refused[20]) == ("", "02^Other^NIP002", "RE")
    assert part[20] == "PA"
    assert [(one[3].split("^")[0], one[5]) for one in rsp.named("OBX")] == [("30973-2", "2")]


def test_what_is_asked_and_why(shapes, ask, intake):
    ask(shapes.qbp())
    [(actor, person, reason)] = intake.questions
    assert (actor.id, reason) == ("client:harbour-ehr", "HL7 query Z34, message Q-1")
    assert (person.name, person.birth_date, person.sex) == (
        Name(shapes.family, (shapes.given,)),
        "2019-06-05",
        "female",
    )
    assert (person.identifiers, person.mother_maiden) == ((Identifier("HARBOUR", "432155", "MR"),), "Morgan")
    assert (person.phones, person.birth_order, person.multiple_birth) == (("+16575558563",), 2, True)
    assert person.address == Address("32 Prescott St", "Warwick", "MA", "02452", "USA")


def test_an_evaluated_history_says_that_there_is_no_forecast(shapes, ask, intake):
    intake.found = Found("one", "p-1", PERSON, records=DOSES[:1])
    rsp = ask(shapes.qbp("Z44"))
    assert rsp.named("MSH")[0][20] == "Z42^CDCPHINVS"
    assert (rsp.code, rsp.errors) == ("AA", [("QPD^1^1", "0", "I", "forecast-not-made")])
    assert len(rsp.named("RXA")) == 1


def test_several_candidates(shapes, ask, intake):
    intake.found = Found("several", candidates=(PERSON, PERSON))
    rsp = ask(shapes.qbp())
    assert rsp.named("MSH")[0][20] == "Z31^CDCPHINVS"
    assert [one[1] for one in rsp.named("PID")] == ["1", "2"]
    assert rsp.named("QAK")[0][2] == "OK"
    assert rsp.named("RXA") == []


def test_more_candidates_than_asked_for(shapes, ask, intake):
    intake.found = Found("several", candidates=(PERSON,) * 6)
    rsp = ask(shapes.qbp())
    assert (rsp.named("MSH")[0][20], rsp.named("QAK")[0][2], rsp.code) == ("Z33^CDCPHINVS", "TM", "AA")


@pytest.mark.parametrize("kind", ["none", "protected"])
def test_a_protected_person_is_nobody(shapes, ask, intake, kind):
    intake.found = Found(kind, "p-1")
    rsp = ask(shapes.qbp())
    assert (rsp.named("MSH")[0][20], rsp.named("QAK")[0][2], rsp.code) == ("Z33^CDCPHINVS", "NF", "AA")
    assert "p-1" not in rsp.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"f1": "Z99^x^CDCPHINVS"}, ("QPD^1^1", "103", "E", "query-unknown")),
        ({"f2": ""}, ("QPD^1^2", "101", "E", "query-tag-missing")),
        ({"f4": "Quasimodo"}, ("QPD^1^4", "101", "E", "query-name-missing")),
        ({"f6": "2019"}, ("QPD^1^6", "101", "E", "query-birth-date-missing")),
    ],
)
def test_a_question_that_cannot_be_answered(shapes, ask, intake, changes, error):
    rsp = ask(shapes.qbp(**changes))
    assert rsp.errors == [error]
    assert (rsp.named("MSH")[0][20], rsp.named("QAK")[0][2], rsp.code) == ("Z33^CDCPHINVS", "AE", "AE")
    assert intake.questions == []


def test_a_query_without_a_qpd(shapes, ask):
    ack = ask(shapes.joined(shapes.msh("QBP^Q11^QBP_Q11", "Q-1", "Z34^CDCPHINVS")))
    assert (ack.code, ack.errors) == ("AE", [("QPD^1", "100", "E", "query-missing")])


def test_whoever_may_not_ask_is_told(shapes, ask, intake):
    intake.raises = Forbidden("no")
    rsp = ask(shapes.qbp())
    assert (rsp.code, rsp.own_codes, rsp.named("QAK")[0][2]) == ("AE", ["forbidden"], "AE")


# ---- Merges ----------------------------------------------------------------------------------------------------------


def adt(shapes, *lines: str, event: str = "A40") -> bytes:
    return shapes.joined(shapes.msh(f"ADT^{event}^ADT_A39", "M-1", ""), f"EVN|{event}|20261120", *lines)


def test_a_merge_takes_the_identifiers_of_one_authority(shapes, ask, intake):
    mrg = shapes.segment("MRG", {1: "999^^^OTHER^MR~777^^^STATE^SR"})
    ack = ask(adt(shapes, shapes.pid(f3="1^^^HARBOUR^MR~2^^^STATE^SR"), mrg))
    assert ack.code == "AA"
    assert ack.named("MSH")[0][8] == "ACK^A40^ACK"
    [(actor, clinic_id, gone, into)] = intake.merges
    assert (actor.id, clinic_id) == ("client:harbour-ehr", shapes.clinic)
    assert (gone, into) == (Identifier("STATE", "777", "SR"), Identifier("STATE", "2", "SR"))


def test_several_merges_and_one_refused(shapes, ask, intake):
    intake.outcomes = (Outcome("refused", (finding("person-ambiguous", "person.identifier"),)),)
    mrg = shapes.segment("MRG", {1: "999^^^HARBOUR^MR"})
    ack = ask(adt(shapes, shapes.pid(), mrg, shapes.pid(f3="2^^^HARBOUR^MR"), mrg))
    assert len(intake.merges) == 2
    assert ack.code == "AE"


@pytest.mark.parametrize("lines", [("MRG|",), ("MRG|999",), ()])
def test_a_merge_without_identifiers(shapes, ask, intake, lines):
    ack = ask(adt(shapes, shapes.pid(), *lines))
    assert (ack.code, ack.own_codes) == ("AE", ["merge-identifier-missing"])
    assert intake.merges == []


def test_other_events_of_adt_are_rejected(shapes, ask, intake):
    ack = ask(adt(shapes, shapes.pid(), event="A08"))
    assert (ack.code, ack.errors) == ("AR", [("MSH^1^9^1^2", "201", "E", "event-unsupported")])
