"""Escape sequences of HL7 v2 (chapter 2, section 2.7), both ways.

python-hl7 has a pair of its own; it is not used because it writes the value it cannot read into the log, and because
it writes non-ASCII letters as sequences that few readers understand.
"""

import re
from typing import Final

_MEANINGS: Final = {
    "F": "|",
    "S": "^",
    "T": "&",
    "R": "~",
    "E": "\\",
    ".br": "\n",
    ".sp": "\n",
    ".ce": "\n",
    ".fi": "",
    ".nf": "",
    "H": "",
    "N": "",
}
_WRITTEN: Final = str.maketrans(
    {"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\", "\r": "\\X0D\\", "\n": "\\.br\\"}
)
_SEQUENCE = re.compile(r"\\([^\\]*)\\")
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def escape(text: str) -> str:
    """A value as it may stand in a field."""
    return text.translate(_WRITTEN)


def unescape(text: str) -> str:
    """The value of a field. What is no sequence of HL7's stays as it was sent."""
    return _SEQUENCE.sub(_meaning, text) if "\\" in text else text


def _meaning(found: re.Match[str]) -> str:
    name = found[1]
    known = _MEANINGS.get(name)
    if known is not None:
        return known
    octets = _HEX.fullmatch(name)
    return found[0] if octets is None else _decoded(octets[1], found[0])


def _decoded(digits: str, otherwise: str) -> str:
    """UTF-8 octets; a sequence that would smuggle in a control character stays a sequence."""
    try:
        text = bytes.fromhex(digits).decode("utf-8")
    except UnicodeDecodeError:
        return otherwise
    return otherwise if _UNSAFE.search(text) else text
