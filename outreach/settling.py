"""What becomes of a message after an attempt, or after a report: sent, later, the next contact, given up.

In the caller's transaction; each change counts only while the message is still this worker's, or still what was read.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from outreach import store
from outreach.addresses import UnusableAddress
from outreach.messages import Contact, Flagged
from outreach.office import Office
from outreach.queueing import NOT_SENT, contact_row, is_over, obstacle, route
from outreach.results import KEY, Accepted, Kept, NotTried, Refused, Report, Result, TryAgain
from outreach.sealed import contacts_of
from outreach.store import Stored
from outreach.vault import Unopenable

if TYPE_CHECKING:
    from sqlalchemy import Connection

OnFlagged = Callable[[Any, Flagged], None]
"""(connection, what): told in the transaction in which a contact is flagged."""
EMPTY = {"values_sealed": None, "contacts_sealed": None}
"""A message that goes nowhere any more holds nothing."""


class Write(Protocol):
    """`store.note` or `store.change`."""

    def __call__(self, connection: "Connection", one: Stored, **values: Any) -> bool:
        """Whether it was still there to be changed."""


def nobody_told(connection: Any, flagged: Flagged) -> None:
    """For callers without books of their own."""


def settle(
    connection: "Connection", office: Office, one: Stored, result: Result, now: datetime, chance: float, told: OnFlagged
) -> bool:
    """Note how an attempt went; False where the message was taken from this worker meanwhile (ended, or its lease)."""
    if isinstance(result, Accepted):
        return store.note(connection, one, state="sent", done_at=now, met=result.met, **_not_needed(office, one))
    if isinstance(result, Kept):
        return store.note(connection, one, state="to-print", met="")
    if isinstance(result, NotTried):
        return store.note(connection, one, due_at=now, attempts=one.attempts - 1)
    if isinstance(result, TryAgain):
        return _later(connection, office, one, result, now, chance)
    return _refused(connection, office, one, result, now, told)


def _refused(
    connection: "Connection", office: Office, one: Stored, result: Refused, now: datetime, told: OnFlagged
) -> bool:
    if result.flags:
        flagged = Flagged(one.contact_ref, one.person, one.fingerprint, "bounced", now)
        _flag(connection, office, one.channel, flagged, told)
    return next_contact(connection, office, one, result.met, now)


def _later(
    connection: "Connection", office: Office, one: Stored, result: TryAgain, now: datetime, chance: float
) -> bool:
    after = max(office.rules.retry_in(one.attempts - 1, chance), result.after or timedelta())
    if office.rules.gives_up(one.since, now + after, one.urgency == 0):
        return next_contact(connection, office, one, result.met, now)
    return store.note(connection, one, due_at=now + after, met=result.met)


def reported(
    connection: "Connection", office: Office, report: Report, now: datetime, told: OnFlagged = nobody_told
) -> bool:
    """A bounce or a gateway's report on what had been accepted; whether it changed anything.

    One that comes late, when the message already goes to the next contact, flags the contact and no more. One that
    comes twice changes nothing.
    """
    found = KEY.fullmatch(report.key)
    one = store.find(connection, found[1]) if found and report.failed else None
    if found is None or one is None:
        return False
    position = int(found[2])
    whom = _whom(office, one, position)
    flagged = False
    if report.flags and whom is not None:
        fingerprint, channel, ref = whom
        flagged = _flag(connection, office, channel, Flagged(ref, one.person, fingerprint, "bounced", now), told)
    if position != one.position or one.state != "sent":
        return flagged
    return next_contact(connection, office, one, report.met, now, store.change) or flagged


def next_contact(
    connection: "Connection", office: Office, one: Stored, met: str, now: datetime, write: Write = store.note
) -> bool:
    """On to the person's next contact that may be written to; none: given up."""
    try:
        contacts = contacts_of(office.vault, one)
    except Unopenable:
        contacts = []
    for position, contact in list(enumerate(contacts))[one.position + 1 :]:
        if _takes(connection, office, one, contact, now):
            moved = _moved(office, one, position, contact, now)
            return write(connection, one, state="waiting", done_at=None, met=met, **moved)
    return give_up(connection, one, met, now, write)


def give_up(connection: "Connection", one: Stored, met: str, now: datetime, write: Write = store.note) -> bool:
    """It goes nowhere any more, and holds nothing any more."""
    store.add_count(connection, f"{NOT_SENT}given-up", 1, now)
    return write(connection, one, state="given-up", done_at=now, met=met, **EMPTY)


def _whom(office: Office, one: Stored, position: int) -> tuple[str, str, str] | None:
    """(fingerprint, channel, ref) of the contact a key speaks of; None where that was taken out."""
    if position == one.position:
        return one.fingerprint, one.channel, one.contact_ref
    try:
        contact = contacts_of(office.vault, one)[position]
        return route(office, contact).fingerprint, contact.channel, contact.ref
    except (Unopenable, IndexError, UnusableAddress):
        return None


def _takes(connection: "Connection", office: Office, one: Stored, contact: Contact, now: datetime) -> bool:
    """Whether a message may go to this contact instead; it counts like any other there."""
    try:
        name = route(office, contact).fingerprint
    except UnusableAddress:
        return False
    if obstacle(store.contacts(connection, [name]).get(name), one.purpose, one.urgency == 0):
        return False
    state = store.count_contacts(connection, [contact_row(office, name, contact.channel)], now)[name]
    cap = office.rules.per_contact_asked if one.urgency == 0 else office.rules.per_contact
    return not is_over(cap, state.in_hour, state.in_day)


def _moved(office: Office, one: Stored, position: int, contact: Contact, now: datetime) -> dict[str, Any]:
    return {
        "position": position,
        "channel": contact.channel,
        "contact_ref": contact.ref,
        "fingerprint": route(office, contact).fingerprint,
        "attempts": 0,
        "since": now,
        "due_at": office.rules.earliest(contact.channel, contact.zone, one.urgency == 0, now),
    }


def _flag(connection: "Connection", office: Office, channel: str, flagged: Flagged, told: OnFlagged) -> bool:
    """Once: whoever is flagged stays so, and nobody is told again."""
    held = store.contacts(connection, [flagged.fingerprint]).get(flagged.fingerprint)
    if held is not None and held.flagged:
        return False
    row = contact_row(office, flagged.fingerprint, channel)
    store.mark_contact(connection, row, flagged.at, flagged=flagged.because, flagged_at=flagged.at)
    told(connection, flagged)
    return True


def _not_needed(office: Office, one: Stored) -> dict[str, Any]:
    """What was sent to the last contact goes nowhere else: its text is taken out at once."""
    try:
        last = one.position + 1 >= len(contacts_of(office.vault, one))
    except Unopenable:
        last = True
    return {"values_sealed": None} if last else {}
