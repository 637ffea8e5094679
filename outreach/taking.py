"""Which due messages a worker gets: those that may be sent now. The others are settled on the way.

In the caller's transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outreach import store
from outreach.addresses import UnusableAddress
from outreach.composing import Unsendable, compose
from outreach.messages import Outgoing
from outreach.office import Office
from outreach.queueing import NOT_SENT, obstacle, route
from outreach.rules import MAX_TAKEN
from outreach.sealed import contacts_of, values_of
from outreach.settling import EMPTY, give_up, next_contact
from outreach.store import ContactState, Stored
from outreach.vault import Unopenable

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class ToSend:
    """A message that this worker has until its lease ends."""

    row: Stored = field(repr=False)
    outgoing: Outgoing = field(repr=False)
    last_begin: datetime
    """After this it is given back untried: the lease may end before it is noted."""


def take(
    connection: "Connection", office: Office, channels: Collection[str], now: datetime, claim: str, limit: int
) -> list[ToSend]:
    """Due messages that may be sent now, urgent ones first."""
    until = now + office.rules.lease
    rows = store.take(connection, now, until, claim, channels, limit)
    known = store.contacts(connection, {one.fingerprint for one in rows})
    ready = [one for one in rows if _may_go(connection, office, one, known.get(one.fingerprint), now)]
    begin_by = office.rules.last_begin(until)
    composed = [_composed(connection, office, one, begin_by, now) for one in _paced(connection, office, ready, now)]
    return [one for one in composed if one is not None]


def outgoing(office: Office, one: Stored) -> Outgoing:
    """A message as its channel sends it. Raises Unopenable, Unsendable, UnusableAddress, IndexError."""
    contact = contacts_of(office.vault, one)[one.position]
    way = route(office, contact)
    stop_link = office.sender.stop_link(office.vault.stop_token(way.fingerprint))
    values = values_of(office.vault, one)
    what = (one.purpose, one.language, contact.channel, values, stop_link, way.address)
    return Outgoing(one.key, way.address, compose(office.catalogue, office.sender, *what), one.queued_at)


def _may_go(connection: "Connection", office: Office, one: Stored, state: ContactState | None, now: datetime) -> bool:
    if one.ends_at is not None and one.ends_at <= now:
        store.note(connection, one, state="expired", done_at=now, **EMPTY)
        store.add_count(connection, f"{NOT_SENT}expired", 1, now)
        return False
    if one.attempts > MAX_TAKEN:
        give_up(connection, one, "taken-too-often", now)
        return False
    if met := obstacle(state, one.purpose, one.urgency == 0):
        next_contact(connection, office, one, met, now)
        return False
    return _is_day(connection, office, one, now)


def _is_day(connection: "Connection", office: Office, one: Stored, now: datetime) -> bool:
    """What was put off, or failed, may come up again at night."""
    try:
        zone = contacts_of(office.vault, one)[one.position].zone
    except (Unopenable, IndexError):
        give_up(connection, one, "not-to-be-opened", now)
        return False
    earliest = office.rules.earliest(one.channel, zone, one.urgency == 0, now)
    if earliest > now:
        store.note(connection, one, due_at=earliest, attempts=one.attempts - 1)
    return earliest <= now


def _paced(connection: "Connection", office: Office, rows: list[Stored], now: datetime) -> list[Stored]:
    """All urgent ones, and as much news as this hour and day still let through; the rest waits for the next hour."""
    news = [one for one in rows if one.urgency]
    if not news:
        return rows
    in_hour, in_day = store.add_count(connection, "sent", len(news), now)
    over = max(0, in_hour - office.rules.sent.hour, in_day - office.rules.sent.day)
    late = news[max(0, len(news) - over) :]
    if late:
        next_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        for one in late:
            store.note(connection, one, due_at=next_hour, attempts=one.attempts - 1)
        store.add_count(connection, "sent", -len(late), now)
        store.add_count(connection, "put-off", len(late), now)
    held = {one.id for one in late}
    return [one for one in rows if one.id not in held]


def _composed(
    connection: "Connection", office: Office, one: Stored, begin_by: datetime, now: datetime
) -> ToSend | None:
    try:
        return ToSend(one, outgoing(office, one), begin_by)
    except (Unopenable, Unsendable, UnusableAddress, IndexError) as error:
        give_up(connection, one, "not-to-be-opened" if isinstance(error, Unopenable) else "unsendable", now)
        return None
