"""What somebody says about being written to: "not mine", "no more", "again". In the caller's transaction.

A stop link opens a page of the caller's that asks first: mail scanners open links too. Its two buttons, and the
one-click request of a mail program (RFC 8058), are POSTs, and end here.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from outreach import store
from outreach.addresses import UnusableAddress
from outreach.messages import Contact, Flagged
from outreach.office import Office
from outreach.queueing import contact_row, route
from outreach.vault import token_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

MAX_TOKEN = 64
"""Characters of a stop link's token that are looked at; ours have 22."""


def channel_of(connection: "Connection", token: str) -> str | None:
    """What a stop link ends: "email", "sms", "letter"; None where it is no link of ours. Changes nothing."""
    found = _found(connection, token)
    return None if found is None else found[1]


def disown(connection: "Connection", office: Office, token: str, now: datetime) -> tuple[Flagged, ...]:
    """ "This is not mine": nothing more goes there, and what waits is ended.

    Returns:
        Whose contact it was thought to be, for the caller's own books, as far as messages to it are kept; one without
        a person where none is. () where the link is none of ours.
    """
    found = _found(connection, token)
    if found is None:
        return ()
    fingerprint, channel = found
    known = store.messages_of(connection, fingerprint)
    store.mark_contact(connection, contact_row(office, fingerprint, channel), now, flagged="disowned", flagged_at=now)
    store.cancel(connection, now, fingerprint=fingerprint)
    return tuple(Flagged(ref, person, fingerprint, "disowned", now) for ref, person in known or [("", "")])


def opt_out(connection: "Connection", office: Office, token: str, now: datetime) -> bool:
    """ "No more messages": nothing goes there but what is asked for that minute; whether the link is one of ours."""
    found = _found(connection, token)
    if found is None:
        return False
    fingerprint, channel = found
    store.mark_contact(connection, contact_row(office, fingerprint, channel), now, opted_out_at=now)
    return True


def restore(connection: "Connection", office: Office, contact: Contact, now: datetime) -> None:
    """Write to it again: the help desk spoke to whoever has it now. Raises UnusableAddress."""
    way = route(office, contact)
    row = contact_row(office, way.fingerprint, contact.channel)
    store.mark_contact(connection, row, now, flagged="", flagged_at=None, opted_out_at=None)


def fingerprint_of(office: Office, contact: Contact) -> str:
    """The name that a `Flagged` has for a contact, to be kept beside the caller's own. Raises UnusableAddress."""
    return route(office, contact).fingerprint


def flags_of(connection: "Connection", office: Office, contacts: "Sequence[Contact]") -> list[str]:
    """What is held against each: "", "bounced", "disowned", "opted-out" or "unusable"."""
    names = [_fingerprint(office, contact) for contact in contacts]
    known = store.contacts(connection, [name for name in names if name])
    return [_flag(known.get(name)) if name else "unusable" for name in names]


def _fingerprint(office: Office, contact: Contact) -> str:
    try:
        return route(office, contact).fingerprint
    except UnusableAddress:
        return ""


def _flag(state: store.ContactState | None) -> str:
    if state is None:
        return ""
    return state.flagged or ("opted-out" if state.opted_out else "")


def _found(connection: "Connection", token: str) -> tuple[str, str] | None:
    return store.contact_of_token(connection, token_hash(token)) if len(token) <= MAX_TOKEN else None
