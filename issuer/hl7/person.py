"""PID, PD1 and QPD as Demographics. An empty field says nothing; `""` takes away what stood there.

HL7 v2.5.1 chapter 3 (PID, PD1) and CDC's guide 1.5, tables 4-… of PID, PD1 and QPD. What Demographics cannot take away
(a name, a date of birth, an identifier) is not taken away by `""` either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import phonenumbers

from issuer.hl7.errors import Fault
from issuer.hl7.segments import NULL, Repetition, Segment, authority, piece
from issuer.hl7.times import day_of
from issuer.intake.proposal import Address, Demographics, Identifier, Name

SEXES: Final[Mapping[str, str]] = MappingProxyType(
    {"F": "female", "M": "male", "O": "other", "A": "other", "X": "other", "N": "other", "U": "unknown", NULL: ""}
)
"""HL7 table 0001 (X: CDC's addition) to FHIR's administrative gender; `""` takes it away."""
_LEGAL: Final = ("L", "", "U", "S")
"""Kinds of name that may be the name itself, best first (table 0200); any other is an alias."""
_NOT_HOME: Final = frozenset({"BA", "BDL", "BR", "N", "F"})
"""Kinds of address at which nobody is reached (table 0190): bad, of birth, of origin."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Where a segment keeps what PID keeps; 0 for nowhere."""

    identifiers: int
    name: int
    mother: int
    birth: int
    sex: int
    address: int
    phone: int
    multiple: int
    order: int
    work_phone: int = 0
    died_on: int = 0
    died: int = 0


PID: Final = Fields(3, 5, 6, 7, 8, 11, 13, 24, 25, work_phone=14, died_on=29, died=30)
QPD: Final = Fields(3, 4, 5, 6, 7, 8, 9, 10, 11)
PERSON_FIELDS: Final[Mapping[str, tuple[int, ...]]] = {"PID": (3, 5, 6, 7, 8, 11, 13, 14, 24, 25, 29, 30), "PD1": (12,)}
"""What of a message about a person is taken apart (`issuer.hl7.segments.segments_of`)."""


def demographics(
    segment: Segment, fields: Fields, region: str, protection: Segment | None = None
) -> tuple[Demographics, tuple[Fault, ...]]:
    """The person of a PID (or of a query's QPD), and what of it was left out.

    `region` (ISO 3166) is where phone numbers without a country are; `protection` is the PD1.
    """
    faults: list[Fault] = []
    name, aliases = _names(segment, fields.name)
    phones, emails = _contacts(segment, (fields.phone, fields.work_phone), region)
    person = Demographics(
        name=name,
        birth_date=_without_null(day_of(segment.text(fields.birth))),
        sex=_sex(segment.text(fields.sex)),
        identifiers=identifiers_of(segment, fields.identifiers),
        aliases=aliases,
        birth_order=_birth_order(segment, fields.order, faults),
        multiple_birth=_yes_or_no(segment.text(fields.multiple)),
        mother_maiden=_mother(segment, fields.mother),
        phones=phones,
        emails=emails,
        address=_address(segment, fields.address),
        died_on=_death(segment, fields),
        protected=_yes_or_no(protection.text(12)) if protection else None,
    )
    return person, tuple(faults)


def identifiers_of(segment: Segment, number: int) -> tuple[Identifier, ...]:
    """The CX of a field that have a value, each with its authority ("" where none was sent)."""
    return tuple(
        Identifier(authority(one, 4), piece(one, 1), piece(one, 5))
        for one in segment.repetitions(number)
        if piece(one, 1) not in ("", NULL)
    )


def _names(segment: Segment, number: int) -> tuple[Name, tuple[Name, ...]]:
    """The name, and its aliases (maiden, nickname …) in the order sent."""
    named = [(piece(one, 7).upper(), _name(one)) for one in segment.repetitions(number)]
    named = [(kind, name) for kind, name in named if name != Name()]
    if not named:
        return Name(), ()
    main = min(range(len(named)), key=lambda at: (_rank(named[at][0]), at))
    return named[main][1], tuple(name for at, (_, name) in enumerate(named) if at != main)


def _rank(kind: str) -> int:
    return _LEGAL.index(kind) if kind in _LEGAL else len(_LEGAL)


def _name(repetition: Repetition) -> Name:
    family, first, further, suffix, prefix = (_without_null(piece(repetition, at)) for at in range(1, 6))
    return Name(family, tuple(given for given in (first, further) if given), suffix, prefix=prefix)


def _mother(segment: Segment, number: int) -> str | None:
    """The maiden family name: of the repetition that says M, else of the first."""
    found = segment.repetitions(number)
    if not found:
        return None
    maiden = next((one for one in found if piece(one, 7).upper() == "M"), found[0])
    family = piece(maiden, 1)
    return "" if family == NULL else family or None


def _sex(code: str) -> str | None:
    """What is no code of the table goes to the checker as it is."""
    return SEXES.get(code.upper(), code) if code else None


def _birth_order(segment: Segment, number: int, faults: list[Fault]) -> int | None:
    text = segment.text(number)
    if text in ("", NULL):
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        faults.append(Fault("birth-order-unreadable", segment.spot(number)))
        return None
    return int(text)


def _yes_or_no(code: str) -> bool | None:
    """Table 0136. `""` says nothing: a protection that somebody asked for does not fall by a blank."""
    return {"Y": True, "N": False}.get(code.upper())


def _death(segment: Segment, fields: Fields) -> str | None:
    """The day, or "yes"; "" where `""` takes a recorded death away. "N", which systems send for everybody, does not."""
    if not fields.died:
        return None
    day, died = segment.text(fields.died_on), segment.text(fields.died).upper()
    if day not in ("", NULL):
        return day_of(day)
    if died == "Y":
        return "yes"
    return "" if NULL in (day, died) else None


def _address(segment: Segment, number: int) -> Address | None:
    found = segment.repetitions(number)
    homes = [one for one in found if piece(one, 7).upper() not in _NOT_HOME]
    if not homes:
        return None
    if piece(homes[0], 1) == NULL:
        return Address()
    street, other, city, state, postcode, country = (_without_null(piece(homes[0], at)) for at in range(1, 7))
    line = ", ".join(part for part in (street, other) if part)
    address = Address(line, city, state, postcode, country)
    return None if address == Address() else address


def _contacts(segment: Segment, numbers: tuple[int, ...], region: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Phone numbers and e-mail addresses of XTN fields, each once, in order."""
    phones: dict[str, None] = {}
    emails: dict[str, None] = {}
    for number in numbers:
        for one in segment.repetitions(number) if number else ():
            email = piece(one, 4) or (piece(one, 1) if "@" in piece(one, 1) else "")
            phone = "" if email else _phone(one)
            if email not in ("", NULL):
                emails[email] = None
            if phone not in ("", NULL):
                phones[_e164(phone, region)] = None
    return tuple(phones), tuple(emails)


def _phone(repetition: Repetition) -> str:
    """Country, area and local number (XTN-5 to 7), else the old XTN-1; faxes and pagers are not phones."""
    if piece(repetition, 3).upper() in ("FX", "BP", "MD"):
        return ""
    country, area, local = (_without_null(piece(repetition, at)) for at in (5, 6, 7))
    if not local:
        return piece(repetition, 1)
    return f"+{country.lstrip('+')}{area}{local}" if country else f"{area}{local}"


def _e164(phone: str, region: str) -> str:
    """E.164 where it can be read as a number that could exist, else as sent."""
    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return phone
    if not phonenumbers.is_possible_number(number):
        return phone
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


def _without_null(text: str) -> str:
    return "" if text == NULL else text
