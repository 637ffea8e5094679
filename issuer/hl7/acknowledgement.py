"""ACK by CDC's guide, profile Z23: MSA says how it went, one ERR for each thing found. Pure.

MSA-1  AA all was taken in · AE something was refused or left out · AR the type, event or processing id is not ours, or
       nothing could be stored at the moment
ERR-2  where (segment^sequence^field^repetition^component)   ERR-3 HL7 table 0357   ERR-4 E, W or I
ERR-5  our code (docs/hl7.md, docs/plausibility.md)           ERR-7 the rule's source   ERR-8 words for people
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from issuer.hl7.doses import Item
from issuer.hl7.errors import ERRORS, IGNORED, REJECTIONS, SHARED, Fault, Letter, Spot, table_0357
from issuer.hl7.escapes import escape
from issuer.hl7.message import Header, Message
from issuer.hl7.places import spot_of
from issuer.hl7.times import stamp_of
from issuer.intake.findings import FINDINGS
from issuer.intake.proposal import Finding, Outcome

PROFILE: Final = "Z23^CDCPHINVS"
MAX_USER_MESSAGE: Final = 250
"""ERR-8 in HL7 v2.5.1; senders cut what is longer."""
MAX_REMARKS: Final = 500
"""ERR segments of one answer: a message with more faults than that is told so once more, and not answered with MiB."""
_LETTERS: Final[dict[str, Letter]] = {"error": "E", "question": "W", "warning": "W", "info": "I"}
_EVENT = re.compile(r"[A-Z][0-9]{2}")


class Remark(NamedTuple):
    """One ERR."""

    code: str
    spot: Spot
    number: str
    letter: Letter
    words: str
    source: str = ""


def acknowledge(message: Message, outcomes: Sequence[Outcome], now: datetime, notes: Iterable[Finding] = ()) -> str:
    """The acknowledgement of a message, its segments ended by CR.

    Args:
        outcomes: of `message.proposals` (or of `message.merges`), in order; empty where nothing was submitted.
        notes: what the intake says of the message as a whole.
        now: the present moment, with its zone.
    """
    remarks = remarks_of(message, outcomes, notes)
    event = message.header.event if _EVENT.fullmatch(message.header.event) else ""
    kind = f"ACK^{event}^ACK" if event else "ACK"
    profile = PROFILE if message.header.kind in ("VXU", "QBP") else ""
    body = msa(message.header, remarks) + errs(remarks)
    return msh(message, kind, profile, now, body) + body


def remarks_of(message: Message, outcomes: Sequence[Outcome], notes: Iterable[Finding] = ()) -> tuple[Remark, ...]:
    """Everything to be said, each thing once at each place: a person's faults are found with each of their doses."""
    said = dict.fromkeys(_remarks(message, outcomes, notes))
    return tuple(said)[:MAX_REMARKS]


def _remarks(message: Message, outcomes: Sequence[Outcome], notes: Iterable[Finding]) -> Iterator[Remark]:
    yield from map(_of_fault, message.faults)
    for note in notes:
        yield _of_finding(note, Spot("MSH", 1, 10))
    left = iter(outcomes)
    for merge, outcome in zip(message.merges, left, strict=False):
        yield from _of_outcome(outcome, Item(None, {"RXA": merge.spot}))
    for item in message.items:
        yield from map(_of_fault, item.faults)
        if item.proposal is not None and (told := next(left, None)) is not None:
            yield from _of_outcome(told, item)


def _of_outcome(outcome: Outcome, item: Item) -> Iterator[Remark]:
    for finding in outcome.findings:
        yield _of_finding(finding, spot_of(finding.place, item.spots))
    if not outcome.accepted and not any(finding.severity == "error" for finding in outcome.findings):
        yield _of_fault(Fault("not-recorded", spot_of("event", item.spots)))


def _of_fault(fault: Fault) -> Remark:
    if fault.code in SHARED:
        _, message, remedy = FINDINGS[fault.code]
        return Remark(
            fault.code, fault.spot, table_0357(fault.code, "error"), SHARED[fault.code], f"{message} {remedy}"
        )
    number, letter, message, remedy = ERRORS[fault.code]
    return Remark(fault.code, fault.spot, number, letter, f"{message} {remedy}")


def _of_finding(finding: Finding, spot: Spot) -> Remark:
    words = f"{finding.message} {finding.remedy}"
    number = table_0357(finding.code, finding.severity)
    return Remark(finding.code, spot, number, _LETTERS[finding.severity], words, finding.source)


def code_of(remarks: Iterable[Remark]) -> str:
    """MSA-1."""
    codes = {remark.code: remark.letter for remark in remarks}
    if not REJECTIONS.isdisjoint(codes):
        return "AR"
    return "AE" if "E" in codes.values() or not IGNORED.isdisjoint(codes) else "AA"


def msa(header: Header, remarks: Iterable[Remark]) -> str:
    """MSA with the code and the number of the message that is answered."""
    return f"MSA|{code_of(remarks)}|{_echo(header.field(10))}\r"


def errs(remarks: Iterable[Remark]) -> str:
    """An ERR for each remark."""
    return "".join(map(_err, remarks))


def _err(remark: Remark) -> str:
    words = escape(remark.words[:MAX_USER_MESSAGE])
    number = f"{remark.number}^{_TABLE_0357[remark.number]}^HL70357"
    return f"ERR||{_erl(remark.spot)}|{number}|{remark.letter}|{remark.code}^^L||{escape(remark.source)}|{words}\r"


def _erl(spot: Spot) -> str:
    parts = [spot.segment, *(str(number) if number else "" for number in spot[1:])]
    return "^".join(parts).rstrip("^")


def msh(message: Message, kind: str, profile: str, now: datetime, body: str) -> str:
    """The header of an answer: the two sides exchanged, MSH-15 and 16 NE (nobody acknowledges an acknowledgement)."""
    sent = message.header
    back, to = f"{_echo(sent.field(5))}|{_echo(sent.field(6))}", f"{_echo(sent.field(3))}|{_echo(sent.field(4))}"
    number = f"{int(now.timestamp() * 1_000_000):x}{message.digest[:7]}"
    processing = _echo(sent.part(11)) or "P"
    characters = "" if body.isascii() and back.isascii() and to.isascii() else "UNICODE UTF-8"
    head = (
        f"MSH|^~\\&|{back}|{to}|{stamp_of(now)}||{kind}|{number}|{processing}|2.5.1|||NE|NE||{characters}|||{profile}"
    )
    return head.rstrip("|") + "\r"


def _echo(raw: str) -> str:
    """A field of the question, as it was sent; with other separators than ours it is text."""
    return escape(raw) if "|" in raw or "\r" in raw else raw


_TABLE_0357: Final = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
