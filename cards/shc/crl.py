"""Card revocation lists (requirements D1 to D8).

A list belongs to one key and names `rid`s, each with or without a time: `rid` alone revokes every card with it,
`rid.seconds` those whose `nbf` is strictly before.
Source: SMART Health Cards and Links 1.0.0, "Revocation".
"""

import binascii
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from operator import eq
from typing import Any

from cards.encoding import b64url_encode, read_json
from cards.errors import MalformedCard, Revoked

RID = re.compile(r"[A-Za-z0-9_-]{1,24}")
"""Case matters: base64url is case sensitive."""
METHOD = "rid"
MAX_CRL_OCTETS = 64 * 1024 * 1024
"""A million rids of 11 characters take 14 MB."""
MAX_RIDS = 4_000_000
MAX_CRL_MARKS = 200
"""Brackets, braces and colons of a whole list, with room for members of other specifications."""

_ENTRY = re.compile(r"([A-Za-z0-9_-]{1,24})(?:\.([0-9]{1,15}))?")
_COMPACT_RID = re.compile(r"[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]")
"""11 characters that spell exactly 64 bits, the recommended form (D1)."""
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


class CardRevocationList:
    """The revoked cards of one key.

    64-bit rids without a time stand in a sorted array (8 octets each), the few others in a dict beside it.
    """

    __slots__ = ("_compact", "_others", "ctr", "kid", "method")

    def __init__(self, kid: str, ctr: int, rids: Iterable[str], method: str = METHOD) -> None:
        """Args: rids: entries as they stand in the list. Raises: MalformedCard."""
        self.kid = kid
        self.ctr = ctr
        self.method = method
        compact: list[str] = []
        self._others: dict[str, float] = {}
        for entry in rids:
            if _COMPACT_RID.fullmatch(entry):
                compact.append(entry)
            else:
                self._add_other(entry)
        self._compact = _sorted_numbers(compact)
        if any(map(eq, self._compact, self._compact[1:])) or any(map(self._lists, self._others)):
            raise MalformedCard("CRL: a rid stands there twice")

    def entries(self) -> Iterator[str]:
        """The entries as they stand in a list, sorted."""
        for number in self._compact:
            yield b64url_encode(number.to_bytes(8, "big"))
        for rid, before in sorted(self._others.items()):
            yield rid if before == float("inf") else f"{rid}.{int(before)}"

    def __len__(self) -> int:
        return len(self._compact) + len(self._others)

    def __repr__(self) -> str:
        return f"CardRevocationList(kid={self.kid!r}, ctr={self.ctr}, {len(self)} entries)"

    def check(self, rid: str, nbf: Any) -> None:
        """Raises Revoked where `rid` is listed for a card of this `nbf` (seconds, unrounded; strictly before)."""
        if self._lists(rid):
            raise Revoked("the issuer lists this card as revoked")
        before = self._others.get(rid)
        if before is not None and nbf < before:
            raise Revoked("the issuer lists cards of this age and rid as revoked")

    def _lists(self, rid: str) -> bool:
        if not _COMPACT_RID.fullmatch(rid):
            return False
        number = int.from_bytes(binascii.a2b_base64(rid.encode().translate(_TO_STANDARD) + b"="), "big")
        place = bisect_left(self._compact, number)
        return place < len(self._compact) and self._compact[place] == number

    def _add_other(self, entry: str) -> None:
        match = _ENTRY.fullmatch(entry)
        if not match:
            raise MalformedCard("CRL: an entry is not up to 24 characters of base64url with an optional time")
        rid, time = match[1], float("inf") if match[2] is None else int(match[2])
        if rid in self._others:
            raise MalformedCard("CRL: a rid stands there twice")
        self._others[rid] = time


def read_crl(data: bytes | str | Mapping[str, Any]) -> CardRevocationList:
    """Read one list, strictly.

    Raises:
        MalformedCard: numbers as strings, foreign characters, entries too long or twice, another method.
    """
    document = _document(data)
    kid, ctr, rids = document.get("kid"), document.get("ctr"), document.get("rids")
    if not isinstance(kid, str) or not kid:
        raise MalformedCard("CRL: kid is missing")
    if document.get("method") != METHOD:
        raise MalformedCard("CRL: the method is not rid")
    if type(ctr) is not int or ctr < 1:
        raise MalformedCard("CRL: ctr is not a number from 1")
    if not isinstance(rids, list) or len(rids) > MAX_RIDS or not all(isinstance(rid, str) for rid in rids):
        raise MalformedCard("CRL: rids is not a list of texts")
    return CardRevocationList(kid, ctr, rids)


def crl_document(kid: str, ctr: int, rids: Iterable[str]) -> dict[str, Any]:
    """What stands at `iss/.well-known/crl/{kid}.json` (D2)."""
    return {"kid": kid, "method": METHOD, "ctr": ctr, "rids": list(rids)}


def _document(data: bytes | str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(data, Mapping):
        return data
    octets = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(octets) > MAX_CRL_OCTETS:
        raise MalformedCard("CRL: far too large")
    # Ten million brackets would take gigabytes to read; a list of texts has a handful, and a comma for two quotes.
    if octets.count(b"[") + octets.count(b"{") + octets.count(b":") > MAX_CRL_MARKS:
        raise MalformedCard("CRL: not a list of texts")
    if octets.count(b",") > octets.count(b'"'):
        raise MalformedCard("CRL: not a list of texts")
    document = read_json(octets)
    if not isinstance(document, dict):
        raise MalformedCard("CRL: not a JSON object")
    return document


def _sorted_numbers(rids: list[str]) -> "array[int]":
    """Each rid of 11 characters as the 64-bit number it spells, sorted."""
    octets = binascii.a2b_base64("A".join([*rids, ""]).encode().translate(_TO_STANDARD))
    numbers = [int.from_bytes(octets[start : start + 8], "big") for start in range(0, len(octets), 9)]
    numbers.sort()
    return array("Q", numbers)
