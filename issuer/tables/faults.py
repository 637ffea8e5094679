"""What can be wrong with a table, a row or a cell: codes, severities, what happened, what to do.

What the checker behind all doors can say itself (a date that is none, a code nobody knows) it says, with its own code
(`issuer.intake.findings`): the cell goes to it as it was sent. Here stand the faults of rows, quotes, encodings and of
cells that no proposal could carry. Texts never carry a value out of a record.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from issuer.intake.findings import finding
from issuer.intake.proposal import Finding, Severity

_REFUSALS: dict[str, tuple[str, str]] = {
    "table-empty": ("The file has no header, or no rows below it.", "Send a file whose first row names the columns."),
    "table-too-large": ("The file is larger than 2 GB.", "Divide it into several files, each with the header."),
    "table-rows": ("The file has more than 1,000,000 rows.", "Divide it into several files, each with the header."),
    "table-columns": ("The header has more than 200 columns.", "Remove the columns that are not needed."),
    "table-line": ("A line is longer than 8 MB.", "Check that this is a table with one row a line."),
    "table-encoding": (
        "The text has no encoding that we can tell.",
        "Save it as “CSV UTF-8”; UTF-16 needs its byte order mark.",
    ),
    "table-kind": ("This is neither a CSV nor an XLSX file.", "Save the table as “CSV UTF-8” or as an .xlsx workbook."),
    "table-old-excel": (
        "This is a workbook of the old Excel format (.xls).",
        "Open it and save it as .xlsx or as “CSV UTF-8”.",
    ),
    "table-encrypted": (
        "The workbook is protected by a password, so we cannot read it.",
        "Save a copy without password and send that.",
    ),
    "table-macros": (
        "The workbook holds macros (.xlsm). We do not open files with programs in them.",
        "Save it as .xlsx without macros, or as “CSV UTF-8”.",
    ),
    "table-binary-workbook": (
        "This is a binary workbook (.xlsb).",
        "Open it and save it as .xlsx or as “CSV UTF-8”.",
    ),
    "table-damaged": (
        "The workbook is damaged: a part of it cannot be read to its end.",
        "Open it, save it anew, and send the new file.",
    ),
    "table-texts": (
        "The workbook has more text than we can read from this format.",
        "Save the table as “CSV UTF-8” and send that.",
    ),
    "table-bomb": (
        "Unpacked, the workbook would be far larger than a table needs.",
        "Copy the rows into a new workbook without pictures and formatting, or send “CSV UTF-8”.",
    ),
}

_FINDINGS: dict[str, tuple[Severity, str, str]] = {
    "row-ragged": (
        "error",
        "The row has more or fewer cells than the header, so we cannot tell which cell is which.",
        "Compare it with the header; a cell with a delimiter in it needs quotation marks.",
    ),
    "row-quotes": (
        "error",
        "A quotation mark in this row opens a cell and is not closed, or stands where none may stand.",
        "Write a quotation mark within a cell twice, and close each one that opens a cell.",
    ),
    "row-encoding": (
        "error",
        "The row has characters of another encoding than the rest of the file.",
        "Save the whole file as “CSV UTF-8”.",
    ),
    "cell-formula-error": (
        "error",
        "The spreadsheet shows an error here, such as #REF! or #N/A.",
        "Write the value itself.",
    ),
    "number-rounded": (
        "error",
        "A spreadsheet took this for a number and cut it short.",
        "Format the column as text, and type or load the value again.",
    ),
    "yes-no-form": ("error", "This is neither yes nor no.", "Write Y or N, or leave it empty."),
    "action-form": ("error", "The action is none that we know.", "Write A (add), U (update) or D (delete)."),
    "kind-form": ("error", "The kind is none that we know.", "Write dose or result, or leave the column out."),
    "product-ambiguous": (
        "error",
        "Several products go by this name.",
        "Write the CVX code of the one that was given.",
    ),
    "roster-full": ("error", "A day's list has more than 5,000 people.", "Divide it by site or by hour."),
    "roster-time-form": ("error", "The time is none that we can read.", "Write it as 9:30, 09:30 or 9:30 am."),
}

TABLE_FINDINGS: Mapping[str, tuple[Severity, str, str]] = MappingProxyType(_FINDINGS)
"""code: (severity, what happened, what to do), for rows and cells; the codes that other doors do not need."""
TABLE_REFUSALS: Mapping[str, tuple[str, str]] = MappingProxyType(_REFUSALS)
"""code: (what happened, what to do), for whole files."""


class TableRefused(Exception):
    """The file cannot be read as a table. Nothing of it was recorded."""

    def __init__(self, code: str) -> None:
        message, remedy = TABLE_REFUSALS[code]
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


def refuse(code: str) -> NoReturn:
    """Raises TableRefused with the texts of the table."""
    raise TableRefused(code)


def fault(code: str, place: str) -> Finding:
    """The finding of this table, else of the checker's, at a place (`issuer.intake.proposal.PLACES`, or "row")."""
    if code not in TABLE_FINDINGS:
        return finding(code, place)
    severity, message, remedy = TABLE_FINDINGS[code]
    return Finding(code, place, severity, message, remedy)
