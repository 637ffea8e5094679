"""Every free text of a proposal with its place, and whether all of them are plain. Part of the one checker. Pure.

Values that are compared with a code set or a date's form elsewhere are not in it: they cannot hide anything.
"""

from collections.abc import Iterator
from typing import Final

from cards.shc.profiles.reading import hides_something
from issuer.intake.findings import finding
from issuer.intake.proposal import Demographics, Dose, Event, Finding, Name

LONGEST_CODE: Final = 24
LONGEST_LOT: Final = 40
LONGEST_TEXT: Final = 250
"""Characters. What is longer is two fields run together; the store's columns are made for these lengths."""


def are_plain(person: Demographics, event: Event | None, event_id: str) -> bool:
    """Whether no text hides anything or is too long, told with one look at all of them; False: look at each.

    Everything `hides_something` finds is not printable to Python; some plain marks (no-break space) are not either.
    """
    name, address = person.name, person.address
    parts = [name.family, *name.given, name.suffix, name.text, *person.phones, *person.emails, event_id]
    if person.mother_maiden:
        parts.append(person.mother_maiden)
    if address is not None:
        parts += (address.line, address.city, address.state, address.postcode, address.country)
    for identifier in person.identifiers:
        parts += (identifier.authority, identifier.value, identifier.kind)
    for alias in person.aliases:
        parts += _name_texts(alias)
    if isinstance(event, Dose):
        parts += (event.code, event.lot, event.manufacturer, event.vaccinator, event.performer)
        parts += (event.reason_code, event.reason_text, event.reason_system)
        if len(event.code) > LONGEST_CODE or len(event.lot) > LONGEST_LOT:
            return False
    elif event is not None:
        parts += (event.code, event.value_code, event.unit, event.text, event.performer)
        if len(event.code) > LONGEST_CODE or len(event.value_code) > LONGEST_CODE:
            return False
    whole = "".join(parts)
    return whole.isprintable() and (len(whole) <= LONGEST_TEXT or max(map(len, parts)) <= LONGEST_TEXT)


def text_findings(person: Demographics, event: Event | None, event_id: str) -> Iterator[Finding]:
    """What is wrong with each text: each kind once for each place."""
    seen = set()
    for place, text, longest in _texts(person, event, event_id):
        for code, wrong in (("hidden-character", hides_something(text)), ("text-too-long", len(text) > longest)):
            if wrong and (code, place) not in seen:
                seen.add((code, place))
                yield finding(code, place)


def _texts(person: Demographics, event: Event | None, event_id: str) -> Iterator[tuple[str, str, int]]:
    """Place, text, and how many characters it may have."""
    yield from (("person.name", text, LONGEST_TEXT) for text in _name_texts(person.name))
    yield from (("person.name", text, LONGEST_TEXT) for alias in person.aliases for text in _name_texts(alias))
    for one in person.identifiers:
        yield from (("person.identifier", text, LONGEST_TEXT) for text in (one.authority, one.value, one.kind))
    yield "person.mother_maiden", person.mother_maiden or "", LONGEST_TEXT
    yield from (("person.phone", text, LONGEST_TEXT) for text in person.phones)
    yield from (("person.email", text, LONGEST_TEXT) for text in person.emails)
    if (address := person.address) is not None:
        lines = (address.line, address.city, address.state, address.postcode, address.country)
        yield from (("person.address", text, LONGEST_TEXT) for text in lines)
    yield "event.id", event_id, LONGEST_TEXT
    if event is None:
        return
    yield "event.code", event.code, LONGEST_CODE
    yield "event.performer", event.performer, LONGEST_TEXT
    if isinstance(event, Dose):
        yield "event.lot", event.lot, LONGEST_LOT
        yield "event.manufacturer", event.manufacturer, LONGEST_TEXT
        yield "event.performer", event.vaccinator, LONGEST_TEXT
        said = (event.reason_code, event.reason_text, event.reason_system)
        yield from (("event.status", text, LONGEST_TEXT) for text in said)
    else:
        yield "event.value", event.value_code, LONGEST_CODE
        yield "event.value", event.text, LONGEST_TEXT
        yield "event.unit", event.unit, LONGEST_TEXT


def _name_texts(name: Name) -> tuple[str, ...]:
    return (name.family, *name.given, name.suffix, name.text)
