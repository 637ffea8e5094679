"""What came in with a request, as texts of codes: camera, keyboard, pictures, PDFs, files. All of it in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from werkzeug.datastructures import FileStorage

from cards.encoding import read_json
from cards.errors import MalformedCard
from pages import Problem
from verifier.chunks import Chunks
from verifier.intake import Fault, read_octets
from verifier.picture_kinds import UnreadablePicture
from verifier.verification import split
from verifier.workload import is_too_heavy

MAX_FILES = 10
"""Pictures of one request: each can take a second to look at."""


@dataclass(frozen=True, slots=True)
class Received:
    """The texts found, and for each file that gave none, the sentence that says why."""

    texts: tuple[str, ...] = field(repr=False)
    faults: tuple[str, ...] = ()


def from_files(files: Sequence[FileStorage], read_codes: Callable[[bytes], list[str]]) -> Received:
    """The texts in pictures, PDFs and `.smart-health-card` files. A file's name is neither used nor repeated.

    Args:
        read_codes: what looks at a picture (`verifier.picture_process`). After one that took too long, no further
            picture of the request is looked at.
    """
    texts: list[str] = []
    faults: list[str] = []
    for number, file in enumerate(files, start=1):
        found = read_octets(file.stream.read(), read_codes=read_codes)
        if isinstance(found, Fault) and found.code == "picture-too-heavy":
            read_codes = _look_at_no_more
        if isinstance(found, Fault):
            faults.append(str(found) if len(files) == 1 else f"File {number}: {found}")
        else:
            texts += found
    return Received(tuple(texts), tuple(faults))


def _look_at_no_more(_: bytes) -> list[str]:
    raise UnreadablePicture("picture-too-heavy")


MAX_CODES = 200
"""Texts of one request, and cards of one request; a family's whole record on one page has some thirty."""
MAX_CODE_CHARACTERS = 1_000_000
"""Of one text: a file with dozens of cards fits."""
MAX_CHARACTERS = 2 * 1024 * 1024
"""Of all texts of one request: 200 codes of the largest size that is issued have 0.5 million."""
MAX_JSON_OCTETS = 3 * 1024 * 1024
"""Of a request in JSON: those characters, and what stands around them."""


def cards_of(texts: Sequence[str]) -> list[str | Chunks]:
    """The cards to be judged, one item each, as `verifier.verification.split` finds them.

    Raises:
        Problem: 413, more than one request may ask for. A kilobyte can cost a fifth of a second, so cards are counted,
            and what they inflate to, before the first is judged.
    """
    if len(texts) > MAX_CODES or sum(map(len, texts)) > MAX_CHARACTERS:
        raise _too_much()
    found = split(texts)
    if len(found) > MAX_CODES or is_too_heavy(found):
        raise _too_much()
    return found


def codes_of_json(body: bytes, name: str) -> list[str]:
    """The list of texts under `name` in a JSON object. Read as strictly as a card: depth, duplicates, NaN.

    Raises:
        Problem: 400, no JSON or another shape; 413, too many or too long ones.
    """
    if len(body) > MAX_JSON_OCTETS:
        raise _too_much()
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
    if any(len(code) > MAX_CODE_CHARACTERS for code in codes):
        raise _too_much()
    return codes


def _too_much() -> Problem:
    return Problem(
        413,
        "too-many-codes",
        "That is too much at once",
        f"A request takes {MAX_CODES} cards, {MAX_CODE_CHARACTERS:,} characters a text, {MAX_CHARACTERS:,} in all,"
        " and no more than such cards usually hold.",
        "Send them in several requests.",
        lost="No card was judged.",
        max_codes=MAX_CODES,
        max_characters=MAX_CODE_CHARACTERS,
    )
