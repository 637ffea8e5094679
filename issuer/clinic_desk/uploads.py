"""Files that a clinic uploads, looked at before anything is started: a day's list whole, a table by its first rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from issuer.intake.proposal import Finding
from issuer.tables import (
    COLUMNS,
    ColumnMapping,
    Expected,
    Head,
    Row,
    TableRefused,
    expected_of,
    look,
    read_rows,
    suggest,
)
from issuer.tables.mapping import Ask, missing_in

SAMPLE_ROWS: Final = 200
"""Rows that show how dates are written."""
SHOWN_ROWS: Final = 3
DATE_ORDERS: Final[Sequence[tuple[str, str]]] = (
    ("", "Only like 2026-11-20"),
    ("mdy", "Month first: 11/20/2026"),
    ("dmy", "Day first: 20/11/2026"),
)
ASKS: Final[Mapping[Ask, tuple[str, str]]] = {
    "date-order": ("date_order", "Dates like 03/04/2026 can be March or April. Choose how this file writes them."),
    "identifier-authority": (
        "fixed-identifier_authority",
        "The file has identifiers and does not say who assigned them. Name the authority, or leave that column out.",
    ),
    "time-zone": ("zone", "The file has times without a zone. Say in which time zone they are."),
}
FIXED: Final = ("identifier_authority", "product", "lot", "date")
"""What may be said once for every row."""


class NotAList(ValueError):
    """The file is no list that can be used. `field_name` and `words` say where and how to mend it."""

    def __init__(self, field_name: str, words: str) -> None:
        super().__init__(field_name)
        self.field_name = field_name
        self.words = words


@dataclass(frozen=True, slots=True)
class ListRead:
    """A day's list."""

    expected: tuple[Expected, ...] = field(repr=False)
    faults: tuple[Finding, ...]
    """Rows that were left out; the row's number in `source`."""


@dataclass(frozen=True, slots=True)
class TableSeen:
    """A table's head and first rows, and what its columns probably are."""

    head: Head
    mapping: ColumnMapping
    samples: Mapping[str, tuple[str, ...]] = field(repr=False)
    """By header: what stands in the first rows."""
    asks: tuple[Ask, ...]


def read_list(file: BinaryIO, order: str = "") -> ListRead:
    """A day's list. Raises NotAList."""
    try:
        head = look(file)
        rows = list(islice(read_rows(file, head), 0, None))
    except TableRefused as error:
        raise NotAList("file", f"{error.message} {error.remedy}") from None
    found = suggest(head.header, rows[:SAMPLE_ROWS], "roster")
    if found.missing:
        raise NotAList("file", f"The file has no column that we know as {_either(found.missing)}. Use the template.")
    mapping = replace(found.mapping, date_order="dmy" if order == "dmy" else "mdy") if order else found.mapping
    if "date-order" in found.asks and not order:
        raise NotAList("date_order", ASKS["date-order"][1])
    return ListRead(*expected_of(rows, mapping))


def see_table(file: BinaryIO, remembered: ColumnMapping | None = None) -> TableSeen:
    """A table, before it is started. Raises TableRefused."""
    head = look(file)
    rows = list(islice(read_rows(file, head), SAMPLE_ROWS))
    if not rows:
        raise TableRefused("table-empty")
    found = suggest(head.header, rows)
    mapping = remembered or found.mapping
    return TableSeen(head, mapping, _samples(head, rows), () if remembered else found.asks)


def mapping_of(sent: Mapping[str, str], head: Head) -> ColumnMapping:
    """What was chosen on the page. Raises NotAList: a column stands for two, or there is no such zone."""
    columns = []
    for place, header in enumerate(head.header):
        name = sent.get(f"column-{place}", "")
        if name in COLUMNS:
            columns.append((name, header))
    names = [name for name, _ in columns]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        place = head.header.index([header for name, header in columns if name == twice][1])
        raise NotAList(f"column-{place}", f"Two columns are chosen as {in_words(twice)}. Choose one of them.")
    zone = sent.get("zone", "").strip()
    if zone and not _is_zone(zone):
        raise NotAList("zone", "We know no such time zone. Write it like America/New_York.")
    order = sent.get("date_order", "")
    fixed = tuple((name, text) for name in FIXED if (text := sent.get(f"fixed-{name}", "").strip()[:200]))
    return ColumnMapping(tuple(columns), order if order in ("mdy", "dmy") else "", zone, fixed)  # type: ignore[arg-type]


def check_mapping(mapping: ColumnMapping, seen: TableSeen) -> None:
    """Raises NotAList where no row could go in, or where something has to be said first."""
    if missing := missing_in(mapping):
        raise NotAList("column-0", f"Choose which column is {_either(missing)}: without it no row can be recorded.")
    if mapping.header_of("identifier") and not (
        mapping.header_of("identifier_authority") or "identifier_authority" in dict(mapping.fixed)
    ):
        raise NotAList(*ASKS["identifier-authority"])
    if "date-order" in seen.asks and not mapping.date_order:
        raise NotAList(*ASKS["date-order"])
    if "time-zone" in seen.asks and mapping.header_of("result_time") and not mapping.zone:
        raise NotAList(*ASKS["time-zone"])


def in_words(name: str) -> str:
    """One of our columns, as people read it."""
    return name.replace("_", " ")


def _either(names: Sequence[str]) -> str:
    return ", ".join(in_words(name) for name in names)


def _samples(head: Head, rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for header in head.header:
        cells = dict.fromkeys(text for row in rows if (text := row.cells.get(header, "").strip()))
        found[header] = tuple(cells)[:SHOWN_ROWS]
    return found


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return False
    return True
