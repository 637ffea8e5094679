"""What a spreadsheet's number stands for: a date, a text of digits, or a number. As text, the way a person reads it.

A workbook stores a date as days since its epoch, and says by the cell's number format that it is one (ECMA-376 part 1,
18.8.30). Nothing here goes through floating point that need not: "123" stays "123", and "08" formatted "00" is "08".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

_BUILT_IN_DATES = frozenset({14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58})
_BUILT_IN_TIMES = frozenset({18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47})
_BUILT_IN_BOTH = frozenset({22})
_BUILT_IN_SCIENTIFIC = frozenset({11, 48})
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ZEROS = re.compile(r"0{2,20}")
_LAST_SERIAL = 2_958_465
"""31 December 9999, the last day that spreadsheet programs know."""

_LONGEST_NUMBER = 64
"""Characters; programs write at most 24."""

What = Literal["number", "date", "time", "moment", "scientific"]


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What a cell's format makes of its number."""

    what: What = "number"
    digits: int = 0
    """Of a format of zeros alone ("00000"): how many digits are shown at least."""


def format_of(number: int, code: str = "") -> NumberFormat:
    """The format with a built-in number, or with a code of the workbook's own."""
    if not code:
        for what, built_in in _built_in():
            if number in built_in:
                return NumberFormat(what)
        return NumberFormat()
    bare = _LITERAL.sub("", code.split(";")[0]).lower()
    if _ZEROS.fullmatch(bare):
        return NumberFormat("number", len(bare))
    if "general" in bare or "@" in bare:
        return NumberFormat()
    has_date = any(letter in bare for letter in "yd") or ("m" in bare and not any(c in bare for c in "hs"))
    has_time = any(letter in bare for letter in "hs") or bool(re.search(r"\[[hms]+\]", code.lower()))
    if has_date or has_time:
        return NumberFormat("moment" if has_date and has_time else "date" if has_date else "time")
    return NumberFormat("scientific" if re.search(r"e[+-]", bare) else "number")


def _built_in() -> Iterator[tuple[What, frozenset[int]]]:
    yield "date", _BUILT_IN_DATES
    yield "time", _BUILT_IN_TIMES
    yield "moment", _BUILT_IN_BOTH
    yield "scientific", _BUILT_IN_SCIENTIFIC


def text_of(raw: str, shown: NumberFormat, epoch_1904: bool) -> str:
    """A stored number as text; what is no number stays as it is.

    Dates become YYYY-MM-DD, with a time behind a T where the cell has one. A number that its format shows cut short
    ("1.2E+06"), or with more digits than a spreadsheet keeps (15), comes in that short form: readers of lots and
    identifiers know it and refuse it, rather than take a rounded number for the real one.
    """
    if len(raw) > _LONGEST_NUMBER:
        return raw
    if shown.what in ("date", "moment", "time"):
        return _date(raw, shown.what, epoch_1904)
    if raw.isdigit() and len(raw) <= 15 and shown.what == "number":
        return raw.zfill(shown.digits) if shown.digits else raw
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return raw
    if not number.is_finite():
        return raw
    if shown.what == "scientific" or abs(number) >= Decimal(10) ** 15:
        return f"{number:.5E}"
    plain = format(float(number), ".15g")  # as spreadsheet programs show it: 0.1 + 0.2 is 0.3
    text = format(Decimal(plain), "f")
    whole = text.rstrip("0").rstrip(".") if "." in text else text
    return whole.zfill(shown.digits) if shown.digits and whole.isdigit() else whole


@lru_cache(maxsize=1 << 16)  # a million rows hold some ten thousand different days
def _date(raw: str, what: What, epoch_1904: bool) -> str:
    try:
        serial = Decimal(raw)
    except InvalidOperation:
        return raw
    if not serial.is_finite() or not 0 <= serial <= _LAST_SERIAL:
        return raw
    if what == "time" and serial < 1:
        return _moment(datetime(1900, 1, 1), serial).strftime("%H:%M:%S")
    moment = _moment(_epoch(serial, epoch_1904), serial)
    has_time = (moment.hour, moment.minute, moment.second) != (0, 0, 0)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if has_time else moment.strftime("%Y-%m-%d")


def _epoch(serial: Decimal, epoch_1904: bool) -> datetime:
    """Day 0. The 1900 system counts a 29 February 1900 that never was: days before it are one off."""
    if epoch_1904:
        return datetime(1904, 1, 1)
    return datetime(1899, 12, 31) if serial < 60 else datetime(1899, 12, 30)


def _moment(epoch: datetime, serial: Decimal) -> datetime:
    """To the second: a stored 09:30 is 0.39583333333333331."""
    return epoch + timedelta(seconds=round(serial * 86_400))
