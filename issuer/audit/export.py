"""Entries as files: CSV for spreadsheets, JSON lines for programs. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from issuer.audit.lines import Called, Line

COLUMNS = tuple(Line.__slots__)
NAMES = ("actor_name", "clinic_name", "object_name")
"""Further columns of a file for people: what those ids are called now. A program goes by the ids."""
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), full-width forms too."""


def csv_rows(lines: Iterable[Line]) -> Iterator[str]:
    """A head and a row for each entry (RFC 4180). A cell that a spreadsheet would calculate gets an apostrophe."""
    yield _row(COLUMNS)
    for line in lines:
        yield _row([_harmless(value) for value in _values(line)])


def named_csv_rows(lines: Iterable[tuple[Line, Called]]) -> Iterator[str]:
    """The same, with what people who work here, systems and clinics are called in the last columns."""
    yield _row((*COLUMNS, *NAMES))
    for line, called in lines:
        names = (called.actor(line), called.clinic(line), called.object(line))
        yield _row([_harmless(value) for value in (*_values(line), *names)])


def json_lines(lines: Iterable[Line]) -> Iterator[str]:
    """An object for each entry, a line each, `detail` as an object."""
    for line in lines:
        said = dict(zip(COLUMNS, _values(line), strict=True)) | {"detail": orjson.loads(line.detail)}
        yield orjson.dumps(said).decode() + "\n"


def _values(line: Line) -> list[Any]:
    values = [getattr(line, name) for name in COLUMNS]
    values[COLUMNS.index("at")] = line.at.isoformat()
    return values


def _harmless(value: Any) -> str:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_BEGINS_A_FORMULA) else text


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
