"""One message read: its header, whom it is about, what it asks for, and what is wrong with it. Pure.

    message = read_message(octets, Reading(zone=ZoneInfo("America/Detroit")))
    message.proposals                  # what to submit; empty where message.stops
    message.items                      # the same with their places, for the answer

Limits: `octets.MAX_MESSAGE_OCTETS`. A message is at most one person.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Final

from issuer.hl7 import doses, octets, results
from issuer.hl7.doses import Item
from issuer.hl7.errors import Fault, Spot
from issuer.hl7.escapes import unescape
from issuer.hl7.person import PID, QPD, demographics, identifiers_of
from issuer.hl7.segments import Segment, segments_of
from issuer.intake.proposal import Demographics, Identifier, Name, Proposal

EVENTS: Final = {"VXU": "V04", "QBP": "Q11", "ORU": "R01", "ADT": "A40"}
"""What we take: message types and their trigger events (MSH-9)."""
VERSIONS: Final = ("2.5", "2.5.1")
MAX_CONTROL_ID: Final = 199
"""CDC's guide, MSH-10: 1 to 199 characters."""
QUERIES: Final = ("Z34", "Z44")
_QUERY_FIELDS: Final = {"QPD": tuple(range(1, 12)), "RCP": (2,)}
_MERGE_FIELDS: Final = {"PID": (3,), "MRG": (1,)}
MAX_CANDIDATES: Final = 50
"""Candidates in one answer where the query (RCP-2) does not ask for fewer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message does not say by itself."""

    zone: tzinfo = UTC
    """Where laboratory times without a zone were taken."""
    region: str = "US"
    """ISO 3166 code of the country whose phone numbers need no country code."""
    processing_id: str = "P"
    """The one MSH-11 that this system takes: P in production, T in a test system."""


USUAL: Final = Reading()


@dataclass(frozen=True, slots=True)
class Header:
    """MSH. `raw` are the fields as sent, for the answer; raw[0] is "MSH", raw[1] is MSH-2."""

    raw: tuple[str, ...] = field(default=(), repr=False)

    def field(self, number: int) -> str:
        """MSH-n as it was sent; "" where it is missing."""
        return self.raw[number - 1] if number <= len(self.raw) else ""

    def part(self, number: int, component: int = 1) -> str:
        """A component of MSH-n, unescaped and trimmed."""
        parts = self.field(number).split("~", 1)[0].split("^")
        return unescape(parts[component - 1]).strip() if component <= len(parts) else ""

    @property
    def facility(self) -> tuple[str, ...]:
        """MSH-4: namespace id and universal id, as far as sent."""
        return tuple(code for code in (self.part(4, 1), self.part(4, 2)) if code)

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.part(10)

    @property
    def kind(self) -> str:
        """The message type, MSH-9.1."""
        return self.part(9, 1)

    @property
    def event(self) -> str:
        """The trigger event, MSH-9.2."""
        return self.part(9, 2)


@dataclass(frozen=True, slots=True)
class Query:
    """QPD and RCP: whose history is asked for."""

    profile: str
    tag: str
    person: Demographics = field(repr=False)
    line: str = field(repr=False)
    """The QPD as sent: the answer repeats it."""
    limit: int = MAX_CANDIDATES


@dataclass(frozen=True, slots=True)
class Merge:
    """One pair of an ADT^A40: the first identifier goes, the second stays."""

    gone: Identifier
    into: Identifier
    spot: Spot


@dataclass(frozen=True, slots=True)
class Message:
    """A message as far as it could be read."""

    header: Header
    digest: str
    """SHA-256 of the octets, in hexadecimal."""
    items: tuple[Item, ...] = ()
    query: Query | None = None
    merges: tuple[Merge, ...] = ()
    faults: tuple[Fault, ...] = ()
    """What concerns the whole message, or the person in it."""
    is_hl7: bool = True
    """False where it does not begin with MSH at all."""

    @property
    def stops(self) -> bool:
        """Whether nothing of it may be recorded."""
        return any(fault.stops for fault in self.faults)

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """What to submit, in order."""
        return () if self.stops else tuple(item.proposal for item in self.items if item.proposal is not None)


def read_message(content: bytes, reading: Reading = USUAL) -> Message:
    """Read one message. It raises nothing: what cannot be read stands in `faults`."""
    digest = hashlib.sha256(content).hexdigest()
    if len(content) > octets.MAX_MESSAGE_OCTETS:
        return refused(content, "message-too-large")
    text = octets.text_of(content)
    header = _header(text.lines)
    if not text.readable:
        return Message(header, digest, faults=text.faults, is_hl7=bool(header.raw))
    faults = (*text.faults, *_header_faults(header, reading))
    if any(fault.stops for fault in faults):
        return Message(header, digest, faults=faults)
    body = text.lines[1:]
    if header.kind == "VXU":
        return _vaccinations(Message(header, digest, faults=faults), body, reading)
    if header.kind == "ORU":
        return _results(Message(header, digest, faults=faults), body, reading)
    if header.kind == "QBP":
        return _query(Message(header, digest, faults=faults), body, reading)
    return _merges(Message(header, digest, faults=faults), body)


def refused(start: bytes, code: str) -> Message:
    """A message of which only the start may be looked at: too large, or cut off. Nothing of it is to be recorded."""
    digest = hashlib.sha256(start).hexdigest()
    text = octets.text_of(start[:4096].split(b"\r", 1)[0].split(b"\n", 1)[0])
    header = _header(text.lines)
    return Message(header, digest, faults=(Fault(code, Spot("MSH")),), is_hl7=bool(header.raw))


def _header(lines: list[str]) -> Header:
    """By the separator that the message itself names: an answer must find its question even where it is not |."""
    if not lines or lines[0][:3] != "MSH" or len(lines[0]) < 5:
        return Header()
    separator = lines[0][3]
    if separator.isalnum():
        return Header(("MSH",))
    return Header(tuple(lines[0].split(separator)))


def _header_faults(header: Header, reading: Reading) -> list[Fault]:
    faults = []
    if header.kind not in EVENTS:
        faults.append(Fault("message-type-unsupported", Spot("MSH", 1, 9, 1, 1)))
    elif header.event != EVENTS[header.kind]:
        faults.append(Fault("event-unsupported", Spot("MSH", 1, 9, 1, 2)))
    if header.part(11) != reading.processing_id:
        faults.append(Fault("processing-id-unsupported", Spot("MSH", 1, 11)))
    if header.part(12) not in VERSIONS:
        faults.append(Fault("version-unsupported", Spot("MSH", 1, 12)))
    if not header.control_id:
        faults.append(Fault("control-id-missing", Spot("MSH", 1, 10)))
    elif len(header.control_id) > MAX_CONTROL_ID:
        faults.append(Fault("control-id-long", Spot("MSH", 1, 10)))
    return faults


def _vaccinations(message: Message, body: list[str], reading: Reading) -> Message:
    segments = segments_of(body, doses.wanted)
    person, faults = _person(segments, reading)
    if person is None:
        return _with(message, faults)
    return _with(message, faults, items=tuple(doses.items(segments, person)))


def _results(message: Message, body: list[str], reading: Reading) -> Message:
    segments = segments_of(body, results.wanted)
    person, faults = _person(segments, reading)
    if person is None:
        return _with(message, faults)
    found = tuple(results.items(segments, person, reading.zone))
    if not found:
        faults = (*faults, Fault("order-without-result", Spot("OBR")))
    return _with(message, faults, items=found)


def _person(segments: list[Segment], reading: Reading) -> tuple[Demographics | None, tuple[Fault, ...]]:
    persons = [segment for segment in segments if segment.name == "PID"]
    if len(persons) != 1:
        code = "segment-repeated" if persons else "person-missing"
        return None, (Fault(code, Spot("PID", len(persons) or 1)),)
    protection = next((segment for segment in segments if segment.name == "PD1"), None)
    return demographics(persons[0], PID, reading.region, protection)


def _query(message: Message, body: list[str], reading: Reading) -> Message:
    segments = segments_of(body, lambda line: _QUERY_FIELDS.get(line[:3], ()))
    qpd = next((segment for segment in segments if segment.name == "QPD"), None)
    if qpd is None:
        return _with(message, (Fault("query-missing", Spot("QPD")),))
    person, faults = demographics(qpd, QPD, reading.region)
    line = next(line for line in body if line.startswith("QPD"))
    rcp = next((segment for segment in segments if segment.name == "RCP"), None)
    query = Query(qpd.text(1), qpd.text(2), person, line, _limit(rcp))
    return _with(message, (*_query_faults(query), *faults), query=query)


def _query_faults(query: Query) -> list[Fault]:
    faults = []
    if query.profile not in QUERIES:
        faults.append(Fault("query-unknown", Spot("QPD", 1, 1)))
    if not query.tag:
        faults.append(Fault("query-tag-missing", Spot("QPD", 1, 2)))
    if query.person.name == Name() or not query.person.name.family or not query.person.name.given:
        faults.append(Fault("query-name-missing", Spot("QPD", 1, 4)))
    if len(query.person.birth_date) != len("2026-11-20"):
        faults.append(Fault("query-birth-date-missing", Spot("QPD", 1, 6)))
    return faults


def _limit(rcp: Segment | None) -> int:
    text = rcp.text(2) if rcp else ""
    return min(int(text), MAX_CANDIDATES) if text.isascii() and text.isdigit() and len(text) < 9 else MAX_CANDIDATES


def _merges(message: Message, body: list[str]) -> Message:
    """PID with MRG, as often as sent: a person's new identifier stays, the one in MRG-1 goes."""
    merges: list[Merge] = []
    faults: list[Fault] = []
    pid: Segment | None = None
    for segment in segments_of(body, lambda line: _MERGE_FIELDS.get(line[:3], ())):
        if segment.name == "PID":
            pid = segment
        elif (pair := _merge(pid, segment)) is not None:
            merges.append(pair)
        else:
            faults.append(Fault("merge-identifier-missing", segment.spot(1)))
    if not merges and not faults:
        faults.append(Fault("merge-identifier-missing", Spot("MRG", 1, 1)))
    return _with(message, tuple(faults), merges=tuple(merges))


def _merge(pid: Segment | None, mrg: Segment) -> Merge | None:
    """The identifiers of one authority and kind; where none agree, the first of each."""
    gone = [one for one in identifiers_of(mrg, 1) if one.authority]
    into = [one for one in identifiers_of(pid, 3) if one.authority] if pid else []
    if not gone or not into:
        return None
    pairs = [(a, b) for a in gone for b in into if (a.authority, a.kind) == (b.authority, b.kind)]
    first, second = pairs[0] if pairs else (gone[0], into[0])
    return Merge(first, second, mrg.spot(1))


def _with(
    message: Message,
    faults: tuple[Fault, ...],
    items: tuple[Item, ...] = (),
    query: Query | None = None,
    merges: tuple[Merge, ...] = (),
) -> Message:
    return Message(message.header, message.digest, items, query, merges, (*message.faults, *faults))
