"""Tables read: what a file is, its rows from any row on, and the index of chunks by which workers divide it.

A CSV file is read where it lies: a chunk begins at an octet. A workbook cannot be, so `flatten` writes it once as CSV
with the same row numbers, and the job reads that.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from issuer.tables.csv_rows import HEADER_WITHIN, checked, csv_rows, header_among, look_at_csv, named
from issuer.tables.faults import refuse
from issuer.tables.limits import MAX_ROWS
from issuer.tables.rows import EXTRA, Head, Row
from issuer.tables.xlsx_rows import Workbook, open_sheet, sheet_rows
from issuer.tables.zips import container_of

CHUNK_ROWS = 500
"""Rows of one chunk: a transaction of about a fifth of a second."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a CSV file that one worker takes."""

    number: int
    """From 1."""
    first_row: int
    """The number of the row that begins at `offset`; blank rows count."""
    offset: int
    """Octets from the beginning of the file."""
    rows: int
    """Rows that are not blank."""


def look(file: BinaryIO) -> Head:
    """What a file is and what its columns are called.

    Args:
        file: opened in binary mode, seekable. It is read from its beginning; where it stands afterwards is left open.

    Raises:
        TableRefused: it is no table, or too large.
    """
    if container_of(file) == "text":
        return look_at_csv(file)
    return _head_of(open_sheet(file))


def read_rows(file: BinaryIO, head: Head, start_row: int = 0, offset: int = 0) -> Iterator[Row]:
    """The rows below the header, one at a time. Blank rows are left out; their numbers are not used again.

    Args:
        start_row: the first row wanted; 0 for all.
        offset: of a CSV file, the octet at which `start_row` begins (`Chunk.offset`); 0 where it is not known.

    Raises:
        TableRefused: found only while reading: table-damaged, table-line.
    """
    if head.kind == "xlsx":
        rows = _sheet(open_sheet(file), head)
    elif offset:
        return (row for row, _ in csv_rows(file, head, offset, start_row))
    else:
        rows = (row for row, _ in csv_rows(file, head, head.start, 1))
    return (row for row in rows if row.number >= start_row)


def chunks(file: BinaryIO, head: Head, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
    """The index of a CSV file, in one pass.

    Raises:
        TableRefused: table-rows, table-empty, table-line.
    """
    if head.kind != "csv":
        raise ValueError("a workbook is flattened first")
    offset, first, rows, total, last = head.start, 1, 0, 0, 0
    taken = head.start
    number = 0
    for row, octets in csv_rows(file, head, head.start, 1):
        total += 1
        if total > MAX_ROWS:
            refuse("table-rows")
        if rows == size:
            number += 1
            yield Chunk(number, first, offset, rows)
            # The blank rows before this one belong to it; they begin where the row before them ended.
            offset, first, rows = taken, last + 1, 0
        taken += octets
        last = row.number
        rows += 1
    if not total:
        refuse("table-empty")
    yield Chunk(number + 1, first, offset, rows)


def chunk_rows(file: BinaryIO, head: Head, chunk: Chunk) -> Iterator[Row]:
    """The rows of one chunk."""
    offset = chunk.offset if chunk.number > 1 else 0
    return islice(read_rows(file, head, chunk.first_row if offset else 0, offset), chunk.rows)


def flatten(file: BinaryIO, target: BinaryIO) -> Head:
    """Writes the first visible sheet of a workbook as CSV in UTF-8, each row at its number.

    Returns:
        The head of what was written; `sheet` and `sheets_left_out` as in the workbook.

    Raises:
        TableRefused: as `look`; table-rows.
    """
    book = open_sheet(file)
    text = io.TextIOWrapper(target, "utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")  # with both, either is quoted in a cell
    header_row, cells, rest = _header_of(sheet_rows(book))
    header = named(cells)
    writer.writerows([[]] * (header_row - 1))
    writer.writerow(header)
    written, rows = header_row, 0
    for number, cells in rest:
        writer.writerows([[]] * (number - 1 - written))
        writer.writerow(cells + [""] * (len(header) - len(cells)))
        written, rows = number, rows + 1
        if rows > MAX_ROWS:
            refuse("table-rows")
    text.flush()
    text.detach()
    if not rows:
        refuse("table-empty")
    return Head("csv", header, header_row, "utf-8", ",", sheet=book.sheet, sheets_left_out=book.sheets_left_out)


def _head_of(book: Workbook) -> Head:
    number, cells, _ = _header_of(sheet_rows(book))
    return Head("xlsx", named(cells), number, sheet=book.sheet, sheets_left_out=book.sheets_left_out)


def _header_of(rows: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str], Iterator[tuple[int, list[str]]]]:
    """The header's number and cells, and the rows below it."""
    first = list(islice(rows, HEADER_WITHIN))
    number, cells = header_among(first)
    return number, cells, chain((row for row in first if row[0] > number), rows)


def _sheet(book: Workbook, head: Head) -> Iterator[Row]:
    width = len(head.header)
    for number, cells in sheet_rows(book):
        if number > head.header_row:
            named_cells = dict(zip(head.header, cells + [""] * (width - len(cells)), strict=False))
            extra = {f"{EXTRA}{place}": cell for place, cell in enumerate(cells[width:], start=width + 1) if cell}
            yield checked(Row(number, {**named_cells, **extra}, "row-ragged" if extra else ""))
