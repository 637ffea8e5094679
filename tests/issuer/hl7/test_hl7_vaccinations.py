"""VXU^V04 by CDC's guide: what is read from where, what is submitted, what is answered."""

import pytest

from issuer.intake.findings import finding
from issuer.intake.proposal import Address, Demographics, Dose, Identifier, Name, Outcome, Proposal


def test_a_dose_by_the_guide(shapes, ask, intake):
    ack = ask(shapes.vxu())
    assert (ack.code, ack.number, ack.errors) == ("AA", "MSG00001", [])
    [(actor, clinic_id, [proposal], said)] = intake.submissions
    assert (actor.id, clinic_id) == ("client:harbour-ehr", shapes.clinic)
    assert (said["door"], said["message_id"], len(said["digest"])) == ("hl7", "MSG00001", 64)
    assert proposal == Proposal(
        person=Demographics(
            name=Name(shapes.family, (shapes.given, "Ada")),
            birth_date="2019-06-05",
            sex="female",
            identifiers=(
                Identifier("urn:oid:2.16.840.1.113883.3.999", "432155", "MR"),
                Identifier("STATE", "S-77", "SR"),
            ),
            aliases=(Name("Bell", (shapes.given,)),),
            birth_order=2,
            multiple_birth=True,
            mother_maiden="Morgan",
            phones=("+16575558563",),
            emails=("mum@example.org",),
            address=Address("32 Prescott St, Apt 4", "Warwick", "MA", "02452", "USA"),
            protected=False,
        ),
        event=Dose(
            code="113",
            day="2026-11-19",
            lot="00315841",
            expires="2027-12-16",
            manufacturer="PMC",
            dose_number=2,
            vaccinator="7832-1",
        ),
        event_id="65930^HARBOUR",
    )


def test_the_acknowledgement_is_profile_z23(shapes, ask):
    head, msa = ask(shapes.vxu()).segments
    assert head[:7] == [
        "MSH",
        "^~\\&",
        "IIS",
        "STATE",
        "SampleEHR",
        "HARBOUR^2.16.840.1.113883.3.999^ISO",
        "20261120120000+0000",
    ]
    assert head[8] == "ACK^V04^ACK"
    assert 1 <= len(head[9]) <= 20
    assert head[10:12] == ["P", "2.5.1"]
    assert (head[14], head[15], head[20]) == ("NE", "NE", "Z23^CDCPHINVS")
    assert msa == ["MSA", "AA", "MSG00001"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"f20": "PA"}, {"status": "completed", "subpotent": True}),
        ({"f20": ""}, {"status": "completed", "subpotent": False}),
        ({"f20": "RE", "f18": "00^Parental decision^NIP002"}, {"status": "not-done", "not_done_reason": "refused"}),
        (
            {"f20": "RE", "f18": "00^Parental decision^NIP002"},
            {"reason_code": "00", "reason_text": "Parental decision", "reason_system": "NIP002"},
        ),
        ({"f20": "RE", "f18": '""'}, {"reason_code": "", "reason_text": "", "reason_system": ""}),
        ({"f20": "NA"}, {"status": "not-done", "not_done_reason": "not-administered"}),
        ({"f9": "01^Historical^NIP001"}, {"administered": False, "evidence": "01"}),
        ({"f9": "07^School^NIP001"}, {"administered": False, "evidence": "07"}),
        ({"f9": "99^Strange^NIP001"}, {"administered": False, "evidence": "99"}),
        ({"f5": "49281-0215-88^TENIVAC^NDC^113^Td^CVX"}, {"code": "113", "system": "http://hl7.org/fhir/sid/cvx"}),
        ({"f5": "49281-0215-88^TENIVAC^NDC"}, {"code": "49281-0215-88", "system": "http://hl7.org/fhir/sid/ndc"}),
        ({"f5": "08^HepB^HL70292"}, {"code": "08"}),
        ({"f5": "8"}, {"code": "8"}),
        ({"f3": "202611"}, {"day": "2026-11"}),
        ({"f3": "20261119143000-0500"}, {"day": "2026-11-19"}),
        ({"f3": "19/11/2026"}, {"day": "19/11/2026"}),
        ({"f16": "202802"}, {"expires": "2028-02-29"}),
        ({"f15": '""'}, {"lot": ""}),
        ({"f15": "12E5"}, {"lot": "12E5"}),
        ({"f15": "A\\T\\B\\S\\1"}, {"lot": "A&B^1"}),
        ({"f10": "^Lemon^Mike"}, {"vaccinator": "Mike Lemon"}),
        ({"f20": "CP", "f18": "00^Parental decision^NIP002"}, {"status": "completed", "not_done_reason": "refused"}),
        ({"f20": "ZZ"}, {"status": "ZZ"}),
    ],
)
def test_what_an_rxa_says(shapes, ask, intake, changes, expected):
    ask(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(**changes)))
    [proposal] = intake.proposals
    assert {name: getattr(proposal.event, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("code", "action"), [("A", "add"), ("", "add"), ("U", "update"), ("D", "delete"), ("d", "delete")]
)
def test_actions(shapes, ask, intake, code, action):
    ask(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(f21=code)))
    assert [one.action for one in intake.proposals] == [action]


def test_an_unknown_action_keeps_its_dose_out_and_no_other(shapes, ask, intake):
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc("1"), shapes.rxa(f21="Q"), shapes.orc("2"), shapes.rxa()))
    assert ack.code == "AE"
    assert ack.errors == [("RXA^1^21", "103", "E", "action-unknown")]
    assert [one.event_id for one in intake.proposals] == ["2"]


@pytest.mark.parametrize("number", ["9999", "9999^HARBOUR", "", '""'])
def test_placeholder_order_numbers_are_none(shapes, ask, intake, number):
    ask(shapes.vxu(shapes.pid(), shapes.orc(number), shapes.rxa()))
    assert [one.event_id for one in intake.proposals] == [""]


def test_no_vaccine_administered_is_about_the_person(shapes, ask, intake):
    none = shapes.rxa(f5="998^No vaccine administered^CVX", f6="999", f9="", f15="", f20="NA")
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc("9999^HARBOUR"), none))
    assert ack.code == "AA"
    assert [(one.event, one.action, one.event_id) for one in intake.proposals] == [(None, "add", "")]


def test_a_message_without_doses_is_about_the_person(shapes, ask, intake):
    assert ask(shapes.vxu(shapes.pid())).code == "AA"
    assert [one.event for one in intake.proposals] == [None]


def test_evidence_of_immunity_is_left_out_and_said(shapes, ask, intake):
    immunity = shapes.obx(1, "59784-9^Disease with presumed immunity^LN", "38907003^Varicella^SCT")
    none = shapes.rxa(f5="998^No vaccine administered^CVX", f20="NA")
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc("9999"), none, immunity))
    assert (ack.code, ack.errors) == ("AE", [("OBX^1^3", "207", "W", "immunity-not-recorded")])
    assert [one.event for one in intake.proposals] == [None]


def test_good_doses_go_in_and_bad_ones_are_reported_at_their_place(shapes, ask, intake):
    intake.outcomes = (
        Outcome("recorded", (finding("too-early-age", "event.day", "CDSI 4.64"),), "p1", "r1"),
        Outcome("refused", (finding("date-in-future", "event.day"), finding("name-placeholder", "person.name"))),
        Outcome("recorded", (finding("name-placeholder", "person.name"),), "p1", "r3"),
    )
    body = [
        line for number in "123" for line in (shapes.orc(number), shapes.rxa(), shapes.obx(1, "30963-3^F^LN", "PHC70"))
    ]
    ack = ask(shapes.vxu(shapes.pid(), *body))
    assert ack.code == "AE"
    assert ack.errors == [
        ("RXA^1^3", "0", "W", "too-early-age"),
        ("RXA^2^3", "207", "E", "date-in-future"),
        ("PID^1^5", "0", "W", "name-placeholder"),
    ]
    first = ack.named("ERR")[0]
    assert first[7] == "CDSI 4.64"
    message, remedy = finding("too-early-age", "event.day").message, finding("too-early-age", "event.day").remedy
    assert first[8] == f"{message} {remedy}"


def test_a_warning_alone_is_accepted(shapes, ask, intake):
    intake.outcomes = (Outcome("recorded", (finding("expired-lot", "event.expires"),), "p", "r"),)
    ack = ask(shapes.vxu())
    assert (ack.code, ack.errors) == ("AA", [("RXA^1^16", "0", "W", "expired-lot")])


@pytest.mark.parametrize(
    ("code", "place", "where", "number"),
    [
        ("vaccine-code-missing", "event.code", "RXA^1^5", "101"),
        ("vaccine-unknown", "event.code", "RXA^1^5", "103"),
        ("evidence-unknown", "event.evidence", "RXA^1^9", "103"),
        ("expiry-form", "event.expires", "RXA^1^16", "102"),
        ("status-unknown", "event.status", "RXA^1^20", "103"),
        ("nothing-to-change", "event.id", "ORC^1^3", "204"),
        ("dose-number-range", "event.dose_number", "OBX^3^5", "102"),
        ("birth-date-missing", "person.birth_date", "PID^1^7", "101"),
        ("facility-not-yours", "clinic", "MSH^1^4", "204"),
        ("not-own-record", "event", "RXA^1", "207"),
    ],
)
def test_places_and_codes(shapes, ask, intake, code, place, where, number):
    intake.outcomes = (Outcome("refused", (finding(code, place),)),)
    ack = ask(shapes.vxu())
    assert (ack.code, ack.errors) == ("AE", [(where, number, "E", code)])


def test_a_refusal_without_a_reason_is_still_said(shapes, ask, intake):
    intake.outcomes = (Outcome("refused"),)
    ack = ask(shapes.vxu())
    assert (ack.code, ack.own_codes) == ("AE", ["not-recorded"])


def test_the_same_number_with_other_content_is_noted(shapes, ask, intake):
    intake.notes = (finding("message-id-reused", "event.id"),)
    ack = ask(shapes.vxu())
    assert (ack.code, ack.errors) == ("AA", [("MSH^1^10", "0", "I", "message-id-reused")])


def test_a_dose_without_a_source_is_historical_without_evidence(shapes, ask, intake):
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(f9="")))
    assert (ack.code, ack.errors) == ("AA", [("RXA^1^9", "101", "W", "source-missing")])
    [proposal] = intake.proposals
    assert (proposal.event.administered, proposal.event.evidence) == (False, "")


def test_an_order_without_a_dose(shapes, ask, intake):
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc("1"), shapes.orc("2"), shapes.rxa()))
    assert (ack.code, ack.errors) == ("AE", [("ORC^1", "100", "E", "order-without-dose")])
    assert [one.event_id for one in intake.proposals] == ["2"]


def test_doses_without_orders(shapes, ask, intake):
    assert ask(shapes.vxu(shapes.pid(), shapes.rxa(f15="A"), shapes.rxa(f15="B"))).code == "AA"
    assert [(one.event.lot, one.event_id) for one in intake.proposals] == [("A", ""), ("B", "")]


def test_an_unreadable_dose_number_is_left_out_and_said(shapes, ask, intake):
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(), shapes.obx(1, "30973-2^Dose^LN", "second")))
    assert (ack.code, ack.errors) == ("AE", [("OBX^1^5", "102", "W", "dose-number-unreadable")])
    assert [one.event.dose_number for one in intake.proposals] == [None]


def test_codes_of_other_severities(shapes, ask, intake):
    intake.outcomes = (
        Outcome("recorded", (finding("possible-duplicate", "event"), finding("record-unchanged", "event"))),
    )
    ack = ask(shapes.vxu())
    assert ack.code == "AA"
    assert ack.errors == [("RXA^1", "205", "W", "possible-duplicate"), ("RXA^1", "0", "I", "record-unchanged")]
