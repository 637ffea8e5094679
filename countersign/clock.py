"""The clock. Read here and nowhere below: every other room is handed `now`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)
