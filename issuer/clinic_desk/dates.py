"""Dates as somebody in a hurry types them. Pure.

    day_of("20261120")         "2026-11-20"
    day_of("20 Nov 2026")      "2026-11-20"
    last_day_of("03/2027")     "2027-03-31"

Read is only what can mean one day: 03/04/2026 is refused, since half the world reads April.
"""

import calendar
import re
from datetime import date, datetime, timedelta, tzinfo

_YEAR_FIRST = re.compile(r"([0-9]{4})[-. /]([0-9]{1,2})[-. /]([0-9]{1,2})")
_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH_FIRST_YEAR = re.compile(r"([0-9]{4})[-. /]([0-9]{1,2})")
_MONTH_OF_YEAR = re.compile(r"([0-9]{1,2})[-. /]([0-9]{4})")
_DAY_IN_WORDS = re.compile(r"([0-9]{1,2})[ .-]*([a-z]{3})[a-z]*[ .,-]*([0-9]{4})")
_WORDS_DAY = re.compile(r"([a-z]{3})[a-z]*[ .-]*([0-9]{1,2})[ ,.-]+([0-9]{4})")
_MONTH_IN_WORDS = re.compile(r"([a-z]{3})[a-z]*[ .,-]*([0-9]{4})")
_NUMBER_ORDER = re.compile(r"([0-9]{1,2})[-. /]([0-9]{1,2})[-. /]([0-9]{4})")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:.h]?([0-5][0-9])")
MONTHS_SHORT = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Unreadable(ValueError):
    """It means no day, or more than one."""


def day_of(text: str, today: date | None = None) -> str:
    """A whole day as YYYY-MM-DD. Raises Unreadable.

    Args:
        today: what "today" and "yesterday" mean; None where they are not taken.
    """
    typed = " ".join(text.split()).lower()
    if today and typed in ("today", "yesterday"):
        return (today - timedelta(days=typed == "yesterday")).isoformat()
    if match := _YEAR_FIRST.fullmatch(typed) or _DIGITS.fullmatch(typed):
        return _whole(int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_IN_WORDS.fullmatch(typed):
        return _whole(int(match[3]), _month(match[2]), int(match[1]))
    if match := _WORDS_DAY.fullmatch(typed):
        return _whole(int(match[3]), _month(match[1]), int(match[2]))
    if match := _NUMBER_ORDER.fullmatch(typed):
        return _only_one_reading(int(match[1]), int(match[2]), int(match[3]))
    raise Unreadable


def day_or_part(text: str, today: date | None = None) -> str:
    """A day, a month (YYYY-MM) or a year: an old record often says no more. Raises Unreadable."""
    typed = " ".join(text.split()).lower()
    if re.fullmatch(r"[0-9]{4}", typed):
        return typed
    month = _month_of_year(typed)
    return "{:04}-{:02}".format(*month) if month else day_of(text, today)


def last_day_of(text: str) -> str:
    """An expiry date: a vial that names a month is good to its last day. Raises Unreadable."""
    month = _month_of_year(" ".join(text.split()).lower())
    if month is None:
        return day_of(text)
    return date(*month, calendar.monthrange(*month)[1]).isoformat()


def born_of(day: str, month: str, year: str) -> str:
    """A date of birth from its three fields; without the day, or without day and month, a part of one.

    Raises:
        Unreadable: there is no such day, or a part in the middle is missing.
    """
    parts = [part.strip() for part in (year, month, day)]
    year_typed, month_typed, day_typed = parts
    number = _month(month_typed.lower()[:3]) if month_typed[:1].isalpha() else None
    digits = [year_typed, day_typed] if number else parts
    if not re.fullmatch(r"[0-9]{4}", year_typed) or not all(re.fullmatch(r"[0-9]{0,4}", one) for one in digits):
        raise Unreadable
    if day_typed and not month_typed:
        raise Unreadable
    if not month_typed:
        return year_typed
    whole = _whole(int(year_typed), number or int(month_typed), int(day_typed or 1))
    return whole if day_typed else whole[:7]


def moment_of(day: str, clock: str, zone: tzinfo) -> str:
    """A day and a time of day as one moment with its zone (FHIR dateTime). Raises Unreadable."""
    match = _CLOCK.fullmatch(clock.strip().lower())
    if not match:
        raise Unreadable
    naive = datetime.fromisoformat(day).replace(hour=int(match[1]), minute=int(match[2]))
    return naive.replace(tzinfo=zone).isoformat(timespec="seconds")


def _whole(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise Unreadable from None


def _month(word: str) -> int:
    if word not in MONTHS_SHORT:
        raise Unreadable
    return MONTHS_SHORT.index(word) + 1


def _month_of_year(typed: str) -> tuple[int, int] | None:
    if match := _MONTH_FIRST_YEAR.fullmatch(typed):
        year, month = int(match[1]), int(match[2])
    elif match := _MONTH_OF_YEAR.fullmatch(typed):
        year, month = int(match[2]), int(match[1])
    elif match := _MONTH_IN_WORDS.fullmatch(typed):
        year, month = int(match[2]), _month(match[1])
    else:
        return None
    _whole(year, month, 1)
    return year, month


def _only_one_reading(first: int, second: int, year: int) -> str:
    readings = set()
    for day, month in ((first, second), (second, first)):
        try:
            readings.add(_whole(year, month, day))
        except Unreadable:
            continue
    if len(readings) != 1:
        raise Unreadable
    return readings.pop()
