"""RSP^K11: the answer to QBP^Q11, by CDC's guide (profiles Z31, Z32, Z33, Z42). Pure.

Z32 one person's history · Z42 the same for who asked for an evaluated history and forecast · Z31 persons that resemble
· Z33 nobody, too many, or an error. QAK-2: OK, NF (nobody), TM (too many), AE.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, Protocol

from cards.terminology import CVX, vaccine
from issuer.hl7.acknowledgement import Remark, code_of, errs, msa, msh, remarks_of
from issuer.hl7.doses import DOSE_NUMBER, SYSTEMS
from issuer.hl7.errors import Fault, Spot
from issuer.hl7.escapes import escape
from issuer.hl7.message import Message, Query
from issuer.hl7.times import stamp_of_day
from issuer.intake.proposal import Address, Demographics, Dose, Event, Identifier, Name

KIND: Final = "RSP^K11^RSP_K11"
AUTHORITY: Final = "COUNTERSIGN"
"""Who assigned the ids of persons (PID-3, type SR) and records (ORC-3) in our answers."""
SOURCES: Final = {
    "00": "New immunization record",
    "01": "Historical information - source unspecified",
    "02": "Historical information - from other provider",
    "03": "Historical information - from parent's written record",
    "04": "Historical information - from parent's recall",
    "05": "Historical information - from other registry",
    "06": "Historical information - from birth certificate",
    "07": "Historical information - from school record",
    "08": "Historical information - from public agency",
}
"""CDC's table NIP001."""
_EVIDENCE: Final = {"provider": "02", "record": "03", "recall": "04", "school": "07", "jurisdiction": "08"}
_LETTERS: Final = {"female": "F", "male": "M", "other": "O", "unknown": "U"}
_NAMES: Final = {address: name for name, address in reversed(list(SYSTEMS.items()))}


class Line(Protocol):
    """One dose or result of a history, as the intake tells it."""

    @property
    def record_id(self) -> str: ...
    @property
    def event(self) -> Event: ...
    @property
    def clinic_name(self) -> str: ...


class Found(Protocol):
    """Whom the intake found."""

    @property
    def kind(self) -> str: ...
    @property
    def person_id(self) -> str: ...
    @property
    def person(self) -> Demographics | None: ...
    @property
    def candidates(self) -> Sequence[Demographics]: ...
    @property
    def records(self) -> Sequence[Line]: ...


def respond(message: Message, query: Query, found: Found, now: datetime) -> str:
    """The answer to a query, its segments ended by CR. Laboratory results are not part of an immunization history.

    A protected person is nobody to whoever asks: QAK-2 is NF, as for somebody who was never here.
    """
    if found.kind == "one" and found.person is not None:
        return _history(message, query, found, found.person, now)
    if found.kind == "several" and len(found.candidates) <= query.limit:
        persons = "".join(_pid(number, person, "") for number, person in enumerate(found.candidates, start=1))
        return _answer(message, query, "Z31", "OK", persons, remarks_of(message, ()), now)
    status = "TM" if found.kind == "several" else "NF"
    return _answer(message, query, "Z33", status, "", remarks_of(message, ()), now)


def refuse(message: Message, query: Query, now: datetime) -> str:
    """The answer to a query that cannot be answered; `message.faults` say why."""
    remarks = remarks_of(message, ())
    return _answer(message, query, "Z33", code_of(remarks), "", remarks, now)


def _history(message: Message, query: Query, found: Found, person: Demographics, now: datetime) -> str:
    doses = (_dose(line, line.event) for line in found.records if isinstance(line.event, Dose))
    body = _pid(1, person, found.person_id) + "".join(doses)
    if query.profile != "Z44":
        return _answer(message, query, "Z32", "OK", body, remarks_of(message, ()), now)
    told = Message(
        message.header, message.digest, faults=(*message.faults, Fault("forecast-not-made", Spot("QPD", 1, 1)))
    )
    return _answer(message, query, "Z42", "OK", body, remarks_of(told, ()), now)


def _answer(
    message: Message, query: Query, profile: str, status: str, body: str, remarks: Iterable[Remark], now: datetime
) -> str:
    remarks = tuple(remarks)
    fields = query.line.split("|")
    tag, name = (fields[2] if len(fields) > 2 else ""), (fields[1] if len(fields) > 1 else "")
    answer = f"{msa(message.header, remarks)}{errs(remarks)}QAK|{tag}|{status}|{name}\r{query.line}\r{body}"
    return msh(message, KIND, f"{profile}^CDCPHINVS", now, answer) + answer


def _pid(number: int, person: Demographics, person_id: str) -> str:
    own = (Identifier(AUTHORITY, person_id, "SR"),) if person_id else ()
    fields = {
        1: str(number),
        3: "~".join(map(_cx, (*own, *person.identifiers))),
        5: "~".join((_xpn(person.name, "L"), *(_xpn(alias, "A") for alias in person.aliases))),
        6: f"{escape(person.mother_maiden)}^^^^^^M" if person.mother_maiden else "",
        7: stamp_of_day(person.birth_date),
        8: _LETTERS.get(person.sex or "", ""),
        11: _xad(person.address) if person.address else "",
        13: "~".join(_contacts(person)),
        24: {True: "Y", False: "N", None: ""}[person.multiple_birth],
        25: str(person.birth_order or ""),
        29: stamp_of_day(person.died_on) if person.died_on and person.died_on != "yes" else "",
        30: "Y" if person.died_on else "",
    }
    return _segment("PID", fields)


def _segment(name: str, fields: dict[int, str]) -> str:
    whole = [fields.get(number, "") for number in range(1, max(fields) + 1)]
    return f"{name}|{'|'.join(whole)}".rstrip("|") + "\r"


def _cx(identifier: Identifier) -> str:
    return f"{escape(identifier.value)}^^^{_hd(identifier.authority)}^{escape(identifier.kind)}"


def _hd(authority: str) -> str:
    """An authority as `issuer.hl7.segments.authority` reads it."""
    if authority.startswith("urn:oid:"):
        return f"&{escape(authority.removeprefix('urn:oid:'))}&ISO"
    return f"&{escape(authority)}&URI" if ":" in authority else escape(authority)


def _xpn(name: Name, kind: str) -> str:
    family = name.family or name.text
    first, further = (name.given[0] if name.given else ""), " ".join(name.given[1:])
    return "^".join((*map(escape, (family, first, further, name.suffix, name.prefix)), "", kind))


def _xad(address: Address) -> str:
    parts = (address.line, "", address.city, address.state, address.postcode, address.country)
    return "^".join((*map(escape, parts), "H"))


def _contacts(person: Demographics) -> Iterator[str]:
    for phone in person.phones:
        yield f"{escape(phone)}^PRN^PH"
    for email in person.emails:
        yield f"^NET^Internet^{escape(email)}"


def _dose(line: Line, dose: Dose) -> str:
    order = f"ORC|RE||{escape(line.record_id)}^{AUTHORITY}\r"
    day = stamp_of_day(dose.day)
    source = "00" if dose.administered else _EVIDENCE.get(dose.evidence, dose.evidence)
    source = source if source in SOURCES else "01"
    fields = {
        1: "0",
        2: "1",
        3: day,
        4: day,
        5: _product(dose),
        6: "999",
        9: f"{source}^{SOURCES[source]}^NIP001" if dose.status == "completed" else "",
        11: f"^^^{escape(line.clinic_name)}" if line.clinic_name else "",
        15: escape(dose.lot),
        16: stamp_of_day(dose.expires),
        17: f"{escape(dose.manufacturer)}^^MVX" if dose.manufacturer else "",
        18: _reason(dose),
        20: _completion(dose),
        21: "A",
    }
    return order + _segment("RXA", fields) + _dose_number(dose)


def _completion(dose: Dose) -> str:
    """RXA-20, HL7 table 0322."""
    if dose.status != "completed":
        return "RE" if dose.not_done_reason == "refused" else "NA"
    return "PA" if dose.subpotent else "CP"


def _reason(dose: Dose) -> str:
    """RXA-18 as it was sent; of a refusal by a door that asks for no reason, NIP002's "other"."""
    said = (dose.reason_code, dose.reason_text, dose.reason_system)
    if any(said):
        return "^".join(map(escape, said))
    return "02^Other^NIP002" if dose.not_done_reason == "refused" else ""


def _product(dose: Dose) -> str:
    known = vaccine(dose.system, dose.code) if dose.system == CVX else None
    name = escape(known.name) if known else ""
    return f"{escape(dose.code)}^{name}^{escape(_NAMES.get(dose.system, dose.system))}"


def _dose_number(dose: Dose) -> str:
    if dose.dose_number is None:
        return ""
    return f"OBX|1|NM|{DOSE_NUMBER}^Dose number in series^LN|1|{dose.dose_number}||||||F\r"
