"""The files behind a link: sealed with the link's key, opened with it, and what is inside.

Source: SMART Health Cards and Links 1.0.0, "Encrypting and Decrypting Files"; requirement G11. The sealing itself is
JWE and stands in `keys.jwe`; here it is an argument, so that this package stays without cryptography of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cards.encoding import MAX_FILE_OCTETS, read_json
from cards.errors import MalformedCard
from cards.shc.file import read_file, write_file
from cards.shlink.errors import UnreadableFile
from cards.shlink.manifest import FHIR, HEALTH_CARDS, media_type

MAX_OPENED_OCTETS = MAX_FILE_OCTETS
"""Of a file once it is opened, and inflated where it was compressed."""
MAX_SEALED_OCTETS = MAX_OPENED_OCTETS * 4 // 3 + 1024
"""Base64url of as much, with header, nonce and tag."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What came out of a JWE."""

    content: bytes = field(repr=False)
    content_type: str | None = None
    """Its `cty`; None where it has none, which older makers leave out."""


class Seal(Protocol):
    """Seals one file; a new random nonce each time (requirement G11)."""

    def __call__(self, content: bytes, key: bytes, content_type: str) -> str:
        """A compact JWE, `dir` and `A256GCM`."""


class Unseal(Protocol):
    """Opens one file."""

    def __call__(self, text: str, key: bytes, max_octets: int) -> Opened:
        """What `key` opens.

        Raises:
            UnreadableFile: it does not, or opens to more than `max_octets`.
        """


def seal_cards(cards: Sequence[str], key: bytes, seal: Seal) -> str:
    """A sealed `.smart-health-card` file with these JWS texts."""
    return seal(write_file(cards), key, HEALTH_CARDS)


def open_file(text: str, key: bytes, unseal: Unseal, expected: str | None) -> Opened:
    """A file behind a link, with the type it has.

    Args:
        expected: what the manifest calls it; None for a direct file, whose JWE alone can tell.
    Raises:
        UnreadableFile: it does not open, or is sealed as something else than it is called.
    """
    opened = unseal(text.strip(), key, MAX_OPENED_OCTETS)
    sealed_as = media_type(opened.content_type) if opened.content_type else None
    if expected and sealed_as and sealed_as != expected:
        raise UnreadableFile("file: sealed as another type than the manifest calls it")
    return Opened(opened.content, expected or sealed_as or _told_by_content(opened.content))


def cards_of(opened: Opened) -> list[str]:
    """The JWS texts in an opened file of health cards, each to be judged alone.

    Raises:
        UnreadableFile: it is no such file.
    """
    try:
        return read_file(opened.content.decode("utf-8"))
    except (MalformedCard, UnicodeDecodeError):
        raise UnreadableFile("file: no file of health cards") from None


def _told_by_content(content: bytes) -> str | None:
    """The type of a direct file whose maker left out `cty`."""
    try:
        document = read_json(content)
    except MalformedCard:
        raise UnreadableFile("file: neither a type nor JSON") from None
    if isinstance(document, dict) and "verifiableCredential" in document:
        return HEALTH_CARDS
    return FHIR if isinstance(document, dict) and isinstance(document.get("resourceType"), str) else None
