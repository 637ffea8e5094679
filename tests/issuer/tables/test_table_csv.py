"""CSV as programs write it: encodings, delimiters, quotes, ragged rows, limits, and reading from any row on."""

import codecs
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.tables import TableRefused, chunk_rows, chunks, look, read_rows
from issuer.tables.limits import MAX_CELL_CHARACTERS
from issuer.tables.rows import EXTRA


def rows_of(octets):
    file = io.BytesIO(octets)
    return [(row.number, list(row.cells.values()), row.fault) for row in read_rows(file, look(file))]


def refusal(octets):
    file = io.BytesIO(octets)
    with pytest.raises(TableRefused) as caught:
        list(chunks(file, look(file)))
    return caught.value.code


TEXT = "name;lot\nMüller;12E5\nÑandú;007\n"


@pytest.mark.parametrize(
    ("octets", "encoding", "guessed"),
    [
        (TEXT.encode(), "utf-8", False),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8", False),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le", False),
        (codecs.BOM_UTF16_BE + TEXT.replace("\n", "\r\n").encode("utf-16-be"), "utf-16-be", False),
        (TEXT.encode("cp1252"), "cp1252", True),
        (TEXT.replace("12E5", "12\x81E5").encode("latin-1"), "latin-1", True),
        (TEXT.replace("\n", "\r").encode(), "utf-8", False),
    ],
)
def test_encodings(octets, encoding, guessed):
    head = look(io.BytesIO(octets))
    assert (head.encoding, head.encoding_guessed, head.delimiter) == (encoding, guessed, ";")
    found = rows_of(octets)
    assert [number for number, _, _ in found] == [2, 3]
    assert [cells[0] for _, cells, _ in found] == ["Müller", "Ñandú"]
    assert found[1][1][1] == "007"


def test_one_row_of_another_encoding_is_named_and_the_others_are_read():
    octets = "name,lot\nMüller,1\nÑandú,2\n".encode() + "Åse,3\n".encode("latin-1") + "Çelik,4\n".encode()
    assert look(io.BytesIO(octets)).encoding == "utf-8-mixed"
    assert [(number, fault) for number, _, fault in rows_of(octets)] == [(2, ""), (3, ""), (4, "row-encoding"), (5, "")]


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "table-empty"),
        (b"\n\n \n", "table-empty"),
        (b"a,b\n", "table-empty"),
        ("name,lot\nA,1\n".encode("utf-16-le"), "table-encoding"),
        (codecs.BOM_UTF32_LE + "a,b".encode("utf-32-le"), "table-encoding"),
        (codecs.BOM_UTF16_LE + "a,b\n1,2\n".encode("utf-16-le") + b"x", "table-encoding"),
        (b"%PDF-1.7\n", "table-kind"),
        (b"<html><table>", "table-kind"),
        (b"\x89PNG\r\n\x1a\n", "table-kind"),
        (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n1\n", "table-columns"),
        (b"a,b\n" + b"x" * (9 * 1024**2), "table-line"),
    ],
)
def test_refused_whole(octets, code):
    assert refusal(octets) == code


def test_delimiters_by_the_header():
    for delimiter in ",;\t|":
        head = look(io.BytesIO(f'"a,b;c"{delimiter}lot{delimiter}date\n1{delimiter}2{delimiter}3\n'.encode()))
        assert head.delimiter == delimiter
        assert head.header == ("a,b;c", "lot", "date")


def test_a_title_above_the_header_and_names_that_stand_twice():
    head = look(io.BytesIO(b"Saturday drive\n\nName,Name,,Lot,,\nA,B,C,D,,\n"))
    assert (head.header_row, head.header) == (3, ("Name", "Name (2)", "Column 3", "Lot"))
    assert rows_of(b"Saturday drive\n\nName,Name,,Lot,,\nA,B,C,D,,\n") == [(4, ["A", "B", "C", "D"], "")]


def test_ragged_rows_are_named_and_keep_their_cells():
    found = rows_of(b"a,b,c\n1,2\n1,2,3,4\n\n1,2,3,,\n1,2,3\n")
    assert [(number, fault) for number, _, fault in found] == [
        (2, "row-ragged"),
        (3, "row-ragged"),
        (5, ""),
        (6, ""),
    ]
    file = io.BytesIO(b"a,b\n1,2,3\n")
    assert next(read_rows(file, look(file))).cells == {"a": "1", "b": "2", f"{EXTRA}3": "3"}


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row_only():
    octets = b'a,b\n1,"x\n2,y\n3,"z ""w"" "\n4,"two\nlines"\n5,"v"w\n6,u\n'
    assert rows_of(octets) == [
        (2, ["1", '"x'], "row-quotes"),
        (3, ["2", "y"], ""),
        (4, ["3", 'z "w" '], ""),
        (5, ["4", "two\nlines"], ""),
        (6, ["5", '"v"w'], "row-quotes"),
        (7, ["6", "u"], ""),
    ]
    assert [fault for _, _, fault in rows_of(b'a,b\n1,"open\n' + b"2,y\n" * 2000)].count("row-quotes") == 1


def test_a_cell_that_is_too_long_is_named():
    long = b"x" * (MAX_CELL_CHARACTERS + 1)
    file = io.BytesIO(b"a,b\n1," + long + b"\n2,y\n")
    first, second = read_rows(file, look(file))
    assert (first.fault, first.column, second.fault) == ("text-too-long", "b", "")


def test_a_nul_goes_on_to_the_checker():
    assert rows_of(b"a,b\n1,x\0y\n") == [(2, ["1", "x\0y"], "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_any_chunk_is_read_by_itself(encoding):
    lines = ["a,b"] + [f'{n},"ü {n}\nx"' if n % 3 else f"{n},y" for n in range(100)]
    lines.insert(40, "")
    octets = "\r\n".join(lines).encode(encoding)
    file = io.BytesIO(octets)
    head = look(file)
    whole = list(read_rows(file, head))
    parts = list(chunks(file, head, 7))
    assert [part.number for part in parts] == list(range(1, 16))
    assert sum(part.rows for part in parts) == 100
    again = [row for part in reversed(parts) for row in reversed(list(chunk_rows(file, head, part)))]
    assert list(reversed(again)) == whole
    assert [row.number for row in read_rows(file, head, 50)] == [row.number for row in whole if row.number >= 50]


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(deadline=None, max_examples=150)
@given(
    rows=st.lists(st.lists(cell, min_size=2, max_size=2).filter(lambda cells: any(cells)), min_size=1, max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    delimiter=st.sampled_from(",;\t|"),
)
def test_every_cell_survives(rows, encoding, delimiter):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([["first", "second"], *rows])
    found = rows_of(text.getvalue().encode(encoding))
    assert [cells for _, cells, _ in found] == rows
    assert not any(fault for _, _, fault in found)


@settings(deadline=None, max_examples=200)
@given(octets=st.binary(max_size=300))
def test_no_octets_do_anything_but_be_read_or_refused(octets):
    try:
        file = io.BytesIO(b"a,b\n" + octets)
        head = look(file)
        seen = list(read_rows(file, head))
        assert [row.number for row in seen] == sorted({row.number for row in seen})
    except TableRefused:
        pass
