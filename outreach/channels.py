"""What a channel is: something that opens a line and sends over it. Two go over a network, one keeps for people.

with channel.line() as line:          # LineDown
    result = line.send(outgoing)      # never raises for what the other side does
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from outreach.messages import Outgoing
from outreach.results import Kept, Result


class LineDown(Exception):
    """Nothing can be sent now. The message is a word for the books, without anything the other side said."""


class OpenLine(Protocol):
    """A line for several messages."""

    def send(self, outgoing: Outgoing) -> Result:
        """One attempt, within `SEND_SECONDS`."""


class SendingChannel(Protocol):
    """A way to people."""

    def line(self) -> AbstractContextManager[OpenLine]:
        """Open it. Raises LineDown."""


class Tray:
    """Letters: kept until the help desk has printed them (`outbox.letters`, `outbox.printed`)."""

    @contextmanager
    def line(self) -> Iterator["Tray"]:
        """There is none to open."""
        yield self

    def send(self, outgoing: Outgoing) -> Result:
        """Put it into the tray."""
        return Kept()
