"""Cells read: dates, times, words, telephone numbers. Pure; what cannot be read comes back as it was sent.

The commonest forms come first and each answer is remembered: a million rows hold some ten thousand different dates.
"""

import calendar
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

import phonenumbers

_REMEMBERED: Final = 1 << 16
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_WORDS = re.compile(r"(?:(\d{1,2})[ -]([A-Za-z]{3,9})\.?[ ,-]+(\d{4})|([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4}))")
_TIME_BEHIND = re.compile(r"[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?")
_MONTH = re.compile(r"(?:(\d{4})[-/](\d{1,2})|(\d{1,2})[-/](\d{4}))")
_MOMENT = re.compile(
    r"(.+?)(?:T| +)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*([AaPp])?\.?(?:[Mm]\.?)?")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS: Final = tuple(calendar.month_name[number].lower() for number in range(1, 13))
_AMERICAN = re.compile(r"1?[2-9]\d{9}")
_NOT_DIGITS = re.compile(r"[\s().-]+")
ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{1,3}")
"""What a spreadsheet makes of a long number. "12E5", a lot, is not of this form."""
FORMULA_ERRORS: Final = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#####", "########"}
)
TAKE_AWAY: Final = '""'
"""In a cell: take away what stood there (HL7 v2 writes it the same way). An empty cell says nothing."""
YES: Final = frozenset({"y", "yes", "true", "1", "t", "x"})
NO: Final = frozenset({"n", "no", "false", "0", "f"})
SEXES: Final[Mapping[str, str]] = {
    "f": "female", "female": "female", "woman": "female", "girl": "female",
    "m": "male", "male": "male", "man": "male", "boy": "male",
    "x": "other", "o": "other", "other": "other", "nonbinary": "other", "non-binary": "other",
    "u": "unknown", "unknown": "unknown", "unk": "unknown", "not stated": "unknown",
}  # fmt: skip


def plain(cell: str) -> str:
    """A cell's text: trimmed, NFC; out of ="08", by which programs keep a zero; without our mark against formulas."""
    text = cell.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if text[:1] in ("=", "'"):
        return _unwrapped(text)
    return text


def _unwrapped(text: str) -> str:
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1].strip()
    return unneutralised(text)


_DANGEROUS: Final = "=+-@\t\r\n＝＋－＠"
"""The full-width forms too: East Asian spreadsheets take them for the others."""
_MARKED = re.compile(f"'+[{re.escape(_DANGEROUS)}]")


def neutralised(text: str) -> str:
    """A cell that no spreadsheet program takes for a formula (OWASP, "CSV Injection"): a quote stands before it."""
    if (text and text[0] in _DANGEROUS) or _MARKED.match(text):
        return "'" + text
    return text


def unneutralised(text: str) -> str:
    """What `neutralised` was given: files that we wrote come back mended."""
    return text[1:] if _MARKED.match(text) else text


@lru_cache(maxsize=_REMEMBERED)
def iso_day(text: str, order: str) -> str:
    """A date as YYYY-MM-DD (YYYY-MM and YYYY stay); what is no date, or could be two, as it was sent.

    Args:
        order: "mdy", "dmy" or "": how 03/04/2026 is read.
    """
    if _ISO.fullmatch(text):
        return text
    behind = _TIME_BEHIND.search(text)
    bare = text[: behind.start()] if behind and behind.end() == len(text) else text
    if found := _YEAR_FIRST.fullmatch(bare) or _COMPACT.fullmatch(bare):
        return _day(int(found[1]), int(found[2]), int(found[3])) or text
    if found := _YEAR_LAST.fullmatch(bare):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if order == "mdy" and found[2] != ".":  # nobody writes a month first with points
            return _day(year, first, second) or text
        return (_day(year, second, first) if order == "dmy" or found[2] == "." else "") or text
    if found := _WORDS.fullmatch(bare):
        day, month, year_text = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        return _day(int(year_text), _month(month), int(day)) or text
    return text


@lru_cache(maxsize=_REMEMBERED)
def last_day(text: str, order: str) -> str:
    """An expiry date: a day, or the last day of a month ("2027-06", "06/2027")."""
    if found := _MONTH.fullmatch(text):
        year, month = (int(found[1]), int(found[2])) if found[1] else (int(found[4]), int(found[3]))
        if 1 <= month <= 12 and year:
            return f"{year:04}-{month:02}-{calendar.monthrange(year, month)[1]:02}"
    return iso_day(text, order)


def iso_moment(text: str, order: str, zone: str) -> str:
    """A moment with its zone. Without a zone and without `zone` as it was sent."""
    found = _MOMENT.fullmatch(text)
    if not found:
        return iso_day(text, order)
    day, hour = iso_day(found[1].strip(), order), int(found[2])
    if found[5]:
        if not 1 <= hour <= 12:
            return text
        hour = hour % 12 + (12 if found[5] in "Pp" else 0)
    offset = found[6] or ""
    if offset and offset != "Z" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    try:
        local = datetime.fromisoformat(f"{day}T{hour:02}:{found[3]}:{found[4] or '00'}")
    except ValueError:
        return text
    if offset or not zone:
        return f"{local.isoformat()}{offset}" if offset else text
    return local.replace(tzinfo=ZoneInfo(zone)).isoformat()


def clock_time(text: str) -> str:
    """A time of day as HH:MM; "" where it is none."""
    found = _CLOCK.fullmatch(text)
    if not found or not (found[2] or found[3]):
        return ""
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + (12 if found[3] in "Pp" else 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""


@lru_cache(maxsize=_REMEMBERED)
def day_first(text: str) -> Literal["mdy", "dmy", "either"] | None:
    """What a date says about the order of its file: None where nothing (no such date, or both orders give the same)."""
    behind = _TIME_BEHIND.search(text)
    found = _YEAR_LAST.fullmatch(text[: behind.start()] if behind and behind.end() == len(text) else text)
    if not found or found[2] == ".":
        return None
    first, second = int(found[1]), int(found[3])
    if first > 12:
        return "dmy" if second <= 12 else None
    if second > 12:
        return "mdy"
    return None if first == second else "either"


def phone_number(text: str, region: str) -> str:
    """E.164 where it can be read as a number that could exist, else as sent."""
    bare = _NOT_DIGITS.sub("", text)
    if region == "US" and _AMERICAN.fullmatch(bare):
        return f"+1{bare[-10:]}"  # what the library answers, without its 100 microseconds
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _month(word: str) -> int:
    """1 to 12; 0 for no month."""
    lower = word.lower()
    if lower in _FULL_MONTHS:
        return _FULL_MONTHS.index(lower) + 1
    short = "sep" if lower == "sept" else lower
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0
