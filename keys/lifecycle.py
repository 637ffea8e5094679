"""The life of a signing key, pure.

    next ──rotate──> active ──rotate──> retired
      └────────────────┴───compromise──────┴──> compromised

`next` is published and does not sign yet, so that verifiers far from a network know it before its first card.
`retired` no longer signs, its private half is destroyed, and its public half stays published as long as its cards
matter. `compromised` is unpublished at once: that is how verifiers learn of it (requirement C5).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

State = Literal["next", "active", "retired", "compromised"]
PUBLISHED: frozenset[State] = frozenset({"next", "active", "retired"})
MAX_AGE_DAYS = 365
"""A new signing key at least yearly (requirement C5)."""


class KeyStateError(ValueError):
    """The key is not in a state from which that step leads on."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key's life so far. Times are UTC."""

    kid: str
    state: State
    created_at: datetime
    activated_at: datetime | None = None
    retired_at: datetime | None = None
    compromised_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it has signed for a year and should be rotated."""
        return self.state == "active" and (now - (self.activated_at or self.created_at)).days >= MAX_AGE_DAYS


def added(records: tuple[KeyRecord, ...], kid: str, now: datetime) -> tuple[KeyRecord, ...]:
    """A new key: active where none is, else next in line."""
    if any(record.state == "active" for record in records):
        return (*records, KeyRecord(kid, "next", now))
    return (*records, KeyRecord(kid, "active", now, activated_at=now))


def rotated(records: tuple[KeyRecord, ...], now: datetime) -> tuple[KeyRecord, ...]:
    """The oldest key in line signs from now on; the one that signed is retired.

    Raises:
        KeyStateError: no key stands in line.
    """
    line = [record for record in records if record.state == "next"]
    if not line:
        raise KeyStateError("no key stands in line: generate one first")
    heir = min(line, key=lambda record: record.created_at)
    return tuple(
        replace(record, state="active", activated_at=now)
        if record is heir
        else replace(record, state="retired", retired_at=now)
        if record.state == "active"
        else record
        for record in records
    )


def retired(records: tuple[KeyRecord, ...], kid: str, now: datetime) -> tuple[KeyRecord, ...]:
    """Stop signing with a key. Raises KeyStateError unless it is next or active."""
    _require(records, kid, {"next", "active"})
    return tuple(replace(r, state="retired", retired_at=now) if r.kid == kid else r for r in records)


def compromised(records: tuple[KeyRecord, ...], kid: str, now: datetime) -> tuple[KeyRecord, ...]:
    """Unpublish a key at once. Raises KeyStateError if it is unpublished already or unknown."""
    _require(records, kid, PUBLISHED)
    return tuple(replace(r, state="compromised", compromised_at=now) if r.kid == kid else r for r in records)


def _require(records: tuple[KeyRecord, ...], kid: str, states: frozenset[State] | set[State]) -> None:
    record = next((record for record in records if record.kid == kid), None)
    if record is None:
        raise KeyStateError("no such key here")
    if record.state not in states:
        raise KeyStateError(f"the key is {record.state}")
