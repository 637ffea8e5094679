"""Octets to text, text to segments, batches to messages. Nothing is understood here, only taken apart.

HL7 v2.5.1 chapter 2: section 2.5 (separators), 2.10.3 (batches), MSH-18 (table 0211, character sets).
"""

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from issuer.hl7.errors import Fault, Spot

MAX_MESSAGE_OCTETS = 1024 * 1024
"""One message: one person. The largest VXU seen in practice, a whole childhood, has some 60 kB."""
MAX_BATCH_OCTETS = 20 * 1024 * 1024
"""A night's file of a hospital."""
MAX_BATCH_MESSAGES = 10_000
"""Some 20 MiB of one-dose messages; one answer for all of them must still come while the sender waits."""

SEPARATORS: Final = "^~\\&"
_CHARACTER_SETS: Final[Mapping[str, str]] = {
    "": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "ASCII": "utf-8",
    "8859/1": "iso-8859-1",
}
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LATIN_CONTROLS = re.compile("[\x80-\x9f]")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(?:\||$)")
_BLANK = b" \t\r\n"
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Text:
    """Readable text, or why it is none."""

    lines: list[str] = field(repr=False)
    """Segments in order, blank lines left out."""
    faults: tuple[Fault, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether the lines may be read on."""
        return not any(fault.stops for fault in self.faults)


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of a batch, in order, each as octets of its own."""

    messages: tuple[bytes, ...] = field(repr=False)
    file_header: bool = False
    comments: tuple[str, ...] = ()
    """What does not fit in the trailers: counts that differ."""
    fault: Fault | None = None
    """The batch as a whole cannot be read; nothing of it is."""


def is_batch(octets: bytes) -> bool:
    """Whether there is more than one message, or a batch's header. HL7 allows a batch without headers."""
    start = octets[:64].lstrip(b"\xef\xbb\xbf \r\n\t")
    return start.startswith((b"FHS", b"BHS")) or re.search(rb"[\r\n]MSH\|", octets) is not None


def looks_like_hl7(octets: bytes) -> bool:
    """Whether it begins as a message or batch does, in whatever encoding; if not, there is nobody to acknowledge to."""
    start = octets[:64].removeprefix(codecs.BOM_UTF8).lstrip(_BLANK)
    return start.startswith((b"MSH", b"BHS", b"FHS")) or octets.startswith(_WIDE_MARKS)


def text_of(octets: bytes) -> Text:
    """The segments of one message.

    The character set is the one MSH-18 names: UNICODE UTF-8 or 8859/1; where it names none, the octets must be UTF-8.
    Segments may end in CR (as HL7 says), LF or CRLF.
    """
    faults: list[Fault] = []
    if octets.startswith(_WIDE_MARKS) or octets[:2] in (b"M\0", b"\0M"):
        return Text([], (Fault("character-set-wrong", Spot("MSH", 1, 18)),))
    if octets.startswith(codecs.BOM_UTF8):
        octets = octets[len(codecs.BOM_UTF8) :]
        faults.append(Fault("byte-order-mark", Spot("MSH")))
    if not octets.lstrip(_BLANK).startswith(b"MSH"):
        return Text([], (Fault("not-hl7", Spot("MSH")),))
    text, fault = _decoded(octets)
    lines = _lines(text)
    fault = fault or _shape_fault(octets, lines)
    return Text(lines, (*faults, fault) if fault else tuple(faults))


def _decoded(octets: bytes) -> tuple[str, Fault | None]:
    """The text; with a fault, as much of it as an answer needs (latin-1 never fails)."""
    encoding = _CHARACTER_SETS.get(_declared(octets))
    at = Spot("MSH", 1, 18)
    if encoding is None:
        return octets.decode("iso-8859-1"), Fault("character-set-unknown", at)
    try:
        text = octets.decode(encoding)
    except UnicodeDecodeError:
        return octets.decode("iso-8859-1"), Fault("character-set-wrong", at)
    wrong = encoding != "utf-8" and _LATIN_CONTROLS.search(text)
    return text, Fault("character-set-wrong", at) if wrong else None


def _declared(octets: bytes) -> str:
    """MSH-18, first repetition: every character set we read agrees with ASCII about the header."""
    header = re.split(rb"[\r\n]", octets.lstrip(_BLANK), maxsplit=1)[0]
    separator = header[3:4]
    fields = header.split(separator, 18) if separator else []
    if len(fields) < 18:
        return ""
    return fields[17].decode("ascii", "replace").split("~")[0].strip().upper()


def _lines(text: str) -> list[str]:
    whole = text.replace("\r\n", "\r").replace("\n", "\r") if "\n" in text else text
    return [line for line in whole.split("\r") if line and not line.isspace()]


def _shape_fault(octets: bytes, lines: list[str]) -> Fault | None:
    if lines[0][:4] != "MSH|" or lines[0][4:].split("|", 1)[0] != SEPARATORS:
        return Fault("separators", Spot("MSH", 1, 2))
    if _CONTROLS.search(octets):
        return Fault("control-character", _first_line(lines, lambda line: bool(_CONTROLS.search(line.encode()))))
    if all(map(_SEGMENT.match, lines)):
        return None
    return Fault("segment-unreadable", _first_line(lines, lambda line: _SEGMENT.match(line) is None))


def _first_line(lines: list[str], is_wrong: Test) -> Spot:
    """The segment in which (or after which) the first wrong line stands: the line itself may have no name."""
    counts: dict[str, int] = {}
    last = "MSH"
    for line in lines:
        if _SEGMENT.match(line):
            last = line[:3]
            counts[last] = counts.get(last, 0) + 1
        if is_wrong(line):
            break
    return Spot(last, counts.get(last, 1))


def split_batch(octets: bytes) -> Batch:
    """The messages of an FHS/BHS batch (or of several messages in a row). Their octets are not changed."""
    lines = re.split(rb"\r\n|\r|\n", octets.removeprefix(codecs.BOM_UTF8))
    messages: list[list[bytes]] = []
    headers: list[bytes] = []
    for line in lines:
        name = line[:3]
        if name == b"MSH":
            messages.append([line])
        elif name.decode("ascii", "replace") in _ENVELOPE:
            headers.append(line)
        elif line.strip() and not messages:
            return Batch((), fault=Fault("batch-structure", Spot("BHS")))
        elif line.strip():
            messages[-1].append(line)
    if len(messages) > MAX_BATCH_MESSAGES:
        return Batch((), fault=Fault("batch-too-long", Spot("BHS")))
    parts = tuple(b"\r".join(part) + b"\r" for part in messages)
    has_file = any(line.startswith(b"FHS") for line in headers)
    return Batch(parts, has_file, tuple(_counted(headers, len(parts))))


def _counted(headers: Iterable[bytes], found: int) -> Iterable[str]:
    """A trailer that promises more messages than came is worth a word: something was lost on the way."""
    promised = [_number(line) for line in headers if line.startswith(b"BTS")]
    known = [number for number in promised if number is not None]
    if known and len(known) == len(promised) and sum(known) != found:
        yield f"The trailers count {sum(known)} messages, {found} arrived"


def _number(line: bytes) -> int | None:
    fields = line.split(b"|")
    return int(fields[1]) if len(fields) > 1 and re.fullmatch(rb"[0-9]{1,9}", fields[1]) else None
