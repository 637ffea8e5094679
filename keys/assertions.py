"""Assertions that a client signs to say who it is (`private_key_jwt`): RS384 and ES384, by a key of its own set.

Source: RFC 7515, RFC 7523; HL7 SMART App Launch 2.2, "Client Authentication: Asymmetric". Nothing in the token is
believed: not `jwk`, `jku` or `x5c`, and `alg` only where it fits the key it names. What the claims say is the caller's
business.
"""

from jwcrypto import jwk, jws
from jwcrypto.common import JWException, json_decode

from cards import MalformedCard
from cards.encoding import read_json

ALGORITHMS = {"RS384": "RSA", "ES384": "EC"}
"""What each key type signs with."""
MIN_RSA_BITS = 2048
MAX_KEYS = 20
MAX_JWKS_OCTETS = 64 * 1024


class BadAssertion(ValueError):
    """Not signed by one of these keys, in one of the two ways."""


def verify_assertion(text: str, jwks: bytes) -> bytes:
    """The payload of a compact JWS that one key of the JWK Set signed.

    Raises:
        BadAssertion: another algorithm, an unknown or unfit key, a broken signature, no JWS at all.
    """
    token = jws.JWS()
    token.allowed_algs = list(ALGORITHMS)
    try:
        token.deserialize(text)
        header = json_decode(token.objects["protected"])
        algorithm, kid = header.get("alg"), header.get("kid")
    except (JWException, ValueError, KeyError, TypeError, AttributeError):
        raise BadAssertion("no signed assertion") from None
    if text.count(".") != 2 or header.get("crit") is not None:
        raise BadAssertion("no signed assertion")
    for key in _keys(jwks):
        if key.get("kid") == kid and isinstance(kid, str) and _fits(key, algorithm):
            return _payload(token, key)
    raise BadAssertion("signed with a key that is not registered")


def check_key_set(jwks: bytes) -> int:
    """How many keys of a JWK Set can sign assertions.

    Raises:
        BadAssertion: no JWK Set, a private key in it, or none that fits.
    """
    keys = _keys(jwks)
    if any("d" in key or key.get("kty") == "oct" for key in keys):
        raise BadAssertion("a private key stands in the set")
    fit = sum(any(_fits(key, algorithm) for algorithm in ALGORITHMS) for key in keys)
    if not fit:
        raise BadAssertion("no key for RS384 or ES384")
    return fit


def _keys(jwks: bytes) -> list[dict[str, object]]:
    try:
        found = read_json(jwks)["keys"] if len(jwks) <= MAX_JWKS_OCTETS else []
    except (MalformedCard, KeyError, TypeError):
        raise BadAssertion("no JWK Set") from None
    if not isinstance(found, list) or len(found) > MAX_KEYS:
        raise BadAssertion("no JWK Set, or one of too many keys")
    return [key for key in found if isinstance(key, dict)]


def _fits(key: dict[str, object], algorithm: object) -> bool:
    """Whether a key may be used this way: type, curve, size, and what it says of itself (RFC 7517 section 4)."""
    if not isinstance(algorithm, str) or key.get("kty") != ALGORITHMS.get(algorithm):
        return False
    if key.get("alg", algorithm) != algorithm or key.get("use", "sig") != "sig" or not isinstance(key.get("kid"), str):
        return False
    operations = key.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return False
    try:
        public = jwk.JWK(**key)
        if algorithm == "ES384":
            return bool(key.get("crv") == "P-384")
        return bool(public.get_op_key("verify").key_size >= MIN_RSA_BITS)
    except (JWException, ValueError, TypeError):
        return False


def _payload(token: jws.JWS, key: dict[str, object]) -> bytes:
    try:
        token.verify(jwk.JWK(**key))
    except JWException:
        raise BadAssertion("the signature does not hold") from None
    return bytes(token.payload)
