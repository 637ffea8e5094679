"""Escapes, time stamps and segments, against hypothesis and against python-hl7."""

import hl7
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.hl7 import read_message
from issuer.hl7.escapes import escape, unescape
from issuer.hl7.segments import coded, segments_of
from issuer.hl7.times import day_of, last_day_of

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("|^~\\&\n\r"), max_size=40)
HEADER = "MSH|^~\\&|EHR|HARBOUR|||20261120||VXU^V04|1|P|2.5.1"


def every_field(_):
    return range(1, 20)


@settings(deadline=None)
@given(TEXT)
def test_every_text_survives_its_escapes(text):
    written = escape(text)
    assert not set(written) & set("|^~&\r\n")
    assert unescape(written) == text


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("one\\.br\\two", "one\ntwo"),
        ("\\X4A\\\\XC3BC\\", "Jü"),
        ("\\H\\bold\\N\\", "bold"),
        ("C:\\dir", "C:\\dir"),
        ("\\Zabc\\", "\\Zabc\\"),
        ("\\X00\\", "\\X00\\"),
        ("\\XFF\\", "\\XFF\\"),
        ("\\X4\\", "\\X4\\"),
    ],
)
def test_escapes_by_the_standard(sent, read):
    assert unescape(sent) == read


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_octets_raise(octets):
    read_message(octets)
    read_message(HEADER.encode() + b"\r" + octets)


@settings(deadline=None, max_examples=200)
@given(
    st.text(st.sampled_from('ab|^~&\\"1'), max_size=60),
    st.sampled_from(["PID", "ORC", "RXA", "QPD", "OBR", "OBX", "MRG"]),
)
def test_no_segment_raises(text, name):
    for kind in ("VXU^V04", "QBP^Q11", "ORU^R01", "ADT^A40"):
        header = HEADER.replace("VXU^V04", kind)
        for body in (f"{name}|{text}", f"PID|{text}\rORC|{text}\rRXA|{text}\rOBR|{text}\rOBX|{text}\rMRG|{text}"):
            read_message(f"{header}\r{body}\r".encode())


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text(st.sampled_from("abc 12"), max_size=5), min_size=1, max_size=4), min_size=1, max_size=6)
)
def test_values_are_those_of_python_hl7(fields):
    line = "PID|" + "|".join("^".join(parts) for parts in fields) + "|end"
    [segment] = segments_of([line], every_field)
    theirs = hl7.parse(f"MSH|^~\\&|\r{line}")
    for at, parts in enumerate(fields, start=1):
        for component in range(1, len(parts) + 1):
            assert segment.text(at, component) == theirs.extract_field("PID", 1, at, 1, component).strip()


def test_repetitions_components_and_subcomponents():
    [segment] = segments_of(["PID|1||A^^^N&1.2&ISO^MR~B||&x"], every_field)
    assert [len(one) for one in segment.repetitions(3)] == [5, 1]
    assert (segment.text(3, 4, 2), segment.text(3, 4, 9), segment.text(3, 1, 2), segment.text(9)) == ("1.2", "", "", "")
    assert (segment.text(5), segment.text(5, 1, 2)) == ("", "x")
    assert segment.repetitions(2) == ()


def test_triplets():
    [segment] = segments_of(["RXA|1^a^CVX^2^b^NDC|^text"], every_field)
    assert coded(segment.repetitions(1)[0]) == (("1", "a", "CVX"), ("2", "b", "NDC"))
    assert coded(segment.repetitions(2)[0]) == (("", "text", ""),)


def test_only_what_is_read_is_taken_apart_and_all_is_counted():
    lines = ["RXA|a|b^c", "NTE|b", "RXA|c", "RXA|d||e~f|g"]
    found = segments_of(lines, lambda line: (1, 3) if line.startswith("RXA") and not line.endswith("c") else ())
    found += segments_of(lines, lambda line: (3, 1) if line.endswith("g") else ())
    assert [(one.sequence, one.text(1), len(one.repetitions(3))) for one in found] == [(3, "d", 2), (3, "d", 2)]


def test_a_field_that_nobody_asked_for_is_not_taken_for_an_empty_one():
    [segment] = segments_of(["RXA|a|b"], lambda _: (1, 7))
    assert (segment.text(1), segment.text(7)) == ("a", "")
    with pytest.raises(KeyError):
        segment.text(2)


@pytest.mark.parametrize(
    ("stamp", "day", "last"),
    [
        ("20261119", "2026-11-19", "2026-11-19"),
        ("202602", "2026-02", "2026-02-28"),
        ("2026", "2026", "2026"),
        ("20261119123456.1234+0100", "2026-11-19", "2026-11-19"),
        ("", "", ""),
        ("2026-11-19", "2026-11-19", "2026-11-19"),
        ("202613", "2026-13", "2026-13"),
        ("٢٠٢٦", "٢٠٢٦", "٢٠٢٦"),
    ],
)
def test_days(stamp, day, last):
    assert (day_of(stamp), last_day_of(stamp)) == (day, last)
