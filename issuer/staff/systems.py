"""What a clinic's system may be registered with, and the secret it sends within SOAP messages."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from issuer.staff import passwords
from issuer.staff.attempts import PER_ADDRESS, Limit
from issuer.staff.passwords import Cost, WrongPassword
from issuer.staff.people import Client, ClientDetails, NotAllowed, plain_name
from issuer.staff.refusals import LoginRefused
from issuer.staff.scopes import SUPPORTED, intersection
from issuer.staff.tokens import Random, digest, keyed_digest, new_token

CheckKeys = Callable[[bytes], int]
"""How many keys of a JWK Set can sign assertions; raises ValueError. `keys.assertions.check_key_set` outside tests."""
MAX_FACILITIES = 500
MAX_FACILITY_CHARACTERS = 227
"""HD of HL7 v2.5.1, all components together."""
MAX_URI_CHARACTERS = 500
MAX_KNOWN = 1000
"""SOAP secrets remembered as right, so that not each message costs an Argon2 hash."""

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def read_details(typed: Mapping[str, str], scopes: tuple[str, ...], clinic_id: str, check: CheckKeys) -> ClientDetails:
    """The form of a system.

    Args:
        typed: name, jwks, jwks_uri, facilities (a line each: MSH-4, then `=` and a clinic's id where it is another
            clinic's), certificate, active.
        clinic_id: whose system it is.
    Raises:
        NotAllowed: names the field.
    """
    return ClientDetails(
        name=plain_name(typed["name"]),
        jwks=_jwks(typed["jwks"], check),
        jwks_uri=_jwks_uri(typed["jwks_uri"], typed["jwks"]),
        scopes=intersection(" ".join(scopes), SUPPORTED),
        facilities=_facilities(typed["facilities"], clinic_id),
        certificate=_fingerprint(typed["certificate"]),
        active=typed.get("active", "1") == "1",
    )


def facilities_as_lines(found: Client) -> str:
    """The facilities as the form writes them."""
    return "\n".join(
        facility if clinic_id == found.clinic_id else f"{facility} = {clinic_id}"
        for facility, clinic_id in found.facilities.items()
    )


def _jwks(text: str, check: CheckKeys) -> str:
    if not text.strip():
        return ""
    try:
        check(text.encode())
        return json.dumps(json.loads(text), separators=(",", ":"))
    except ValueError:
        words = "This is no JWK Set with a public key for RS384 or ES384. Paste the whole set, without private keys."
        raise NotAllowed("jwks", words) from None


def _jwks_uri(text: str, jwks: str) -> str:
    uri = text.strip()
    if uri and jwks.strip():
        raise NotAllowed("jwks_uri", "Enter the key set or its address, not both.")
    if uri and (urlsplit(uri).scheme != "https" or not urlsplit(uri).hostname or len(uri) > MAX_URI_CHARACTERS):
        raise NotAllowed("jwks_uri", "The address of the key set must begin with https://.")
    return uri


def _facilities(text: str, clinic_id: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        facility, _, other = (part.strip() for part in line.partition("="))
        if not facility or len(facility) > MAX_FACILITY_CHARACTERS or not facility.isprintable():
            raise NotAllowed("facilities", "Enter one facility a line, as the system sends it in MSH-4.")
        found[facility] = other or clinic_id
    if len(found) > MAX_FACILITIES:
        raise NotAllowed("facilities", f"A system speaks for {MAX_FACILITIES} facilities at most.")
    return found


def _fingerprint(text: str) -> str:
    plain = text.replace(":", "").replace(" ", "").lower()
    if plain and not _FINGERPRINT.fullmatch(plain):
        words = "Enter the SHA-256 fingerprint of the certificate: 64 hexadecimal digits, colons or not."
        raise NotAllowed("certificate", words)
    return plain


# ---- The secret within SOAP messages ---------------------------------------------------------------------------------


class SoapClientsOf(Protocol):
    """What this module asks of the store."""

    def by_soap_username(self, username: str) -> tuple[Client, str] | None:
        """An active system of a live clinic, and its secret's hash."""
        ...  # pragma: no cover


class AttemptsOf(Protocol):
    """What counts attempts."""

    def count(self, limits: "list[Limit]", now: datetime) -> None:
        """Raises TooManyAttempts."""
        ...  # pragma: no cover


def new_soap_secret(random: Random, cost: Cost) -> tuple[str, str]:
    """A secret to show once, and the hash that is kept."""
    secret = new_token(random)
    return secret, passwords.hash_password(secret, cost, random)


class SoapLogins:
    """Who a SOAP message's user name and password belong to.

    A secret that was right is remembered in this process, keyed, beside the hash it was right for: a day's traffic
    must not pay 0.2 s a message. A secret that changes, or a system that is stopped, counts at once all the same.
    """

    def __init__(self, clients: SoapClientsOf, attempts: AttemptsOf, secret: bytes, random: Random, cost: Cost) -> None:
        self._clients, self._attempts, self._secret = clients, attempts, secret
        self._dummy = passwords.hash_password(new_token(random), cost, random)
        self._known: dict[str, str] = {}

    def client(self, username: str, password: str, origin: str, now: datetime) -> Client:
        """The system that sent it.

        Raises:
            LoginRefused: in the same words and the same time for an unknown name and a wrong password.
            issuer.staff.attempts.TooManyAttempts: from this address.
        """
        found = self._clients.by_soap_username(username)
        mark = keyed_digest(self._secret, "soap", username, password)
        if found is not None and hmac.compare_digest(self._known.get(digest(found[1]), ""), mark):
            return found[0]
        self._attempts.count([Limit(keyed_digest(self._secret, "soap-address", origin), PER_ADDRESS)], now)
        try:
            passwords.verify(password, self._dummy if found is None else found[1])
        except WrongPassword:
            found = None
        if found is None:
            raise LoginRefused
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[digest(found[1])] = mark
        return found[0]
