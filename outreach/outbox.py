"""The outbox as people look at it: letters to print, what waits, what is ended, what is forgotten.

    waiting → sent | to-print → printed | given-up | cancelled | expired;   sent → waiting, when it came back and the
    person has another contact

In the caller's transaction.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outreach import store
from outreach.addresses import UnusableAddress
from outreach.composing import Unsendable
from outreach.messages import Letter
from outreach.office import Office
from outreach.taking import outgoing
from outreach.vault import Unopenable

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATIENCE = timedelta(hours=1)
"""How long past its end a message may wait for a worker before the sweep ends it."""
KEEP_COUNTS = timedelta(days=2)
"""Counts of hours and days that are over decide nothing."""
MAX_LETTERS = 50
"""Printed at once."""


def letters(connection: "Connection", office: Office, limit: int = MAX_LETTERS) -> list[tuple[str, Letter]]:
    """(id, letter) of what the help desk has to print, the oldest first."""
    found = []
    for one in store.in_state(connection, "to-print", limit):
        try:
            text = outgoing(office, one).text
        except (Unopenable, Unsendable, UnusableAddress, IndexError):
            continue
        if isinstance(text, Letter):
            found.append((one.id, text))
    return found


def printed(connection: "Connection", ids: Iterable[str], now: datetime) -> int:
    """They are in the post; how many were."""
    rows = [one for one in (store.find(connection, name) for name in ids) if one and one.state == "to-print"]
    return sum(store.change(connection, one, state="printed", done_at=now, values_sealed=None) for one in rows)


def cancel(connection: "Connection", now: datetime, *, person: str = "", message_id: str = "") -> int:
    """End what waits for a person (a record that became protected), or one message; how many.

    Raises:
        ValueError: neither is named.
    """
    return store.cancel(connection, now, person=person, message_id=message_id)


def forget(connection: "Connection", person: str) -> int:
    """Delete every message about a person who asked for it, sent or not; how many."""
    return store.forget_person(connection, person)


def waiting(connection: "Connection", now: datetime) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Messages by state; and counts by scope for this hour and day, those not sent among them by reason."""
    return store.figures(connection), store.counted(connection, now)


def sweep(connection: "Connection", office: Office, now: datetime) -> int:
    """Take out what is not needed any more, a thousand rows of each kind; how many. Call it until it says 0."""
    rules = office.rules
    swept = store.end_overdue(connection, now, PATIENCE)
    swept += store.take_out(connection, "values_sealed", now - rules.keep_text)
    swept += store.take_out(connection, "contacts_sealed", now - rules.keep_contacts)
    kept = (now - rules.keep_rows, now - rules.keep_unused_contact, now - KEEP_COUNTS)
    return swept + store.delete_old(connection, *kept)
