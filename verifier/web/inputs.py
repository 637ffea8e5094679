"""What came in with a request, as texts of codes: camera, keyboard, pictures, PDFs, files. All of it in memory."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from werkzeug.datastructures import FileStorage

from cards.encoding import read_json
from cards.errors import MalformedCard
from pages import Problem
from verifier.image import UnreadablePicture, kind_of, read_codes

MAX_FILES = 10
"""Pictures of one request: each can take a second to look at."""

_ONLY_DIGITS = re.compile(r"[0-9\s]+")
_PREFIX = re.compile(r"shc:/", re.IGNORECASE)
_CARD = re.compile(r"shc:/|[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", re.IGNORECASE)
"""The numeric form, or three parts of base64url."""


@dataclass(frozen=True, slots=True)
class Received:
    """The texts found, and for each file that gave none, the sentence that says why."""

    texts: tuple[str, ...] = field(repr=False)
    faults: tuple[str, ...] = ()


def from_files(files: Sequence[FileStorage]) -> Received:
    """The texts in pictures, PDFs and `.smart-health-card` files. A file's name is neither used nor repeated."""
    texts: list[str] = []
    faults: list[str] = []
    for number, file in enumerate(files, start=1):
        found, fault = _from_octets(file.stream.read())
        texts += found
        if fault:
            faults.append(fault if len(files) == 1 else f"File {number}: {fault}")
    return Received(tuple(texts), tuple(faults))


def from_typing(typed: str) -> list[str]:
    """The codes in what was typed, pasted, or sent by a hand scanner.

    A JSON file stays whole, and so does text in which no line looks like a card. Else each line is a code; a line of
    digits alone continues the one above (mail programs break long lines), and the prefix may be in capitals (hand
    scanners with the shift key on).
    """
    typed = typed.strip("\ufeff \t\r\n")
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if typed.startswith("{") or not any(_CARD.match(line) for line in lines):
        return [typed] if typed else []
    codes: list[str] = []
    for line in lines:
        if codes and _ONLY_DIGITS.fullmatch(line) and codes[-1].startswith("shc:/"):
            codes[-1] += re.sub(r"\s", "", line)
        else:
            codes.append(_tidied(line))
    return codes


def _tidied(line: str) -> str:
    if not _PREFIX.match(line):
        return line
    return "shc:/" + re.sub(r"\s", "", line[5:])


def _from_octets(octets: bytes) -> tuple[Iterable[str], str]:
    """(texts, fault) of one file."""
    try:
        kind_of(octets)
    except UnreadablePicture as error:
        if error.code != "not-a-picture":
            return (), f"{error} {_TODO[error.code]}"
        texts = _from_text(octets)
        return texts, "" if texts else f"{error} {_TODO[error.code]}"
    try:
        codes = read_codes(octets)
    except UnreadablePicture as error:
        return (), f"{error} {_TODO[error.code]}"
    return codes, "" if codes else f"There is no code in it, or none that can be read. {_SHARPER}"


def _from_text(octets: bytes) -> list[str]:
    """The codes in a file of text: `.smart-health-card`, or one code a line. [] where it holds nothing like a card."""
    try:
        text = octets.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return []
    codes = from_typing(text)
    return codes if text.startswith("{") or any(_CARD.match(code) for code in codes) else []


_SHARPER = "Take the picture closer, flat and without glare, so that the whole code is sharp."
_AGAIN = "Send it again, or take a new picture."
_TODO = {
    "empty-picture": "Choose another one.",
    "picture-too-large": "Send a smaller picture, or a screenshot of it.",
    "picture-too-many-pixels": "Send a smaller picture, or a screenshot of it.",
    "not-a-picture": "Send a photo, a screenshot, a PDF, or the .smart-health-card file itself.",
    "svg-picture": "Send a screenshot of it.",
    "damaged-picture": _AGAIN,
    "damaged-pdf": "Send it again, or send a screenshot of the page with the code.",
    "encrypted-pdf": "Open it, and send a screenshot of the page with the code.",
    "pdf-too-heavy": "Send a screenshot of the page with the code.",
    "pdf-too-many-pages": "Send only the page with the code.",
}
"""What the person can do, for each code of `UnreadablePicture`."""


MAX_CODES = 200
"""Texts of one request; a family's whole record on one page has some thirty."""
MAX_CODE_CHARACTERS = 1_000_000
"""Of one text: a file with dozens of cards fits."""


def codes_of_json(body: bytes, name: str) -> list[str]:
    """The list of texts under `name` in a JSON object. Read as strictly as a card: depth, duplicates, NaN.

    Raises:
        Problem: 400, no JSON or another shape; 413, too many or too long ones.
    """
    try:
        document = read_json(body)
    except MalformedCard:
        raise Problem(
            400,
            "malformed-json",
            "We could not read that request",
            "The body is not JSON, or nested too deep.",
            f'Send {{"{name}": ["shc:/…"]}}.',
            lost="No card was judged.",
        ) from None
    codes = document.get(name) if isinstance(document, dict) else None
    if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
        raise Problem(
            400,
            "malformed-request",
            "We could not read that request",
            f"The body is not a JSON object with a list of one or more texts under “{name}”.",
            f'Send {{"{name}": ["shc:/…"]}}.',
            lost="No card was judged.",
        )
    if len(codes) > MAX_CODES or any(len(code) > MAX_CODE_CHARACTERS for code in codes):
        raise Problem(
            413,
            "too-many-codes",
            "That is too much at once",
            f"A request takes {MAX_CODES} texts of up to {MAX_CODE_CHARACTERS:,} characters each.",
            "Send them in several requests.",
            lost="No card was judged.",
            max_codes=MAX_CODES,
            max_characters=MAX_CODE_CHARACTERS,
        )
    return codes
