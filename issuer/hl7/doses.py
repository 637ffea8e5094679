"""ORC, RXA and OBX as doses. CDC's guide 1.5, profile Z22 (VXU^V04); tables 0322, 0323, NIP001, CVX, MVX."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from cards.terminology import CVX
from issuer.hl7.errors import Fault, Spot
from issuer.hl7.person import PERSON_FIELDS
from issuer.hl7.segments import NULL, Segment, coded, piece
from issuer.hl7.sender import Sender
from issuer.hl7.times import day_of, last_day_of
from issuer.intake.proposal import Action, Demographics, Dose, Proposal

NDC: Final = "http://hl7.org/fhir/sid/ndc"
CPT: Final = "http://www.ama-assn.org/go/cpt"
SYSTEMS: Final[Mapping[str, str]] = {"CVX": CVX, "HL70292": CVX, "NDC": NDC, "C4": CPT, "CPT": CPT}
"""Names of code systems (table 0396) and their addresses, CVX before all."""
NO_VACCINE: Final = "998"
"""CVX "no vaccine administered": the message is about the person, or about something that is not a dose."""
PLACEHOLDER_ORDER: Final = "9999"
"""ORC-3 of what has no number (CDC's guide, ORC-3)."""
DOSE_NUMBER: Final = "30973-2"
IMMUNITY: Final = "59784-9"
NO_REASON: Final = ("", "", "")
Status = Literal["completed", "not-done"]
_STATUSES: Final[Mapping[str, Status]] = {"CP": "completed", "PA": "completed", "NA": "not-done", "RE": "not-done"}
"""RXA-20, HL7 table 0322."""
_READ: Final[Mapping[str, tuple[int, ...]]] = {
    **PERSON_FIELDS,
    "ORC": (3,),
    "RXA": (3, 5, 9, 10, 11, 15, 16, 17, 18, 20, 21),
}
_ACTIONS: Final[Mapping[str, Action]] = {"": "add", "A": "add", "U": "update", "D": "delete"}


@dataclass(frozen=True, slots=True)
class Item:
    """One dose group or result, or the person alone."""

    proposal: Proposal | None
    """None where a fault keeps it out."""
    spots: Mapping[str, Spot]
    """Where the parts of this group stand in the message: "ORC", "RXA", "OBR", "OBX"."""
    faults: tuple[Fault, ...] = ()
    facility: tuple[str, ...] = ()
    """Where the dose was given, as RXA-11.4 says it; empty where it says nothing."""


@dataclass(slots=True)
class Group:
    """The segments of one order."""

    orc: Segment | None = None
    rxa: Segment | None = None
    obx: list[Segment] | None = None


def wanted(line: str) -> tuple[int, ...]:
    """The fields of a VXU's segment that we keep. Funding, eligibility and the like are passed over."""
    name = line[:3]
    if name == "OBX":
        code = line.split("|", 4)[3:4]
        return (3, 5) if code and code[0].startswith((DOSE_NUMBER, IMMUNITY)) else ()
    return _READ.get(name, ())


def items(segments: Iterable[Segment], person: Demographics) -> list[Item]:
    """Every dose group in order; the person alone where there is none."""
    groups = _groups(segments)
    if not groups:
        return [Item(Proposal(person, None), {})]
    return [_item(group, person) for group in groups]


def _groups(segments: Iterable[Segment]) -> list[Group]:
    """ORC begins a group; so does an RXA that has none of its own (systems older than the guide send no ORC)."""
    groups: list[Group] = []
    for segment in segments:
        if segment.name == "ORC":
            groups.append(Group(orc=segment))
        elif segment.name == "RXA":
            if not groups or groups[-1].rxa is not None:
                groups.append(Group())
            groups[-1].rxa = segment
        elif segment.name == "OBX" and groups:
            groups[-1].obx = [*(groups[-1].obx or ()), segment]
    return groups


def _item(group: Group, person: Demographics) -> Item:
    rxa, orc = group.rxa, group.orc
    if rxa is None:
        at = orc.spot() if orc else Spot("ORC")
        return Item(None, {"ORC": at}, (Fault("order-without-dose", at),))
    spots = {"RXA": rxa.spot(), "ORC": orc.spot() if orc else rxa.spot()}
    code, system = _product(rxa)
    number, faults = _observed(group.obx or (), spots)
    action = _ACTIONS.get(rxa.text(21).upper())
    if action is None:
        faults.append(Fault("action-unknown", rxa.spot(21)))
    if code == NO_VACCINE and system == CVX:
        return _about_the_person(person, spots, faults)
    dose = _dose(rxa, code, system, number, faults)
    if action is None or any(fault.stops for fault in faults):
        return Item(None, spots, tuple(faults))
    proposal = Proposal(person, dose, action, _order_number(orc))
    return Item(proposal, spots, tuple(faults), _facility(rxa, dose))


def _about_the_person(person: Demographics, spots: Mapping[str, Spot], faults: list[Fault]) -> Item:
    """CVX 998: no event, whatever RXA-20 and RXA-21 say."""
    return Item(Proposal(person, None), spots, tuple(fault for fault in faults if not fault.stops))


def _dose(rxa: Segment, code: str, system: str, number: int | None, faults: list[Fault]) -> Dose:
    completion = rxa.text(20).upper() or "CP"  # the guide: where RXA-20 is empty, CP is assumed
    administered, evidence = _source(rxa, completion, faults)
    reason = _reason(rxa)
    refused = completion == "RE" or (completion in ("CP", "PA") and reason != NO_REASON)
    return Dose(
        code=code,
        day=_value(day_of(rxa.text(3))),
        system=system,
        lot=_value(rxa.text(15)),
        expires=_value(last_day_of(rxa.text(16))),
        manufacturer=_value(rxa.text(17)),
        status=cast(Status, _STATUSES.get(completion, completion)),  # what is none is the checker's to refuse
        not_done_reason="refused" if refused else "not-administered" if completion == "NA" else "",
        reason_code=reason[0],
        reason_text=reason[1],
        reason_system=reason[2],
        subpotent=completion == "PA",
        administered=administered,
        evidence=evidence,
        dose_number=number,
        vaccinator=_who(rxa),
    )


def _reason(rxa: Segment) -> tuple[str, str, str]:
    """RXA-18: why it was refused, as it was sent."""
    found = rxa.repetitions(18)
    return next(iter(coded(found[0])), NO_REASON) if found else NO_REASON


def _product(rxa: Segment) -> tuple[str, str]:
    """The code and its system: CVX where RXA-5 has it, else the first it has. A code without a system is CVX."""
    found = rxa.repetitions(5)
    triplets = coded(found[0]) if found else ()
    known = [(code, SYSTEMS.get(system.upper(), system) or CVX) for code, _, system in triplets if code]
    return min(known, key=lambda one: one[1] != CVX, default=("", CVX))


def _source(rxa: Segment, completion: str, faults: list[Fault]) -> tuple[bool, str]:
    """(given by the sender, evidence of a historical dose) by RXA-9. What is no code goes to the checker as it is."""
    code = next((piece(one, 1) for one in rxa.repetitions(9) if piece(one, 3).upper() in ("NIP001", "")), "")
    if code == "00":
        return True, ""
    if code not in ("", NULL):
        return False, code
    if completion not in ("CP", "PA"):
        return True, ""
    faults.append(Fault("source-missing", rxa.spot(9)))
    return False, ""


def _who(rxa: Segment) -> str:
    """RXA-10: the vaccinator's id, else the name."""
    found = rxa.repetitions(10)
    if not found:
        return ""
    number, family, given = (_value(piece(found[0], at)) for at in (1, 2, 3))
    return number or " ".join(part for part in (given, family) if part)


def _order_number(orc: Segment | None) -> str:
    """The sender's own number of the dose, with its namespace where it has one; "" for none and for placeholders."""
    return entity_identifier(orc, 3) if orc else ""


def entity_identifier(segment: Segment, number: int) -> str:
    """An EI as one text: `number^namespace`."""
    found = segment.repetitions(number)
    value = _value(piece(found[0], 1)) if found else ""
    if value in ("", PLACEHOLDER_ORDER):
        return ""
    who = _value(piece(found[0], 2)) or _value(piece(found[0], 3))
    return f"{value}^{who}" if who else value


def _observed(found: Iterable[Segment], spots: dict[str, Spot]) -> tuple[int | None, list[Fault]]:
    """The dose number, and word of what is not kept."""
    number: int | None = None
    faults: list[Fault] = []
    for obx in found:
        if obx.text(3) == IMMUNITY:
            faults.append(Fault("immunity-not-recorded", obx.spot(3)))
            continue
        spots["OBX"] = obx.spot(5)
        text = obx.text(5)
        if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) > 0:
            number = int(text)
        elif text not in ("", NULL, "0"):
            faults.append(Fault("dose-number-unreadable", obx.spot(5)))
    return number, faults


def place_fault(item: Item, sender: Sender, clinic_id: str) -> Fault | None:
    """Why the place in RXA-11.4 is none that this sender may record for under this MSH-4."""
    clinic = sender.clinic_of(item.facility) if item.facility else clinic_id
    if clinic == clinic_id:
        return None
    at = item.spots["RXA"]
    return Fault("place-not-yours" if clinic is None else "place-other-clinic", Spot("RXA", at.sequence, 11, 1, 4))


def _facility(rxa: Segment, dose: Dose) -> tuple[str, ...]:
    """Of a dose that the sender gave, the facility of RXA-11.4 (HD): namespace id, universal id."""
    found = rxa.repetitions(11)
    if not found or not dose.administered:
        return ()
    return tuple(code for code in (piece(found[0], 4), piece(found[0], 4, 2)) if code not in ("", NULL))


def _value(text: str) -> str:
    return "" if text == NULL else text
