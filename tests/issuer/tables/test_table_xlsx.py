"""Workbooks as programs write them, and as attackers do."""

import datetime
import io
import struct
import zipfile

import openpyxl
import pytest

from issuer.tables import TableRefused, chunk_rows, chunks, flatten, look, read_rows
from issuer.tables.cell_values import format_of, text_of
from issuer.tables.limits import MAX_CELL_CHARACTERS


def rows_of(file):
    return [list(row.cells.values()) for row in read_rows(file, look(file))]


def refusal(file):
    with pytest.raises(TableRefused) as caught:
        flatten(file, io.BytesIO())
    return caught.value.code


def written(fill, **more):
    book = openpyxl.Workbook(**more)
    fill(book)
    target = io.BytesIO()
    book.save(target)
    return target


# ---- What stands in cells --------------------------------------------------------------------------------------------


def test_what_people_type_into_excel_survives():
    def fill(book):
        sheet = book.active
        sheet.append(["name", "lot", "cvx", "zip", "born", "when", "amount", "done"])
        sheet.append(
            ["Ñandú", "12E5", "08", 123, datetime.date(1987, 6, 5), datetime.datetime(2026, 1, 2, 9, 30), 1.5, 1]
        )
        sheet.append(["O'Hara", 123, 8, 2134, datetime.date(1900, 1, 31), datetime.date(1904, 1, 1), 0.1 + 0.2, True])
        sheet["C3"].number_format = "00"
        sheet["D3"].number_format = "00000"

    assert rows_of(written(fill)) == [
        ["Ñandú", "12E5", "08", "123", "1987-06-05", "2026-01-02T09:30:00", "1.5", "1"],
        ["O'Hara", "123", "08", "02134", "1900-01-31", "1904-01-01", "0.3", "TRUE"],
    ]


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_both_systems_of_dates(epoch_1904):
    def fill(book):
        if epoch_1904:
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append(["a", "b"])
        book.active.append([datetime.date(2026, 11, 20), datetime.date(1987, 6, 5)])

    assert rows_of(written(fill)) == [["2026-11-20", "1987-06-05"]]


@pytest.mark.parametrize(
    ("raw", "code", "text"),
    [
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("59", "d/m/yy", "1900-02-28"),
        ("61", '[$-409]mmmm\\ d", "yyyy;@', "1900-03-01"),
        ("46346.39583333333", "m/d/yy h:mm", "2026-11-20T09:30:00"),
        ("0.39583333333333331", "h:mm AM/PM", "09:30:00"),
        ("-1", "yyyy-mm-dd", "-1"),
        ("1e400", "yyyy-mm-dd", "1e400"),
        ("nan", "General", "nan"),
        ("123", "General", "123"),
        ("123.0", "General", "123"),
        ("1200000", "0.00E+00", "1.20000E+6"),
        ("1.2345678901234568E+17", "General", "1.23457E+17"),
        ("999999999999999", "0", "999999999999999"),
        ("1234567890123456", "0", "1.23457E+15"),
        ("7", "000", "007"),
        ("7", '"LOT-"0', "7"),
        ("1e5", "General", "100000"),
        ("0.000001", "General", "0.000001"),
        ("1" * 5000, "General", "1" * 5000),
    ],
)
def test_numbers_as_text(raw, code, text):
    assert text_of(raw, format_of(164, code), False) == text


def test_built_in_formats():
    assert [format_of(number).what for number in (0, 14, 20, 22, 11)] == [
        "number",
        "date",
        "time",
        "moment",
        "scientific",
    ]


def test_texts_of_every_kind(make_workbook):
    cells = (
        '<c r="A2" t="s"><v>0</v></c><c r="B2" t="str"><f>A1</f><v>made</v></c><c r="C2" t="b"><v>0</v></c>'
        '<c r="D2" t="e"><v>#REF!</v></c><c r="F2" t="d"><v>2026-11-20T00:00:00</v></c>'
    )
    shared = ["<r><t>Yama</t></r><r><t>da</t></r><rPh sb='0' eb='1'><t>ヤマダ</t></rPh>"]
    file = make_workbook(
        [
            _named("abcdef"),
            f'<row r="2">{cells}</row>',
            '<row r="5"><c r="A5" t="inlineStr"><is><t>a_x000D_b</t></is></c></row>',
        ],
        shared=shared,
    )
    assert rows_of(file) == [
        ["Yamada", "made", "FALSE", "#REF!", "", "2026-11-20"],
        ["a\rb", "", "", "", "", ""],
    ]
    assert [row.number for row in read_rows(file, look(file))] == [2, 5]


def _named(names):
    return '<row r="1">' + "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in names) + "</row>"


def test_the_first_visible_sheet_is_read():
    def fill(book):
        book.active.append(["hidden", "x"])
        book.active.sheet_state = "hidden"
        book.create_sheet("Drive").append(["name", "lot"])
        book["Drive"].append(["A", "1"])
        book.create_sheet("Notes").append(["x"])

    head = look(written(fill))
    assert (head.sheet, head.sheets_left_out, head.header) == ("Drive", 1, ("name", "lot"))


def test_a_cell_beyond_the_header_makes_its_row_ragged(make_workbook, text_row):
    file = make_workbook(
        [
            text_row(1, "a", "b"),
            '<row r="2"><c r="XFD2"><v>1</v></c></row>',
            text_row(3, "x"),
            text_row(4, "y" * 10_001),
        ]
    )
    found = list(read_rows(file, look(file)))
    assert [(row.number, row.fault) for row in found] == [(2, "row-ragged"), (3, ""), (4, "text-too-long")]
    assert found[1].cells == {"a": "x", "b": ""}
    assert len(found[2].cells["a"]) > MAX_CELL_CHARACTERS


def test_flattened_it_reads_the_same_and_by_chunks(make_workbook, text_row):
    rows = [
        text_row(2, "Saturday"),
        text_row(4, "name", "note"),
        text_row(6, 'say "x", y', "a\nb"),
        text_row(9, "=1+1", ""),
    ]
    file = make_workbook(rows)
    flat = io.BytesIO()
    head = flatten(file, flat)
    assert (head.header_row, look(flat).header_row, head.sheet) == (4, 4, "Drive")
    direct = list(read_rows(file, look(file)))
    assert list(read_rows(flat, head)) == direct
    assert [row.number for row in direct] == [6, 9]
    parts = list(chunks(flat, head, 1))
    assert [row for part in parts for row in chunk_rows(flat, head, part)] == direct


# ---- What is no workbook, or a bad one -------------------------------------------------------------------------------


def test_an_old_an_encrypted_and_other_files_are_called_what_they_are(make_workbook, text_row):
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    for octets, code in ((ole, "table-old-excel"), (ole + "EncryptedPackage".encode("utf-16-le"), "table-encrypted")):
        with pytest.raises(TableRefused) as caught:
            look(io.BytesIO(octets))
        assert caught.value.code == code
    types = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert refusal(make_workbook([], parts={"[Content_Types].xml": types})) == "table-macros"
    assert refusal(make_workbook([text_row(1, "a")], parts={"xl/vbaProject.bin": b"x"})) == "table-macros"
    types = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    assert refusal(make_workbook([], parts={"[Content_Types].xml": types})) == "table-binary-workbook"
    types = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    assert refusal(make_workbook([], parts={"[Content_Types].xml": types})) == "table-kind"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert refusal(target) == "table-kind"


def test_ten_thousand_columns_are_refused_at_the_header(make_workbook, text_row):
    assert refusal(make_workbook([text_row(1, *(f"c{n}" for n in range(10_000)))])) == "table-columns"


def test_no_rows(make_workbook, text_row):
    assert refusal(make_workbook([])) == "table-empty"
    assert refusal(make_workbook([text_row(1, "a", "b")])) == "table-empty"
    assert refusal(make_workbook([], sheets='<sheet name="a" state="hidden" r:id="rId1"/>')) == "table-empty"


@pytest.mark.parametrize(
    "part",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet><sheetData/></worksheet>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>',
        '<worksheet><sheetData><row r="2"><c r="A2"',
        '<worksheet><sheetData><row r="5"/><row r="4"/></sheetData></worksheet>',
        '<worksheet><sheetData><row r="2000000"><c><v>1</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="ZZZZ1"><v>1</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>7</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>-1</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="x"/></sheetData></worksheet>',
        b"\xff\xfe\x00",
    ],
)
def test_a_damaged_sheet(make_workbook, part):
    assert refusal(make_workbook([], parts={"xl/worksheets/sheet1.xml": part})) == "table-damaged"


def test_a_part_that_is_missing_or_cut_off(make_workbook, text_row):
    whole = make_workbook([text_row(1, "a", "b"), text_row(2, "x", "y")], compression=zipfile.ZIP_STORED).getvalue()
    assert refusal(io.BytesIO(whole[: len(whole) // 2])) == "table-damaged"
    assert refusal(io.BytesIO(whole.replace(b"<t>x</t>", b"<t>X</t>"))) == "table-damaged"
    assert refusal(make_workbook([], parts={"_rels/.rels": "<Relationships/>"})) == "table-damaged"


def test_a_bomb_is_refused_before_it_is_unpacked(make_workbook):
    sheet = b"<worksheet><sheetData>" + b" " * 40 * 1024**2
    assert refusal(make_workbook([], parts={"xl/worksheets/sheet1.xml": sheet})) == "table-bomb"
    many = {f"xl/media/{n}": b"" for n in range(1_001)}
    assert refusal(make_workbook([], parts=many)) == "table-bomb"


def test_a_bomb_that_lies_about_its_size_is_cut_off_there(make_workbook):
    """The header says 100 octets: no more are unpacked, and the checksum shows that something is wrong."""
    sheet = b"<worksheet><sheetData>" + b" " * 40 * 1024**2
    octets = bytearray(make_workbook([], parts={"xl/worksheets/sheet1.xml": sheet}).getvalue())
    size = struct.pack("<I", len(sheet))
    assert octets.count(size) >= 2
    for _ in range(2):
        at = octets.find(size)
        octets[at : at + 4] = struct.pack("<I", 100)
    assert refusal(io.BytesIO(bytes(octets))) == "table-damaged"


def test_an_encrypted_zip_and_another_compression(make_workbook, text_row):
    octets = bytearray(make_workbook([text_row(1, "a")]).getvalue())
    at = octets.find(b"PK\x01\x02")
    octets[at + 8] |= 1
    assert refusal(io.BytesIO(bytes(octets))) == "table-encrypted"
    assert refusal(make_workbook([text_row(1, "a")], compression=zipfile.ZIP_BZIP2)) == "table-damaged"


def test_prefixes_and_the_strict_form(make_workbook):
    sheet = (
        '<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row><x:c t="inlineStr">'
        "<x:is><x:t>a</x:t></x:is></x:c></x:row><x:row><x:c><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert rows_of(make_workbook([], parts={"xl/worksheets/sheet1.xml": sheet})) == [["5"]]
