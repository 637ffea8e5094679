"""Which header is which of our columns, and how a file writes its dates: suggested, shown, confirmed, remembered.

found = suggest(head.header, sample)
found.mapping.columns        # (("family_name", "Last Name"), ("birth_date", "DOB"), …)
found.asks                   # ("date-order",): 03/04/2026 may be either; somebody has to say
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from issuer.tables.cells import day_first
from issuer.tables.columns import ALIASES, COLUMNS, PREFIXES, Use, folded_header
from issuer.tables.rows import Row

DateOrder = Literal["", "mdy", "dmy"]
"""How 03/04/2026 is read: March (mdy), April (dmy), or not at all (""). YYYY-MM-DD is always read."""
Ask = Literal["date-order", "identifier-authority", "time-zone"]
_DATES = ("birth_date", "date", "expiry", "death_date", "result_time")


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What a clinic said, or confirmed, about a file."""

    columns: tuple[tuple[str, str], ...]
    """(our column, header)."""
    date_order: DateOrder = ""
    zone: str = ""
    """IANA name of the zone that times without one are in; "" where there are none."""
    fixed: tuple[tuple[str, str], ...] = ()
    """(our column, text) for every row whose own cell is empty or missing: one product for a whole drive."""
    region: str = "US"
    """Where telephone numbers without country code are (ISO 3166)."""

    def header_of(self, column: str) -> str:
        """The header of one of our columns; "" where it is not mapped."""
        return next((header for name, header in self.columns if name == column), "")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A mapping to be shown and confirmed."""

    mapping: ColumnMapping
    unused: tuple[str, ...]
    """Headers that are none of our columns."""
    missing: tuple[str, ...]
    """Our columns without which no row of this file can go in."""
    asks: tuple[Ask, ...]
    """What only a person can say."""


def suggest(header: Sequence[str], sample: Iterable[Row] = (), use: Use | None = None) -> Suggestion:
    """What each header probably is, by name; how dates are written, by the first rows.

    Args:
        sample: some hundred rows; more make the order of dates surer, never wrong.
        use: what the file is for; None lets its columns say whether it holds doses or results.
    """
    best: dict[str, tuple[int, str]] = {}
    for name in header:
        column, rank = _recognised(name)
        if column and (column not in best or rank < best[column][0]):
            best[column] = (rank, name)
    columns = tuple((column, best[column][1]) for column in COLUMNS if column in best)
    rows = list(sample)
    order, unsure = _date_order(columns, rows)
    mapping = ColumnMapping(columns, order)
    return Suggestion(mapping, _unused(header, columns), missing_in(mapping, use), _asks(mapping, rows, unsure))


def missing_in(mapping: ColumnMapping, use: Use | None = None) -> tuple[str, ...]:
    """Our columns without which no row could go in."""
    there = {name for name, _ in (*mapping.columns, *mapping.fixed)}
    wanted = [] if "name" in there else ["family_name", "given_names"]
    if use != "roster":
        is_result = use == "result" or (use is None and "test" in there and "product" not in there)
        wanted += ["birth_date", *(("test", "result_time") if is_result else ("product", "date"))]
    return tuple(name for name in wanted if name not in there)


def fingerprint(header: Sequence[str]) -> str:
    """What a mapping is remembered by: the same headers in any order and spelling (SHA-256, 64 hexadecimal digits)."""
    return hashlib.sha256("\0".join(sorted(folded_header(name) for name in header)).encode()).hexdigest()


def to_json(mapping: ColumnMapping) -> str:
    """For the books."""
    return json.dumps(
        {
            "columns": mapping.columns,
            "date_order": mapping.date_order,
            "zone": mapping.zone,
            "fixed": mapping.fixed,
            "region": mapping.region,
        },
        ensure_ascii=False,
    )


def from_json(text: str) -> ColumnMapping:
    """What `to_json` wrote, or a program sent.

    Raises:
        ValueError: it has another form, or names a column that we do not have.
    """
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a mapping is an object")
    order = found.get("date_order", "")
    if order not in ("", "mdy", "dmy"):
        raise ValueError("the order of dates is mdy or dmy")
    return ColumnMapping(
        _pairs(found.get("columns")),
        order,
        str(found.get("zone", "")),
        _pairs(found.get("fixed", [])),
        str(found.get("region", "US")),
    )


def _pairs(found: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(found, list):
        raise ValueError("columns are pairs of our name and theirs")
    pairs = tuple((str(name), str(text)) for name, text in found)
    if any(name not in COLUMNS for name, _ in pairs) or len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a mapping names each of our columns once at most")
    return pairs


def _recognised(header: str) -> tuple[str, int]:
    """(our column or "", rank of the alias)."""
    folded = folded_header(header)
    if folded in ALIASES:
        return ALIASES[folded]
    for prefix in PREFIXES:
        if folded.startswith(prefix) and folded.removeprefix(prefix) in ALIASES:
            column, rank = ALIASES[folded.removeprefix(prefix)]
            return column, rank + 100
    return "", 0


def _unused(header: Sequence[str], columns: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    used = {name for _, name in columns}
    return tuple(name for name in header if name not in used)


def _date_order(columns: Sequence[tuple[str, str]], rows: Sequence[Row]) -> tuple[DateOrder, bool]:
    """(order, whether it has to be asked). One date with a 13 or more settles it; two that contradict do not."""
    headers = [header for name, header in columns if name in _DATES]
    votes = {day_first(row.cells.get(header, "")) for row in rows for header in headers} - {None}
    if votes == {"dmy"} or votes == {"dmy", "either"}:
        return "dmy", False
    if votes == {"mdy"} or votes == {"mdy", "either"}:
        return "mdy", False
    return "", bool(votes)


def _asks(mapping: ColumnMapping, rows: Sequence[Row], unsure: bool) -> tuple[Ask, ...]:
    asks: list[Ask] = ["date-order"] if unsure else []
    if mapping.header_of("identifier") and not mapping.header_of("identifier_authority"):
        asks.append("identifier-authority")
    times = mapping.header_of("result_time")
    if times and any(":" in row.cells.get(times, "") for row in rows) and not mapping.zone:
        asks.append("time-zone")
    return tuple(asks)
