"""Birth dates as they are typed. Pure."""

from datetime import date

EARLIEST_YEAR = 1800
"""A year before this is one of two digits, or a slip."""


def is_date(text: str) -> bool:
    """Whether it is a whole day, YYYY-MM-DD."""
    try:
        return len(text) == len("YYYY-MM-DD") and text.isascii() and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def birth_date_of(year: str, month: str, day: str) -> str:
    """Three fields as YYYY-MM-DD, in whatever digits they were typed; "" where they are no day."""
    try:
        found = date(*(_number(one) for one in (year, month, day)))
        return found.isoformat() if found.year >= EARLIEST_YEAR else ""
    except ValueError:
        return ""


def _number(text: str) -> int:
    stripped = text.strip()
    if not stripped.isdecimal() or len(stripped) > len("YYYY"):
        raise ValueError("no number of a date")
    return int(stripped)
