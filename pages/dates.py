"""Dates as words: "20 November 2026". Machines get the ISO form beside it (`<time datetime=…>`).

Pure, and without a locale library: the command line loads it at every start.
"""

from datetime import UTC, datetime, timedelta

from cards.dates import MONTHS, date_in_words

in_words = date_in_words


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
