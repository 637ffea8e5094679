"""Strict readers for what strangers send: base64url, JSON, raw DEFLATE.

Every lenience here would let two readers see two different cards in one text.
"""

import binascii
import json
import re
import zlib
from array import array
from decimal import Decimal
from itertools import accumulate
from typing import Any, NoReturn

import orjson

from cards.errors import MalformedCard

MAX_INFLATED_OCTETS = 1024 * 1024
"""1 MiB: the largest official payload inflates to some 30 kB (requirement B6); a card that does is read in 0.1 s."""
MAX_JSON_DEPTH = 64
"""Levels of nesting; FHIR bundles on cards have about ten."""
MAX_QUICK_OCTETS = 16 * 1024
"""Of a text that is tried the quick way first: several times the payload of the largest QR code."""
MAX_FILE_OCTETS = 5 * 1024 * 1024
"""Of a file with cards; one card of a file takes a few kB."""

_ZLIB_HEADER_OCTETS, _ZLIB_CHECKSUM_OCTETS = 2, 4
"""RFC 1950: what stands around the raw stream."""
_ZLIB_LOOKAHEAD = 262
"""zlib reaches back this much less than its window is long (deflate.h, MIN_LOOKAHEAD)."""
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
"""The marks of standard base64 become `!`, which no alphabet has."""
_TO_URL = bytes.maketrans(b"+/", b"-_")
_PLAIN_ONLY = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
_MAY_DIFFER = re.compile(rb"[0-9]e|null")
"""Where orjson's text may be another than json's: exponents of fractional numbers; NaN, which it writes as null."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
"""Possessive: one that could go back would remember every character of a long string, a hundred octets each."""
_NONCHARACTER = "\uffff"
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""A bracket as a signed octet: one level down, or up."""


def b64url_encode(octets: bytes) -> str:
    """RFC 7515 section 2: base64url without padding."""
    return binascii.b2a_base64(octets, newline=False).translate(_TO_URL, b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """RFC 7515 section 2, strictly: no padding, no foreign character, no loose trailing bits.

    Raises:
        MalformedCard: anything else.
    """
    try:
        standard = text.encode("ascii").translate(_TO_STANDARD)
        rest = len(standard) % 4
        decoded = binascii.a2b_base64(standard + b"==="[: -rest % 4], strict_mode=True)
    except ValueError:
        raise MalformedCard("base64url: a character outside the alphabet, padding, or an impossible length") from None
    # The last character carries 2 or 4 spare bits; if they are set, several texts decode alike.
    if rest and binascii.b2a_base64(decoded[-(len(decoded) % 3) :], newline=False)[rest - 1] != standard[-1]:
        raise MalformedCard("base64url: spare bits are set")
    return decoded


def inflate(octets: bytes, limit: int = MAX_INFLATED_OCTETS) -> bytes:
    """One complete raw DEFLATE stream (RFC 1951), nothing behind it, at most `limit` octets.

    Raises:
        MalformedCard: truncated, trailing, oversized or not DEFLATE at all.
    """
    stream = zlib.decompressobj(-15)
    try:
        inflated = stream.decompress(octets, limit)
    except zlib.error:
        raise MalformedCard("payload: not a raw DEFLATE stream") from None
    if stream.unconsumed_tail or (not stream.eof and len(inflated) >= limit):
        raise MalformedCard("payload: inflates beyond the limit")
    if not stream.eof:
        raise MalformedCard("payload: the DEFLATE stream is cut off")
    if stream.unused_data:
        raise MalformedCard("payload: octets after the DEFLATE stream")
    return inflated


def deflate(octets: bytes) -> bytes:
    """Raw DEFLATE at level 9, the window no larger than the content needs (a smaller window is set up faster)."""
    return zlib.compress(octets, 9, -max(9, min(15, (len(octets) + _ZLIB_LOOKAHEAD).bit_length())))


def deflate_smallest(octets: bytes) -> bytes:
    """Raw DEFLATE by zopfli: some 1.6 % smaller, thousands of times slower. For cards that just miss a QR code."""
    import zopfli.zlib  # the exception path alone needs it

    wrapped = bytes(zopfli.zlib.compress(octets))
    return wrapped[_ZLIB_HEADER_OCTETS:-_ZLIB_CHECKSUM_OCTETS]


def read_json(octets: bytes) -> Any:
    """One JSON text (RFC 8259) without the liberties that make it ambiguous.

    Fractional numbers become `Decimal`, unrounded.

    Raises:
        MalformedCard: not UTF-8, a byte order mark, duplicate members, NaN or Infinity, lone surrogates, too deep.
    """
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedCard("JSON: not UTF-8") from None
    if text.startswith("\ufeff"):
        raise MalformedCard("JSON: starts with a byte order mark")
    if text.count("{") + text.count("[") > MAX_JSON_DEPTH:
        _refuse_deep(text)
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError, ArithmeticError):
        raise MalformedCard("JSON: not well-formed") from None
    if "\\u" in text:
        _refuse_lone_surrogates(value)
    return value


def read_card_json(octets: bytes) -> Any:
    """`read_json`, quickly for what most cards are: minified, as their values are written.

    A text that is, octet for octet, what its value is written as can hold no member twice and no other liberty: no
    second look is needed. In such a text a fractional number may come as a `float`; it is written as the very same text
    again, and lies on the same side of every whole number. Everything else is read by `read_json`.

    Raises:
        MalformedCard: as `read_json`.
    """
    if len(octets) <= MAX_QUICK_OCTETS and octets.count(b"{") + octets.count(b"[") <= MAX_JSON_DEPTH:
        try:
            quick = orjson.loads(octets)
            if orjson.dumps(quick) == octets:
                return quick
        except (ValueError, TypeError):
            pass
    return read_json(octets)


def write_json(value: Any) -> bytes:
    """Minified UTF-8 JSON in the order given (requirement A19); a `Decimal` as it was written, 1.50 stays 1.50.

    Raises:
        TypeError, ValueError: it holds something that JSON has not.
    """
    try:
        quick = orjson.dumps(value, option=_PLAIN_ONLY)
        if not _MAY_DIFFER.search(quick):
            return quick
    except TypeError:
        pass  # a Decimal, or nothing that JSON has
    try:
        return _ENCODER.encode(value).encode("utf-8")
    except TypeError:
        return _write_with_decimals(value).encode("utf-8")


def _write_with_decimals(value: Any) -> str:
    """json has no raw numbers: a Decimal travels as a text between noncharacters, more of them than any text holds."""
    mark, loose = _NONCHARACTER, _ENCODER_LOOSE.encode(value)
    while mark in loose:
        mark += _NONCHARACTER

    def marked(number: Any) -> str:
        if not isinstance(number, Decimal) or not number.is_finite():
            raise TypeError("not JSON")
        return f"{mark}{number}{mark}"

    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=marked)
    return re.sub(f'"{mark}([0-9.eE+-]+){mark}"', r"\1", encoder.encode(value))


def _refuse_deep(text: str) -> None:
    """Counts brackets outside strings; in machine code, for five megabytes of them cost a second of Python."""
    steps = array("b", _STRING.sub("", text).encode("ascii", "ignore").translate(_STEPS, _NO_BRACKETS))
    if max(accumulate(steps), default=0) > MAX_JSON_DEPTH:
        raise MalformedCard("JSON: nested too deep")


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        _ENCODER_LOOSE.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedCard("JSON: half of a surrogate pair") from None


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_members, parse_float=Decimal, parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_ENCODER_LOOSE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)
