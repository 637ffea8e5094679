"""OBR and OBX as laboratory results: ORU^R01 by the laboratory guides (HL7 v2.5.1 ELR R1 and LRI), tables 0085, 0125.

Questions asked at order entry and observations about the specimen are not results and are passed over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from issuer.hl7.doses import Item, entity_identifier
from issuer.hl7.errors import Fault
from issuer.hl7.person import PERSON_FIELDS
from issuer.hl7.segments import NULL, Segment, coded, piece
from issuer.hl7.times import moment_of
from issuer.intake.proposal import Action, Demographics, Proposal, Result

LOINC_NAMES: Final = frozenset({"LN", "LOINC"})
SNOMED: Final = "http://snomed.info/sct"
SYSTEMS: Final[Mapping[str, str]] = {
    "SCT": SNOMED,
    "SCT2": SNOMED,
    "SNM": SNOMED,
    "SNOMED-CT": SNOMED,
    "LN": "http://loinc.org",
}
"""Names of code systems (table 0396) of coded values, and their addresses."""
_STATUSES: Final[Mapping[str, tuple[str, Action]]] = {
    "F": ("final", "add"),
    "C": ("corrected", "update"),
    "D": ("final", "delete"),
    "W": ("final", "delete"),
    "X": ("cancelled", "add"),
    "P": ("preliminary", "add"),
    "R": ("preliminary", "add"),
    "S": ("preliminary", "add"),
    "U": ("final", "update"),
}
"""OBX-11 (table 0085): FHIR's status, and what to do with what was sent before. The checker refuses what is no result
yet; a code that is not in the table goes to it as `unknown`."""
_READ: Final[Mapping[str, tuple[int, ...]]] = {
    **PERSON_FIELDS,
    "ORC": (3,),
    "OBR": (3, 7),
    "OBX": (2, 3, 4, 5, 6, 11, 14, 23, 29),
    "SPM": (17,),
}
_NO_RESULT: Final = frozenset({"QST", "AOE", "SCI", "ASK"})
"""OBX-29 (table 0936): questions and observations that support a result."""


@dataclass(slots=True)
class Order:
    """One OBR with its results."""

    obr: Segment
    orc: Segment | None
    results: list[Segment] = field(default_factory=list)
    specimen_time: str = ""


def wanted(line: str) -> tuple[int, ...]:
    """The fields of an ORU's segment that we keep."""
    return _READ.get(line[:3], ())


def items(segments: Iterable[Segment], person: Demographics, zone: tzinfo) -> list[Item]:
    """Every result in order. Times without a zone are in `zone`."""
    return [item for order in _orders(segments) for item in _items(order, person, zone)]


def _orders(segments: Iterable[Segment]) -> list[Order]:
    orders: list[Order] = []
    orc: Segment | None = None
    behind_specimen = False
    for segment in segments:
        if segment.name == "ORC":
            orc = segment
        elif segment.name == "OBR":
            orders.append(Order(segment, orc))
            orc, behind_specimen = None, False
        elif segment.name == "SPM" and orders:
            behind_specimen = True
            orders[-1].specimen_time = orders[-1].specimen_time or segment.text(17)
        elif segment.name == "OBX" and orders and not behind_specimen and segment.text(29).upper() not in _NO_RESULT:
            orders[-1].results.append(segment)
    return orders


def _items(order: Order, person: Demographics, zone: tzinfo) -> list[Item]:
    if not order.results:
        return [Item(None, {"OBR": order.obr.spot()}, (Fault("order-without-result", order.obr.spot()),))]
    return [_item(order, obx, person, zone) for obx in order.results]


def _item(order: Order, obx: Segment, person: Demographics, zone: tzinfo) -> Item:
    status, action = _STATUSES.get(obx.text(11).upper(), ("unknown", "add"))
    code = _loinc(obx)
    value_code, value_system, quantity, text = _value(obx)
    result = Result(
        code=code,
        time=_time(order, obx, zone),
        status=status,
        value_code=value_code,
        value_system=value_system or SNOMED,
        quantity=quantity,
        unit=_unit(obx) if quantity else "",
        text=text,
        performer=_said(obx.text(23)),
    )
    spots = {"OBX": obx.spot(), "OBR": order.obr.spot()}
    return Item(Proposal(person, result, action, _number(order, obx, code)), spots)


def _loinc(obx: Segment) -> str:
    """OBX-3: LOINC where it has it; else the code it has, which the checker will not know."""
    found = obx.repetitions(3)
    known = [(code, system.upper()) for code, _, system in coded(found[0]) if code] if found else []
    return min(known, key=lambda one: one[1] not in LOINC_NAMES, default=("", ""))[0]


def _number(order: Order, obx: Segment, code: str) -> str:
    """The laboratory's number of this one result: filler order, test, and sub-id where it has one."""
    filler = entity_identifier(order.obr, 3) or (entity_identifier(order.orc, 3) if order.orc else "")
    return "/".join(part for part in (filler, code, _said(obx.text(4))) if part) if filler else ""


def _time(order: Order, obx: Segment, zone: tzinfo) -> str:
    """When the specimen was taken: OBX-14, else OBR-7, else SPM-17; in FHIR's form, its zone kept."""
    stamps = (_said(obx.text(14)), _said(order.obr.text(7)), _said(order.specimen_time))
    return moment_of(next((stamp for stamp in stamps if stamp), ""), zone)


def _value(obx: Segment) -> tuple[str, str, str, str]:
    """(code, system, quantity, text) of OBX-5 by its type in OBX-2; one of them says what was found."""
    found = obx.repetitions(5)
    if not found:
        return "", "", "", ""
    kind = obx.text(2).upper()
    if kind in ("CE", "CWE", "CNE"):
        return _coded_value(coded(found[0]), piece(found[0], 9))
    if kind == "NM":
        return "", "", _said(piece(found[0])), ""
    if kind == "SN":
        return _structured([_said(piece(found[0], at)) for at in range(1, 5)], _unit(obx))
    return "", "", "", "\n".join(part for part in (_said(piece(one)) for one in found) if part)


def _coded_value(triplets: tuple[tuple[str, str, str], ...], original: str) -> tuple[str, str, str, str]:
    """SNOMED CT where it is there, else the first code (which the checker refuses), else what was written."""
    known = [(code, SYSTEMS.get(system.upper(), system)) for code, _, system in triplets if code]
    if known:
        code, system = min(known, key=lambda one: one[1] != SNOMED)
        return code, system or "unknown", "", ""
    return "", "", "", next((text for text in (original, *(text for _, text, _ in triplets)) if _said(text)), "")


def _structured(parts: list[str], unit: str) -> tuple[str, str, str, str]:
    """SN: a number or a bound (">100") is a quantity; a titre "1:128" or a range is text as people write it."""
    comparator, first, separator, second = parts
    bound = comparator.removeprefix("=")
    if not separator:
        return "", "", f"{bound}{first}" if first else "", ""
    return "", "", "", " ".join(part for part in (f"{bound}{first}{separator}{second}", unit) if part)


def _unit(obx: Segment) -> str:
    """OBX-6: UCUM where it has it, else the first code."""
    found = obx.repetitions(6)
    known = [(code, system.upper()) for code, _, system in coded(found[0]) if code] if found else []
    return min(known, key=lambda one: one[1] != "UCUM", default=("", ""))[0]


def _said(text: str) -> str:
    return "" if text == NULL else text
