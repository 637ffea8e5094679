"""Tolerant reading of FHIR JSON, and its dates."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from cards.shc.profiles.shapes import safe_name

FHIR_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)
_JOINERS = "\u200c\u200d"
"""Zero width (non-)joiners: Persian and Indic names are misspelt without them."""
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; [] for anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A text, or "" for anything else."""
    return value if isinstance(value, str) else ""


def coding_list(concept: Any) -> list[Mapping[str, Any]]:
    """The codings of a CodeableConcept."""
    return objects(concept.get("coding")) if isinstance(concept, Mapping) else []


def is_date(value: str) -> bool:
    """A FHIR date, whole or partial, that is in the calendar."""
    match = FHIR_DATE.fullmatch(value)
    if not match:
        return False
    year, month, day = match.groups(default="01")
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def is_moment(value: str) -> bool:
    """A FHIR dateTime to the second with its zone."""
    match = _MOMENT.fullmatch(value)
    return match is not None and is_date(match[1])


def is_before(earlier: str, later: str) -> bool:
    """Whether one FHIR date lies before another, to the precision that both have."""
    length = min(len(earlier), len(later), 10)
    return earlier[:length] < later[:length]


def hides_something(value: str) -> bool:
    """Whether a text holds characters that are not seen: controls, bidirectional marks, line separators."""
    return (not value.isascii() and _hides(value)) or any(mark < " " or mark == "\x7f" for mark in value)


def is_plain(value: Any) -> bool:
    """Whether nothing inside is empty or hidden: the quick look that spares the search for paths."""
    kind = type(value)
    if kind is str:
        return bool(value) and ((value.isascii() and value.isprintable()) or not hides_something(value))
    if kind is dict:
        return bool(value) and all(is_plain(inner) for inner in value.values())
    if kind is list:
        return bool(value) and all(is_plain(inner) for inner in value)
    return kind is bool or kind is int or kind is Decimal


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value inside, with its path; empty lists and objects are leaves too."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{safe_name(name)}")
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{number}]")
    else:
        yield path, value


def _hides(value: str) -> bool:
    return any(
        (unicodedata.category(mark) in _HIDDEN_CATEGORIES and mark not in _JOINERS) or _is_noncharacter(ord(mark))
        for mark in value
    )


def _is_noncharacter(code: int) -> bool:
    """Unicode 23.7: never for interchange; `cards.encoding` marks numbers with one of them."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
