"""Which typeface draws which character: Noto Sans and its sisters for scripts that it lacks.

The files come from npm packages (`make setup` copies them to `wallet_export/fonts`, which is not in the repository).
Chinese characters have regional forms, and no card says which language a name is in: kana beside them means Japanese,
a traditional character traditional Chinese, anything else simplified.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf.unicode_script import UnicodeScript, get_unicode_script

FOLDER = Path(__file__).parent / "fonts"
SANS, SANS_BOLD = "NotoSans_400Regular", "NotoSans_700Bold"
_SANS_OF = (
    "Arabic", "Armenian", "Bengali", "Devanagari", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi", "Hebrew", "Kannada",
    "Khmer", "Lao", "Malayalam", "Myanmar", "Sinhala", "Tamil", "Telugu", "Thai",
)  # fmt: skip
SISTERS = (*(f"NotoSans{script}_400Regular" for script in _SANS_OF), "NotoSerifTibetan_400Regular")
SIMPLIFIED, TRADITIONAL, JAPANESE, KOREAN = (f"NotoSans{region}_400Regular" for region in ("SC", "TC", "JP", "KR"))
EAST_ASIAN = (SIMPLIFIED, TRADITIONAL, JAPANESE, KOREAN)
"""The large ones, behind the others: they are opened only for text that no other face can draw."""
REPLACEMENT = "�"
"""Drawn, as a question mark in a black diamond, for a character that no face has."""

CHARACTERS_REMEMBERED = 8192
"""Enough for any one language; a bound, since the text comes from outside."""

JOINERS = frozenset("\u200c\u200d\u200e\u200f")
"""They change how their neighbours join or run; the other format characters only hide things."""
_SHARED = (UnicodeScript.COMMON, UnicodeScript.INHERITED, UnicodeScript.UNKNOWN)
_KANA = (UnicodeScript.HIRAGANA, UnicodeScript.KATAKANA)
_HAN = (UnicodeScript.HAN, *_KANA)
_OF_SANS = (*_SHARED, UnicodeScript.LATIN, UnicodeScript.GREEK, UnicodeScript.CYRILLIC)


class TypefacesMissing(RuntimeError):
    """The typefaces were not installed; the message says how to."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that one face draws in one go."""

    face: str
    text: str


def path_of(face: str) -> Path:
    """The face's file.

    Raises:
        TypefacesMissing: it is not there.
    """
    path = FOLDER / f"{face}.ttf"
    if not path.is_file():
        raise TypefacesMissing(f"the typeface {face} is not installed: run `make setup`")
    return path


def drawable(text: str) -> str:
    """The text as it can be drawn: composed (NFC), on one line, and every character without a face replaced.

    Invisible characters that could make a name look like another one are left out (directional overrides and isolates,
    zero-width spaces, soft hyphens, variation selectors, tags); joiners and direction marks stay.
    """
    composed = " ".join(text.split())
    if composed.isascii() and composed.isprintable():  # the page's own words, most names: nothing to look up
        return composed
    composed = unicodedata.normalize("NFC", composed)
    return "".join(char if face_of(char) else REPLACEMENT for char in composed if not _hidden(char))


def runs(text: str, sans: str = SANS) -> Iterator[Run]:
    """Cut drawable text where the face or the script changes: HarfBuzz shapes one script at a time.

    A mark, a joiner or a space stays with what precedes it where that face has it, so that no cluster is torn apart.
    """
    if text and text.isascii():
        yield Run(sans, text)
        return
    region = _region(text)
    face, script, start = "", UnicodeScript.COMMON, 0
    for index, char in enumerate(text):
        its_script = _script(char)
        stays = face and (its_script is UnicodeScript.INHERITED or char == " ") and ord(char) in _coverage(face)
        regional = region and its_script in _HAN and ord(char) in _coverage(region)
        its_face = face if stays else region if regional else _bolder(face_of(char) or SANS, sans)
        changes = its_script not in _SHARED and script not in _SHARED and its_script is not script
        if index and (its_face != face or changes):
            yield Run(face, text[start:index])
            start, script = index, UnicodeScript.COMMON
        face, script = its_face, script if its_script in _SHARED else its_script
    if text:
        yield Run(face, text[start:])


@lru_cache(maxsize=CHARACTERS_REMEMBERED)
def face_of(char: str) -> str | None:
    """The face for this character; None where we have none.

    Raises:
        TypefacesMissing: the typefaces were not installed.
    """
    others = (*SISTERS, *EAST_ASIAN)
    order = (SANS, *others) if _script(char) in _OF_SANS else (*others, SANS)
    return next((face for face in order if ord(char) in _coverage(face)), None)


def needs_spelling_out(text: str) -> bool:
    """Whether copying the drawn glyphs may not give the text back: scripts that join, stack or run right to left."""
    if text.isascii():
        return False
    return any(_script(char) not in _OF_SANS or unicodedata.combining(char) for char in text) or REPLACEMENT in text


def is_ideographic(char: str) -> bool:
    """Whether a line may be broken on either side of it: Chinese characters and kana, which know no spaces."""
    return _script(char) in _HAN


def runs_right_to_left(text: str) -> bool:
    """Whether the first strong character says so (Unicode Standard Annex 9, rules P2 and P3)."""
    if text.isascii():
        return False
    strong = (unicodedata.bidirectional(char) for char in text)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L"


def _region(text: str) -> str:
    """The face for the Chinese characters of a text; "" where it has none."""
    scripts = {_script(char) for char in text}
    if not scripts.intersection(_HAN):
        return ""
    if scripts.intersection(_KANA):
        return JAPANESE
    if UnicodeScript.HANGUL in scripts:
        return KOREAN
    characters = [char for char in text if _script(char) is UnicodeScript.HAN]
    return (
        TRADITIONAL if any(not _is_in("gb2312", char) and _is_in("big5", char) for char in characters) else SIMPLIFIED
    )


def _is_in(charset: str, char: str) -> bool:
    """Whether a national character set has it: GB 2312 holds the simplified forms, Big5 the traditional ones."""
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _bolder(face: str, sans: str) -> str:
    return sans if face == SANS else face


def _hidden(char: str) -> bool:
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return selector or (unicodedata.category(char) in ("Cf", "Cc") and char not in JOINERS)


@lru_cache(maxsize=CHARACTERS_REMEMBERED)
def _script(char: str) -> UnicodeScript:
    return get_unicode_script(char)


@cache
def _coverage(face: str) -> frozenset[int]:
    with TTFont(path_of(face), lazy=True) as font:
        return frozenset(font.getBestCmap())
