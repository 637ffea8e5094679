"""Public keys of issuers: read from a JWK Set, check, publish (requirements C1 to C8).

Source: SMART Health Cards and Links 1.0.0, "Determining keys associated with an issuer"; RFC 7517; RFC 7518 section
6.2.1; RFC 7638.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwcrypto import jwk

from cards import BadSignature, MalformedCard
from cards.encoding import b64url_decode, b64url_encode, read_json
from keys import certificates

MAX_JWKS_OCTETS = 1024 * 1024
"""The largest published set (36 keys, RSA among them) takes 20 kB."""
MAX_KEYS = 1000
COORDINATE_CHARACTERS = 43
"""32 octets; leading zeros are kept (RFC 7518 section 6.2.1.2)."""

_ECDSA = ec.ECDSA(SHA256())


class NotAKeySet(ValueError):
    """The data is no JWK Set at all."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One issuer's ES256 key; its `kid` is its RFC 7638 thumbprint. Satisfies `cards.signing.VerifyingKey`."""

    kid: str
    x: str
    y: str
    x5c: tuple[str, ...] = field(default=(), repr=False)
    crl_version: int | None = None
    """`ctr` of the newest revocation list, where the issuer revokes (requirement D4)."""
    _key: ec.EllipticCurvePublicKey = field(repr=False, compare=False, kw_only=True)

    def verify(self, signing_input: bytes, signature: bytes) -> None:
        """Raises BadSignature unless `signature` (r ‖ s) holds. High s is legal (requirement B3)."""
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), signing_input, _ECDSA)
        except InvalidSignature:
            raise BadSignature("the signature does not belong to these octets and this key") from None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A key that does not count, and why. `reason` is a stable slug, `remedy` what its issuer can do."""

    kid: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class KeySet:
    """What a JWK Set amounts to: keys that count, keys that do not, and remarks on the former."""

    keys: tuple[PublicKey, ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[LeftOut, ...] = ()


class _Unfit(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


REMEDIES = {
    "not-an-object": "Each member of keys is a JSON object.",
    "private-key-published": "Take the member d out at once; treat the key as compromised and make a new one.",
    "other-key-type": "Nothing to do: a key for another purpose (not EC P-256) is ignored.",
    "kty-missing": "Add kty: EC.",
    "crv-not-p-256": "Use curve P-256.",
    "use-missing": "Add use: sig.",
    "use-not-sig": "Nothing to do unless cards are signed with it; then publish it with use: sig.",
    "alg-missing": "Add alg: ES256.",
    "alg-not-es256": "Publish it with alg: ES256.",
    "kid-missing": "Add kid, the RFC 7638 thumbprint.",
    "coordinate-not-32-octets": "Write x and y as 43 characters of base64url; keep leading zeros.",
    "point-not-on-curve": "Publish the coordinates of the real key.",
    "kid-not-thumbprint": "Use the RFC 7638 thumbprint (SHA-256, base64url) as kid.",
    "crl-version-not-a-number": "Write crlVersion as a number from 1, not as a text.",
    "duplicate-kid": "Publish each key once (one entry per certificate is allowed).",
    "x5c-unreadable": "x5c is a list of base64 DER certificates, leaf first.",
    "x5c-other-key": "The leaf certificate must hold this very key.",
    "x5c-broken-chain": "Each certificate must be signed by the next.",
    "x5c-no-issuer-url": "The leaf needs a subjectAltName URI equal to iss, and no other name.",
    "x5c-other-issuer": "The leaf's subjectAltName URI must equal iss.",
    "x5c-no-path": "Publish a chain of valid certificates that leads to the anchor this registry asks for.",
    "x5c-example-issuer": "The certificate names the specification's example issuer (a copied script); it is ignored.",
}


def read_jwks(data: bytes | str | Mapping[str, Any]) -> tuple[PublicKey, ...]:
    """The keys of a JWK Set that can sign Health Cards; all others are ignored (requirement C3).

    Raises:
        NotAKeySet: no JWK Set at all.
    """
    return examine_jwks(data).keys


def examine_jwks(data: bytes | str | Mapping[str, Any], iss: str | None = None) -> KeySet:
    """Like `read_jwks`, with a reason for each key that was left out.

    Args:
        iss: whose keys they are, to be held against the certificates (requirement C7).
    Raises:
        NotAKeySet: no JWK Set at all.
    """
    keys: dict[str, PublicKey] = {}
    left_out: list[LeftOut] = []
    remarks: list[LeftOut] = []
    for member in _members(data):
        kid = member.get("kid") if isinstance(member, Mapping) else None
        name = kid if isinstance(kid, str) else ""
        try:
            key, remark = _read_key(member, iss)
        except _Unfit as unfit:
            left_out.append(LeftOut(name, unfit.reason, REMEDIES[unfit.reason]))
            continue
        if remark:
            remarks.append(LeftOut(name, remark, REMEDIES[remark]))
        if key.kid in keys and key.x5c == keys[key.kid].x5c:
            remarks.append(LeftOut(name, "duplicate-kid", REMEDIES["duplicate-kid"]))
        keys.setdefault(key.kid, key)
    return KeySet(tuple(keys.values()), tuple(left_out), tuple(remarks))


def jwks_document(keys: Iterable[PublicKey], crl_versions: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The JWK Set to be published. It is built from public parts alone and cannot contain `d`."""
    versions = crl_versions or {}
    return {"keys": [_jwk_of(key, versions.get(key.kid, key.crl_version)) for key in keys]}


def public_key_of(key: ec.EllipticCurvePublicKey) -> PublicKey:
    """Name a key by its thumbprint."""
    numbers = key.public_numbers()
    x, y = (_coordinate(value) for value in (numbers.x, numbers.y))
    return PublicKey(_thumbprint(x, y), x, y, _key=key)


def _members(data: bytes | str | Mapping[str, Any]) -> list[Any]:
    if isinstance(data, Mapping):
        document: Any = data
    else:
        octets = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        if len(octets) > MAX_JWKS_OCTETS:
            raise NotAKeySet("the JWK Set is far too large")
        try:
            document = read_json(octets)
        except MalformedCard as error:
            raise NotAKeySet(str(error)) from None
    members = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(members, list) or len(members) > MAX_KEYS:
        raise NotAKeySet("keys is not a list of keys")
    return members


def _read_key(member: Any, iss: str | None) -> tuple[PublicKey, str | None]:
    _check_members(member)
    x, y = member["x"], member["y"]
    try:
        octets = [b64url_decode(value) for value in (x, y)]
        if {len(value) for value in octets} != {32}:
            raise _Unfit("coordinate-not-32-octets")
        across, up = (int.from_bytes(value, "big") for value in octets)
        numbers = ec.EllipticCurvePublicNumbers(across, up, ec.SECP256R1())
        key = numbers.public_key()
    except MalformedCard:
        raise _Unfit("coordinate-not-32-octets") from None
    except ValueError:
        raise _Unfit("point-not-on-curve") from None
    if _thumbprint(x, y) != member["kid"]:
        raise _Unfit("kid-not-thumbprint")
    x5c, remark = _certificates(member, key, iss)
    return PublicKey(member["kid"], x, y, x5c, member.get("crlVersion"), _key=key), remark


def _check_members(member: Any) -> None:
    """Everything about a JWK that can be said without computing."""
    if not isinstance(member, Mapping):
        raise _Unfit("not-an-object")
    if "d" in member:
        raise _Unfit("private-key-published")
    for name, wanted, missing, other in (
        ("kty", "EC", "kty-missing", "other-key-type"),
        ("crv", "P-256", "crv-not-p-256", "crv-not-p-256"),
        ("use", "sig", "use-missing", "use-not-sig"),
        ("alg", "ES256", "alg-missing", "alg-not-es256"),
    ):
        if member.get(name) != wanted:
            raise _Unfit(other if name in member else missing)
    if not isinstance(member.get("kid"), str):
        raise _Unfit("kid-missing")
    for name in ("x", "y"):
        if not isinstance(member.get(name), str) or len(member[name]) != COORDINATE_CHARACTERS:
            raise _Unfit("coordinate-not-32-octets")
    version = member.get("crlVersion")
    if version is not None and (type(version) is not int or version < 1):
        raise _Unfit("crl-version-not-a-number")


def _certificates(
    member: Mapping[str, Any], key: ec.EllipticCurvePublicKey, iss: str | None
) -> tuple[tuple[str, ...], str | None]:
    if "x5c" not in member:
        return (), None
    try:
        return certificates.read_chain(member["x5c"], key, iss), None
    except certificates.CopiedExample:
        return (), "x5c-example-issuer"
    except certificates.BadChain as error:
        raise _Unfit(error.reason) from None


def _thumbprint(x: str, y: str) -> str:
    return str(jwk.JWK(kty="EC", crv="P-256", x=x, y=y).thumbprint())


def _coordinate(value: int) -> str:
    return b64url_encode(value.to_bytes(32, "big"))


def _jwk_of(key: PublicKey, crl_version: int | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"kty": "EC", "kid": key.kid, "use": "sig", "alg": "ES256"}
    if key.x5c:
        entry["x5c"] = list(key.x5c)
    entry |= {"crv": "P-256", "x": key.x, "y": key.y}
    if crl_version is not None:
        entry["crlVersion"] = crl_version
    return entry
