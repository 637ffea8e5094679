"""A clinic's hours are hours where it stands: its time zone, out of what was entered of it. Pure."""

from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson


def zone_of(details: str) -> tzinfo:
    """The zone in a clinic's details; UTC where none was entered, or none of that name exists."""
    try:
        entered = orjson.loads(details or "{}")
        return ZoneInfo(entered["time_zone"]) if isinstance(entered, dict) and entered.get("time_zone") else UTC
    except (ValueError, TypeError, OSError, ZoneInfoNotFoundError):
        return UTC


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day there, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
