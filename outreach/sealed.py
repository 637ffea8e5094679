"""What a message's row holds sealed: the person's contacts, and the values of its text."""

import json
from collections.abc import Sequence
from datetime import date

from outreach.messages import Contact, Values
from outreach.store import Stored
from outreach.vault import Vault


def seal_contacts(vault: Vault, message_id: str, contacts: Sequence[Contact]) -> bytes:
    """All of them: where the first fails, the next is tried."""
    listed = [[one.channel, one.address, one.ref, one.zone] for one in contacts]
    return vault.seal(json.dumps(listed).encode(), f"{message_id} contacts")


def seal_values(vault: Vault, message_id: str, values: Values) -> bytes:
    """Link, code, day."""
    ends = values.ends.isoformat() if values.ends else ""
    held = {"link": values.link, "code": values.code, "ends": ends}
    return vault.seal(json.dumps(held).encode(), f"{message_id} values")


def contacts_of(vault: Vault, one: Stored) -> list[Contact]:
    """Raises Unopenable: also when they were taken out."""
    opened = json.loads(vault.unseal(one.contacts_sealed, f"{one.id} contacts"))
    return [Contact(channel, address, ref, zone) for channel, address, ref, zone in opened]


def values_of(vault: Vault, one: Stored) -> Values:
    """Raises Unopenable: also when they were taken out."""
    opened = json.loads(vault.unseal(one.values_sealed, f"{one.id} values"))
    ends = date.fromisoformat(opened["ends"]) if opened["ends"] else None
    return Values(opened["link"], opened["code"], ends)
