"""How two persons were before they were put together, as it is kept in `merge.before`. Pure.

JSON. It holds health data (who somebody is), and is forgotten with the versions of records; a merge that is so old
cannot be undone any more.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from issuer.intake.held import HeldRecord
from issuer.store import StoredCard


@dataclass(frozen=True, slots=True)
class Before:
    """What undoing needs."""

    demographics: bytes = field(repr=False)
    """The survivor's, as they stood; `merged` as they were made."""
    merged: bytes = field(repr=False)
    protected: bool
    new_keys: tuple[str, ...] = field(repr=False)
    """Keys the survivor was given."""
    gone_keys: tuple[str, ...] = field(repr=False)
    records: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """By id: person_id, key, event_key, status, version, changed_at; and `after`, the version the merge made."""
    cards: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """By id: person_id, holds, superseded_at."""
    followers: tuple[str, ...]
    """Persons who had been put with the one that is gone."""


def octets_of(one: Before) -> bytes:
    """To be kept."""
    return orjson.dumps(
        {
            "demographics": base64.b64encode(one.demographics).decode(),
            "merged": base64.b64encode(one.merged).decode(),
            "protected": one.protected,
            "new_keys": one.new_keys,
            "gone_keys": one.gone_keys,
            "records": one.records,
            "cards": one.cards,
            "followers": one.followers,
        }
    )


def read_before(octets: bytes) -> Before:
    """What `octets_of` wrote."""
    read = orjson.loads(octets)
    return Before(
        base64.b64decode(read["demographics"]),
        base64.b64decode(read["merged"]),
        read["protected"],
        tuple(read["new_keys"]),
        tuple(read["gone_keys"]),
        read["records"],
        read["cards"],
        tuple(read["followers"]),
    )


def record_before(before: HeldRecord, after: HeldRecord) -> dict[str, Any]:
    """Of a record that changes."""
    return {
        "person_id": before.person_id,
        "key": before.key,
        "event_key": before.event_key,
        "status": before.status,
        "version": before.version,
        "changed_at": before.changed_at.isoformat(),
        "after": after.version,
    }


def card_before(card: StoredCard) -> dict[str, Any]:
    """Of a card of either."""
    superseded = card.superseded_at.isoformat() if card.superseded_at else None
    return {"person_id": card.person_id, "holds": card.holds, "superseded_at": superseded}
