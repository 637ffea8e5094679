"""Dates as words: "20 November 2026". Machines get the ISO form beside it (`<time datetime=…>`).

Pure, and without a locale library: the command line loads it at every start.
"""

import re
from datetime import UTC, datetime, timedelta

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip

_FHIR_DATE = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:T.*)?)?)?", re.DOTALL)


def in_words(date: str) -> str:
    """A FHIR date or dateTime, whole or partial, as words: "1990-05-20" → "20 May 1990", "1990-05" → "May 1990".

    What is no date comes back unchanged: a person at a door is told what the card says, not that we cannot read it.
    """
    match = _FHIR_DATE.fullmatch(date)
    if not match:
        return date
    year, month, day = match["year"], match["month"], match["day"]
    if month is None:
        return year
    if not 1 <= int(month) <= 12:
        return date
    name = MONTHS[int(month) - 1]
    return f"{int(day)} {name} {year}" if day else f"{name} {year}"


def moment_in_words(moment: datetime) -> str:
    """A moment in UTC as words, to the minute: "20 November 2026, 14:05 UTC"."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M} UTC"


def age_in_words(age: timedelta) -> str:
    """How old something is, in its largest whole unit: "9 days", "1 hour", "less than a minute"."""
    for seconds, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = int(age.total_seconds()) // seconds
        if count >= 1:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"
