"""Bad input: each a precise answer, nothing recorded, nothing lost. Senders, batches."""

import logging
from pathlib import Path

import pytest

from issuer.hl7 import Sender, read_message
from issuer.hl7.errors import ERRORS, SHARED
from issuer.hl7.octets import MAX_BATCH_MESSAGES, MAX_BATCH_OCTETS, MAX_MESSAGE_OCTETS
from issuer.intake.findings import FINDINGS
from issuer.rights import Actor, Forbidden


def changed(octets: bytes, old: str, new: str) -> bytes:
    assert old.encode() in octets
    return octets.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize(
    ("header", "code", "error"),
    [
        ({"f11": "T"}, "AR", ("MSH^1^11", "202", "E", "processing-id-unsupported")),
        ({"f11": "D"}, "AR", ("MSH^1^11", "202", "E", "processing-id-unsupported")),
        ({"f11": ""}, "AR", ("MSH^1^11", "202", "E", "processing-id-unsupported")),
        ({"kind": "MDM^T02"}, "AR", ("MSH^1^9^1^1", "200", "E", "message-type-unsupported")),
        ({"kind": ""}, "AR", ("MSH^1^9^1^1", "200", "E", "message-type-unsupported")),
        ({"kind": "VXU^V03"}, "AR", ("MSH^1^9^1^2", "201", "E", "event-unsupported")),
        ({"f12": "2.3.1"}, "AE", ("MSH^1^12", "203", "E", "version-unsupported")),
        ({"number": ""}, "AE", ("MSH^1^10", "101", "E", "control-id-missing")),
        ({"number": "9" * 200}, "AE", ("MSH^1^10", "102", "E", "control-id-long")),
        ({"f4": ""}, "AE", ("MSH^1^4", "101", "E", "facility-missing")),
        ({"f4": "SOMEBODY-ELSE"}, "AE", ("MSH^1^4", "204", "E", "facility-not-yours")),
        ({"f4": "HARBOUR^9.9.9^ISO"}, "AA", None),
        ({"f4": "HARBOUR&x"}, "AE", ("MSH^1^4", "204", "E", "facility-not-yours")),
        ({"f4": "^2.16.840.1.113883.3.999^ISO"}, "AA", None),
        ({"f18": "UNICODE UTF-8"}, "AA", None),
        ({"f18": "8859/2"}, "AE", ("MSH^1^18", "103", "E", "character-set-unknown")),
    ],
)
def test_headers(shapes, ask, intake, header, code, error):
    ack = ask(shapes.vxu(**header))
    assert (ack.code, ack.errors) == (code, [error] if error else [])
    assert len(intake.submissions) == (0 if error else 1)


def test_a_test_system_takes_tests_only(shapes, intake):
    from issuer.hl7 import Reading

    assert read_message(shapes.vxu(f11="T"), Reading(processing_id="T")).proposals
    assert not read_message(shapes.vxu(), Reading(processing_id="T")).proposals


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_other_line_ends_are_read(shapes, ask, intake, ends):
    octets = shapes.vxu().replace(b"\r", ends.encode())
    assert ask(octets).code == "AA"
    assert [one.event.code for one in intake.proposals] == ["113"]


def test_separators_other_than_the_guides(shapes, ask, intake):
    ack = ask(changed(shapes.vxu(), "^~\\&", "^~\\&#"))
    assert (ack.code, ack.number, ack.errors) == ("AE", "MSG00001", [("MSH^1^2", "102", "E", "separators")])
    ack = ask(shapes.vxu().replace(b"|", b"#"))
    assert (ack.code, ack.number, ack.own_codes) == ("AE", "MSG00001", ["separators"])
    assert intake.submissions == []


@pytest.mark.parametrize("octets", [b"", b"   ", b"PID|1", b"hello", b"<xml/>", b"MS", b"\x00\x01"])
def test_what_is_not_hl7(ask, intake, octets):
    ack = ask(octets)
    assert (ack.code, ack.number, ack.own_codes) == ("AE", "", ["not-hl7"])


@pytest.mark.parametrize(
    "octets", [b"MSH", b"MSH|", b"MSH||||", b"MSH|^~\\&", b"MSH^~\\&|", b"MSHxx", b"MSH|^~\\&|\rPID"]
)
def test_stumps_of_a_header(ask, intake, octets):
    assert ask(octets).code in ("AE", "AR")
    assert intake.submissions == []


def test_a_byte_order_mark_is_left_out_and_said(shapes, ask, intake):
    ack = ask(b"\xef\xbb\xbf" + shapes.vxu())
    assert (ack.code, ack.errors) == ("AA", [("MSH^1", "0", "I", "byte-order-mark")])
    assert len(intake.submissions) == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_as_such(shapes, ask, encoding):
    assert ask(shapes.vxu().decode().encode(encoding)).own_codes == ["character-set-wrong"]


def test_latin_1_where_it_is_said(shapes, ask, intake):
    text = shapes.vxu(shapes.pid(f5="Müller^Zoë^^^^^L"), f18="8859/1").decode()
    assert ask(text.encode("latin-1")).code == "AA"
    assert intake.proposals[0].person.name.family == "Müller"


def test_latin_1_where_it_is_not_said(shapes, ask, intake):
    text = shapes.vxu(shapes.pid(f5="Müller^Zoë^^^^^L")).decode()
    ack = ask(text.encode("latin-1"))
    assert (ack.code, ack.number) == ("AE", "MSG00001")
    assert ack.errors == [("MSH^1^18", "102", "E", "character-set-wrong")]
    assert intake.submissions == []


def test_a_line_that_is_no_segment(shapes, ask, intake):
    octets = shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(), "NTE|1||first line\nsecond line of the note")
    ack = ask(octets)
    assert (ack.code, ack.errors) == ("AE", [("NTE^1", "100", "E", "segment-unreadable")])
    assert intake.submissions == []


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1b", "\x7f"])
def test_control_characters(shapes, ask, intake, character):
    ack = ask(shapes.vxu(shapes.pid(f5=f"Quasi{character}modo^Wilhelmina")))
    assert (ack.code, ack.errors) == ("AE", [("PID^1", "102", "E", "control-character")])
    assert intake.submissions == []


def test_no_person_and_two_persons(shapes, ask, intake):
    assert ask(shapes.vxu(shapes.orc(), shapes.rxa())).errors == [("PID^1", "100", "E", "person-missing")]
    assert ask(shapes.vxu(shapes.pid(), shapes.pid())).errors == [("PID^2", "100", "E", "segment-repeated")]
    assert intake.submissions == []


def test_ragged_segments_are_read_as_far_as_they_go(shapes, ask, intake):
    assert ask(shapes.vxu(shapes.pid(), "ORC", "RXA|0|1")).code == "AA"
    assert [(one.event.code, one.event.day) for one in intake.proposals] == [("", "")]


def test_a_message_of_more_than_a_mebibyte(shapes, ask, intake):
    note = "NTE|1||" + "x" * MAX_MESSAGE_OCTETS
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(), note))
    assert (ack.code, ack.number, ack.own_codes) == ("AE", "MSG00001", ["message-too-large"])
    assert intake.submissions == []


def test_twenty_mebibytes_and_one(shapes, ask, intake):
    ack = ask(b"FHS|^~\\&\r" + shapes.vxu() + b"\n" * MAX_BATCH_OCTETS)
    assert ack.own_codes == ["message-too-large"]
    assert intake.submissions == []


# ---- Senders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("^^^HARBOUR", None),
        ("^^^NORTH", None),
        ("", None),
        ("^^^ELSEWHERE", "place-not-yours"),
        ("^^^OTHER", "place-other-clinic"),
        ("^^^&2.16.840.1.113883.3.999&ISO", None),
    ],
)
def test_a_dose_is_recorded_at_ones_own_facilities_only(shapes, ask, intake, place, code):
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc("1"), shapes.rxa(), shapes.orc("2"), shapes.rxa(f11=place)))
    assert [one.event_id for one in intake.proposals] == (["1", "2"] if code is None else ["1"])
    assert ack.errors == ([] if code is None else [("RXA^2^11^1^4", "204", "E", code)])


def test_a_historical_dose_may_be_from_elsewhere(shapes, ask, intake):
    ack = ask(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(f9="01^Historical^NIP001", f11="^^^ELSEWHERE")))
    assert ack.code == "AA"
    assert len(intake.proposals) == 1


def test_a_borrowed_namespace_does_not_speak_for_somebody_else(sender):
    assert sender.clinic_of(["HARBOUR"]) == "c1"
    assert sender.clinic_of(["HARBOUR", "OTHER"]) is None
    assert sender.clinic_of([]) is None


def test_one_clinics_token_used_for_another(shapes, ask, intake):
    stranger = Sender(Actor("client:other", "system", "c2"), {"OTHER": "c2"})
    ack = ask(shapes.vxu(), stranger)
    assert (ack.code, ack.own_codes) == ("AE", ["facility-not-yours"])
    assert intake.submissions == []


def test_what_the_intake_refuses_as_a_whole(shapes, ask, intake, busy):
    intake.raises = Forbidden("no")
    ack = ask(shapes.vxu())
    assert (ack.code, ack.errors) == ("AE", [("MSH^1", "207", "E", "forbidden")])
    intake.raises = busy
    ack = ask(shapes.vxu())
    assert (ack.code, ack.errors) == ("AE", [("MSH^1", "207", "E", "try-again")])


# ---- Batches ---------------------------------------------------------------------------------------------------------


def batch(*messages: bytes, promised: int | None = None, file: bool = True) -> bytes:
    head = "|^~\\&|EHR|HARBOUR|IIS|STATE|20261120|||{}|B-1\r"
    inner = b"BHS" + head.format("").encode() + b"".join(messages) + f"BTS|{promised or len(messages)}\r".encode()
    return b"FHS" + head.format("").encode() + inner + b"FTS|1\r" if file else inner


def test_a_batch_is_answered_with_a_batch(shapes, ask, intake):
    good, bad = shapes.vxu(number="A"), shapes.vxu(number="B", f11="T")
    ack = ask(batch(good, bad, shapes.qbp()))
    assert [one[0] for one in ack.segments if one[0] in ("FHS", "BHS", "MSH", "BTS", "FTS")] == [
        *("FHS", "BHS", "MSH", "MSH", "MSH", "BTS", "FTS")
    ]
    assert [one[1:3] for one in ack.named("MSA")] == [["AA", "A"], ["AR", "B"], ["AA", "Q-1"]]
    assert ack.named("BTS") == [["BTS", "3"]]
    head = ack.named("BHS")[0]
    assert (head[2:6], head[11]) == (["IIS", "STATE", "EHR", "HARBOUR"], "B-1")
    assert len(intake.submissions) == 1


def test_batches_with_less_around_them(shapes, ask, intake):
    two = (shapes.vxu(number="A"), shapes.vxu(number="B"))
    assert [one[0] for one in ask(batch(*two, file=False)).segments].count("FHS") == 0
    ack = ask(b"".join(two))
    assert [one[1:3] for one in ack.named("MSA")] == [["AA", "A"], ["AA", "B"]]
    assert ack.segments[0][0] == "BHS"
    assert ask(batch()).segments[1][0] == "BHS"


def test_a_message_missing_from_a_batch_is_said(shapes, ask):
    ack = ask(batch(shapes.vxu(), promised=2))
    assert ack.named("BTS") == [["BTS", "1", "The trailers count 2 messages, 1 arrived"]]


def test_a_batch_that_begins_with_something_else(shapes, ask, intake):
    ack = ask(batch(b"PID|1\r", shapes.vxu()))
    assert (ack.code, ack.own_codes) == ("AE", ["batch-structure"])
    assert intake.submissions == []


def test_a_batch_of_too_many(ask, intake):
    ack = ask(batch(b"MSH|^~\\&|\r" * (MAX_BATCH_MESSAGES + 1)))
    assert (ack.code, ack.own_codes) == ("AE", ["batch-too-long"])


def test_a_busy_store_is_asked_once_a_batch(shapes, ask, intake, busy):
    tried = []
    intake.before = lambda: tried.append(1)
    intake.raises = busy
    ack = ask(batch(*(shapes.vxu(number=name) for name in "ABC")))
    assert [one[1] for one in ack.named("MSA")] == ["AE", "AE", "AE"]
    assert len(tried) == 1


# ---- Silence ---------------------------------------------------------------------------------------------------------


def test_nothing_of_a_message_is_logged_or_shown(shapes, ask, intake, caplog):
    caplog.set_level(logging.DEBUG)
    for octets in (
        shapes.vxu(),
        shapes.qbp(),
        shapes.vxu(shapes.pid(f5=f"{shapes.family}\\\\^x\\Q\\^^^^^L")),
        shapes.vxu()[:90],
    ):
        ask(octets)
    assert shapes.family not in caplog.text
    message = read_message(shapes.vxu())
    assert shapes.family not in repr(message)
    assert shapes.given not in repr(read_message(shapes.qbp()))


def test_texts_of_errors_fit_err_8_and_say_what_to_do():
    for code, (number, letter, message, remedy) in ERRORS.items():
        assert len(f"{message} {remedy}") <= 250, code
        assert message.isascii(), code
        assert remedy.isascii(), code
        assert number.isdigit(), code
        assert letter in "EWI", code
        assert "invalid" not in (message + remedy).lower()


def test_every_code_is_documented_and_no_code_means_two_things():
    page = (Path(__file__).parents[3] / "docs" / "hl7.md").read_text("utf-8")
    assert [code for code in (*ERRORS, *SHARED) if f"| `{code}` |" not in page] == []
    assert set(ERRORS) & set(FINDINGS) == set()
    assert set(SHARED) <= set(FINDINGS)
