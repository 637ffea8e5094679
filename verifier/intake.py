"""From what came in to the texts of codes: pictures, PDFs, files, what was typed. Web page and command line share it.

    read_octets(octets) -> ["shc:/5676…", …]      or a Fault that says why there is none, and what to do
    from_typing(typed)  -> ["shc:/5676…", …]

Pure; what decodes pictures is loaded only for a picture.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from verifier.picture_kinds import UnreadablePicture, kind_of

MAX_TEXT_OCTETS = 2 * 1024 * 1024
"""Of a file of text, as of the form's field: a file of 100 cards in a code each has 0.25 MB."""

_DIGITS = re.compile(r"[0-9\s]+")
_PREFIX = re.compile(r"shc:/", re.IGNORECASE)
_CARD = re.compile(r"shc:/|[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", re.IGNORECASE)
"""The numeric form, or three parts of base64url."""
_NEXT_CARD = re.compile(r"(?<![ \t])[ \t]++(?=[sS][hH][cC]:/|eyJ)")
"""Where a shell put several cards on one line. A long run of blanks is looked at once."""
_SPACE = re.compile(r"\s+")
_AROUND = "\ufeff \t\r\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file gave no text. `code` is stable; no word of it is out of the file."""

    code: str
    sentence: str
    todo: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.todo}"


def read_octets(
    octets: bytes,
    *,
    any_text: bool = False,
    max_text_octets: int = MAX_TEXT_OCTETS,
    read_codes: Callable[[bytes], list[str]] | None = None,
) -> list[str] | Fault:
    """The texts in a picture, a PDF, a `.smart-health-card` file or a file of text.

    Args:
        read_codes: what looks at pictures; by default `verifier.image.read_codes`, in this process.
        any_text: a text in which nothing looks like a card is one code, too; else it is no file of ours.
    """
    try:
        kind_of(octets)
    except UnreadablePicture as error:
        return _text_of(octets, max_text_octets, any_text) if error.code == "not-a-picture" else fault(error.code)
    if read_codes is None:
        from verifier import image

        read_codes = image.read_codes
    try:
        return read_codes(octets) or fault("no-code-found")
    except UnreadablePicture as error:
        return fault(error.code)


def from_typing(typed: str) -> list[str]:
    """The codes in what was typed, pasted, or sent by a hand scanner.

    A JSON file stays whole, and so does text in which no line looks like a card. Else each line is a code; a line of
    digits alone continues the one above (mail programs break long lines), and the prefix may be in capitals (hand
    scanners with the shift key on).
    """
    typed = typed.strip(_AROUND)
    if typed.startswith("{"):
        return [typed]
    lines = [line.strip() for line in _NEXT_CARD.sub("\n", typed).splitlines() if line.strip()]
    if not any(_CARD.match(line) for line in lines):
        return [typed] if typed else []
    codes: list[list[str]] = []
    for line in lines:
        if _PREFIX.match(line):
            codes.append(["shc:/", _SPACE.sub("", line[5:])])
        elif codes and codes[-1][0] == "shc:/" and _DIGITS.fullmatch(line):
            codes[-1].append(_SPACE.sub("", line))
        else:
            codes.append([line])
    return ["".join(parts) for parts in codes]


def fault(code: str) -> Fault:
    """The words for a code of `UnreadablePicture`, or for one of our own."""
    return Fault(code, _SENTENCES.get(code) or str(UnreadablePicture(code)), TODO[code])


def _text_of(octets: bytes, max_octets: int, any_text: bool) -> list[str] | Fault:
    if len(octets) > max_octets:
        return fault("text-too-large")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return fault("not-a-picture")
    texts = from_typing(text)
    if any_text or any(text.startswith("{") or _CARD.match(text) for text in texts):
        return texts or fault("empty-picture")
    return fault("not-a-picture" if texts else "empty-picture")


_SENTENCES = MappingProxyType(
    {
        "no-code-found": "There is no code in it, or none that can be read.",
        "text-too-large": "The text is longer than we look at.",
    }
)
_AGAIN = "Send it again, or take a new picture."
_SMALLER = "Send a smaller picture, or a screenshot of it."
TODO = MappingProxyType(
    {
        "empty-picture": "Choose another one.",
        "picture-too-large": _SMALLER,
        "picture-too-many-pixels": _SMALLER,
        "picture-too-heavy": "Take a new picture of the code alone, flat and without a pattern around it.",
        "not-a-picture": "Send a photo, a screenshot, a PDF, or the .smart-health-card file itself.",
        "svg-picture": "Send a screenshot of it.",
        "damaged-picture": _AGAIN,
        "damaged-pdf": "Send it again, or send a screenshot of the page with the code.",
        "encrypted-pdf": "Open it, and send a screenshot of the page with the code.",
        "pdf-too-heavy": "Send a screenshot of the page with the code.",
        "pdf-too-many-pages": "Send only the page with the code.",
        "no-code-found": "Take the picture closer, flat and without glare, so that the whole code is sharp.",
        "text-too-large": "Send the .smart-health-card file itself, or the cards in several files.",
    }
)
"""What the person can do, for each code of a fault."""
