"""Ages and intervals in CDC's words ("12 months - 4 days"), and whether a day has reached one. Pure.

Source: CDSi Logic Specification, calculating dates: years and months are added first, then weeks and days (CALCDT-1 to
CALCDT-4); a day that the month does not have becomes the first of the next month (CALCDT-5). Days are proleptic
Gregorian ordinals (`date.toordinal`): a comparison of two whole numbers settles nearly every question.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

DAYS_OF_A_MONTH = 30.436875
"""The mean of the Gregorian calendar."""
SLACK_DAYS = 6
"""No number of calendar months lies further than this from that many mean months."""
LAST_ORDINAL = date.max.toordinal()
_PART = re.compile(r"([+-]?) ?(\d+) (day|week|month|year)s?")
_WHOLE = re.compile(r"\d+ (?:day|week|month|year)s?(?: [+-] \d+ (?:day|week|month|year)s?)*")
_IN_MONTHS = {"month": 1, "year": 12}
_IN_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Duration:
    """An age or interval. Certainly not over before `low` days, certainly over from `high` days on."""

    text: str
    months: int
    days: int
    low: int
    high: int

    def reached(self, start: int, on: int) -> bool:
        """Whether it is over on the day `on` when it began on the day `start` (ordinals)."""
        gone = on - start
        if gone >= self.high:
            return True
        return gone >= self.low and on >= self.end(start)

    def end(self, start: int) -> int:
        """The first day on which it is over (an ordinal)."""
        if not self.months:
            return start + self.days
        begun = date.fromordinal(start)
        years, month = divmod(begun.month - 1 + self.months, 12)
        if begun.year + years > date.max.year:
            return LAST_ORDINAL
        try:
            return date(begun.year + years, month + 1, begun.day).toordinal() + self.days
        except ValueError:  # 31 April is 1 May; December has 31 days, so the next month is in the same year
            return date(begun.year + years, month + 2, 1).toordinal() + self.days


@lru_cache(maxsize=1024)
def duration(text: str) -> Duration | None:
    """An age or interval as it stands in the schedule; None for "" (no bound).

    Raises:
        ValueError: it cannot be read.
    """
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"no age or interval: {text}")
    parts = _PART.findall(text)
    months = sum(_signed(sign, number) * _IN_MONTHS.get(unit, 0) for sign, number, unit in parts)
    days = sum(_signed(sign, number) * _IN_DAYS.get(unit, 0) for sign, number, unit in parts)
    about = round(months * DAYS_OF_A_MONTH) + days
    slack = SLACK_DAYS if months else 0
    return Duration(text, months, days, about - slack, about + slack)


def ordinal(day: str) -> int | None:
    """The ordinal of a whole day, YYYY-MM-DD; None for anything else (partial dates, words)."""
    if len(day) != 10 or day[4] != "-":
        return None
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        return None


def _signed(sign: str, number: str) -> int:
    return -int(number) if sign == "-" else int(number)
