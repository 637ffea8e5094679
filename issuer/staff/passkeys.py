"""Passkeys: registration and login by WebAuthn Level 2, with user verification. A passkey alone is both factors.

py_webauthn checks; what it needs to know of us (address, challenge) is an argument. The signature counter is looked at
by the library: a counter that does not rise is a copied key (WebAuthn section 6.1.1), and refused.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

CHALLENGE_OCTETS = 32
MAX_PASSKEYS = 10
MAX_RESPONSE_OCTETS = 20_000
"""A registration without attestation takes some 800 octets."""


class PasskeyRefused(Exception):
    """What the browser sent does not prove that the passkey's owner is there. Says nothing of why."""


@dataclass(frozen=True, slots=True)
class Site:
    """What passkeys are bound to: the host, and the whole origin."""

    host: str
    origin: str
    name: str

    @classmethod
    def of(cls, address: str, name: str) -> "Site":
        """From the address people reach the service at."""
        parts = urlsplit(address)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", name)


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What is kept of a registration."""

    credential_id: str
    public_key: bytes = field(repr=False)
    sign_count: int


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """What is held against a login."""

    credential_id: str
    staff_id: str
    public_key: bytes = field(repr=False)
    sign_count: int


def registration_options(
    site: Site, staff_id: str, login: str, name: str, known: tuple[str, ...], challenge: bytes
) -> dict[str, Any]:
    """What `navigator.credentials.create` is given, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=staff_id.encode(),
        user_name=login,
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(credential)) for credential in known
        ],
    )
    made: dict[str, Any] = json.loads(options_to_json(options))
    return made


def login_options(site: Site, challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.get` is given: any passkey of this site, so that no login need be typed."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    made: dict[str, Any] = json.loads(options_to_json(options))
    return made


def registered(site: Site, response: dict[str, Any], challenge: bytes) -> NewPasskey:
    """The passkey that was made. Raises PasskeyRefused."""
    try:
        found = webauthn.verify_registration_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        raise PasskeyRefused from None
    return NewPasskey(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def credential_id(response: dict[str, Any]) -> str:
    """Which passkey a login claims to be. Raises PasskeyRefused where none is named."""
    found = response.get("id")
    if not isinstance(found, str) or not found:
        raise PasskeyRefused
    return found


def sign_count(site: Site, response: dict[str, Any], challenge: bytes, known: KnownPasskey) -> int:
    """The passkey's new signature counter. Raises PasskeyRefused unless its owner was there and verified."""
    try:
        found = webauthn.verify_authentication_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        raise PasskeyRefused from None
    if bytes_to_base64url(found.credential_id) != known.credential_id:
        raise PasskeyRefused
    return found.new_sign_count
