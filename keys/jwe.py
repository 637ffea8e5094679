"""Files sealed for a SMART Health Link: JWE with `dir` and `A256GCM`, raw DEFLATE where wanted. jwcrypto does the work.

Source: RFC 7516 (compact serialization only), RFC 7518 sections 4.5 and 5.3; SMART Health Cards and Links 1.0.0,
"Encrypting and Decrypting Files". `seal` and `unseal` are what `cards.shlink` asks for as `Seal` and `Unseal`.
"""

from typing import Any

from jwcrypto import jwe, jwk
from jwcrypto.common import JWException

from cards.encoding import b64url_decode, b64url_encode, read_json, write_json
from cards.errors import MalformedCard
from cards.shlink.errors import UnreadableFile
from cards.shlink.files import MAX_SEALED_OCTETS, Opened

ALGORITHM, ENCRYPTION = "dir", "A256GCM"
KEY_OCTETS, NONCE_OCTETS, TAG_OCTETS = 32, 12, 16
MAX_HEADER_CHARACTERS = 1024
MAX_COMPRESSED_OCTETS = jwe.default_max_compressed_size
"""256 KiB: what jwcrypto inflates at all. Twenty times the largest file of cards seen."""


def seal(content: bytes, key: bytes, content_type: str, *, compress: bool = False) -> str:
    """A compact JWE; jwcrypto draws a new random 96-bit nonce for each, as one key seals every file of a link."""
    header = {"alg": ALGORITHM, "enc": ENCRYPTION, "cty": content_type} | ({"zip": "DEF"} if compress else {})
    token = jwe.JWE(content, protected=write_json(header).decode("ascii"), algs=[ALGORITHM, ENCRYPTION])
    token.add_recipient(_key(key))
    return str(token.serialize(compact=True))


def unseal(text: str, key: bytes, max_octets: int) -> Opened:
    """What `key` opens, once inflated at most `max_octets`.

    Raises:
        cards.shlink.UnreadableFile: it is no such JWE, the key is another, an octet was changed, or it grows too large.
    """
    header = _header(text)
    token = jwe.JWE(algs=[ALGORITHM, ENCRYPTION])
    try:
        token.deserialize(text)
        token.decrypt(_key(key), max_plaintext=max_octets)
        content = bytes(token.payload)
    except (JWException, ValueError):
        # jwcrypto's words can quote the header: they go no further.
        raise UnreadableFile("file: the link's key does not open it, or it inflates beyond the limit") from None
    if len(content) > max_octets:
        raise UnreadableFile("file: larger than the limit")
    return Opened(content, header.get("cty"))


def _header(text: str) -> dict[str, Any]:
    """The protected header, after a look that is stricter than jwcrypto's: one text, one reading."""
    parts = text.split(".") if len(text) <= MAX_SEALED_OCTETS and text.isascii() else []
    if len(parts) != 5 or parts[1] or len(parts[0]) > MAX_HEADER_CHARACTERS:
        raise UnreadableFile("file: no compact JWE with a direct key, or far too large")
    try:
        octets, _, nonce, _, tag = map(b64url_decode, parts)
        header = read_json(octets)
    except MalformedCard:
        raise UnreadableFile("file: a part of the JWE is not base64url, or its header not JSON") from None
    if len(nonce) != NONCE_OCTETS or len(tag) != TAG_OCTETS or not isinstance(header, dict):
        raise UnreadableFile("file: nonce, tag or header of the JWE is of another form")
    if (header.get("alg"), header.get("enc")) != (ALGORITHM, ENCRYPTION) or header.get("zip", "DEF") != "DEF":
        raise UnreadableFile("file: sealed in another way than dir, A256GCM and DEF")
    if "crit" in header or not isinstance(header.get("cty", ""), str):
        raise UnreadableFile("file: a critical or malformed member in the JWE's header")
    return header


def _key(key: bytes) -> jwk.JWK:
    if len(key) != KEY_OCTETS:
        raise UnreadableFile("file: the key has not 32 octets")
    return jwk.JWK(kty="oct", k=b64url_encode(key))
