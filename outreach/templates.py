"""Texts for each purpose, channel and language: data files, checked whole when they are loaded.

A file that lacks one text, names a placeholder that there is not, holds an address of its own, or could make an SMS too
long is refused with everything in its folder: a deployment with half a language does not start.
"""

import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Literal

from outreach.messages import CHANNELS, PURPOSES, Channel
from outreach.never_said import said
from outreach.sender import MAX_DOMAIN, MAX_LINK, MAX_SMS_NAME
from outreach.sms_text import MAX_UNITS
from outreach.vault import TOKEN_OCTETS

REQUIRED: Final = ("ar", "en", "es", "fr", "vi", "zh-Hans")
PLACEHOLDERS: Final = frozenset({"sender", "stop_link", "link", "code", "ends"})
"""Everything a text may name. There is none for a person, a place or a record."""
MAX_OCTETS = 64 * 1024
"""Of a language's file: the longest of ours has a fifth."""
_DATE_PARTS: Final = frozenset({"day", "month", "number", "year"})
_WORST: Final = {
    "sender": MAX_SMS_NAME,
    "link": MAX_LINK,
    "stop_link": len("https://") + MAX_DOMAIN + 10 + (TOKEN_OCTETS * 8 + 5) // 6,
    "code": 12,
}
"""The longest values, in characters."""


class TemplateError(ValueError):
    """A file of texts that cannot be used; says which text and which rule."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its texts, and how it writes days."""

    language: str
    direction: Literal["ltr", "rtl"]
    months: tuple[str, ...] = field(repr=False)
    date: str
    sms_date: str
    texts: Mapping[tuple[str, str], str] = field(repr=False)
    """(purpose, part) -> text; a part is subject, email, sms or letter."""
    frames: Mapping[str, str] = field(repr=False)
    """Channel -> what follows each text: who wrote, and how to end it."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All languages."""

    languages: Mapping[str, Words] = field(repr=False)

    def words(self, language: str) -> Words:
        """A language's texts, else those of its base ("es" for "es-MX"), else English: no message is lost for it."""
        known = self.languages
        return known.get(language) or known.get(language.split("-")[0]) or known["en"]


@cache
def catalogue() -> Catalogue:
    """The texts that come with the library."""
    return load(files("outreach") / "templates")


def load(folder: Traversable | Path) -> Catalogue:
    """Every language of a folder.

    Raises:
        TemplateError: at the first file that is not whole, or where a required language is missing.
    """
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    languages = {words.language: words for words in map(_read, sorted(found, key=lambda entry: entry.name))}
    if missing := sorted(set(REQUIRED) - set(languages)):
        raise TemplateError(f"languages missing: {', '.join(missing)}")
    return Catalogue(languages)


def placeholders(text: str) -> tuple[str, ...]:
    """What a text names, in its order.

    Raises:
        TemplateError: a brace that closes nothing, a format, a conversion, a part of a value.
    """
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        raise TemplateError("braces that do not match") from None
    if any(form or conversion for _, _, form, conversion in parts):
        raise TemplateError("a placeholder with a format")
    return tuple(name for _, name, _, _ in parts if name is not None)


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its values. Names are looked up as they stand: nothing is reached through a value."""
    parts = string.Formatter().parse(text)
    return "".join(literal + (values[name] if name is not None else "") for literal, name, _, _ in parts)


def _read(entry: Traversable | Path) -> Words:
    octets = entry.read_bytes()
    name = entry.name.removesuffix(".toml")
    try:
        if len(octets) > MAX_OCTETS:
            raise TemplateError("the file is too large")
        return _checked(name, tomllib.loads(octets.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise TemplateError(f"{name}: not TOML in UTF-8") from None
    except TemplateError as error:
        raise TemplateError(f"{name}: {error}") from None


def _checked(language: str, data: Mapping[str, Any]) -> Words:
    _exactly(data, {"direction", "months", "date", "sms_date", "frames", "purposes"}, "the file")
    if data["direction"] not in ("ltr", "rtl"):
        raise TemplateError("direction is ltr or rtl")
    months = data["months"]
    if not isinstance(months, list) or len(months) != 12 or not all(isinstance(one, str) and one for one in months):
        raise TemplateError("months: twelve names")
    for form in ("date", "sms_date"):
        if not set(placeholders(_text(data[form], form))) <= _DATE_PARTS:
            raise TemplateError(f"{form}: only {', '.join(sorted(_DATE_PARTS))}")
    _exactly(data["frames"], set(CHANNELS), "frames")
    _exactly(data["purposes"], set(PURPOSES), "purposes")
    texts: dict[tuple[str, str], str] = {}
    for purpose, parts in data["purposes"].items():
        _exactly(parts, {"subject", *CHANNELS}, purpose)
        texts |= {(purpose, part): _text(text, f"{purpose}/{part}") for part, text in parts.items()}
    frames = {channel: _text(text, f"frames/{channel}") for channel, text in data["frames"].items()}
    words = Words(language, data["direction"], tuple(months), data["date"], data["sms_date"], texts, frames)
    for purpose in PURPOSES:
        _check_purpose(words, purpose)
    return words


def _check_purpose(words: Words, purpose: str) -> None:
    """Each message as a whole: its values each named, the sender, and the way out exactly once."""
    where = f"{purpose}/subject"
    if not set(placeholders(words.texts[purpose, "subject"])) <= {"sender"} or "\n" in words.texts[purpose, "subject"]:
        raise TemplateError(f"{where}: one line, with no placeholder but sender")
    _check_wording(words, words.texts[purpose, "subject"], where)
    for channel in CHANNELS:
        whole = f"{words.texts[purpose, channel]}\n{words.frames[channel]}"
        _check_message(words, purpose, channel, whole)


def _check_message(words: Words, purpose: str, channel: Channel, whole: str) -> None:
    where, names = f"{purpose}/{channel}", placeholders(whole)
    if unknown := sorted(set(names) - PLACEHOLDERS):
        raise TemplateError(f"{where}: no such placeholder: {', '.join(unknown)}")
    wanted = PURPOSES[purpose] | {"sender", "stop_link"}
    if set(names) != wanted:
        raise TemplateError(f"{where}: names exactly {', '.join(sorted(wanted))}")
    if names.count("stop_link") != 1:
        raise TemplateError(f"{where}: stop_link once")
    _check_wording(words, whole, where)
    if channel == "sms" and _worst_units(words, whole) > MAX_UNITS:
        raise TemplateError(f"{where}: up to {_worst_units(words, whole)} characters, {MAX_UNITS} fit")


def _check_wording(words: Words, text: str, where: str) -> None:
    literal = "".join(part for part, *_ in string.Formatter().parse(text))
    if "://" in literal or "www." in literal.lower() or "@" in literal:
        raise TemplateError(f"{where}: an address of its own")
    if word := said(words.language, literal):
        raise TemplateError(f"{where}: says {word!r}, which no message may")


def _worst_units(words: Words, text: str) -> int:
    """UTF-16 units of an SMS with the longest values."""
    longest = max(words.months, key=len)
    day = fill(words.sms_date, {"day": "30", "number": "12", "year": "2026", "month": longest})
    filled = fill(text, {name: "x" * length for name, length in _WORST.items()} | {"ends": day})
    # A mark before each line where the language runs from right to left.
    marks = text.count("\n") + 1 if words.direction == "rtl" else 0
    return len(filled.encode("utf-16-le")) // 2 + marks


def _exactly(data: Any, names: Iterable[str], where: str) -> None:
    found = set(data) if isinstance(data, dict) else set()
    if found != set(names):
        raise TemplateError(f"{where}: missing or too many: {', '.join(sorted(found ^ set(names)))}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TemplateError(f"{where}: no text")
    if any(ord(character) < 32 and character != "\n" for character in value):
        raise TemplateError(f"{where}: control characters")
    return value.strip()
