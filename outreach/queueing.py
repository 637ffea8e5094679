"""Write messages into the caller's transaction: which contact, and whether at all.

Asked-for messages count against who asked, against the contact and against all of them, exactly, in the same
transaction. What is over a cap is not written, and counted. A caller must say the same to whoever asked, whatever comes
back from here.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outreach import store
from outreach.addresses import UnusableAddress, canonical, requester_network, usable
from outreach.composing import Unsendable, check
from outreach.messages import Contact, NewMessage, NotQueued, Queued, Queuing, Refusal
from outreach.models import ONCE_CHARACTERS
from outreach.office import Office
from outreach.rules import Cap, is_asked
from outreach.sealed import seal_contacts, seal_values
from outreach.vault import token_hash

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_CONTACTS = 8
"""Of one person: more is a mistake of the caller's."""
NOT_SENT = "not-sent/"
"""How the counts of what was not sent begin."""


@dataclass(frozen=True, slots=True)
class Route:
    """A contact that can be written to."""

    contact: Contact
    address: str = field(repr=False)
    fingerprint: str = field(repr=False)


def queue(
    connection: "Connection", office: Office, new: Sequence[NewMessage], now: datetime, new_id: Callable[[], str]
) -> list[Queuing]:
    """Queue messages; what became of each, in their order. Give all of a transaction at once: it is quicker, and two
    transactions that speak of the same contacts then wait for each other in one order.

    Args:
        new_id: 32 hexadecimal digits, at random: they are Message-ID and what a report has to name.

    Raises:
        Unsendable, LinkRefused: a message that no channel may send. Nothing is written then.
    """
    for one in new:
        check(office.sender, one.purpose, one.values)
        if len(one.contacts) > MAX_CONTACTS:
            raise Unsendable(f"more than {MAX_CONTACTS} contacts")
        if len(one.once) > ONCE_CHARACTERS:
            raise Unsendable(f"a cause of more than {ONCE_CHARACTERS} characters")
    chosen = _chosen(connection, office, new, now)
    allowed = _capped(connection, office, new, chosen, now)
    rows: list[dict[str, Any]] = []
    answers: list[Queuing] = []
    for one, pick in zip(new, allowed, strict=True):
        if isinstance(pick, Picked):
            row = _row(office, one, pick, now, new_id())
            rows.append(row)
            answers.append(Queued(row["id"], pick.route.contact.channel))
        else:
            answers.append(NotQueued(pick))
    store.add_messages(connection, rows)
    for reason, number in sorted(Counter(answer.reason for answer in answers if isinstance(answer, NotQueued)).items()):
        store.add_count(connection, NOT_SENT + reason, number, now)
    return answers


@dataclass(frozen=True, slots=True)
class Picked:
    """The contact a message goes to first, and where it stands among the person's."""

    position: int
    route: Route


Pick = Picked | Refusal


def route(office: Office, contact: Contact) -> Route:
    """A contact as it is written to and told apart. Raises UnusableAddress."""
    address = usable(contact, office.rules.number_prefixes)
    return Route(contact, address, office.vault.fingerprint(canonical(contact, address)))


def contact_row(office: Office, fingerprint: str, channel: str, number: int = 1) -> dict[str, Any]:
    """A contact's row, to be counted or marked."""
    stop_hash = token_hash(office.vault.stop_token(fingerprint))
    return {"fingerprint": fingerprint, "stop_hash": stop_hash, "channel": channel, "number": number}


def obstacle(state: store.ContactState | None, purpose: str, asked: bool) -> Refusal | None:
    """Why a contact is not written to; None where it is.

    Whoever said "not mine" gets nothing more but the word that it was done, and that only at that moment. Opting out
    holds for everything that was not asked for this minute.
    """
    if state is None:
        return None
    if state.flagged and not (asked and purpose == "contact-removed" and state.flagged == "disowned"):
        return "flagged"
    return "opted-out" if state.opted_out and not asked else None


def is_over(cap: Cap, in_hour: int, in_day: int) -> bool:
    """Whether a count, with the message itself, is over a cap."""
    return in_hour > cap.hour or in_day > cap.day


def _chosen(connection: "Connection", office: Office, new: Sequence[NewMessage], now: datetime) -> list[Pick]:
    """The first contact of each that may be written to."""
    routes: list[list[tuple[int, Route]]] = [_routes(office, one) for one in new]
    known = store.contacts(connection, {way.fingerprint for some in routes for _, way in some})
    causes = store.known_causes(connection, [one.once for one in new if one.once])
    picks: list[Pick] = []
    for one, some in zip(new, routes, strict=True):
        if one.once and one.once in causes:
            picks.append("already")
            continue
        causes |= {one.once} if one.once else set()
        picks.append(_first(one, some, known, is_asked(one.asked_at, now)))
    return picks


def _routes(office: Office, one: NewMessage) -> list[tuple[int, Route]]:
    found = []
    for position, contact in enumerate(one.contacts):
        try:
            found.append((position, route(office, contact)))
        except UnusableAddress:
            continue
    return found


def _first(one: NewMessage, some: list[tuple[int, Route]], known: dict[str, store.ContactState], asked: bool) -> Pick:
    met: Refusal = "unusable-address" if one.contacts else "no-contact"
    for number, (position, way) in enumerate(some):
        found = obstacle(known.get(way.fingerprint), one.purpose, asked)
        if found is None:
            return Picked(position, way)
        met = found if number == 0 else met
    return met


def _capped(
    connection: "Connection", office: Office, new: Sequence[NewMessage], picks: Sequence[Pick], now: datetime
) -> list[Pick]:
    """The same, less what is over a cap. Who asks too much is stopped before the contact's count grows."""
    rules = office.rules
    first = [_asked_too_much(connection, office, one, now) or pick for one, pick in zip(new, picks, strict=True)]
    wanted = Counter(pick.route.fingerprint for pick in first if isinstance(pick, Picked))
    channels = {pick.route.fingerprint: pick.route.contact.channel for pick in first if isinstance(pick, Picked)}
    rows = [contact_row(office, name, channels[name], number) for name, number in wanted.items()]
    states = store.count_contacts(connection, rows, now)
    seen: Counter[str] = Counter()
    found: list[Pick] = []
    for one, pick in zip(new, first, strict=True):
        if isinstance(pick, Picked):
            name = pick.route.fingerprint
            seen[name] += 1
            later = wanted[name] - seen[name]  # of this call, counted already and not yet looked at
            asked = is_asked(one.asked_at, now)
            cap = rules.per_contact_asked if asked else rules.per_contact
            state = states[name]
            pick = "over-contact" if is_over(cap, state.in_hour - later, state.in_day - later) else pick
        found.append(pick)
    return found


def _asked_too_much(connection: "Connection", office: Office, one: NewMessage, now: datetime) -> Refusal | None:
    """Counts what was asked for, whether or not there is anybody to write to: the work is the same."""
    if not one.requester and one.asked_at is None:
        return None
    if one.requester:
        network = office.vault.fingerprint(f"network:{requester_network(one.requester)}")
        if is_over(office.rules.per_requester, *store.add_count(connection, f"requester/{network}", 1, now)):
            return "over-requester"
    if is_over(office.rules.asked, *store.add_count(connection, "asked", 1, now)):
        return "over-asked"
    return None


def _row(office: Office, one: NewMessage, pick: Picked, now: datetime, message_id: str) -> dict[str, Any]:
    asked, contact = is_asked(one.asked_at, now), pick.route.contact
    return {
        "id": message_id,
        "purpose": one.purpose,
        "language": one.language[:16],
        "person": one.person,
        "once": one.once or None,
        "urgency": 0 if asked else 1,
        "position": pick.position,
        "channel": contact.channel,
        "contact_ref": contact.ref,
        "fingerprint": pick.route.fingerprint,
        "contacts_sealed": seal_contacts(office.vault, message_id, one.contacts),
        "values_sealed": seal_values(office.vault, message_id, one.values),
        "state": "waiting",
        "attempts": 0,
        "due_at": office.rules.earliest(contact.channel, contact.zone, asked, now),
        "claim": None,
        "met": "",
        "queued_at": now,
        "since": now,
        "ends_at": one.ends_at,
        "done_at": None,
    }
