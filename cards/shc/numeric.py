"""The QR form of a card: `shc:/` and two digits for each character of the JWS.

Source: SMART Health Cards and Links 1.0.0, "Encoding QRs" and (deprecated) "Chunking Larger SMART Health Cards".
"""

import re
from collections.abc import Sequence

from cards.errors import CardTooLarge, ChunksMissing, MalformedCard

PREFIX = "shc:/"
MAX_QR_VERSION = 22
"""105 × 105 modules, the largest that reads well at 40 mm."""
MAX_CHUNKS = 64
"""Codes of one chunked card we are ready to collect; the largest official example has 3."""
MAX_TEXT = 2_000_000
"""Characters of one scanned text we look at."""

# ISO/IEC 18004:2015 table 7: data bits of versions 1 to 40 at error correction level L.
_DATA_BITS_L = (
    152, 272, 440, 640, 864, 1088, 1248, 1552, 1856, 2192, 2592, 2960, 3424, 3688, 4184, 4712, 5176, 5768, 6360, 6888,
    7456, 8048, 8752, 9392, 10208, 10960, 11744, 12248, 13048, 13880, 14744, 15640, 16568, 17528, 18448, 19472, 20528,
    21616, 22496, 23648,
)  # fmt: skip

_CHARACTER_OF_PAIR = bytes(pair + 45 if pair <= 77 else 0 for pair in range(100))
# `bytes.fromhex` reads the two digits "47" as 0x47: this table maps that octet to the character chr(47 + 45).
_CHARACTER_OF_HEX = bytearray(256)
for _pair in range(100):
    _CHARACTER_OF_HEX[int(str(_pair).zfill(2), 16)] = _CHARACTER_OF_PAIR[_pair]
_HEX_TABLE = bytes(_CHARACTER_OF_HEX)
# The mirror of it: the character chr(47 + 45) becomes the octet 0x47, which bytes.hex writes as "47".
_NO_PAIR = b"\xff"
_HEX_OF_CHARACTER = b"".join(
    bytes.fromhex(f"{code - 45:02d}") if 45 <= code <= 122 and code != ord("?") else _NO_PAIR for code in range(256)
)
_CHUNK = re.compile(r"shc:/([1-9][0-9]{0,2})/([1-9][0-9]{0,2})/([0-9]+)")


def qr_version(jws: str) -> int:
    """The smallest QR version (level L) that holds `shc:/` as octets and the rest as digits.

    Raises:
        CardTooLarge: beyond version 40.
    """
    for version, capacity in enumerate(_DATA_BITS_L, start=1):
        octet_count, digit_count = (8, 10) if version <= 9 else (16, 12) if version <= 26 else (16, 14)
        digits = 2 * len(jws)
        bits = 4 + octet_count + 8 * len(PREFIX) + 4 + digit_count + 10 * (digits // 3) + (0, 4, 7)[digits % 3]
        if bits <= capacity:
            return version
    raise CardTooLarge("the card does not fit any QR code")


def fits_one_code(jws: str) -> bool:
    """Whether the card fits one code of version 22 (requirements B5, E3)."""
    return len(jws) <= MAX_JWS_CHARACTERS


def encode(jws: str) -> str:
    """`shc:/` and the digits, whatever the length (requirement E1).

    Raises:
        MalformedCard: nothing, or a character that no JWS has.
    """
    octets = jws.encode("ascii", "replace").translate(_HEX_OF_CHARACTER)
    if not octets or _NO_PAIR in octets:
        raise MalformedCard("not the compact form of a JWS: it has no digits")
    return PREFIX + octets.hex()


def encode_chunks(jws: str) -> list[str]:
    """The deprecated chunked form (E4), balanced; one text where one suffices. For tests and old readers only."""
    if fits_one_code(jws):
        return [encode(jws)]
    count = -(-len(jws) // MAX_CHUNK_CHARACTERS)
    size = -(-len(jws) // count)
    parts = [jws[start : start + size] for start in range(0, len(jws), size)]
    return [f"{PREFIX}{n}/{len(parts)}/{encode(part)[len(PREFIX) :]}" for n, part in enumerate(parts, start=1)]


def decode(text: str) -> str:
    """The JWS text behind one `shc:/` code, or behind a single `shc:/1/1/` chunk.

    Raises:
        ChunksMissing: the text is one chunk of several.
        MalformedCard: not ASCII digits, an odd number of them, or a pair above 77.
    """
    chunk = _CHUNK.fullmatch(text)
    if chunk:
        return assemble([text])
    digits = text[len(PREFIX) :] if text.startswith(PREFIX) else ""
    if not digits or len(text) > MAX_TEXT:
        raise MalformedCard("numeric form: no digits after shc:/, or far too many")
    return _characters(digits)


def is_chunk(text: str) -> bool:
    """Whether the text looks like one chunk of a card (`shc:/C/N/…`)."""
    return _CHUNK.fullmatch(text) is not None


def chunk_position(text: str) -> tuple[int, int]:
    """(index, total) of a chunk, both counted from 1.

    Raises:
        MalformedCard: not a chunk, or an index outside its total.
    """
    match = _CHUNK.fullmatch(text)
    if not match:
        raise MalformedCard("chunk: not of the form shc:/C/N/digits")
    index, total = int(match[1]), int(match[2])
    if index > total or total > MAX_CHUNKS:
        raise MalformedCard("chunk: its index lies outside its total")
    return index, total


def assemble(chunks: Sequence[str]) -> str:
    """The JWS text behind the chunks of one card, in any order; the same chunk may come twice (E4, E5).

    Raises:
        ChunksMissing: not all of them are there yet.
        MalformedCard: they disagree about the total, or two different ones claim one place.
    """
    parts: dict[int, str] = {}
    totals = set()
    for chunk in chunks:
        index, total = chunk_position(chunk)
        totals.add(total)
        digits = chunk.rsplit("/", 1)[1]
        if parts.setdefault(index, digits) != digits:
            raise MalformedCard("chunk: two different ones claim the same place")
    if len(totals) != 1:
        raise MalformedCard("chunk: they disagree about how many there are")
    total = totals.pop()
    if len(parts) < total:
        raise ChunksMissing(f"{len(parts)} of {total} codes scanned")
    return "".join(_characters(parts[index]) for index in range(1, total + 1))


def _characters(digits: str) -> str:
    # ASCII digits alone: str.isdigit would let Arabic-Indic ones pass, bytes.fromhex white space and letters.
    if not digits.isascii() or not digits.encode().isdigit() or len(digits) % 2:
        raise MalformedCard("numeric form: an odd number of digits, or something that is no digit")
    octets = bytes.fromhex(digits).translate(_HEX_TABLE)
    if 0 in octets:
        raise MalformedCard("numeric form: a pair above 77")
    return octets.decode("ascii")


def _longest_jws(version: int, overhead_characters: int = 0) -> int:
    """Characters that fit `version`: the inverse of `qr_version`, computed rather than remembered."""
    octet_count, digit_count = (8, 10) if version <= 9 else (16, 12) if version <= 26 else (16, 14)
    bits = _DATA_BITS_L[version - 1] - 4 - octet_count - 8 * (len(PREFIX) + overhead_characters) - 4 - digit_count
    digits = bits // 10 * 3 + (2 if bits % 10 >= 7 else 1 if bits % 10 >= 4 else 0)
    return digits // 2


MAX_JWS_CHARACTERS = _longest_jws(MAX_QR_VERSION)
"""1195: what one code of version 22 at level L holds."""
MAX_CHUNK_CHARACTERS = _longest_jws(MAX_QR_VERSION, overhead_characters=len("1/2/"))
"""What one chunk of a card in fewer than ten codes holds."""
