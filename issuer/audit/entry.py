"""One line of the audit log, and one event for whoever wants to be told. Neither holds health data or a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from issuer.rights import Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to which object."""

    at: datetime
    actor: Actor
    action: str
    """`record.add`, `person.open`, `card.issue` …: a word of `issuer.audit.actions`."""
    object_kind: str
    """person, record, card, submission, import, clinic, staff, client, review, merge, lot, export, session, …"""
    object_id: str
    clinic_id: str = ""
    person_id: str = ""
    """Whose record it was about; "" where it was about nobody or about many."""
    reason: str = ""
    """A code, or what somebody typed when asked for a reason."""
    detail: Mapping[str, str | int] = field(default_factory=dict)
    """Counts, codes and digests; never a value out of a record."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that other systems may want to know: issued, corrected, revoked, case opened."""

    at: datetime
    kind: str
    """record.added, record.corrected, record.deleted, card.issued, card.revoked, case.opened"""
    object_kind: str
    object_id: str
    clinic_id: str = ""
