"""Random texts that open something, what is stored of them, and secrets sealed at rest.

Sources: OWASP Session Management (at least 128 bits; here 256); NIST SP 800-38D (AES-GCM, 96-bit nonces).
"""

import hashlib
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cards.encoding import b64url_encode

Random = Callable[[int], bytes]

TOKEN_OCTETS = 32
ID_OCTETS = 16
_NONCE_OCTETS = 12


class Unsealable(Exception):
    """The sealed secret does not open: another key, or altered. Whoever logs in is refused; the operator must know."""


def new_token(random: Random) -> str:
    """256 random bits in base64url: a session, a link, an access token."""
    return b64url_encode(random(TOKEN_OCTETS))


def new_id(random: Random) -> str:
    """128 random bits in hexadecimal."""
    return random(ID_OCTETS).hex()


def digest(text: str) -> str:
    """SHA-256 in hexadecimal: what is stored of a random text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def keyed_digest(secret: bytes, *parts: str) -> str:
    """HMAC-SHA-256 in hexadecimal over parts that may be guessed (a login, an address): without the key nobody can."""
    message = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return hmac.new(derived(secret, "attempts"), message, hashlib.sha256).hexdigest()


def derived(secret: bytes, purpose: str) -> bytes:
    """A key of 32 octets for one purpose out of the deployment's secret (RFC 5869)."""
    return HKDF(SHA256(), 32, None, f"countersign staff {purpose}".encode()).derive(secret)


def seal(secret: bytes, content: bytes, owner: str, random: Random) -> bytes:
    """AES-256-GCM, the nonce before it, `owner` as associated data: moved to another row it does not open."""
    nonce = random(_NONCE_OCTETS)
    return nonce + AESGCM(derived(secret, "seal")).encrypt(nonce, content, owner.encode())


def unseal(secret: bytes, sealed: bytes, owner: str) -> bytes:
    """What was sealed for this owner.

    Raises:
        Unsealable.
    """
    try:
        return AESGCM(derived(secret, "seal")).decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], owner.encode())
    except (InvalidTag, ValueError):
        raise Unsealable("a sealed secret does not open") from None
