"""Tables to download and fill in: CSV with the header alone, XLSX with text columns, drop-downs, an example, notes.

In the workbook every column is formatted as text, so that a spreadsheet program leaves "08", "12E5" and 2026-11-20 as
they were typed. The first sheet is the one that is read.
"""

import io
from typing import Any

from issuer.tables.columns import COLUMNS, Column, Use
from issuer.tables.results import Form, new_workbook, set_widths, text_cell

DROP_DOWN_ROWS = 10_000
"""Rows that have drop-downs."""
_TITLES: dict[Use, str] = {"dose": "Doses", "result": "Results", "roster": "Roster"}
_NOTES = (
    "Fill in the first sheet and send the file. Columns that you do not need may stay empty or be removed.",
    "Dates are written YYYY-MM-DD. Zeros in front are kept. Each row is one dose, result or appointment.",
    "Rows of the sheet “Example” are not read.",
)


def columns_for(use: Use) -> tuple[Column, ...]:
    """The columns of a template, in order."""
    return tuple(column for column in COLUMNS.values() if use in column.uses)


def template(use: Use, form: Form = "xlsx") -> bytes:
    """A table to fill in, as a file."""
    target = io.BytesIO()
    columns = columns_for(use)
    if form == "csv":
        write_header(target, columns)
    else:
        _workbook(target, use, columns)
    return target.getvalue()


def write_header(target: io.BytesIO, columns: tuple[Column, ...]) -> None:
    """The names of the columns, and nothing below them: an example would be taken for a person."""
    target.write(("\ufeff" + ",".join(column.name for column in columns) + "\r\n").encode())


def _workbook(target: io.BytesIO, use: Use, columns: tuple[Column, ...]) -> None:
    with new_workbook(target) as book:
        _sheet_to_fill(book.create_sheet(_TITLES[use]), columns)
        example = book.create_sheet("Example")
        set_widths(example, [_width(column) for column in columns])
        example.append([text_cell(example, column.name, bold=True) for column in columns])
        example.append([text_cell(example, column.example) for column in columns])
        _notes(book.create_sheet("Columns"), columns)


def _sheet_to_fill(sheet: Any, columns: tuple[Column, ...]) -> None:
    from openpyxl.utils import get_column_letter

    set_widths(sheet, [_width(column) for column in columns])
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].number_format = "@"
        if column.choices:
            sheet.data_validations.append(_choices(place, column))
    sheet.append([text_cell(sheet, column.name, bold=True) for column in columns])


def _choices(place: int, column: Column) -> Any:
    """A drop-down that allows other entries too: the checker says what is wrong with them."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letter = get_column_letter(place)
    rule = DataValidation(type="list", formula1='"' + ",".join(column.choices) + '"', allow_blank=True)
    rule.showErrorMessage = False
    rule.add(f"{letter}2:{letter}{DROP_DOWN_ROWS + 1}")
    return rule


def _notes(sheet: Any, columns: tuple[Column, ...]) -> None:
    set_widths(sheet, (24, 12, 70, 30))
    for note in _NOTES:
        sheet.append([text_cell(sheet, note)])
    sheet.append([])
    sheet.append([text_cell(sheet, heading, bold=True) for heading in ("column", "needed", "what it is", "example")])
    for column in columns:
        needed = "yes" if column.required else ""
        sheet.append([text_cell(sheet, text) for text in (column.name, needed, column.hint, column.example)])


def _width(column: Column) -> int:
    return max(12, len(column.name) + 2, len(column.example) + 2)
