"""Whether a name that was typed into one field is a person's. Pure.

Names are compared folded (`issuer.persons.names`): accents, case, apostrophes and invisible characters (bidirectional
controls among them) say nothing. The order of given and family name is nobody's to know, and Chinese names are typed
without a space.
"""

from collections.abc import Iterable
from typing import Literal

from issuer.intake.proposal import Demographics, Name
from issuer.persons.names import PARTICLES, folded

Likeness = Literal[0, 1, 2]
"""0: another name. 1: it may be this one, with something else beside it. 2: this one, and nothing else."""


def likeness(typed: str, person: Demographics) -> Likeness:
    """How well a typed name fits a person's present name or a former one."""
    words = folded(typed).split()
    if not words:
        return 0
    found: Likeness = 0
    for name in (person.name, *person.aliases):
        found = max(found, _one(words, name))
    return found


def _one(typed: list[str], name: Name) -> Likeness:
    family, given = folded(name.family).split(), folded(" ".join(name.given)).split()
    whole = [*given, *family] or folded(name.text).split()
    if not whole:
        return 0
    if _glued(typed) in (_glued(whole), _glued([*family, *given])) or sorted(typed) == sorted(whole):
        return 2
    if len(whole) == 1 or len(typed) == 1:
        return 0  # one word is one's name, or it is not
    if not family or not given:
        return 2 if {whole[0], whole[-1]} <= set(typed) <= set(whole) else 0
    return _parts(typed, family, given)


def _parts(typed: list[str], family: list[str], given: list[str]) -> Likeness:
    """The first given name and one part of the family name have to be there."""
    said = set(typed)
    called = given[0] in said or _glued(given) in said
    named = bool(said & ({one for one in family if one not in PARTICLES} or set(family))) or _glued(family) in said
    if not called or not named:
        return 0
    known = {*given, *family, _glued(given), _glued(family)}
    return 2 if said <= known | {one[0] for one in given[1:]} else 1


def _glued(words: Iterable[str]) -> str:
    return "".join(words)
