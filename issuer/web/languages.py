"""The languages of the residents' pages: which one a reader gets, its words, its dates.

    install_languages(app, secure=True)
    {% trans %}Your cards{% endtrans %}          {{ dose.date|date_of_reader }}

English stands in the templates; each other language is one catalog, `issuer/translations/LANGUAGE.po`, whole (a test
says so). A language is taken from `?lang=`, else from the cookie that `?lang=` left, else from `Accept-Language`
(RFC 4647 section 3.4, lookup). Dates and plurals follow CLDR. Pages of staff are in English and know nothing of this.
"""

import gettext
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, g, has_request_context, request

from cards.dates import date_in_words

COOKIE = "lang"
TEXT_COOKIE = "text"
COOKIE_SECONDS = 365 * 86_400
"""A year: who comes back for the next dose is still understood. The cookies say nothing but language and size."""
SIZES = ("normal", "large")
MAX_WANTED = 20
"""Languages of one `Accept-Language` that are looked at; browsers send fewer than ten."""
_WHEN = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})(?:T(?P<clock>[0-9]{2}:[0-9]{2})[0-9:.]*"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)


@dataclass(frozen=True, slots=True)
class Language:
    """A language that the pages are written in."""

    tag: str
    """BCP 47, as in `<html lang>`."""
    name: str
    """As its readers call it."""
    locale: str
    """CLDR's identifier."""
    direction: Literal["ltr", "rtl"] = "ltr"


ENGLISH = Language("en", "English", "en")
LANGUAGES = (
    ENGLISH,
    Language("es", "Español", "es"),
    Language("zh-Hans", "简体中文", "zh_Hans"),
    Language("vi", "Tiếng Việt", "vi"),
    Language("ar", "العربية", "ar", "rtl"),
    Language("fr", "Français", "fr"),
)
"""In the order in which a page offers them: by speakers in the United States (American Community Survey, C16001)."""
BY_TAG = {language.tag.lower(): language for language in LANGUAGES}
_ALSO = {"zh": "zh-hans"}
"""Whoever asks for Chinese of any kind is served better by this than by English."""


def chosen(wanted: Iterable[str]) -> Language:
    """The first of these tags that we have, each shortened from its end until one fits; else English."""
    for tag in wanted:
        parts = tag.lower().split("-")
        for length in range(len(parts), 0, -1):
            prefix = "-".join(parts[:length])
            if found := BY_TAG.get(_ALSO.get(prefix, prefix)):
                return found
    return ENGLISH


def reader_language() -> Language:
    """The language of this request; looked up once."""
    if not has_request_context():
        return ENGLISH
    if "language" not in g:
        named = request.args.get("lang", ""), request.cookies.get(COOKIE, "")
        accepted = [tag for tag, _ in list(request.accept_languages)[:MAX_WANTED]]
        g.language = next((BY_TAG[tag.lower()] for tag in named if tag.lower() in BY_TAG), None) or chosen(accepted)
    found: Language = g.language
    return found


@cache
def catalog(tag: str) -> gettext.NullTranslations:
    """The words of one language."""
    source = files("issuer").joinpath("translations", f"{tag}.po")
    if tag == ENGLISH.tag:
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=BY_TAG[tag.lower()].locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def words(message: str) -> str:
    """A text in the reader's language."""
    return catalog(reader_language().tag).gettext(message)


def counted(one: str, many: str, number: int) -> str:
    """A text with a number, in the plural form that the reader's language has for it."""
    return catalog(reader_language().tag).ngettext(one, many, number)


def marked(message: str) -> str:
    """Marks a text for the catalogs where it stands; it is translated where it is shown."""
    return message


def date_of(when: str, language: Language) -> str:
    """A FHIR date or time, whole or partial, as readers of a language write it; what is none comes back unchanged.

    English keeps to the form of the printed cards, "20 November 2026", which nobody reads the wrong way round.
    """
    match = _WHEN.fullmatch(when)
    if match is None or language is ENGLISH:
        return date_in_words(when)
    try:
        day = date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
    except ValueError:
        return when
    locale = Locale.parse(language.locale)
    if not match["month"]:
        return format_skeleton("y", day, locale=locale)
    if not match["day"]:
        return format_skeleton("yMMMM", day, locale=locale)
    whole = format_date(day, "long", locale=locale)
    return f"{whole} {_clock(match['clock'], match['zone'], locale)}" if match["clock"] else whole


def _clock(clock: str, zone: str, locale: Locale) -> str:
    """The hour with its distance from UTC, kept together from left to right inside Arabic text."""
    try:
        hour = format_time(datetime.strptime(clock, "%H:%M").time(), "short", locale=locale)
    except ValueError:
        hour = clock
    shift = "" if zone in ("Z", "+00:00") else zone
    return f"{hour} (\u2066UTC{shift}\u2069)"


def date_of_reader(when: str | date) -> str:
    """The same for the reader of this request. A moment is shown as its day."""
    if isinstance(when, datetime):
        when = when.date()
    return date_of(when.isoformat() if isinstance(when, date) else when, reader_language())


def isolated(name: str) -> str:
    """A name inside a sentence, in its own direction (Unicode UAX 9, FSI and PDI); left alone where nothing can mix."""
    if name.isascii() and reader_language().direction == "ltr":
        return name
    return f"\u2068{name}\u2069"


def is_large() -> bool:
    """Whether the reader wants larger text."""
    wanted = request.args.get("text", "")
    return (wanted if wanted in SIZES else request.cookies.get(TEXT_COOKIE)) == "large"


def page_language() -> dict[str, object]:
    """What a page in the reader's language needs: its `lang` and `dir`, the languages to choose from, the size."""
    language = reader_language()
    order = ("year", "month", "day") if language.tag == "zh-Hans" else ("day", "month", "year")
    return {
        "lang": language.tag,
        "dir": language.direction,
        "languages": LANGUAGES,
        "large": is_large(),
        "order": order,
    }


def install_languages(app: Flask, *, secure: bool) -> None:
    """`{% trans %}`, `_()` and filters for the templates; cookies that remember a choice. Once an application."""
    if "languages" in app.extensions:
        return
    app.extensions["languages"] = LANGUAGES
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(words, counted, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(date_of_reader=date_of_reader, isolated=isolated)

    @app.after_request
    def remember(response: Response) -> Response:
        if "language" in g:
            for name, value in _choices():
                response.set_cookie(name, value, COOKIE_SECONDS, secure=secure, httponly=True, samesite="Lax")
        return response


def _choices() -> list[tuple[str, str]]:
    """What this request chose anew: (cookie, value)."""
    found = BY_TAG.get(request.args.get("lang", "").lower())
    size = request.args.get("text", "")
    wanted = [(COOKIE, found.tag if found else ""), (TEXT_COOKIE, size if size in SIZES else "")]
    return [(name, value) for name, value in wanted if value and request.cookies.get(name) != value]
