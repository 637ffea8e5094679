"""Segments of one message, by name and number, with values as people wrote them.

python-hl7 does the taking apart. It is handed only the segments that are read, joined by CR (it knows no other end):
taking apart is the dearest step of a message, and half of a VXU are segments for others.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import hl7  # type: ignore[import-untyped]

from issuer.hl7.errors import Spot
from issuer.hl7.escapes import unescape

NULL: Final = '""'
"""HL7's "take away what stood there" (chapter 2, section 2.5.3); an empty field says nothing."""
_HEADER = "MSH|^~\\&|\r"

Repetition = Sequence[Any]
"""One repetition of a field: components, each a text or (with subcomponents) a list of texts. Read it with `piece`."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. Fields count from 1, as in the standard."""

    name: str
    sequence: int
    """Which of its name in the message, for ERR-2."""
    fields: Sequence[Any] = field(repr=False)

    def repetitions(self, number: int) -> Sequence[Repetition]:
        """The repetitions of a field; none where it is empty or missing."""
        if number >= len(self.fields):
            return ()
        found = self.fields[number]
        if isinstance(found[0], str):
            return ((found[0],),) if found[0] else ()
        repetitions: Sequence[Repetition] = found
        return repetitions

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """A value of the first repetition; "" where there is none. `NULL` stays `NULL`."""
        found = self.repetitions(number)
        return piece(found[0], component, subcomponent) if found else ""

    def spot(self, number: int = 0, component: int = 0, repetition: int = 0) -> Spot:
        """Where it stands, for ERR-2."""
        if component and not repetition:
            repetition = 1
        return Spot(self.name, self.sequence, number, repetition, component)


def piece(repetition: Repetition, component: int = 1, subcomponent: int = 1) -> str:
    """A component, unescaped, trimmed, in Unicode NFC; "" where it is empty or missing."""
    if component > len(repetition):
        return ""
    found = repetition[component - 1]
    if not isinstance(found, str):
        if subcomponent > len(found):
            return ""
        found = found[subcomponent - 1]
    elif subcomponent > 1:
        return ""
    return _clean(found)


def _clean(raw: str) -> str:
    text = unescape(raw).strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def segments_of(lines: Iterable[str], is_read: Callable[[str], bool]) -> list[Segment]:
    """The segments of a message behind its header that `is_read` wants, in order; all are counted."""
    counts: dict[str, int] = {}
    places: list[tuple[str, int]] = []
    wanted: list[str] = []
    for line in lines:
        name = line[:3]
        counts[name] = counts.get(name, 0) + 1
        if is_read(line):
            places.append((name, counts[name]))
            wanted.append(line)
    if not wanted:
        return []
    parsed = hl7.parse(_HEADER + "\r".join(wanted))
    return [Segment(name, count, part) for (name, count), part in zip(places, parsed[1:], strict=True)]


def coded(repetition: Repetition) -> tuple[tuple[str, str, str], ...]:
    """The (code, text, system) triplets of a CE or CWE: the first, and the alternative."""
    found = ((piece(repetition, at), piece(repetition, at + 1), piece(repetition, at + 2)) for at in (1, 4))
    return tuple(triplet for triplet in found if triplet[0] not in ("", NULL) or triplet[1])


def authority(repetition: Repetition, component: int) -> str:
    """Who assigned an identifier (HD as subcomponents): an ISO OID as `urn:oid:…`, a URI as it is, else the name."""
    name = piece(repetition, component)
    universal, kind = piece(repetition, component, 2), piece(repetition, component, 3).upper()
    if universal and kind in ("ISO", ""):
        return f"urn:oid:{universal}" if universal[0].isdigit() else universal
    return universal if universal and kind in ("URI", "URL", "DNS", "UUID") else name
