"""What a person may be found by: hashed keys for an index that says nothing about anybody. Pure.

- `i`: assigning authority and identifier. Finds the same chart.
- `n`: birth date and the sound of the first given name, or of one part of the family name. Finds typing errors, a new
  family name, both names the wrong way round.
- `y`: birth year, sound of the family name, first given name. Finds day and month swapped or mistyped.

Three rows for most people; one more for each further part of a family name (at most two parts) and for an alias.
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from issuer.intake.proposal import Demographics, Identifier
from issuer.persons.names import FoldedName, fold, sound

MAX_ALIASES = 8
"""Former names that a person is found by; the rest is kept and not looked for."""
MAX_PARTS = 2
FEWEST_REPEATED = 3
"""From so many on, one digit again and again stands for no number; a small clinic may well have a chart 7, or 11."""
DATE_CHARACTERS = 10
NOT_A_PERSONS = frozenset({"AN", "VN", "SN", "GN", "RRI"})
"""Kinds of HL7 table 0203 that name an account, a visit, a subscriber or a guarantor: several people share one."""
_OID = "urn:oid:"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one person, each once, in the order in which they say most."""

    identifiers: tuple[str, ...]
    names: tuple[str, ...]


def keys_of(person: Demographics) -> Keys:
    """The keys under which a person is filed, and looked for."""
    identifiers = dict.fromkeys(_key("i", *name) for name in identifying(person.identifiers))
    names = dict.fromkeys(_name_keys(fold(person.name), person.birth_date))
    for alias in person.aliases[:MAX_ALIASES]:
        names.update(dict.fromkeys(_name_keys(fold(alias), person.birth_date)))
    return Keys(tuple(identifiers), tuple(names))


def identifying(identifiers: tuple[Identifier, ...]) -> dict[tuple[str, str], str]:
    """(authority, value) -> kind of those identifiers that name one person, as they are compared."""
    return {
        (_authority(one.authority), one.value.strip().casefold()): one.kind
        for one in identifiers
        if one.authority and one.kind not in NOT_A_PERSONS and _says_something(one.value)
    }


def _says_something(value: str) -> bool:
    """Not what people write where there is no number: "N/A", "unknown", "0000", "99999"."""
    marks = [mark for mark in value if mark.isalnum()]
    repeated = len(marks) >= FEWEST_REPEATED and len(set(marks)) == 1
    return any(mark.isdecimal() for mark in marks) and marks != ["0"] and not repeated


def _authority(text: str) -> str:
    return text.strip().casefold().removeprefix(_OID)


def _name_keys(name: FoldedName, birth_date: str) -> list[str]:
    if len(birth_date) < 4:
        return []
    sounds = [sound(part) for part in name.parts[:MAX_PARTS]]
    keys = []
    if len(birth_date) == DATE_CHARACTERS:
        heard = [*sounds, sound(name.first)] if name.first else sounds
        keys = [_key("n", birth_date, one) for one in heard]
    if sounds and name.first:
        keys.append(_key("y", birth_date[:4], sounds[0], name.first))
    return keys


def _key(kind: str, *parts: str) -> str:
    """One letter and 128 bits: among 10^9 keys two are the same by chance with a probability of 10^-21."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return kind + urlsafe_b64encode(digest[:16])[:22].decode()
