"""JOSE beyond the card: signed documents of our own (the published registry). jwcrypto checks, a `SigningKey` signs.

Source: RFC 7515. Only ES256, only compact, only the `typ` that was asked for (RFC 8725 section 3.11).
"""

from collections.abc import Iterable

from jwcrypto import jwk, jws
from jwcrypto.common import json_decode

from cards.encoding import b64url_encode, write_json
from cards.signing import SigningKey
from keys.public import PublicKey, jwks_document


class BadDocument(ValueError):
    """The document is not what it claims: another type, another algorithm, an unknown key, a broken signature."""


def sign_document(content: bytes, key: SigningKey, typ: str) -> str:
    """A compact JWS over `content`."""
    header = b64url_encode(write_json({"alg": "ES256", "typ": typ, "kid": key.kid}))
    signing_input = f"{header}.{b64url_encode(content)}"
    return f"{signing_input}.{b64url_encode(key.sign(signing_input.encode()))}"


def read_document(text: str, keys: Iterable[PublicKey], typ: str) -> bytes:
    """What one of `keys` signed.

    Raises:
        BadDocument: none of them did, or it is of another type.
    """
    token = jws.JWS()
    token.allowed_algs = ["ES256"]
    try:
        token.deserialize(text.strip())
        header = json_decode(token.objects["protected"])
    except (jws.InvalidJWSObject, ValueError, KeyError):
        raise BadDocument("no signed document") from None
    if header.get("typ") != typ:
        raise BadDocument("a signed document of another type")
    key = next((key for key in keys if key.kid == header.get("kid")), None)
    if key is None:
        raise BadDocument("signed with a key that is not trusted for it")
    try:
        token.verify(jwk.JWK(**jwks_document([key])["keys"][0]))
    except jws.InvalidJWSSignature:
        raise BadDocument("the signature does not hold") from None
    return bytes(token.payload)
