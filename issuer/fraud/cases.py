"""What a hold is: which clinic, why, and what was decided. Pure values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from issuer.fraud.rules import Reason

HoldState = Literal["open", "taking-back", "released"]


class UnknownHold(LookupError):
    """There is no such hold."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A clinic held for a second look."""

    id: str
    clinic_id: str
    clinic_name: str
    state: HoldState
    """`open` and `taking-back`: the clinic records nothing; `released`: it goes on."""
    reasons: tuple[Reason, ...]
    since: datetime
    """The first moment of what was looked at."""
    opened_at: datetime
    doses: int
    """Doses recorded in that time, without those of announced drives."""
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
