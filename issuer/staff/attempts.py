"""How often somebody may try. Counts are kept by the store, one row for each login, address and half-open session.

Source: NIST SP 800-63B-4 section 3.2.2 (at most 100 failures in a row); OWASP Authentication (same answer for each
failure). A lock ends by itself: whoever locks a stranger's login must come back every quarter of an hour, and a
passkey opens all the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
"""Counted from the first attempt of a row; then the count begins anew."""
PER_LOGIN = 10
PER_CODE = 5
"""Codes for one person's second factor: of a million codes three stand open at a time."""
PER_ADDRESS = 60
"""A whole clinic may sit behind one address."""


class TooManyAttempts(Exception):
    """No attempt is looked at before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many attempts")
        self.until = until


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts one key has in a window."""

    key: str
    at_most: int


def check(count: int, began_at: datetime, limit: Limit) -> None:
    """Raises TooManyAttempts where this attempt, counted already, was one too many."""
    if count > limit.at_most:
        raise TooManyAttempts(began_at + WINDOW)
