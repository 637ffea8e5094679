"""One round of a worker: take what is due, send it, note each at once.

    while True:
        if not deliver_some(begin, office, channels, clock, chance, new_id).attempts: wait(ROUND_SECONDS)

A worker that dies between "accepted" and its note leaves the message to the next one, who sends it under the same name
(Message-ID, Idempotency-Key) when the lease has ended. Notes are therefore not gathered: each is one commit.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from outreach.channels import LineDown, OpenLine, SendingChannel
from outreach.results import Accepted, Kept, NotTried, Result, TryAgain
from outreach.rules import CHUNK
from outreach.settling import OnFlagged, nobody_told, settle
from outreach.taking import ToSend, take

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outreach.office import Office

ROUND_SECONDS = 1.0
"""How long a worker rests when nothing is due."""
Begin = Callable[[], "AbstractContextManager[Connection]"]
"""Opens a writing transaction, which commits when its block ends and rolls back when that raises."""


@dataclass(slots=True)
class Round:
    """What one round did."""

    attempts: int = 0
    sent: int = 0
    """Accepted by a server or put into the tray."""
    failed: int = 0
    """Not accepted: later, or to the next contact."""
    released: int = 0
    """Given back without an attempt: the line was down, or the lease nearly over."""


def deliver_some(
    begin: Begin,
    office: "Office",
    channels: Mapping[str, SendingChannel],
    clock: Callable[[], datetime],
    chance: Callable[[], float],
    new_id: Callable[[], str],
    told: OnFlagged = nobody_told,
    limit: int = CHUNK,
) -> Round:
    """Send up to `limit` due messages.

    Args:
        channels: those this worker serves; a message for another one waits for a worker that does.
        chance: 0 to 1, for the waiting after failures.
        told: of each contact that is flagged, in the transaction that flags it.

    Raises:
        Whatever `begin` raises where the database is away; what was taken comes back by itself.
    """
    with begin() as connection:
        taken = take(connection, office, channels.keys(), clock(), new_id(), limit)
    done = Round()

    def note(one: ToSend, result: Result) -> None:
        with begin() as connection:
            settle(connection, office, one.row, result, clock(), chance(), told)

    by_channel = sorted(taken, key=lambda one: one.row.channel)
    for name, group in groupby(by_channel, key=lambda one: one.row.channel):
        _sent(channels[name], list(group), clock, note, done)
    return done


def _sent(
    channel: SendingChannel,
    group: list[ToSend],
    clock: Callable[[], datetime],
    note: Callable[[ToSend, Result], None],
    done: Round,
) -> None:
    instead: Result
    try:
        with channel.line() as line:
            rest, instead = _over(line, group, clock, note, done)
    except LineDown as error:  # only opening it raises this
        rest, instead = group, TryAgain(str(error))
    for one in rest:
        done.released += 1
        note(one, instead)


def _over(
    line: OpenLine,
    group: list[ToSend],
    clock: Callable[[], datetime],
    note: Callable[[ToSend, Result], None],
    done: Round,
) -> tuple[list[ToSend], Result]:
    """Send until all are sent, the line is down or the lease nearly over; what is left, and what is noted for it."""
    for number, one in enumerate(group):
        if clock() > one.last_begin:
            return group[number:], NotTried()
        result = _attempt(line, one)
        note(one, result)
        done.attempts += 1
        accepted = isinstance(result, Accepted | Kept)
        done.sent += accepted
        done.failed += not accepted
        if isinstance(result, TryAgain) and result.line_down:
            return group[number + 1 :], TryAgain("line-down", result.after)
    return [], NotTried()


def _attempt(line: OpenLine, one: ToSend) -> Result:
    """A message that breaks something here is tried again later, and holds up no other."""
    try:
        return line.send(one.outgoing)
    except Exception as error:
        return TryAgain(f"broke-here {type(error).__name__}"[:40])
