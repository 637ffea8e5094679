"""SMART Backend Services: who asks for a token, proved by a signed assertion.

Source: HL7 SMART App Launch 2.2, "Client Authentication: Asymmetric" and "Backend Services"; RFC 7521, RFC 7523
section 3. RS384 and ES384; `exp` at most five minutes ahead; each `jti` once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cards import MalformedCard
from cards.encoding import b64url_decode, read_json
from issuer.staff.people import Client
from issuer.staff.scopes import intersection

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS384", "ES384")
MAX_LIFE = timedelta(minutes=5)
"""Of an assertion ("no more than five minutes in the future") and of an access token."""
CLOCK_SKEW = timedelta(seconds=60)
"""Two machines' clocks: added to the limit of the future, never to the life of what has ended."""
MAX_ASSERTION_CHARACTERS = 8192
MAX_JTI_CHARACTERS = 256

Verify = Callable[[str, bytes], bytes]
"""(assertion, JWK Set) -> payload; raises ValueError. `keys.assertions.verify_assertion` outside tests."""
Fetch = Callable[[str], bytes]
"""A JWK Set by https from a public address, with limits; raises OSError or ValueError."""


class TokenRefused(Exception):
    """No token. `error` is the code of RFC 6749 section 5.2, `words` a sentence without anything that was sent."""

    def __init__(self, error: str, words: str) -> None:
        super().__init__(words)
        self.error = error
        self.words = words


class ClientsOf(Protocol):
    """What this module asks of the store."""

    def client(self, client_id: str) -> Client | None:
        """An active client of a live clinic."""
        ...  # pragma: no cover

    def spend_jti(self, client_id: str, jti: str, ends_at: datetime, now: datetime) -> None:
        """Raises JtiUsed where it was used before; of two at once one gets through."""
        ...  # pragma: no cover


class JtiUsed(Exception):
    """This assertion was used before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The form of a token request."""

    grant_type: str
    scope: str
    assertion_type: str
    assertion: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may have a token, for what."""

    client: Client
    scopes: tuple[str, ...]


def grant(asked: Asked, clients: ClientsOf, verify: Verify, fetch: Fetch, audience: str, now: datetime) -> Grant:
    """Check a token request, one line and one refusal a rule.

    Raises:
        TokenRefused.
    """
    if asked.grant_type != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "Send grant_type=client_credentials.")
    if asked.assertion_type != ASSERTION_TYPE:
        raise TokenRefused("invalid_client", f"Send client_assertion_type={ASSERTION_TYPE}.")
    client = clients.client(unverified_issuer(asked.assertion))
    if client is None:
        raise TokenRefused("invalid_client", "There is no such client, or it or its clinic is not active.")
    claims = _verified(asked.assertion, client, verify, fetch)
    ends_at = check_claims(claims, client.id, audience, now)
    try:
        clients.spend_jti(client.id, claims["jti"], ends_at, now)
    except JtiUsed:
        raise TokenRefused("invalid_client", "This assertion was used before; sign a new one with a new jti.") from None
    scopes = intersection(asked.scope, client.scopes)
    if not scopes:
        raise TokenRefused("invalid_scope", "None of the scopes asked for is registered for this client.")
    return Grant(client, scopes)


def unverified_issuer(assertion: str) -> str:
    """Whose assertion it claims to be; only good to look up the keys that decide. Raises TokenRefused."""
    try:
        claims = (
            read_json(b64url_decode(assertion.split(".")[1])) if len(assertion) <= MAX_ASSERTION_CHARACTERS else None
        )
    except (MalformedCard, IndexError):
        claims = None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str) or not issuer:
        raise TokenRefused("invalid_client", "client_assertion is no signed JWT with an iss.")
    return issuer


def check_claims(claims: dict[str, Any], client_id: str, audience: str, now: datetime) -> datetime:
    """The claims of a verified assertion; answers when it ends. Raises TokenRefused."""
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise TokenRefused("invalid_client", "iss and sub must both be the client's id.")
    named = claims.get("aud")
    if audience not in (named if isinstance(named, list) else [named]):
        raise TokenRefused("invalid_client", "aud must be the address of this token endpoint.")
    ends_at = _moment(claims.get("exp"))
    if ends_at is None or ends_at <= now:
        raise TokenRefused("invalid_client", "The assertion has ended, or has no exp.")
    if ends_at > now + MAX_LIFE + CLOCK_SKEW:
        raise TokenRefused("invalid_client", "exp may lie five minutes ahead at most.")
    begins = _moment(claims.get("nbf", 0))
    if begins is None or begins > now + CLOCK_SKEW:
        raise TokenRefused("invalid_client", "The assertion is not good yet (nbf).")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_CHARACTERS:
        raise TokenRefused("invalid_client", f"jti must be a text of 1 to {MAX_JTI_CHARACTERS} characters.")
    return ends_at


def _verified(assertion: str, client: Client, verify: Verify, fetch: Fetch) -> dict[str, Any]:
    try:
        jwks = client.jwks.encode() if client.jwks else _fetched(client.jwks_uri, fetch)
        claims = read_json(verify(assertion, jwks))
    except (ValueError, MalformedCard):
        raise TokenRefused(
            "invalid_client", "The assertion is not signed by a registered key of this client."
        ) from None
    if not isinstance(claims, dict):
        raise TokenRefused("invalid_client", "The assertion holds no claims.")
    return claims


def _fetched(uri: str, fetch: Fetch) -> bytes:
    if not uri:
        raise TokenRefused("invalid_client", "No keys are registered for this client.")
    try:
        return fetch(uri)
    except (OSError, ValueError):
        raise TokenRefused("invalid_client", "The client's key set could not be read from its address.") from None


def _moment(value: Any) -> datetime | None:
    """NumericDate (RFC 7519 section 2), whole or fractional; None for anything else."""
    if isinstance(value, bool) or not hasattr(value, "__float__") or isinstance(value, str):
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (OverflowError, ValueError, OSError):
        return None
