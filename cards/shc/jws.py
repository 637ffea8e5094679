"""The JWS of a card: compact serialization, ES256, raw DEFLATE (requirements B1 to B7).

Source: SMART Health Cards and Links 1.0.0, "Health Cards are encoded as Compact Serialization JSON Web Signatures";
RFC 7515 sections 3 and 7.1; RFC 7518 section 3.4.
"""

from functools import lru_cache

from cards.encoding import b64url_decode, b64url_encode, inflate, read_json, write_json
from cards.errors import BadSignature, MalformedCard, NotAHealthCard, UnsupportedAlgorithm
from cards.signing import SigningKey, VerifyingKey

SIGNATURE_OCTETS = 64
MAX_JWS_TEXT = 1_000_000
"""Characters of a JWS out of a file; one QR code holds 1,195."""
MAX_CACHED_HEADER = 200
"""Characters; a longer header is read anew each time, so that strangers cannot fill the cache."""

_HEADER_START = ("ey", "ew", "e3")
"""How `{` begins in base64url, with `"`, white space or `}` behind it."""


class CompactJws:
    """The parts of a JWS whose signature nobody has checked yet. A plain class: one is made for each scan."""

    __slots__ = ("kid", "payload", "signature", "signing_input")

    def __init__(self, kid: str, signing_input: bytes, payload: bytes, signature: str) -> None:
        """Args: payload: inflated; signature: base64url, as it arrived."""
        self.kid = kid
        self.signing_input = signing_input
        self.payload = payload
        self.signature = signature

    def check_signature(self, key: VerifyingKey) -> None:
        """Raises BadSignature where `key` did not sign the octets that arrived (never a re-serialisation)."""
        try:
            signature = b64url_decode(self.signature)
        except MalformedCard:
            raise BadSignature("the signature is not base64url") from None
        if len(signature) != SIGNATURE_OCTETS:
            raise BadSignature("the signature is not the 64 octets r ‖ s of RFC 7518")
        key.verify(self.signing_input, signature)


def read_compact(text: str) -> CompactJws:
    """Take a JWS apart.

    Raises:
        NotAHealthCard: the text is no JWS at all.
        MalformedCard, UnsupportedAlgorithm: it is one, and breaks the rules of the header or the payload.
    """
    if len(text) > MAX_JWS_TEXT:
        raise MalformedCard("JWS: far too long")
    if not text.startswith(_HEADER_START):
        raise NotAHealthCard("no SMART Health Card: neither shc:/ nor a JWS")
    parts = text.split(".")
    if len(parts) != 3:
        raise MalformedCard("JWS: not three parts separated by dots")
    header, payload, signature = parts
    kid = _read_header(header) if len(header) > MAX_CACHED_HEADER else _read_known_header(header)
    inflated = inflate(b64url_decode(payload))
    return CompactJws(kid, text[: len(header) + 1 + len(payload)].encode("ascii"), inflated, signature)


def write_compact(payload: bytes, key: SigningKey) -> str:
    """Sign a payload that is compressed already."""
    signing_input = f"{_header_for(key.kid)}.{b64url_encode(payload)}"
    return f"{signing_input}.{b64url_encode(key.sign(signing_input.encode('ascii')))}"


def _read_header(text: str) -> str:
    """The `kid`. Members `jwk`, `jku`, `x5u` and `x5c` are never looked at: trust is not learnt from the card."""
    header = read_json(b64url_decode(text))
    if not isinstance(header, dict):
        raise MalformedCard("JWS: the header is not an object")
    if header.get("alg") != "ES256":
        raise UnsupportedAlgorithm("JWS: alg is not ES256")
    if header.get("zip") != "DEF":
        raise UnsupportedAlgorithm("JWS: zip is not DEF")
    if "crit" in header:
        raise UnsupportedAlgorithm("JWS: a critical extension that nobody defined")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise MalformedCard("JWS: no kid")
    return kid


_read_known_header = lru_cache(maxsize=4096)(_read_header)


@lru_cache(maxsize=64)
def _header_for(kid: str) -> str:
    return b64url_encode(write_json({"alg": "ES256", "zip": "DEF", "kid": kid}))
