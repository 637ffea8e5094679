"""Why a card is taken back, and what verifiers are told.

Every published key has a revocation list and a `crlVersion` from its first day: number 1, empty. A verifier that holds
an older key set then knows already that this issuer revokes, keeps our list and asks for it on its own clock; were
`crlVersion` to appear with the first revocation, that verifier would go on accepting the revoked card until it fetched
the key set again, and nothing would tell it that it was late. The first revocation makes the list number 2.

A list names `rid`s without a time: the card is taken back whatever its `nbf` (requirement D3). Rids stay listed for
good, under the key that signed the card, also after that key has retired.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cards.shc.crl import crl_document
from issuer.store import FIRST_CTR, Store
from keys import PublicKey, jwks_document

REASONS: Mapping[str, str] = {
    "entered-in-error": "The record was entered in error",
    "replaced": "A corrected card took its place",
    "wrong-person": "The card was issued to the wrong person",
    "recalled": "The product was recalled or the dose does not count",
    "misused": "The card was passed on or misused",
    "requested": "The person asked for it",
}
"""Reason codes, and what the person reads. A verifier is never told the reason."""


class UnknownReason(ValueError):
    """The reason is not in the table."""


class UnknownList(LookupError):
    """No key of this issuer has that id."""


def check_reason(reason: str) -> str:
    """The reason itself. Raises UnknownReason."""
    if reason not in REASONS:
        raise UnknownReason("the reason must be one of: " + ", ".join(REASONS))
    return reason


def revocation_list(store: Store, published: Iterable[PublicKey], kid: str) -> dict[str, Any]:
    """What stands at `iss/.well-known/crl/{kid}.json`.

    Raises:
        UnknownList: neither published now nor ever the key of a revoked card.
    """
    if kid not in store.revocation_counters() and all(key.kid != kid for key in published):
        raise UnknownList("no such key")
    ctr, rids = store.revoked_rids(kid)
    return crl_document(kid, ctr, rids)


def published_keys(store: Store, published: Iterable[PublicKey]) -> dict[str, Any]:
    """The JWK Set with `crlVersion` = `ctr` in each key (requirement D4)."""
    keys = list(published)
    counters = store.revocation_counters()
    return jwks_document(keys, {key.kid: counters.get(key.kid, FIRST_CTR) for key in keys})
