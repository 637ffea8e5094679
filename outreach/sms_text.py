"""How many segments an SMS takes. Pure. (3GPP TS 23.038, 6.2.1: the alphabet; TS 23.040, 9.2.3.24.1: joined ones.)"""

from typing import Final, Literal

MAX_SEGMENTS: Final = {"GSM-7": 2, "UCS-2": 4}
"""What one message may cost: both hold 268 characters, which the templates keep to at their worst."""
MAX_UNITS = 268
"""UTF-16 units of the longest SMS: four joined segments of UCS-2."""
GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Two septets each."""
Encoding = Literal["GSM-7", "UCS-2"]
_SINGLE: Final = {"GSM-7": 160, "UCS-2": 70}
_JOINED: Final = {"GSM-7": 153, "UCS-2": 67}


def encoding_of(text: str) -> Encoding:
    """The alphabet a text needs."""
    return "GSM-7" if set(text) <= GSM7 | GSM7_EXTENSION else "UCS-2"


def segments(text: str) -> tuple[int, Encoding]:
    """How many segments, in which alphabet. No character is cut in two between segments."""
    encoding = encoding_of(text)
    sizes = [_size(character, encoding) for character in text]
    if sum(sizes) <= _SINGLE[encoding]:
        return 1, encoding
    count, room = 1, _JOINED[encoding]
    for size in sizes:
        if size > room:
            count, room = count + 1, _JOINED[encoding]
        room -= size
    return count, encoding


def _size(character: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if character in GSM7_EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1
