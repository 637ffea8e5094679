"""Messages to people: e-mail, SMS and letters, written into the caller's transaction and delivered by workers.

    office = Office(Sender("Department of Health", "DOH", "cards.example.gov"), catalogue(), Vault(secret))
    new = NewMessage("record-ready", "es", person_id, contacts, Values(link, ends=day), once=submission_id)
    queue(connection, office, [new], now, new_id)
    deliver_some(begin, office, {"email": Smtp(…), "sms": Gateway(…), "letter": Tray()}, clock, chance, new_id)
    sweep(connection, office, now)

A message is committed with what caused it, delivered at least once under a name that stays the same, and goes to the
person's next contact where one fails. It refuses to carry anything but the sender's name, a link on the sender's own
domain, a code and a day; to say whose record it is about; to write to a contact whose owner said "not mine"; and to
know who uses it: nothing here imports a service.

What needs the database is loaded when it is first asked for (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from outreach.messages import Contact, NewMessage, NotQueued, Queued, Values
from outreach.office import Office
from outreach.rules import Cap, Quiet, Rules
from outreach.sender import Sender
from outreach.templates import catalogue
from outreach.vault import Vault

if TYPE_CHECKING:
    from outreach.contacts import channel_of, disown, fingerprint_of, flags_of, opt_out, restore
    from outreach.delivering import deliver_some
    from outreach.models import tables
    from outreach.outbox import cancel, forget, letters, printed, sweep, waiting
    from outreach.queueing import queue
    from outreach.settling import reported

__all__ = [
    "Cap",
    "Contact",
    "NewMessage",
    "NotQueued",
    "Office",
    "Queued",
    "Quiet",
    "Rules",
    "Sender",
    "Values",
    "Vault",
    "cancel",
    "catalogue",
    "channel_of",
    "deliver_some",
    "disown",
    "fingerprint_of",
    "flags_of",
    "forget",
    "letters",
    "opt_out",
    "printed",
    "queue",
    "reported",
    "restore",
    "sweep",
    "tables",
    "waiting",
]

_HOMES = {
    "cancel": "outreach.outbox",
    "channel_of": "outreach.contacts",
    "deliver_some": "outreach.delivering",
    "disown": "outreach.contacts",
    "fingerprint_of": "outreach.contacts",
    "flags_of": "outreach.contacts",
    "forget": "outreach.outbox",
    "letters": "outreach.outbox",
    "opt_out": "outreach.contacts",
    "printed": "outreach.outbox",
    "queue": "outreach.queueing",
    "reported": "outreach.settling",
    "restore": "outreach.contacts",
    "sweep": "outreach.outbox",
    "tables": "outreach.models",
    "waiting": "outreach.outbox",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
