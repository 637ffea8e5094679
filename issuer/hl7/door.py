"""The use case: octets of a sender in, octets of the answer out, and one call to the intake between them.

It answers only after that call has returned: what is acknowledged stands in the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from issuer.hl7 import batches, doses
from issuer.hl7.acknowledgement import acknowledge
from issuer.hl7.doses import Item
from issuer.hl7.errors import Fault, Spot
from issuer.hl7.message import USUAL, Merge, Message, Query, Reading, read_message, refused
from issuer.hl7.octets import MAX_BATCH_OCTETS, is_batch, split_batch
from issuer.hl7.response import Found, refuse, respond
from issuer.hl7.sender import Sender
from issuer.intake.proposal import Demographics, Finding, Identifier, Outcome, Proposal
from issuer.rights import Actor, Forbidden

REASON = "HL7 query {profile}, message {number}"
"""Why a history was opened, as the audit log keeps it: which query, and the sender's own number of it."""
_MSH = Spot("MSH")
_FACILITY = Spot("MSH", 1, 4)


class Submitted(Protocol):
    """What the intake did."""

    @property
    def outcomes(self) -> Sequence[Outcome]: ...
    @property
    def notes(self) -> Sequence[Finding]: ...


class Intake(Protocol):
    """What this door asks of `issuer.intake.service.Intake`."""

    def submit(
        self,
        actor: Actor,
        clinic_id: str,
        proposals: Sequence[Proposal],
        now: datetime,
        *,
        door: str,
        message_id: str = "",
        digest: str = "",
    ) -> Submitted: ...

    def history(self, actor: Actor, person: Demographics, reason: str, now: datetime) -> Found: ...

    def merge(self, actor: Actor, clinic_id: str, gone: Identifier, into: Identifier, now: datetime) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Door:
    """HL7 v2.5.1 in and out, whichever wire it came by."""

    intake: Intake
    reading: Reading = USUAL
    refusals: Mapping[type[Exception], str] = field(default_factory=lambda: {Forbidden: "forbidden"})
    """What the intake raises, and the code of `issuer.hl7.errors` for it: nothing of the message was recorded then."""

    def answer(self, octets: bytes, sender: Sender, now: datetime) -> bytes:
        """The acknowledgement of a message, the response to a query, or a batch of them; UTF-8, segments ended by CR.

        Raises what the intake raises beyond `refusals`: a fault of ours, for `failed` to answer.
        """
        if len(octets) > MAX_BATCH_OCTETS:
            return acknowledge(refused(octets, "message-too-large"), (), now).encode()
        if is_batch(octets):
            return self._batch(octets, sender, now).encode()
        return self._one(octets, sender, now)[0].encode()

    def failed(self, octets: bytes, code: str, now: datetime) -> bytes:
        """The answer where the message could not be handled at all: cut off, too large, or a fault of ours."""
        return acknowledge(refused(octets, code), (), now).encode()

    def _batch(self, octets: bytes, sender: Sender, now: datetime) -> str:
        batch = split_batch(octets)
        if batch.fault is not None:
            return acknowledge(refused(octets, batch.fault.code), (), now)
        answers: list[str] = []
        busy = ""
        for content in batch.messages:
            text, busy = self._one(content, sender, now, busy)
            answers.append(text)
        return batches.batch_of(answers, batch, octets, now)

    def _one(self, octets: bytes, sender: Sender, now: datetime, busy: str = "") -> tuple[str, str]:
        """The answer, and `try-again` where nothing can be stored: the rest of a batch need not wait for it too."""
        message = read_message(octets, self.reading)
        if busy and not message.stops:
            message = _with(message, Fault(busy, _MSH))
        if message.stops:
            return _stopped(message, now), busy
        clinic_id = sender.clinic_of(message.header.facility)
        if clinic_id is None:
            code = "facility-not-yours" if message.header.facility else "facility-missing"
            return _stopped(_with(message, Fault(code, _FACILITY)), now), ""
        try:
            return self._handled(message, sender.at(clinic_id), clinic_id, now), ""
        except tuple(self.refusals) as error:
            code = self.code_of(error)
            return _stopped(_with(message, Fault(code, _MSH)), now), code if code == "try-again" else ""

    def _handled(self, message: Message, sender: Sender, clinic_id: str, now: datetime) -> str:
        sender.check_reaches(_scopes_of(message))
        if message.query is not None:
            return self._history(message, message.query, sender.actor, now)
        if message.merges:
            outcomes = [self._merged(merge, sender.actor, clinic_id, now) for merge in message.merges]
            return acknowledge(message, outcomes, now)
        message = _placed(message, sender, clinic_id)
        if not (proposals := message.proposals):
            return acknowledge(message, (), now)
        number, digest = message.header.control_id, message.digest
        submitted = self.intake.submit(
            sender.actor, clinic_id, proposals, now, door="hl7", message_id=number, digest=digest
        )
        return acknowledge(message, submitted.outcomes, now, submitted.notes)

    def _history(self, message: Message, query: Query, actor: Actor, now: datetime) -> str:
        reason = REASON.format(profile=query.profile, number=message.header.control_id)
        return respond(message, query, self.intake.history(actor, query.person, reason, now), now)

    def _merged(self, merge: Merge, actor: Actor, clinic_id: str, now: datetime) -> Outcome:
        return self.intake.merge(actor, clinic_id, merge.gone, merge.into, now)

    def code_of(self, error: Exception) -> str:
        """The code that one of `refusals` is answered with."""
        return next(code for kind, code in self.refusals.items() if isinstance(error, kind))


_LETTERS = {"add": "c", "update": "u", "delete": "d"}


def _scopes_of(message: Message) -> Iterator[str]:
    """What a token must reach for a message: a right to record is no right to read, or to delete."""
    if message.query is not None:
        yield "system/Immunization.r"
    if message.merges:
        yield "system/Patient.u"
    for one in message.proposals:
        if one.event is None:
            yield "system/Patient.c"
        else:
            kind = "Immunization" if one.event.kind == "immunization" else "Observation"
            yield f"system/{kind}.{_LETTERS[one.action]}"


def _placed(message: Message, sender: Sender, clinic_id: str) -> Message:
    """Without the doses that were given at a facility that this sender may not speak for."""
    faults = [doses.place_fault(item, sender, clinic_id) for item in message.items]
    if not any(faults):
        return message
    return replace(message, items=tuple(map(_without, message.items, faults)))


def _without(item: Item, fault: Fault | None) -> Item:
    return item if fault is None else replace(item, proposal=None, faults=(*item.faults, fault))


def _with(message: Message, fault: Fault) -> Message:
    return replace(message, faults=(*message.faults, fault))


def _stopped(message: Message, now: datetime) -> str:
    return refuse(message, message.query, now) if message.query is not None else acknowledge(message, (), now)
