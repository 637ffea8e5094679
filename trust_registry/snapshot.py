"""The registry as it is published: one JWS, signed, numbered, dated, expiring, for servers and phones alike.

    {"number": 7, "iat": …, "exp": …, "issuers": [{"iss", "name", "website", "sample", "keys", "withdrawn", "crls"}]}

A verifier holds it against the highest number it has seen: going back would bring a withdrawn key to life again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cards import MalformedCard
from cards.encoding import read_json, write_json
from cards.signing import SigningKey
from keys import PublicKey
from keys.jose import BadDocument, read_document, sign_document
from trust_registry.directory import Entry
from trust_registry.entries import entry_document, entry_of
from trust_registry.registry import TrustRegistry

TYPE = "countersign-registry+jws"
DEFAULT_LIFETIME = timedelta(days=7)
"""A venue without a network works that long; a key taken back is still accepted that long at most."""
CLOCK_SKEW = timedelta(minutes=5)


class BadRegistry(ValueError):
    """The published registry cannot be used; the message says why and what to do."""


class OlderRegistry(BadRegistry):
    """Its number is lower than one already seen."""


def publish(entries: Iterable[Entry], signer: SigningKey, *, number: int, now: datetime, lifetime: timedelta) -> str:
    """The registry as a compact JWS."""
    content = {
        "number": number,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "issuers": [entry_document(replace(entry, anchors="")) for entry in entries],
    }
    return sign_document(write_json(content), signer, TYPE)


def read_published(text: str, publishers: Iterable[PublicKey], now: datetime, newest_seen: int = 0) -> TrustRegistry:
    """The registry one of `publishers` signed. An expired one is read: its verdicts say that it is (RegistryExpired).

    Raises:
        OlderRegistry: `number` is below `newest_seen`.
        BadRegistry: unsigned, signed by somebody else, malformed, or dated in the future.
    """
    keys = tuple(publishers)
    if not keys:
        raise BadRegistry("The registry is signed, and its publisher's keys (registry-keys.jwks) are not here.")
    try:
        content = read_json(read_document(text, keys, TYPE))
        number, issued_at, expires_at = _number(content, "number"), _time(content, "iat"), _time(content, "exp")
        issuers = [entry_of(item).trusted() for item in content["issuers"]]
    except BadDocument as error:
        raise BadRegistry(f"The registry was refused: {error}. Fetch it again from its publisher.") from None
    except (MalformedCard, KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        raise BadRegistry("The registry is signed and malformed. Tell its publisher; keep the older one.") from None
    if number < newest_seen:
        raise OlderRegistry(f"The registry has number {number}; number {newest_seen} was seen before. It is refused.")
    if issued_at > now + CLOCK_SKEW:
        raise BadRegistry("The registry is dated in the future. Check this machine's clock.")
    return TrustRegistry(issuers, number=number, issued_at=issued_at, expires_at=expires_at)


def _number(content: Mapping[str, Any], name: str) -> int:
    value = content[name]
    if type(value) is not int or value < 0:
        raise ValueError(name)
    return value


def _time(content: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromtimestamp(_number(content, name), UTC)
