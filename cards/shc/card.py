"""The Health Card: read without trusting it, verify, sign.

    UnverifiedCard --verify(key)--> HealthCard

An `UnverifiedCard` shows who it claims to be from and which key signed it, and nothing about a person.
Source: SMART Health Cards and Links 1.0.0; requirements A1 to A10, B1 to B7, J2 to J9.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cards.encoding import deflate, deflate_smallest, read_card_json, write_json
from cards.errors import CardTooLarge, Expired, MalformedCard, NotAHealthCard, NotYetValid
from cards.shc.crl import RID
from cards.shc.jws import CompactJws, read_compact, write_compact
from cards.shc.numeric import MAX_JWS_CHARACTERS
from cards.signing import SigningKey, VerifyingKey

HEALTH_CARD = "https://smarthealth.cards#health-card"
FHIR_VERSION = "4.0.1"
CLOCK_SKEW_SECONDS = 60
"""How far ahead of our clock an issuer's may run before its fresh card counts as not yet valid."""
MAX_NUMERIC_DATE = 10**15
"""Seconds; beyond any date, and low enough that no number costs time."""
MAX_ISS_CHARACTERS = 512
ZOPFLI_REACH = 1.06
"""A card longer than the limit by more than this is beyond zopfli's help (it saves 4 % at most)."""

NumericDate = int | float | Decimal
"""Exact where it matters: see `cards.encoding.read_card_json`."""


@dataclass(frozen=True, slots=True)
class HealthCard:
    """What an issuer signed. Exists only where the signature held."""

    iss: str
    kid: str
    nbf: NumericDate
    """Seconds since 1970, not rounded."""
    exp: NumericDate | None
    types: tuple[str, ...]
    fhir_version: str
    bundle: Mapping[str, Any] = field(repr=False)
    """FHIR JSON; fractional numbers as in `cards.encoding.read_card_json`."""
    rid: str | None = field(repr=False, default=None)

    def check_valid_at(self, now: datetime) -> None:
        """Raises NotYetValid or Expired (requirements A5, A6, J8)."""
        seconds = now.timestamp()
        if self.nbf > seconds + CLOCK_SKEW_SECONDS:
            raise NotYetValid("nbf lies in the future")
        if self.exp is not None and self.exp < seconds:
            raise Expired("exp lies in the past")


class UnverifiedCard:
    """A well-formed card whose signature nobody has checked. Shows no health data."""

    __slots__ = ("_claims", "_jws", "iss", "kid")

    def __init__(self, jws: CompactJws, claims: Mapping[str, Any]) -> None:
        self._jws = jws
        self._claims = claims
        self.kid = jws.kid
        self.iss: str = claims["iss"]

    def __repr__(self) -> str:
        return f"UnverifiedCard(iss={self.iss!r}, kid={self.kid!r})"

    def verify(self, key: VerifyingKey) -> HealthCard:
        """The card, once its signature holds.

        Raises:
            BadSignature: `key` did not sign these octets.
            NotAHealthCard, MalformedCard: it did, but what it signed is no Health Card.
        """
        self._jws.check_signature(key)
        claims = self._claims
        vc = claims.get("vc")
        if type(vc) is not dict:
            raise MalformedCard("vc: missing, or not an object")
        types = vc.get("type")
        if not isinstance(types, list) or HEALTH_CARD not in types:
            raise NotAHealthCard("the type #health-card is missing")
        subject = vc.get("credentialSubject")
        if type(subject) is not dict or not isinstance(subject.get("fhirVersion"), str):
            raise MalformedCard("credentialSubject: missing, or without fhirVersion")
        bundle = subject.get("fhirBundle")
        if type(bundle) is not dict or bundle.get("resourceType") != "Bundle" or type(bundle.get("entry")) is not list:
            raise MalformedCard("fhirBundle is not a FHIR Bundle with entries")
        rid = vc.get("rid")
        if rid is not None and (not isinstance(rid, str) or not RID.fullmatch(rid)):
            raise MalformedCard("rid: not up to 24 characters of base64url")
        return HealthCard(
            self.iss,
            self.kid,
            claims["nbf"],
            claims.get("exp"),
            tuple([name for name in types if isinstance(name, str)]),
            subject["fhirVersion"],
            bundle,
            rid,
        )


def read_jws(text: str) -> UnverifiedCard:
    """Read one JWS.

    Raises:
        NotAHealthCard, MalformedCard, UnsupportedAlgorithm: it breaks the format.
    """
    jws = read_compact(text)
    claims = read_card_json(jws.payload)
    if not isinstance(claims, dict):
        raise MalformedCard("payload: not a JSON object")
    iss = claims.get("iss")
    if not isinstance(iss, str) or not is_issuer_url(iss):
        raise MalformedCard("iss: not an https URL without trailing slash, query, fragment or user")
    nbf = claims.get("nbf")
    if not _is_numeric_date(nbf):
        raise MalformedCard("nbf: not a number of seconds")
    exp = claims.get("exp")
    if exp is not None and (not _is_numeric_date(exp) or exp <= nbf):
        raise MalformedCard("exp: not a number of seconds after nbf")
    return UnverifiedCard(jws, claims)


def is_issuer_url(iss: str) -> bool:
    """Whether a text may be an `iss` (requirements A7, J5): its keys would stand at `iss + /.well-known/jwks.json`."""
    # Length first: what strangers send must not become a large key of the cache.
    return len(iss) <= MAX_ISS_CHARACTERS and _is_issuer_url(iss)


@lru_cache(maxsize=16384)
def _is_issuer_url(iss: str) -> bool:
    if not iss.startswith("https://") or iss.endswith("/"):
        return False
    try:
        url = urlsplit(iss)
        port = url.port
    except ValueError:
        return False
    plain = all(33 <= ord(mark) <= 126 for mark in iss) and not set(iss) & set("?#@\\")
    return plain and bool(url.hostname) and port != 0


def sign(
    key: SigningKey,
    *,
    iss: str,
    nbf: int,
    bundle: Mapping[str, Any] | bytes,
    rid: str | None = None,
    exp: int | None = None,
    types: tuple[str, ...] = (HEALTH_CARD,),
    any_size: bool = False,
) -> str:
    """The JWS of a minimised bundle.

    A card that just misses one QR code is compressed again with zopfli before it is refused.

    Args:
        bundle: FHIR JSON; or its text, minified UTF-8, as `cards.encoding.write_json` writes it.
        any_size: for files and links (requirement A18): no QR code, no limit.
    Raises:
        CardTooLarge: more than one QR code of version 22 holds (requirement B5).
    """
    payload = _claims(iss, nbf, bundle if isinstance(bundle, bytes) else write_json(bundle), rid, exp, types)
    jws = write_compact(deflate(payload), key)
    if len(jws) <= MAX_JWS_CHARACTERS or any_size:
        return jws
    if len(jws) <= MAX_JWS_CHARACTERS * ZOPFLI_REACH:
        jws = write_compact(deflate_smallest(payload), key)
    if len(jws) > MAX_JWS_CHARACTERS:
        raise CardTooLarge(f"the card needs {len(jws)} characters; one QR code holds {MAX_JWS_CHARACTERS}")
    return jws


def _claims(iss: str, nbf: int, bundle: bytes, rid: str | None, exp: int | None, types: tuple[str, ...]) -> bytes:
    """The payload around the bundle's text, which is put in as it is: what was checked is what is signed."""
    start, subject = _frame(iss, types)
    times = b'"nbf":%d' % nbf if exp is None else b'"nbf":%d,"exp":%d' % (nbf, exp)
    end = b"}}}" if rid is None else b'},"rid":%s}}' % write_json(rid)
    return b"".join((start, times, subject, bundle, end))


@lru_cache(maxsize=64)
def _frame(iss: str, types: tuple[str, ...]) -> tuple[bytes, bytes]:
    subject = b'{"fhirVersion":%s,"fhirBundle":' % write_json(FHIR_VERSION)
    return b'{"iss":%s,' % write_json(iss), b',"vc":{"type":%s,"credentialSubject":%s' % (write_json(types), subject)


def _is_numeric_date(value: Any) -> bool:
    if type(value) is int:
        return -MAX_NUMERIC_DATE < value < MAX_NUMERIC_DATE
    if isinstance(value, Decimal) and not value.is_finite():
        return False
    return isinstance(value, float | Decimal) and -MAX_NUMERIC_DATE < value < MAX_NUMERIC_DATE
