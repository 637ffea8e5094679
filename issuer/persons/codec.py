"""Demographics as compact JSON, and back: what stands in `person.demographics`.

Members that say nothing are left out; unknown ones, which a later version may have written, are passed over.
"""

from typing import Any

import orjson

from issuer.intake.proposal import Address, Demographics, Identifier, Name

_PLAIN = (
    "birth_date", "sex", "birth_order", "multiple_birth", "mother_maiden", "died_on", "protected",
)  # fmt: skip


def demographics_json(person: Demographics) -> bytes:
    """UTF-8 JSON without spaces.

    Raises:
        TypeError: a text holds half of a surrogate pair, which no door lets in.
    """
    out: dict[str, Any] = {}
    if person.name != _NO_NAME:
        out["name"] = _name(person.name)
    for member in _PLAIN:
        value = getattr(person, member)
        if value is not None and (value != "" or member != "birth_date"):
            out[member] = value
    if person.identifiers:
        out["identifiers"] = [[one.authority, one.value, one.kind] for one in person.identifiers]
    if person.aliases:
        out["aliases"] = [_name(one) for one in person.aliases]
    if person.phones:
        out["phones"] = person.phones
    if person.emails:
        out["emails"] = person.emails
    if person.address is not None:
        one = person.address
        out["address"] = [one.line, one.city, one.state, one.postcode, one.country]
    return orjson.dumps(out)


def read_demographics(octets: bytes) -> Demographics:
    """What `demographics_json` wrote, in this version or a later one.

    Raises:
        ValueError: it is no such JSON.
    """
    read = orjson.loads(octets)
    if not isinstance(read, dict):
        raise ValueError("stored demographics are no JSON object")
    get = read.get
    address = get("address")
    return Demographics(
        _read_name(read["name"]) if "name" in read else _NO_NAME,
        get("birth_date", ""),
        get("sex"),
        tuple(Identifier(*one[:3]) for one in get("identifiers", ())),
        tuple(_read_name(one) for one in get("aliases", ())),
        get("birth_order"),
        get("multiple_birth"),
        get("mother_maiden"),
        tuple(get("phones", ())),
        tuple(get("emails", ())),
        None if address is None else Address(*address[:5]),
        get("died_on"),
        get("protected"),
    )


_NO_NAME = Name()


def _name(name: Name) -> list[Any]:
    """[family, given] and, up to the last that says something, suffix, text and prefix."""
    if name.prefix:
        return [name.family, name.given, name.suffix, name.text, name.prefix]
    if name.text:
        return [name.family, name.given, name.suffix, name.text]
    return [name.family, name.given, name.suffix] if name.suffix else [name.family, name.given]


def _read_name(read: list[Any]) -> Name:
    return Name(read[0], tuple(read[1]), *read[2:5])
