"""HL7 time stamps (TS, chapter 2A section 2.A.77) in FHIR's form.

What is no time stamp comes back as it was sent: the checker behind all doors says what is wrong with a date, and says
the same about a spreadsheet's.
"""

import calendar
import re
from datetime import datetime, timedelta, timezone, tzinfo

_STAMP = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.\d{1,4})?)?)?)?)?)?(?P<zone>[+-]\d{4})?",
    re.ASCII,
)


def day_of(stamp: str) -> str:
    """The day: YYYY-MM-DD, or YYYY-MM or YYYY where no more was sent."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return stamp
    return "-".join(part for part in found.group("year", "month", "day") if part)


def last_day_of(stamp: str) -> str:
    """The last day of use: a month without a day lasts to its end."""
    day = day_of(stamp)
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", day) or day < "0001":
        return day
    year, month = int(day[:4]), int(day[5:])
    return f"{day}-{calendar.monthrange(year, month)[1]:02}"


def moment_of(stamp: str, zone: tzinfo) -> str:
    """A moment with its zone; the day alone where no hour was sent. Times without a zone are in `zone`."""
    found = _STAMP.fullmatch(stamp)
    if found is None or found["hour"] is None:
        return day_of(stamp)
    names = ("year", "month", "day", "hour", "minute", "second")
    year, month, day, hour, minute, second = (int(found[name] or 0) for name in names)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found["zone"]) or zone)
        return moment.isoformat(timespec="seconds")
    except ValueError:
        return stamp


def _zone(offset: str | None) -> timezone | None:
    if not offset:
        return None
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def stamp_of_day(day: str) -> str:
    """A FHIR date as a time stamp."""
    return day[:10].replace("-", "")


def stamp_of(moment: datetime) -> str:
    """A moment as MSH-7 wants it: to the second, with its zone."""
    return moment.strftime("%Y%m%d%H%M%S%z")
