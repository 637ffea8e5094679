"""What a clinic gets back, what it can download, and its day's list."""

import csv
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.intake.proposal import Proposal
from issuer.tables import (
    COLUMNS,
    Row,
    expected_of,
    lines_of,
    look,
    proposal_of,
    read_rows,
    suggest,
    template,
    write_mending,
    write_results,
)
from issuer.tables.cells import neutralised, plain, unneutralised
from issuer.tables.results import HEADINGS, MENDING_COLUMN

CELLS = {
    "Last Name": "=cmd|'/c calc'!A0",
    "First Name": "W",
    "DOB": "1987-06-05",
    "CVX": "Miracle",
    "Date": "2021-03-01",
}
MAPPING = suggest(tuple(CELLS)).mapping


def bad_lines():
    row = Row(7, CELLS)
    return list(lines_of(row, proposal_of(row, MAPPING), MAPPING))


def sheet_of(target):
    return openpyxl.load_workbook(target).worksheets[0]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_result_names_row_column_code_message_and_remedy(form):
    target = io.BytesIO()
    write_results(
        target,
        [*bad_lines(), *lines_of(Row(9, {}, "row-ragged"), proposal_of(Row(9, {}, "row-ragged"), MAPPING), MAPPING)],
        form,
    )
    head = look(target)
    assert head.header == HEADINGS
    first, second = (row.cells for row in read_rows(target, head))
    assert (first["row"], first["column"], first["severity"], first["code"]) == ("7", "CVX", "error", "vaccine-unknown")
    assert first["what is wrong"]
    assert first["what to do"]
    assert (second["row"], second["column"], second["code"]) == ("9", "", "row-ragged")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_bad_rows_come_back_as_they_were_can_be_mended_and_sent_again(form):
    target = io.BytesIO()
    write_mending(target, tuple(CELLS), [(CELLS, "We do not know this product.")], form)
    head = look(target)
    (row,) = read_rows(target, head)
    assert head.header == (*CELLS, MENDING_COLUMN)
    assert row.cells["Last Name"].startswith("'=")
    mended = Row(row.number, {**row.cells, "CVX": "208"})
    found = suggest(head.header)
    assert found.unused == (MENDING_COLUMN,)
    made = proposal_of(mended, found.mapping)
    assert isinstance(made, Proposal)
    assert made.person.name.family == CELLS["Last Name"]


def test_a_workbook_that_we_write_holds_texts_only():
    target = io.BytesIO()
    dangerous = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "08", "12E5", "2026-11-20", "a\x00b\x1f"]
    write_mending(
        target, [str(n) for n in range(len(dangerous))], [({str(n): c for n, c in enumerate(dangerous)}, "")], "xlsx"
    )
    cells = [cell for cell in sheet_of(target)[2] if cell.value is not None]
    assert all(cell.data_type == "s" and cell.number_format == "@" for cell in cells)
    assert [str(cell.value)[:2] for cell in cells[:4]] == ["'=", "'+", "'-", "'@"]
    assert b"<f>" not in zipfile.ZipFile(target).read("xl/worksheets/sheet1.xml")


def test_nothing_that_begins_like_a_formula_is_written_to_csv():
    target = io.BytesIO()
    write_mending(target, ("a", "b"), [({"a": c + "1", "b": "x"}, "=no") for c in "=+-@\t\r\n＝＋－＠"])
    written = list(csv.reader(io.StringIO(target.getvalue().decode("utf-8-sig"), newline="")))
    assert len(written) == 12
    assert all(row[0].startswith("'") and row[2] == "'=no" for row in written[1:])


@settings(deadline=None)
@given(st.text(alphabet="=+-@'\t\r\n ab1＝", max_size=6))
def test_the_mark_against_formulas_is_taken_away_again(text):
    assert unneutralised(neutralised(text)) == text
    assert neutralised(text)[:1] not in tuple("=+-@\t\r\n＝")
    assert plain(neutralised("=" + text)) == ("=" + text).strip() or "'" in text or text != text.strip()


def test_cells_of_a_ragged_row_are_not_lost():
    file = io.BytesIO(b"a,b\n1,2,3,,5\n")
    (row,) = read_rows(file, look(file))
    target = io.BytesIO()
    write_mending(target, ("a", "b"), [(row.cells, "ragged")])
    assert target.getvalue().decode("utf-8-sig").splitlines()[1] == "1,2,ragged,3,5"


# ---- Templates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("use", ["dose", "result", "roster"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_template_is_recognised_whole(use, form):
    found = suggest(look(io.BytesIO(template(use, form))).header, use=use)
    assert (found.unused, found.missing) == ((), ())


def test_a_filled_template_keeps_what_was_typed():
    book = openpyxl.load_workbook(io.BytesIO(template("dose")))
    sheet, example, notes = book.worksheets
    assert (sheet.title, example.title, notes.title) == ("Doses", "Example", "Columns")
    assert all(sheet.column_dimensions[letter].number_format == "@" for letter in "ABCDEFG")
    assert {str(rule.sqref)[:1]: rule.formula1 for rule in sheet.data_validations.dataValidation}["F"] == '"F,M,X,U"'
    names = [cell.value for cell in example[1]]
    for place, cell in enumerate(example[2], start=1):
        sheet.cell(2, place, cell.value).number_format = "@"
    target = io.BytesIO()
    book.save(target)
    head = look(target)
    (row,) = read_rows(target, head)
    assert list(head.header) == names
    made = proposal_of(row, suggest(head.header).mapping)
    assert isinstance(made, Proposal)
    assert (made.event.code, made.event.lot, made.person.identifiers[0].value) == ("208", "12E5", "0012345")
    assert {cell.value for cell in notes["A"]} >= {name for name, column in COLUMNS.items() if "dose" in column.uses}


# ---- The day's list --------------------------------------------------------------------------------------------------


def test_a_days_list_is_ordered_by_time_and_names_what_it_leaves_out():
    rows = ["A B,1987-06-05,612-555-0134,10:15 am", "C D,soon,,", "E F,,,9:00", ",,612,8:00", "G H,,,noon"]
    octets = "\n".join(["Patient,DOB,Phone,Appt", *rows]).encode()
    file = io.BytesIO(octets)
    head = look(file)
    expected, faults = expected_of(read_rows(file, head), suggest(head.header, use="roster").mapping)
    assert [(one.time, one.person.name.text) for one in expected] == [("09:00", "E F"), ("10:15", "A B"), ("", "C D")]
    assert expected[1].person.phones == ("+16125550134",)
    assert [(one.code, one.source) for one in faults] == [("name-missing", "row 5"), ("roster-time-form", "row 6")]
