"""What the outbox keeps of addresses, links and codes: sealed (AES-256-GCM), or as a keyed hash (HMAC-SHA-256).

One secret of 32 octets, from which each use derives its own key (HKDF, RFC 5869). Whoever has the database and not the
secret reads neither an address nor a link, and cannot try telephone numbers against the hashes.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_OCTETS = 32
TOKEN_OCTETS = 16
"""128 bits: a stop link has to fit an SMS, and opens nothing but a page that ends messages."""
_NONCE_OCTETS = 12


class Unopenable(Exception):
    """Sealed with another secret, for another row, or altered."""


@dataclass(frozen=True, slots=True, init=False)
class Vault:
    """Keys derived from one secret.

    Args:
        secret: 32 random octets.
        entropy: gives so many random octets, for nonces.

    Raises:
        ValueError: a secret of another length.
    """

    _sealing: AESGCM = field(repr=False)
    _naming: bytes = field(repr=False)
    _stopping: bytes = field(repr=False)
    _entropy: Callable[[int], bytes] = field(repr=False)

    def __init__(self, secret: bytes, entropy: Callable[[int], bytes] = os.urandom) -> None:
        if len(secret) != SECRET_OCTETS:
            raise ValueError(f"a secret of {SECRET_OCTETS} octets")
        object.__setattr__(self, "_sealing", AESGCM(_derived(secret, "seal")))
        object.__setattr__(self, "_naming", _derived(secret, "name"))
        object.__setattr__(self, "_stopping", _derived(secret, "stop"))
        object.__setattr__(self, "_entropy", entropy)

    def seal(self, content: bytes, about: str) -> bytes:
        """Sealed for one row: it opens nowhere else."""
        nonce = self._entropy(_NONCE_OCTETS)
        return nonce + self._sealing.encrypt(nonce, content, about.encode())

    def unseal(self, sealed: bytes | None, about: str) -> bytes:
        """What was sealed.

        Raises:
            Unopenable: also where it was taken out already.
        """
        if sealed is None:
            raise Unopenable("taken out")
        try:
            return self._sealing.decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], about.encode())
        except (InvalidTag, ValueError):
            raise Unopenable("does not open") from None

    def fingerprint(self, text: str) -> str:
        """A name for something that is not to be written down."""
        return _text(hmac.digest(self._naming, text.encode(), "sha256"))

    def stop_token(self, fingerprint: str) -> str:
        """What opens the stop page of one contact: the same in every message to it, so that an old one still works."""
        return _text(hmac.digest(self._stopping, fingerprint.encode(), "sha256")[:TOKEN_OCTETS])


def token_hash(token: str) -> str:
    """How a token is looked for: SHA-256, so that the table does not hold what opens the page."""
    return _text(hashlib.sha256(token.encode("utf-8", "replace")).digest())


def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), SECRET_OCTETS, None, f"countersign outreach {purpose}".encode()).derive(secret)


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
