"""Mutators that look inside: through digits, base64url and DEFLATE to the JSON of a card, and back with a signature.

They use nothing of the code under test but the key: a slip there must not hide itself.
"""

import base64
import json
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from tests.fuzz.json_mutation import mutate_json
from tests.fuzz.world import ISS, key

Octets = Callable[[bytes], bytes]
"""Changes octets blindly: the coverage-guided fuzzer's own mutator, or a simple one."""

_PAIRS = [f"{code - 45:02}" if 45 <= code <= 122 else "99" for code in range(256)]
_MARKS = {f"{code - 45:02}": chr(code) for code in range(45, 123)}

SEPARATOR = "\x1e"
"""Between the texts of one input where a target takes several."""
MAX_INFLATED = 1 << 15
"""Octets of a payload that is looked into; a bomb among the seeds is changed from outside."""


def text_of(octets: bytes) -> str:
    """Any octets as a text; what is not UTF-8 becomes lone surrogates, which JSON from the web can hold too."""
    return octets.decode("utf-8", "surrogateescape")


def octets_of(text: str) -> bytes:
    """The inverse; other lone surrogates, which JSON can spell, become question marks."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def mutate_octets(octets: bytes, random: Random) -> bytes:
    """Blind changes, where no better mutator is at hand."""
    changed = bytearray(octets)
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        place = random.randrange(len(changed) + 1)
        match random.randrange(5):
            case 0:
                changed[place : place + 1] = bytes([random.randrange(256)])
            case 1:
                del changed[place : place + random.choice((1, 2, 4, 64))]
            case 2:
                changed[place:place] = random.randbytes(random.choice((1, 2, 4)))
            case 3:
                changed[place : place + 4] = random.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\1"))
            case _:
                start = random.randrange(len(changed) + 1)
                changed[place:place] = changed[start : start + random.choice((1, 8, 64))]
    return bytes(changed)


def mutate_card(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """A card in any form, changed in one of its layers."""
    if random.random() < 0.15:
        return blindly(octets)
    texts = text_of(octets).split(SEPARATOR)
    place = random.randrange(len(texts))
    if random.random() < 0.1:
        return octets_of(SEPARATOR.join(_shuffled(texts, random)))
    if texts[place].lstrip()[:1] == "{":
        texts[place] = _changed_file(texts[place], random, blindly)
    elif all(text.startswith("shc:/") for text in texts) and len(texts) > 1:
        return octets_of(SEPARATOR.join(_chunks(_changed_jws(_joined(texts), random, blindly), random)))
    else:
        jws = _changed_jws(_joined([texts[place]]), random, blindly)
        texts[place] = random.choice((jws, digits(jws), SEPARATOR.join(_chunks(jws, random)), in_file([jws])))
    return octets_of(SEPARATOR.join(texts))


def mutate_document(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """A JSON text, changed as JSON or blindly."""
    return blindly(octets) if random.random() < 0.15 else mutate_json(octets, random)


def mutate_published(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """A published registry, mostly signed again by its publisher."""
    parts = octets.split(b".")
    if random.random() < 0.15 or len(parts) != 3:
        return blindly(octets)
    header, content = _unpacked(text_of(parts[0])), _unpacked(text_of(parts[1]))
    if random.random() < 0.2:
        header = mutate_document(header, random, blindly)
    else:
        content = mutate_document(content, random, blindly)
    return octets_of(signed(header, content, "publisher"))


def signed(header: bytes, payload: bytes, by: str = "issuer") -> str:
    """The compact form, with the fuzzer's own signature."""
    signing_input = f"{_packed(header)}.{_packed(payload)}"
    return f"{signing_input}.{_packed(key(by).sign(signing_input.encode('ascii')))}"


def card_around(bundle: Any, **claims: Any) -> str:
    """A well-signed card about anything."""
    subject = {"fhirVersion": "4.0.1", "fhirBundle": bundle}
    vc = {"type": ["https://smarthealth.cards#health-card"], "credentialSubject": subject}
    return card_of({"iss": ISS, "nbf": 1600000000, "vc": vc} | claims)


def card_of(claims: Any) -> str:
    """A well-signed card whose payload is any JSON."""
    header = json.dumps({"alg": "ES256", "zip": "DEF", "kid": key("issuer").kid})
    return signed(header.encode(), _deflated(json.dumps(claims).encode()))


def digits(jws: str) -> str:
    """The QR form; characters without a pair of digits become "99", which no card has."""
    return "shc:/" + "".join([_PAIRS[octet] for octet in octets_of(jws)])


def in_file(cards: list[str]) -> str:
    return json.dumps({"verifiableCredential": cards})


def _changed_file(text: str, random: Random, blindly: Octets) -> str:
    try:
        document = json.loads(text)
        cards = [card for card in document["verifiableCredential"] if isinstance(card, str)]
    except (ValueError, RecursionError, LookupError, TypeError):
        cards = []
    if not cards or random.random() < 0.4:
        return text_of(mutate_document(octets_of(text), random, blindly))
    place = random.randrange(len(cards))
    cards[place] = _changed_jws(cards[place], random, blindly)
    return in_file(cards)


def _changed_jws(jws: str, random: Random, blindly: Octets) -> str:
    """Header, payload or signature changed; mostly signed again, by the issuer of the registry."""
    parts = jws.strip().split(".")
    if len(parts) != 3:
        return text_of(blindly(octets_of(jws)))
    header, payload, signature = _unpacked(parts[0]), _inflated(_unpacked(parts[1])), _unpacked(parts[2])
    layer = random.randrange(10)
    if layer == 0:
        header = mutate_document(header, random, blindly)
    elif layer == 1:
        signature = blindly(signature)
        return f"{parts[0]}.{parts[1]}.{_packed(signature)}"
    elif layer == 2:
        payload = blindly(payload)
    else:
        payload = mutate_json(payload, random)
    compressed = _deflated(payload)
    if layer == 3:
        compressed = random.choice((compressed[:-1], compressed + b"\0", blindly(compressed), zlib.compress(payload)))
    if random.random() < 0.9:
        header, payload = _ours(header, payload)
        compressed = compressed if layer == 3 else _deflated(payload)
        return signed(header, compressed)
    return f"{_packed(header)}.{_packed(compressed)}.{parts[2]}"


def _ours(header: bytes, payload: bytes) -> tuple[bytes, bytes]:
    """Name our own issuer and key in place of another one, so that the signature made now will hold."""
    try:
        head, claims = json.loads(header), json.loads(payload)
    except (ValueError, RecursionError):
        return header, payload
    if isinstance(head, dict) and isinstance(head.get("kid"), str) and head["kid"] != key("issuer").kid:
        header = json.dumps(head | {"kid": key("issuer").kid}).encode()
    if (
        isinstance(claims, dict)
        and isinstance(claims.get("iss"), str)
        and claims["iss"] != ISS
        and len(claims["iss"]) > 12
    ):
        payload = payload.replace(json.dumps(claims["iss"]).encode(), json.dumps(ISS).encode(), 1)
    return header, payload


def _joined(texts: list[str]) -> str:
    """The JWS behind digits, as far as there is one; anything else as it is."""
    if not texts[0].strip().startswith("shc:/"):
        return texts[0]
    pairs = "".join(text.strip().rsplit("/", 1)[-1] for text in texts)
    return "".join([_MARKS.get(pairs[place : place + 2], "") for place in range(0, len(pairs), 2)])


def _chunks(jws: str, random: Random) -> list[str]:
    count = random.choice((1, 2, 2, 3, 7, 64, 65))
    size = -(-len(jws) // count) or 1
    parts = [jws[start : start + size] for start in range(0, len(jws), size)]
    total = len(parts) + random.choice((0, 0, 0, 0, 1, -1))
    made = [f"shc:/{number}/{total}/{digits(part)[5:]}" for number, part in enumerate(parts, start=1)]
    return _shuffled(made, random) if random.random() < 0.3 else made


def _shuffled(texts: list[str], random: Random) -> list[str]:
    texts = [*texts, *texts[: random.choice((0, 0, 1, 3))]]
    random.shuffle(texts)
    return texts[: random.choice((1, 2, len(texts), len(texts)))]


def _packed(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _unpacked(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii", "ignore") + b"===")
    except ValueError:
        return b""


def _deflated(octets: bytes) -> bytes:
    return zlib.compress(octets, 6, -15)


def _inflated(octets: bytes) -> bytes:
    try:
        return zlib.decompressobj(-15).decompress(octets, MAX_INFLATED)
    except zlib.error:
        return octets
