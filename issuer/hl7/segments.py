"""Segments of one message, by name and number, with values as people wrote them.

python-hl7 does the taking apart. It is handed only the fields that are read and not empty, in segments joined by CR (it
knows no other end), and makes plain lists of them: taking apart is the dearest step of a message, and three quarters of
a VXU's fields are empty or for others.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
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
Wanted = Callable[[str], Sequence[int]]
"""Which fields of a line are read; none of a segment for others."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. Fields count from 1, as in the standard."""

    name: str
    sequence: int
    """Which of its name in the message, for ERR-2."""
    fields: Mapping[int, Sequence[Any]] = field(repr=False)
    """All that may be read, those not sent empty."""

    def repetitions(self, number: int) -> Sequence[Repetition]:
        """The repetitions of a field; none where it is empty or missing.

        Raises KeyError for a field that its reader did not ask for: it would be taken for empty otherwise.
        """
        found = self.fields[number]
        if found and isinstance(found[0], str):
            return (found,)
        return found

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
    text = (unescape(raw) if "\\" in raw else raw).strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def segments_of(lines: Iterable[str], wanted: Wanted) -> list[Segment]:
    """The segments of a message behind its header of which `wanted` names fields, in order; all are counted."""
    counts: dict[str, int] = {}
    places: list[tuple[str, int, Sequence[int], list[int]]] = []
    read: list[str] = []
    for line in lines:
        name = line[:3]
        counts[name] = counts.get(name, 0) + 1
        if numbers := wanted(line):
            sent = line.split("|")
            there = [number for number in numbers if number < len(sent) and sent[number]]
            places.append((name, counts[name], numbers, there))
            read.append("|".join([name, *[sent[number] for number in there]]))
    if not read:
        return []
    parsed = hl7.parse(_HEADER + "\r".join(read), factory=_Lists)
    return [
        Segment(name, count, dict.fromkeys(numbers, ()) | dict(zip(there, part[1:], strict=True)))
        for (name, count, numbers, there), part in zip(places, parsed[1:], strict=True)
    ]


def _kept(*, sequence: list[Any], **_: Any) -> list[Any]:
    return sequence


class _Lists(hl7.Factory):  # type: ignore[misc]  # python-hl7 has no types
    """Lists where python-hl7 would make containers that know their separators: nobody here asks those."""

    create_message = staticmethod(_kept)
    create_segment = staticmethod(lambda *, sequence, **_: sequence)
    """Not `_kept`: python-hl7 tells by this function whether it is at a segment."""
    create_field = staticmethod(_kept)
    create_repetition = staticmethod(_kept)
    create_component = staticmethod(lambda *, sequence, **_: sequence if len(sequence) > 1 else sequence[0])


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
