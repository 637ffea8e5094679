"""Names as they are compared: folded, divided, sounded out. Pure.

Folding takes away what differs between two spellings of one name (case, accents, apostrophes, hyphens, particles) and
keeps what makes a name in scripts that are not Latin: vowel signs, viramas and voicing marks stay, points and tone
marks go (by Unicode canonical combining class).
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

import jellyfish

from issuer.intake.proposal import Name

PARTICLES = frozenset(
    "al ap ar as at bat ben bin bint d da dal das de degli dei del dela della delos den der des di do dos du e el"
    " ibn im la las le lo los nic o op san t te ten ter van vande vander vanden von vom y zu zum zur".split()
)
"""Left out of a family name that has another part; "Le" or "Van" alone is a name."""
_GLUED = ("dela", "delos", "delas", "vander", "vanden", "vande")
_GLUED_REST = 4
"""Characters that must remain when a particle is taken off a name written in one: Delacruz, but not Delaney."""
SUFFIXES = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr"} | {
    word: roman for roman in ("ii", "iii", "iv") for word in (roman, {"ii": "2nd", "iii": "3rd", "iv": "4th"}[roman])
}
PLACEHOLDERS = frozenset(
    "baby babyboy babygirl babynb bb bb1 bb2 bb3 bg bg1 bg2 boy boya boyb child female fc fc1 fc2 fc3 fnu girl girla"
    " girlb infant male mc mc1 mc2 mc3 nb newborn nfn nn noname none singleton triplet twin twina twinb unk"
    " unknown".split()
)
"""What stands for a given name that is not known yet. After the rules of US immunization registries for new-borns
("special baby names"), with FNU and NFN (first name unknown) of US papers."""
_BOYS = frozenset({"boy", "babyboy", "boya", "boyb", "male", "mc", "bb", "bb1", "bb2", "bb3"})
_GIRLS = frozenset({"girl", "babygirl", "girla", "girlb", "female", "fc", "bg", "bg1", "bg2"})
_ORDERS = {"a": 1, "b": 2, "c": 3, "d": 4, "1": 1, "2": 2, "3": 3, "4": 4, "one": 1, "two": 2, "three": 3}
_ORDER_AT_END = re.compile(r"^(?:boy|girl|twin|bb|bg|fc|mc)([ab1234])$")

_LETTERS = str.maketrans({
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n", "ŧ": "t",
    "'": None, "’": None, "‘": None, "`": None, "´": None, "ʻ": None, "ʼ": None, "ʹ": None, "׳": None,
})  # fmt: skip
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("'"): None, ord("`"): None}
_FIRST_ACCENT = 10
"""Canonical combining classes below this one are nuktas, kana voicing and viramas: letters, not accents (UAX #44)."""


def folded(text: str) -> str:
    """Lower case, without accents and apostrophes; everything that is no letter or digit is a space."""
    if text.isascii():
        return text.lower().translate(_ASCII)
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).casefold().translate(_LETTERS)
    return "".join(_kept(character) for character in plain)


@lru_cache(maxsize=4096)
def _kept(character: str) -> str:
    if character.isalnum():
        return character
    category = unicodedata.category(character)
    if category[0] == "M":
        return "" if unicodedata.combining(character) >= _FIRST_ACCENT else character
    return "" if category in ("Cf", "Cc", "Lm", "Sk") else " "


def sound(part: str) -> str:
    """How a folded part sounds (Metaphone); the part itself where that says nothing, as in other scripts."""
    return (jellyfish.metaphone(part) or part) if part.isascii() else part


@dataclass(frozen=True, slots=True)
class FoldedName:
    """A name ready to be compared. Without spaces inside each part."""

    family: str = field(default="", repr=False)
    """All of the family name in one, particles too."""
    parts: tuple[str, ...] = field(default=(), repr=False)
    """The family name's parts without particles."""
    first: str = field(default="", repr=False)
    """The first given name; "" where there is none or only a placeholder."""
    middle: tuple[str, ...] = field(default=(), repr=False)
    suffix: str = field(default="", repr=False)
    placeholder: bool = False
    """A word such as "Baby Boy" stands for the given name."""
    told_sex: str = field(default="", repr=False)
    told_order: int | None = field(default=None, repr=False)
    """What a placeholder says: "Infant Girl B"."""


def fold(name: Name) -> FoldedName:
    """A name ready to be compared. One that could not be divided: its last word is taken for the family name."""
    family, given = folded(name.family).split(), folded(" ".join(name.given)).split()
    if not family and not given and name.text:
        words = folded(name.text).split()
        family, given = words[-1:], words[:-1]
    suffix = SUFFIXES.get(folded(name.suffix).strip(), "") if name.suffix else ""
    while len(family) > 1 and family[-1] in SUFFIXES:
        suffix = suffix or SUFFIXES[family[-1]]
        family.pop()
    whole, parts = "".join(family), _parts(family)
    if given and given[0] in PLACEHOLDERS and (len(given) == 1 or _stands_for_a_name(given)):
        told_sex = "male" if _BOYS & set(given) else "female" if _GIRLS & set(given) else ""
        return FoldedName(whole, parts, "", (), suffix, True, told_sex, _told_order(given))
    return FoldedName(whole, parts, given[0] if given else "", tuple(given[1:]), suffix)


def _parts(family: list[str]) -> tuple[str, ...]:
    kept = [part for part in family if part not in PARTICLES] or ["".join(family)]
    return tuple(_without_glued(part) for part in kept if part)


def _without_glued(part: str) -> str:
    for particle in _GLUED:
        if part.startswith(particle) and len(part) - len(particle) >= _GLUED_REST:
            return part[len(particle) :]
    return part


def _stands_for_a_name(given: list[str]) -> bool:
    """ "Infant Girl A" is a placeholder to its end; "Baby Rose" and "M Rose" are names."""
    return all(word in PLACEHOLDERS or word in _ORDERS for word in given)


def _told_order(given: list[str]) -> int | None:
    if given[-1] in _ORDERS:
        return _ORDERS[given[-1]]
    found = _ORDER_AT_END.match(given[-1])
    return _ORDERS[found[1]] if found else None
