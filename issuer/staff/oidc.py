"""OpenID Connect: which provider, and whom of ours a login there stands for.

Source: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636) and nonce. The provider says who somebody
is; what they may do is ours and never learnt from a token.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from issuer.staff.tokens import digest

ENVIRONMENT: Mapping[str, str] = {
    "COUNTERSIGN_OIDC_ISSUER": "address of an OpenID Connect provider that staff may log in by; none where not set",
    "COUNTERSIGN_OIDC_CLIENT_ID": "this service's client id there",
    "COUNTERSIGN_OIDC_CLIENT_SECRET": "this service's client secret there",
}
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"})
"""Signatures of ID tokens that count, whatever the provider offers: never "none", never a shared secret."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BadOidcSettings(ValueError):
    """The three settings do not belong together. The message names the one."""


class NobodyOfOurs(Exception):
    """The provider vouches for somebody who has no account here, or whose address it did not check."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """A provider and what we are there."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who logged in there: a subject for ever, an address to recognise them by the first time."""

    subject: str
    """Hash of `iss` and `sub` together."""
    email: str = field(repr=False)
    """"" where the provider did not verify one."""


def oidc_settings(environ: Mapping[str, str]) -> OidcSettings | None:
    """From an environment; None where no provider is named.

    Raises:
        BadOidcSettings: http beyond this machine, or one of the three is missing.
    """
    issuer, client_id, secret = (environ.get(name, "").strip() for name in ENVIRONMENT)
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise BadOidcSettings("COUNTERSIGN_OIDC_ISSUER must be https")
    if not client_id:
        raise BadOidcSettings("COUNTERSIGN_OIDC_CLIENT_ID is missing")
    if not secret:
        raise BadOidcSettings("COUNTERSIGN_OIDC_CLIENT_SECRET is missing")
    return OidcSettings(issuer.rstrip("/"), client_id, secret)


def claimed(userinfo: Mapping[str, object]) -> Claimed:
    """From the claims of a checked ID token. Raises NobodyOfOurs where `iss` or `sub` is missing."""
    issuer, subject = userinfo.get("iss"), userinfo.get("sub")
    if not (isinstance(issuer, str) and issuer and isinstance(subject, str) and subject):
        raise NobodyOfOurs
    email = userinfo.get("email")
    checked = isinstance(email, str) and userinfo.get("email_verified") is True
    return Claimed(digest(f"{issuer}\x00{subject}"), str(email) if checked else "")
