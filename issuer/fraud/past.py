"""What a clinic is usually like: its hours, its days, where its patients live. Pure.

Seen is the half year before yesterday, or before a clinic's last day of work where it paused: whoever takes up the
login of a clinic that closed is compared with that clinic as it was. How much it does in a day is told from the last
eight weeks of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from statistics import median

DAYS = 182
"""Half a year of hours: a clinic that opens on every fourth Saturday has done so by then."""
RATE_DAYS = 56
"""Eight of each weekday: enough for a median, short enough to follow the seasons."""
LEAST_WEEKS = 4
"""Weeks with doses before anything is called unusual: a new clinic has no past to be unlike."""
REGION_CHARACTERS = 3
"""Of a postcode: in the United States a sectional center, some 40 miles across; elsewhere a town or county."""


@dataclass(frozen=True, slots=True)
class Past:
    """A clinic as it usually is. Local days and hours."""

    weeks: int = 0
    hours: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """Doses by (weekday, hour)."""
    days: Mapping[date, int] = field(default_factory=dict)
    """Doses by day of the last `RATE_DAYS`, those without any left out."""
    first_day: date = date.min
    """The first of these days."""
    regions: Mapping[str, int] = field(default_factory=dict, repr=False)
    """People by region, those without a postcode left out."""

    @property
    def enough(self) -> bool:
        """Whether it says anything."""
        return self.weeks >= LEAST_WEEKS

    def usual_on(self, weekday: int) -> float:
        """Doses on such a day: the median of this weekday without closed days (holidays follow each other on one
        weekday); at least half of any day of work, since a clinic that opens on some Saturdays has few of them."""
        if not self.days:
            return 0.0
        numbers = _numbers(self.first_day, weekday)
        same = [self.days.get(self.first_day + timedelta(days=number), 0) for number in numbers]
        opened = [count for count in same if count]
        half = median(self.days.values()) / 2
        return max(half, median(opened)) if len(opened) > 1 else half

    def seen_around(self, weekday: int, hour: int, reach: int) -> int:
        """Doses at this hour of this weekday and so many hours before and after it, within the day."""
        around = range(max(0, hour - reach), min(23, hour + reach) + 1)
        return sum(self.hours.get((weekday, one), 0) for one in around)


def past_of(hourly: Mapping[datetime, int], regions: Mapping[str, int], first_day: date, zone: tzinfo) -> Past:
    """From counts by the hour.

    Args:
        hourly: doses by the beginning of an hour, a moment with its zone.
        first_day: the first of the `DAYS` local days.
    """
    hours: dict[tuple[int, int], int] = {}
    days: dict[date, int] = {}
    for moment, count in hourly.items():
        local = moment.astimezone(zone)
        key = (local.weekday(), local.hour)
        hours[key] = hours.get(key, 0) + count
        days[local.date()] = days.get(local.date(), 0) + count
    weeks = {(day - first_day).days // 7 for day in days}
    rates_from = first_day + timedelta(days=DAYS - RATE_DAYS)
    return Past(len(weeks), hours, {day: n for day, n in days.items() if day >= rates_from}, rates_from, regions)


def region_of(postcode: str) -> str:
    """Its first characters, as they are compared; "" where there is none."""
    return "".join(one for one in postcode if one.isalnum()).upper()[:REGION_CHARACTERS]


def counted(regions: Iterable[str]) -> dict[str, int]:
    """People by region."""
    found: dict[str, int] = {}
    for one in regions:
        if one:
            found[one] = found.get(one, 0) + 1
    return found


def _numbers(first_day: date, weekday: int) -> range:
    """Which of the days fall on a weekday."""
    return range((weekday - first_day.weekday()) % 7, RATE_DAYS, 7)
