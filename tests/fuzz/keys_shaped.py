"""Mutators for directories and key sets: JSON, and the certificates in it as DER."""

import base64
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.fuzz.cards_shaped import Octets, mutate_document
from tests.fuzz.world import ISS, chain, key

_HEADS = (bytes.fromhex("0603"), bytes.fromhex("0608"), bytes.fromhex("0609"), bytes.fromhex("0607"))
"""How object identifiers of usual lengths begin: algorithms, curves, extensions."""


def mutate_keys(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """A document with keys in it, changed as JSON, or in one of its certificates."""
    if random.random() < 0.4:
        try:
            document = json.loads(octets)
        except (ValueError, RecursionError):
            return blindly(octets)
        chains = list(_chains(document))
        if chains:
            _change_chain(random.choice(chains), random, blindly)
            return json.dumps(document).encode()
    return mutate_document(octets, random, blindly)


def with_certificates(info: dict[str, Any], place: int, old: bytes, new: bytes) -> dict[str, Any]:
    """An issuer's entry, some octets of one of its certificates replaced."""
    certificates = list(info["keys"][0]["x5c"])
    der = base64.b64decode(certificates[place])
    assert old in der
    certificates[place] = base64.b64encode(der.replace(old, new, 1)).decode("ascii")
    return info | {"keys": [info["keys"][0] | {"x5c": certificates}]}


def _chains(value: Any) -> Iterator[dict[str, Any]]:
    """Every object with `x5c`, or that could have it."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict) and "x" in one:
            yield one
        if isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)


def _change_chain(jwk: dict[str, Any], random: Random, blindly: Octets) -> None:
    certificates = jwk.get("x5c")
    if not isinstance(certificates, list) or not certificates or random.random() < 0.2:
        jwk["x5c"] = certificates = chain()
        public = key("issuer").public
        jwk |= {"kid": public.kid, "x": public.x, "y": public.y}
    changed = list(certificates)
    place = random.randrange(len(changed))
    if isinstance(changed[place], str):
        changed[place] = _changed_certificate(changed[place], random, blindly)
    jwk["x5c"] = changed if random.random() < 0.9 else [*changed, *changed]


def _changed_certificate(text: str, random: Random, blindly: Octets) -> str:
    try:
        der = bytearray(base64.b64decode(text))
    except ValueError:
        der = bytearray(b"\x30\x03\x02\x01\x01")
    match random.randrange(4):
        case 0:
            der = bytearray(blindly(bytes(der)))
        case 1:  # another object identifier of the same length
            places = [place for place in range(len(der) - 12) if der[place : place + 2] in _HEADS]
            if places:
                at = random.choice(places)
                der[at + 1 + der[at + 1]] = random.randrange(256)
        case 2:  # one octet: version, tags, lengths, times
            if der:
                der[random.randrange(len(der))] = random.choice((0, 1, 2, 4, 0x30, 0x80, 0xFF, random.randrange(256)))
        case _:  # another text of the same length
            der = bytearray(bytes(der).replace(ISS.encode(), random.randbytes(len(ISS)), 1))
    return base64.b64encode(bytes(der)).decode("ascii")
