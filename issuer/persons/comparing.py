"""Two persons side by side: what agrees, what does not, and what it weighs. Pure; reasons are codes, never values."""

from dataclasses import dataclass, field
from math import log2
from typing import Literal

from rapidfuzz.distance import JaroWinkler

from issuer.intake.proposal import Address, Demographics
from issuer.persons.frequencies import family_share, given_share
from issuer.persons.keys import identifying
from issuer.persons.names import FoldedName, fold, folded, sound
from issuer.persons.weights import (
    GROUPS_OF,
    IDENTIFIER_BITS,
    NAME_M,
    NAME_U,
    ODDS,
    PRIOR_BITS,
    SIMILAR,
    SIMILAR_SOUND,
)

Agreement = Literal["same", "similar", "differs", "unknown"]
FACTS = frozenset("middle-same birth-order-same mother-same mother-similar phone-same email-same address-same".split())
"""What counts as one more fact beside name and birth date."""
CONTRADICTIONS = frozenset(
    "sex-differs mother-differs multiple-birth-differs suffix-differs middle-differs identifier-differs".split()
)
_BITS = {code: odds.bits for code, odds in ODDS.items()}
NOBODY = frozenset(("", *"unknown unk na none null nil notknown notgiven refused x xx xxx".split()))
"""What stands in a mother's name where nobody knows it."""
FEWEST_DIGITS = 7
"""Of a phone number: shorter ones are extensions, or no numbers."""
FAMILYS_KINDS = frozenset({"SS", "MA", "MC", "PN", "MB"})
"""Kinds of HL7 table 0203 that a parent's number is often written under: they alone do not outweigh a difference."""


@dataclass(frozen=True, slots=True)
class Known:
    """A person ready to be compared with many."""

    person: Demographics = field(repr=False)
    name: FoldedName = field(repr=False)
    former: frozenset[str] = field(repr=False)
    identifiers: dict[tuple[str, str], str] = field(repr=False)
    order: int | None = field(repr=False)
    sex: str = field(repr=False)


def known(person: Demographics) -> Known:
    """Fold once what is compared often."""
    name = fold(person.name)
    sex = person.sex if person.sex in ("male", "female") else name.told_sex
    order = name.told_order if person.birth_order is None else person.birth_order
    former = frozenset(fold(alias).family for alias in person.aliases) - {""}
    return Known(person, name, former, identifying(person.identifiers), order, sex)


@dataclass(slots=True)
class Comparison:
    """What was found of one candidate."""

    birth: Agreement
    given: Agreement
    family: Agreement
    reasons: list[str]
    bits: float
    shared: frozenset[str]
    """Kinds of the identifiers both have; empty where they share none."""
    order_differs: bool

    @property
    def facts(self) -> int:
        """How many facts agree beside name and birth date."""
        return sum(reason in FACTS for reason in self.reasons)

    @property
    def contradicted(self) -> bool:
        """Whether something speaks against it."""
        return any(reason in CONTRADICTIONS for reason in self.reasons)


def compare(new: Known, person: Demographics) -> Comparison | None:
    """All that can be said of the two; None where they share no identifier, and birth dates or given names exclude
    each other: nothing else could make them one person (rule 2 of `issuer.persons.deciding`)."""
    birth, born = _birth(new.person.birth_date, person.birth_date)
    shared = _shared(new.identifiers, person)
    if not shared and birth in ("differs", "unknown"):
        return None  # most candidates end here: names need not be folded
    old = known(person)
    family, named = _family(new, old)
    given, called = _given(new, old)
    if named == "names-swapped":
        given, called = "same", ""
    if not shared and given == "differs":
        return None
    reasons = [code for code in (born, named, called, *_facts(new, old)) if code]
    bits = PRIOR_BITS + sum(map(_BITS.get, reasons, [0.0] * len(reasons))) + _name_bits(new, named, called)
    if shared:
        reasons.insert(0, "identifier-same")
        bits += IDENTIFIER_BITS
    differs = None not in (new.order, old.order) and new.order != old.order
    if differs:
        reasons.append("birth-order-differs")
    return Comparison(birth, given, family, reasons, bits, shared, differs)


def _shared(ours: dict[tuple[str, str], str], person: Demographics) -> frozenset[str]:
    if not ours or not person.identifiers:
        return frozenset()
    theirs = identifying(person.identifiers)
    return frozenset(ours[one] or theirs[one] for one in ours.keys() & theirs)


# ---- Birth date ------------------------------------------------------------------------------------------------------


def _birth(a: str, b: str) -> tuple[Agreement, str]:
    if not a or not b:
        return "unknown", ""
    if a == b:
        return ("same", "birth-date-same") if len(a) == 10 else ("similar", "birth-date-partial")
    if len(a) < 10 or len(b) < 10:
        return ("similar", "birth-date-partial") if a.startswith(b) or b.startswith(a) else ("differs", _DIFFERS)
    if a[:4] == b[:4] and a[5:7] == b[8:] and a[8:] == b[5:7]:
        return "similar", "birth-date-day-month-swapped"
    if sum(x != y for x, y in zip(a, b, strict=True)) == 1:
        return "similar", "birth-date-one-digit"
    if a[:4] == b[:4] and "-01-01" in (a[4:], b[4:]):
        return "similar", "birth-date-first-of-january"
    return "differs", _DIFFERS


_DIFFERS = "birth-date-differs"


# ---- Names -----------------------------------------------------------------------------------------------------------


def _family(new: Known, old: Known) -> tuple[Agreement, str]:
    a, b = new.name, old.name
    if not a.family or not b.family:
        return "unknown", ""
    if a.family == b.family or a.parts == b.parts:
        return "same", "family-same"
    if a.family in old.former or b.family in new.former:
        return "similar", "family-former"
    if set(a.parts) & set(b.parts):
        return "similar", "family-part"
    if a.first and (a.family, a.first) == (b.first, b.family):
        return "similar", "names-swapped"
    if _alike(a.family, b.family):
        return "similar", "family-similar"
    if a.family == _family_of(old.person.mother_maiden) or b.family == _family_of(new.person.mother_maiden):
        return "similar", "family-is-mothers"
    return "differs", "family-differs"


def is_known(text: str | None) -> bool:
    """Whether a name says anything: not "unknown", "N/A"."""
    return bool(text) and _family_of(text) not in NOBODY


def _family_of(text: str | None) -> str:
    """A family name standing alone, as it is compared; "-" where nothing is known."""
    return "".join(folded(text).split()) if text else "-"


def _given(new: Known, old: Known) -> tuple[Agreement, str]:
    a, b = new.name, old.name
    if a.placeholder or b.placeholder:
        told = a.told_sex or b.told_sex
        if told and new.sex and old.sex and new.sex != old.sex:
            return "differs", "given-differs"
        return "unknown", "given-placeholder"
    if not a.first or not b.first:
        return ("same", "") if a.first == b.first else ("unknown", "given-missing")
    return _given_names(a, b, bool(new.sex and old.sex and new.sex != old.sex))


def _given_names(a: FoldedName, b: FoldedName, other_sex: bool) -> tuple[Agreement, str]:
    if a.first == b.first or _in_one(a, b) or _in_one(b, a):
        return "same", "given-same"
    if other_sex:  # Daniel and Danielle
        return "differs", "given-differs"
    if GROUPS_OF.get(a.first, _NO_GROUP) & GROUPS_OF.get(b.first, _NO_GROUP):
        return "similar", "given-nickname"
    if (len(a.first) == 1 or len(b.first) == 1) and a.first[0] == b.first[0]:
        return "similar", "given-initial"
    if a.first in b.middle or b.first in a.middle:
        return "similar", "given-is-middle"
    return ("similar", "given-similar") if _alike(a.first, b.first) else ("differs", "given-differs")


_NO_GROUP: frozenset[int] = frozenset()


def _in_one(a: FoldedName, b: FoldedName) -> bool:
    """Maryann, and Mary Ann."""
    return bool(b.middle) and a.first == b.first + b.middle[0]


def _alike(a: str, b: str) -> bool:
    similarity = JaroWinkler.similarity(a, b)
    return similarity >= SIMILAR or (similarity >= SIMILAR_SOUND and sound(a) == sound(b))


def _name_bits(new: Known, named: str, called: str) -> float:
    """The rarer the name, the more it says."""
    bits = 0.0
    if named in NAME_U:
        part = new.name.parts[-1] if new.name.parts else new.name.family
        bits += log2(NAME_M[named] / (NAME_U[named] * family_share(part)))
    elif named == "family-differs":
        bits += log2(NAME_M[named])
    if called in NAME_U:
        bits += log2(NAME_M[called] / min(0.9, NAME_U[called] * given_share(new.name.first)))
    elif named == "names-swapped":
        bits -= log2(given_share(new.name.family))
    return bits


# ---- Facts -----------------------------------------------------------------------------------------------------------


def _facts(new: Known, old: Known) -> list[str]:
    a, b = new.person, old.person
    found = []
    if new.sex and old.sex:
        found.append("sex-same" if new.sex == old.sex else "sex-differs")
    if new.name.middle and old.name.middle:
        found.append(_middle(new.name, old.name))
    if new.order is not None and new.order == old.order and a.multiple_birth is not False:
        found.append("birth-order-same")
    if a.multiple_birth is not None and b.multiple_birth is not None and a.multiple_birth != b.multiple_birth:
        found.append("multiple-birth-differs")
    if is_known(a.mother_maiden) and is_known(b.mother_maiden):
        found.append(_mother(_family_of(a.mother_maiden), _family_of(b.mother_maiden)))
    if a.phones and b.phones:
        found.append("phone-same" if _common(a.phones, b.phones) else "phone-differs")
    if a.emails and b.emails and _common(_lower(a.emails), _lower(b.emails)):
        found.append("email-same")
    if a.address is not None and b.address is not None:
        found.append(_address(a.address, b.address))
    if new.name.suffix and old.name.suffix and new.name.suffix != old.name.suffix:
        found.append("suffix-differs")
    if new.identifiers and old.identifiers and _identifiers_differ(new, old):
        found.append("identifier-differs")
    return found


def _middle(a: FoldedName, b: FoldedName) -> str:
    if a.middle == b.middle:
        return "middle-same" if len(a.middle[0]) > 1 else "middle-initial"
    if _in_one(a, b) or _in_one(b, a):
        return ""
    x, y = a.middle[0], b.middle[0]
    if (len(x) == 1 or len(y) == 1) and x[0] == y[0]:
        return "middle-initial"
    if set(a.middle) & set(b.middle) or _alike(x, y):
        return "middle-same"
    return "" if a.first in b.middle or b.first in a.middle else "middle-differs"


def _mother(a: str, b: str) -> str:
    if a == b:
        return "mother-same"
    return "mother-similar" if _alike(a, b) or a.startswith(b) or b.startswith(a) else "mother-differs"


def _common(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    return not {*map(_digits, a)}.isdisjoint({*map(_digits, b)} - {""})


def _digits(contact: str) -> str:
    """The last ten digits of a number, so that one sent without its country meets one with it; an e-mail as it is.
    "" for what is neither: "unknown", "0000000000"."""
    if "@" in contact:
        return contact
    digits = "".join(character for character in contact if character.isdecimal())[-10:]
    return digits if len(digits) >= FEWEST_DIGITS and len(set(digits)) > 1 else ""


def _lower(emails: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.strip().casefold() for one in emails)


def _address(a: Address, b: Address) -> str:
    postcodes = a.postcode[:5].strip(), b.postcode[:5].strip()
    lines = folded(a.line).split(), folded(b.line).split()
    if lines[0] and lines[1] and lines[0][:2] == lines[1][:2] and _same_place(a, b, postcodes):
        return "address-same"
    if not all(postcodes):
        return ""
    return "postcode-same" if postcodes[0] == postcodes[1] else "postcode-differs"


def _same_place(a: Address, b: Address, postcodes: tuple[str, str]) -> bool:
    if all(postcodes):
        return postcodes[0] == postcodes[1]
    return bool(a.city) and folded(a.city).split() == folded(b.city).split()


def _identifiers_differ(new: Known, old: Known) -> bool:
    """Two numbers of one authority and kind, where it gives each person one."""
    if not new.identifiers.keys().isdisjoint(old.identifiers):
        return False
    ours = {(authority, kind) for (authority, _), kind in new.identifiers.items()}
    return any((authority, kind) in ours for (authority, _), kind in old.identifiers.items())
