"""A year of an invented clinic: weekdays and some Saturdays, lunch, seasons, holidays, a bad week of influenza, people
who enter something late, patients from around and a few from far. From a seed."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from issuer.fraud.past import DAYS, Past, counted, past_of
from issuer.fraud.rules import Reason, Recorded, look
from issuer.fraud.zones import midnight

ZONE = ZoneInfo("America/New_York")
HOME = ("112", "113", "110")
AROUND = tuple(f"1{number:02}" for number in range(20))
HOLIDAYS = {(1, 1), (7, 4), (11, 26), (11, 27), (12, 24), (12, 25), (12, 31)}


@dataclass(frozen=True)
class Kind:
    """A size, and habits."""

    name: str
    doses: float
    """On a weekday in summer."""
    open_hours: tuple[int, int] = (8, 17)
    saturdays: float = 0.5
    """How many of them it opens on."""
    evenings: frozenset[int] = frozenset()
    """Weekdays with hours until 20:00."""


KINDS = (
    Kind("village", 6),
    Kind("practice", 30, evenings=frozenset({1, 3})),
    Kind("pharmacy", 60, (9, 19), 1.0),
    Kind("hospital", 200, (7, 18), 0.25),
)


def season(day: date) -> float:
    """Influenza in autumn, schools in August, a quiet summer."""
    of_year = day.timetuple().tm_yday
    autumn = 1.6 * math.exp(-(((of_year - 290) / 35) ** 2))
    school = 0.7 * math.exp(-(((of_year - 232) / 12) ** 2))
    return 1 + autumn + school


def doses_on(day: date, kind: Kind, dice: random.Random, busy: frozenset[int]) -> list[Recorded]:
    """What the clinic recorded on a day."""
    if (day.month, day.day) in HOLIDAYS or day.weekday() == 6:
        return []
    if day.weekday() == 5 and dice.random() > kind.saturdays:
        return []
    mean = kind.doses * season(day) * (0.6 if day.weekday() == 5 else 1.15 if day.weekday() == 0 else 1.0)
    is_busy = day.isocalendar().week in busy
    if is_busy:
        mean *= 2.2
    count = max(0, round(dice.gauss(mean, math.sqrt(mean) + 0.15 * mean)))
    first, last = kind.open_hours
    last = 20 if day.weekday() in kind.evenings else last
    last = 13 if day.weekday() == 5 else last + (2 if is_busy else 0)
    found = []
    for _ in range(count):
        hour = first + dice.betavariate(1.3, 1.5) * (last - first)
        late = 1 + 2 * dice.random() if dice.random() < 0.02 else 0.0
        at = midnight(day, ZONE) + timedelta(hours=hour + late)
        found.append(Recorded(at, "208", f"L{day.month}", day.isoformat(), _region(dice)))
    return sorted(found, key=lambda one: one.at)


def _region(dice: random.Random) -> str:
    chance = dice.random()
    if chance < 0.05:
        return ""
    if chance < 0.85:
        return dice.choice(HOME)
    return dice.choice(AROUND) if chance < 0.97 else f"{dice.randrange(200, 999)}"


def days_of(kind: Kind, seed: int, first: date, last: date) -> Iterator[tuple[date, list[Recorded]]]:
    """Day by day; two weeks of the year are busy ones."""
    dice = random.Random(f"{kind.name}{seed}")
    busy = frozenset({dice.choice((46, 47, 48, 49)), dice.choice((3, 4, 5, 6))})
    day = first
    while day <= last:
        yield day, doses_on(day, kind, dice, busy)
        day += timedelta(days=1)


@dataclass
class Memory:
    """What the watch would find out of the days before."""

    by_day: dict[date, dict[datetime, int]]
    regions: list[str]

    def add(self, day: date, doses: list[Recorded]) -> None:
        hours: dict[datetime, int] = {}
        for one in doses:
            hour = one.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            hours[hour] = hours.get(hour, 0) + 1
        self.by_day[day] = hours
        self.regions = (self.regions + [one.region for one in doses])[-2000:]

    def past(self, yesterday: date) -> Past:
        first_day = yesterday - timedelta(days=DAYS)
        hourly: dict[datetime, int] = {}
        for number in range(DAYS):
            hourly |= self.by_day.get(first_day + timedelta(days=number), {})
        return past_of(hourly, counted(self.regions), first_day, ZONE)


def false_holds(kind: Kind, seed: int) -> dict[date, tuple[Reason, ...]]:
    """Twenty months, looked at each evening with yesterday's doses and today's; holds of the last year. Each is
    released on the same day."""
    found: dict[date, tuple[Reason, ...]] = {}
    memory = Memory({}, [])
    before: list[Recorded] = []
    for day, doses in days_of(kind, seed, date(2025, 5, 1), date(2026, 12, 31)):
        yesterday = day - timedelta(days=1)
        if doses and day.year == 2026:
            looked_at = [*([] if yesterday in found else before), *doses]
            if reasons := look(looked_at, memory.past(yesterday), (), ZONE):
                found[day] = reasons
        memory.add(yesterday, before)
        before = doses
    return found
