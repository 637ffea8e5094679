"""What a channel says of one attempt, and what a report says afterwards. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

KEY: Final = re.compile(r"([0-9a-f]{32})\.([0-9]{1,2})")
"""A message's id and which of the person's contacts it went to."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody else has it now. That it arrived is not said."""

    met: str


@dataclass(frozen=True, slots=True)
class Kept:
    """It waits for people: a letter to be printed."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Not now."""

    met: str
    after: timedelta | None = None
    """Not before; None: as the rules say."""
    line_down: bool = False
    """Nothing else goes over this line now."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not to this contact."""

    met: str
    flags: bool
    """There is nobody at this address; False where the trouble is ours or passes."""


@dataclass(frozen=True, slots=True)
class NotTried:
    """Given back as it was taken: there was no time left for it."""


Result = Accepted | Kept | TryAgain | Refused | NotTried


@dataclass(frozen=True, slots=True)
class Report:
    """What came back after a message had been accepted."""

    key: str
    failed: bool
    flags: bool
    met: str


def flags_address(status: str) -> bool:
    """Whether an enhanced status code says that the address itself is no good (RFC 3463, 3.2 and 3.3).

    Only 5.1.x (except 5.1.7 and 5.1.8: the sender's address), 5.2.0 and 5.2.1 do, and 5.0.0, which old servers send
    for everything at RCPT. A full box, a policy, a list that names us (5.7.x) is not the person's fault: flagging for
    those would lose every contact on the day a block list names the department.
    """
    if status in ("5.1.7", "5.1.8"):
        return False
    return status.startswith("5.1.") or status in ("5.2.0", "5.2.1", "5.0.0")
