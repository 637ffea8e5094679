"""Rows out of CSV text (RFC 4180 and what programs make of it): delimiter, header, rows with their octets.

The csv module parses; around it stands what it leaves open: which octet a row begins at, so that a worker can start
there, and what becomes of a quotation mark that is never closed. Such a row is named, and reading goes on with the line
after its first: one bad row never swallows its neighbours.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from issuer.tables.cells import plain
from issuer.tables.faults import refuse
from issuer.tables.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_RECORD_LINES
from issuer.tables.lines import Line, encoding_of, lines
from issuer.tables.rows import EXTRA, Head, Row

DELIMITERS = (",", ";", "\t", "|")
"""In this order where a header has as many of one as of another."""
HEADER_WITHIN = 20
"""Rows among which the header is looked for: above it a title or an empty row may stand."""
_PEEK = 64 * 1024

_WHOLE = ("utf-8", "cp1252", "latin-1")
"""Encodings of which every octet was seen to be readable; in others half a character may stand."""

Record = tuple[list[str], int, str]
"""Cells, octets, and a code of `issuer.tables.faults` or ""."""


def look_at_csv(file: BinaryIO) -> Head:
    """Encoding, delimiter and header of CSV text.

    Raises:
        TableRefused: table-empty, table-too-large, table-encoding, table-line, table-columns.
    """
    encoding, start, guessed = encoding_of(file)
    file.seek(start)
    beginning = file.read(_PEEK).decode(encoding.removesuffix("-mixed"), "replace")
    line_end = "\r" if "\r" in beginning and "\n" not in beginning else "\n"
    delimiter = _delimiter(beginning.replace("\r", "\n"))
    found = records(lines(file, encoding, line_end, start), delimiter)
    first = [(number, cells) for number, (cells, _, _) in enumerate(islice(found, HEADER_WITHIN), 1) if any(cells)]
    number, cells = header_among(first)
    return Head("csv", named(cells), number, encoding, delimiter, line_end, start, guessed)


def header_among(first: list[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    """The header among the first rows: the first with two cells or more, since a title above the table has one.

    Raises:
        TableRefused: table-empty.
    """
    filled = [(row, sum(1 for cell in row[1] if cell.strip())) for row in first]
    if not any(count for _, count in filled):
        refuse("table-empty")
    return next((row for row, count in filled if count > 1), next(row for row, count in filled if count))


def named(cells: list[str]) -> tuple[str, ...]:
    """A header in which each name stands once; empty cells at its end are dropped.

    Raises:
        TableRefused: table-columns.
    """
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        refuse("table-columns")
    seen: dict[str, None] = {}
    for place, cell in enumerate(cells, start=1):
        name = wanted = " ".join(plain(cell.replace("\0", "")).split()) or f"Column {place}"
        count = 1
        while name in seen:
            count += 1
            name = f"{wanted} ({count})"
        seen[name] = None
    return tuple(seen)


def csv_rows(file: BinaryIO, head: Head, offset: int, number: int) -> Iterator[tuple[Row, int]]:
    """Rows from an octet on, each with the octets it took; blank rows are counted and left out.

    Args:
        offset: where a row begins: `head.start` with `number` 1, or what an earlier reading has summed up.
        number: the number of the row that begins there.
    """
    header, mixed = head.header, head.encoding not in _WHOLE
    width = len(header)
    taken = 0
    for cells, octets, fault in records(lines(file, head.encoding, head.line_end, offset), head.delimiter):
        taken += octets
        if number > head.header_row and (fault or any(cells)):
            if len(cells) == width and not fault and not mixed:
                row = Row(number, dict(zip(header, cells, strict=True)))
                if max(map(len, cells)) > MAX_CELL_CHARACTERS:
                    row = checked(row)
            else:
                row = _odd(number, header, cells, fault)
            yield row, taken
            taken = 0
        number += 1


def records(source: Iterable[Line], delimiter: str) -> Iterator[Record]:
    """Cells of one row after the other. A row that cannot be parsed is its first line alone, with a fault."""
    pulled: list[Line] = []
    waiting: deque[Line] = deque()
    more = iter(source)

    def feed() -> Iterator[str]:
        while True:
            line = waiting.popleft() if waiting else next(more, None)
            if line is None:
                return
            if len(pulled) >= MAX_RECORD_LINES:
                raise csv.Error
            pulled.append(line)
            yield line[0]

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            first, *rest = pulled
            waiting.extendleft(reversed(rest))
            yield first[0].rstrip("\r\n").split(delimiter), first[1], "row-quotes"
            pulled.clear()
            reader = csv.reader(feed(), delimiter=delimiter, strict=True)  # the old feed ended where it failed
        else:
            yield cells, pulled[0][1] if len(pulled) == 1 else sum(octets for _, octets in pulled), ""
            pulled.clear()


def _delimiter(beginning: str) -> str:
    """The commonest delimiter, outside quotes, of the first line that has any."""
    outside = ("".join(line.split('"')[::2]) for line in islice(beginning.split("\n"), HEADER_WITHIN))
    first = next((line for line in outside if any(delimiter in line for delimiter in DELIMITERS)), "")
    return max(DELIMITERS, key=lambda delimiter: (first.count(delimiter), -DELIMITERS.index(delimiter)))


def _odd(number: int, header: tuple[str, ...], cells: list[str], fault: str) -> Row:
    """A row that is not simply as wide as the header. Empty cells beyond it are nothing."""
    width = len(header)
    named_cells = dict(zip(header, cells, strict=False))
    for place, cell in enumerate(cells[width:], start=width + 1):
        if cell:
            named_cells[f"{EXTRA}{place}"] = cell
    ragged = len(cells) < width or len(named_cells) > width
    row = Row(number, named_cells, fault or ("row-ragged" if ragged else ""))
    return checked(row)


def checked(row: Row) -> Row:
    """The row with the fault of its first bad cell, if it has one; a row at fault already stays as it is."""
    if row.fault:
        return row
    for column, cell in row.cells.items():
        if len(cell) > MAX_CELL_CHARACTERS:
            return Row(row.number, row.cells, "text-too-long", column)
        if not cell.isascii() and any("\ud800" <= character <= "\udfff" for character in cell):
            return Row(row.number, row.cells, "row-encoding", column)
    return row
