"""Where a finding's neutral place stands in a message: segment, which one, field (ERR-2)."""

from collections.abc import Mapping
from typing import Final

from issuer.hl7.errors import Spot

_PERSON: Final[Mapping[str, int]] = {
    "person": 0,
    "person.identifier": 3,
    "person.name": 5,
    "person.mother_maiden": 6,
    "person.birth_date": 7,
    "person.sex": 8,
    "person.address": 11,
    "person.phone": 13,
    "person.email": 13,
    "person.birth_order": 25,
    "person.died_on": 29,
}
_DOSE: Final[Mapping[str, tuple[str, int]]] = {
    "event": ("RXA", 0),
    "event.id": ("ORC", 3),
    "event.day": ("RXA", 3),
    "event.code": ("RXA", 5),
    "event.evidence": ("RXA", 9),
    "event.performer": ("RXA", 10),
    "event.lot": ("RXA", 15),
    "event.expires": ("RXA", 16),
    "event.manufacturer": ("RXA", 17),
    "event.status": ("RXA", 20),
    "action": ("RXA", 21),
    "event.dose_number": ("OBX", 5),
}
_RESULT: Final[Mapping[str, tuple[str, int]]] = {
    "event": ("OBX", 0),
    "event.id": ("OBR", 3),
    "event.code": ("OBX", 3),
    "event.value": ("OBX", 5),
    "event.unit": ("OBX", 6),
    "event.status": ("OBX", 11),
    "action": ("OBX", 11),
    "event.day": ("OBX", 14),
    "event.performer": ("OBX", 23),
}


def spot_of(place: str, spots: Mapping[str, Spot]) -> Spot:
    """The spot of a place (of `issuer.intake.proposal.PLACES`) in the group that these segments are.

    `spots` are the segments of the dose group or result, as `issuer.hl7.doses.Item` has them.
    """
    if place.startswith("person"):
        return Spot("PID", 1, _PERSON.get(place, 0))
    if place == "clinic":
        return Spot("MSH", 1, 4)
    main = "OBX" if "OBR" in spots else "RXA"
    name, number = (_RESULT if main == "OBX" else _DOSE).get(place, (main, 0))
    segment = spots.get(name) or spots.get(main)
    if segment is None:
        return Spot("MSH")
    return Spot(segment.segment, segment.sequence, number if segment.segment == name else 0)
