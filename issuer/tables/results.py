"""What a clinic gets back: a list of what is wrong, cell by cell, and its bad rows to mend and send again.

Everything written is text, and no cell can be taken for a formula (`issuer.tables.cells.neutralised`); reading the
mended file takes that mark away again. Both are written row by row: a million bad rows need no memory.
"""

import csv
import io
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from issuer.intake.proposal import PLACES, Finding
from issuer.tables.cells import neutralised
from issuer.tables.mapping import ColumnMapping
from issuer.tables.proposals import column_of
from issuer.tables.rows import EXTRA, Row

Form = Literal["csv", "xlsx"]
HEADINGS = ("row", "column", "severity", "code", "what is wrong", "what to do")
MAX_SHEET_LINES = 200_000
"""Of a workbook that we write. More would take minutes to open; the CSV file has all, and the last line says so."""
_WIDTHS = (8, 24, 10, 26, 70, 70)
_BYTE_ORDER_MARK = "\ufeff"
"""In front of CSV: Excel takes UTF-8 without it for Windows-1252."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is wrong with, or said of, one row."""

    row: int
    column: str
    """The header of the cell, several divided by ", ", or "" for the whole row."""
    finding: Finding = field(repr=False)


def lines_of(row: Row, findings: Iterable[Finding], mapping: ColumnMapping) -> Iterator[Line]:
    """The findings about a row, in the clinic's own words for its columns."""
    for found in findings:
        column = column_of(found, row, mapping)
        yield Line(row.number, column or ("" if found.place == "row" else PLACES.get(found.place, "")), found)


def write_results(target: BinaryIO, lines: Iterable[Line], form: Form = "csv") -> None:
    """For every row of which something is said: row, column, severity, code, what is said and what to do."""
    rows = ((str(line.row), line.column, *_said(line.finding)) for line in lines)
    _write(target, HEADINGS, rows, form, _WIDTHS)


def write_mending(
    target: BinaryIO, header: Sequence[str], rows: Iterable[tuple[Mapping[str, str], str]], form: Form = "csv"
) -> None:
    """The bad rows as they came, with their own header, to be mended and sent again.

    Args:
        header: of the clinic's file.
        rows: cells by header (`Row.cells`), and what is wrong in words. It stands in a last column, which is not read
            when the file comes back.
    """
    head = (*header, MENDING_COLUMN)
    made = ((*(cells.get(name, "") for name in header), said, *_extra(cells)) for cells, said in rows)
    _write(target, head, made, form, (20,) * len(header) + (70,))


MENDING_COLUMN = "what is wrong (not read)"
"""The last column of the file of bad rows; no column of ours has such a name."""


def _said(found: Finding) -> tuple[str, str, str, str]:
    source = f" ({found.source})" if found.source else ""
    return found.severity, found.code, found.message + source, found.remedy


def _extra(cells: Mapping[str, str]) -> list[str]:
    """Cells beyond the header, behind everything else: nothing of a ragged row is lost."""
    return [cell for name, cell in cells.items() if name.startswith(EXTRA)]


def _write(
    target: BinaryIO, head: Sequence[str], rows: Iterable[Sequence[str]], form: Form, widths: Sequence[int]
) -> None:
    if form == "csv":
        _write_csv(target, head, rows)
    else:
        _write_xlsx(target, head, rows, widths)


def _write_csv(target: BinaryIO, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.TextIOWrapper(target, "utf-8", errors="replace", newline="", write_through=False)
    text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([neutralised(cell) for cell in head])
    for row in rows:
        writer.writerow([neutralised(cell) for cell in row])
    text.flush()
    text.detach()


def _write_xlsx(target: BinaryIO, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
    with new_workbook(target) as book:
        sheet = book.create_sheet("Rows")
        set_widths(sheet, widths)
        sheet.freeze_panes = "A2"
        sheet.append([text_cell(sheet, cell, bold=True) for cell in head])
        for number, row in enumerate(rows):
            if number == MAX_SHEET_LINES:
                sheet.append([text_cell(sheet, "… and more: the CSV file has every line.")])
                break
            sheet.append([text_cell(sheet, cell) for cell in row])


@contextmanager
def new_workbook(target: BinaryIO) -> Iterator[Any]:
    """A workbook that is written as its rows come, and saved at the end."""
    from openpyxl import Workbook  # 60 milliseconds that no other door needs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = Workbook(write_only=True)
        yield book
        book.save(target)


def text_cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """A cell of text, whatever it looks like: never a formula, a number or a date, today or when it is saved again."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet)
    cell.value = _writable(neutralised(text))
    cell.data_type = "s"
    cell.number_format = "@"
    if bold:
        cell.font = Font(bold=True)
    return cell


def set_widths(sheet: Any, widths: Sequence[int]) -> None:
    """The columns' widths, in characters."""
    from openpyxl.utils import get_column_letter

    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width


def _writable(text: str) -> str:
    """Without characters that XML cannot hold, and no longer than a cell may be (32,767)."""
    return "".join(character if character >= " " or character in "\t\n\r" else "\ufffd" for character in text)[:32_767]
