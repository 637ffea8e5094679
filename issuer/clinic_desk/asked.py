"""What the rules asked about records that machines sent, for people of the clinic to answer.

A record with a question stands: a dose that was given is always recorded. The answer is "it is right", or the record
is corrected or deleted; the answer is written with the change, in one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from issuer.audit.entry import Entry
from issuer.clinic_desk.names import shown_name
from issuer.clinic_desk.patients import NotHere, Patients, deletion_of
from issuer.clinic_desk.words import detail_of, what_of
from issuer.intake.events import moment_of, read_event
from issuer.intake.findings import FINDINGS
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.intake.proposal import Demographics, Event, Outcome, Proposal
from issuer.models import question, record
from issuer.rights import Actor, require
from issuer.store import audit
from issuer.store.holdings import persons_of, records_where

if TYPE_CHECKING:
    from sqlalchemy import Connection

Answer = Literal["right", "corrected", "deleted"]
AT_ONCE = 50
"""Questions on one page."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One question about one record, and the other records of the person beside it."""

    record_id: str
    code: str
    message: str
    remedy: str
    asked_at: datetime
    person_name: str = field(repr=False)
    birth_date: str = field(repr=False)
    what: str = field(repr=False)
    detail: str = field(repr=False)
    day: str = field(repr=False)
    beside: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    """(what, day, detail) of what else this clinic has recorded for the person."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A clinic's open questions."""

    patients: Patients

    def count(self, actor: Actor) -> int:
        """How many wait for this clinic. Raises Forbidden."""
        require(actor, "question.answer", actor.clinic_id)
        with self.patients.service.store.reading() as connection:
            return len(_open(connection, actor.clinic_id))

    def waiting(self, actor: Actor) -> tuple[tuple[OpenQuestion, ...], int]:
        """The oldest ones in words, and how many there are. Raises Forbidden."""
        require(actor, "question.answer", actor.clinic_id)
        with self.patients.service.store.reading() as connection:
            rows = _open(connection, actor.clinic_id)
            shown = rows[:AT_ONCE]
            held = {one.id: one for one in records_where(connection, record.c.id, {row[0] for row in shown})}
            who = {one.person_id for one in held.values()}
            persons = persons_of(connection, who)
            others = records_where(connection, record.c.person_id, who)
        own = [one for one in others if one.clinic_id == actor.clinic_id and one.status != "deleted"]
        found = tuple(_shown(row, held[row[0]], persons, own) for row in shown if row[0] in held)
        return found, len(rows)

    def right(self, actor: Actor, record_id: str, code: str, now: datetime) -> None:
        """It is as it was sent. Raises Forbidden, NotHere, StorageFull, StorageBusy."""
        held, _ = self._own(actor, record_id)
        with self.patients.service.store.writing() as connection:
            _answer(connection, actor, held, "right", now, code)

    def delete(self, actor: Actor, record_id: str, now: datetime) -> None:
        """It should not stand there. Raises Forbidden, NotHere, NotWhole, ClinicNotLive, StorageFull, StorageBusy."""
        held, person = self._own(actor, record_id)
        self._submit(actor, [deletion_of(held, person)], self._answering(actor, held, "deleted", now), now)

    def record(self, actor: Actor, record_id: str) -> tuple[HeldRecord, HeldPerson, Event]:
        """One record to be corrected. Raises Forbidden, NotHere."""
        held, person = self._own(actor, record_id)
        return held, person, read_event(held.kind, held.resource).event

    def correct(self, actor: Actor, record_id: str, event: Event, now: datetime) -> tuple[Outcome, ...]:
        """Put another content in its place, in one transaction, with the questions about it answered.

        Another product or day is another record: the old one is deleted and the new one added.

        Raises:
            Forbidden, NotHere, ClinicNotLive, StorageFull, StorageBusy.
            NotWhole: it was refused; nothing was changed.
        """
        held, person = self._own(actor, record_id)
        before = read_event(held.kind, held.resource).event
        same = (before.code, moment_of(before)) == (event.code, moment_of(event))
        who = Demographics(birth_date=person.demographics.birth_date)
        new = Proposal(who, event, "update" if same else "add", person_id=person.id, confirmed=frozenset(FINDINGS))
        proposals = [new] if same else [deletion_of(held, person), new]
        return self._submit(actor, proposals, self._answering(actor, held, "corrected", now), now)

    def _own(self, actor: Actor, record_id: str) -> tuple[HeldRecord, HeldPerson]:
        require(actor, "question.answer", actor.clinic_id)
        held, person = self.patients.own_record(actor, record_id)
        if held.status == "deleted":
            raise NotHere
        return held, person

    def _submit(
        self, actor: Actor, proposals: Sequence[Proposal], within: "Within", now: datetime
    ) -> tuple[Outcome, ...]:
        done = self.patients.intake.submit(
            actor, actor.clinic_id, proposals, now, door="form", whole=True, within=within
        )
        return done.outcomes

    def _answering(self, actor: Actor, held: HeldRecord, answer: Answer, now: datetime) -> "Within":
        def write(connection: "Connection", _: tuple[Outcome, ...]) -> None:
            _answer(connection, actor, held, answer, now)

        return write


Within = Callable[["Connection", tuple[Outcome, ...]], None]


_KEPT = {
    "immunization": (
        "status",
        "not_done_reason",
        "reason_code",
        "reason_text",
        "reason_system",
        "subpotent",
        "performer",
        "vaccinator",
    ),
    "observation": ("status", "performer", "self_test"),
}
"""What the page does not show, and a correction therefore leaves as it was."""


def changed(event: Event, typed: Event) -> Event:
    """What was typed over what stood there."""
    return replace(typed, **{name: getattr(event, name) for name in _KEPT[event.kind]})


def _open(connection: "Connection", clinic_id: str) -> list[tuple[str, str, datetime]]:
    asked = question.select().where(question.c.clinic_id == clinic_id, question.c.answered_at.is_(None))
    rows = connection.execute(asked.order_by(question.c.asked_at, question.c.record_id, question.c.code)).all()
    standing = {
        one.id
        for one in records_where(connection, record.c.id, {row.record_id for row in rows})
        if one.status != "deleted"
    }
    return [(row.record_id, row.code, row.asked_at) for row in rows if row.record_id in standing]


def _shown(
    row: tuple[str, str, datetime], held: HeldRecord, persons: dict[str, HeldPerson], own: Sequence[HeldRecord]
) -> OpenQuestion:
    record_id, code, asked_at = row
    known = persons.get(held.person_id)
    person = known.demographics if known else Demographics()
    event = read_event(held.kind, held.resource).event
    _, message, remedy = FINDINGS.get(code, ("question", "The rules ask about this.", "Check it."))
    beside = tuple(
        (what_of(other), one.day, detail_of(other))
        for one in own
        if one.person_id == held.person_id and one.id != record_id
        for other in (read_event(one.kind, one.resource).event,)
    )
    return OpenQuestion(
        record_id,
        code,
        message,
        remedy,
        asked_at,
        shown_name(person),
        person.birth_date,
        what_of(event),
        detail_of(event),
        held.day,
        beside,
    )


def _answer(
    connection: "Connection", actor: Actor, held: HeldRecord, answer: Answer, now: datetime, code: str = ""
) -> None:
    """Answer one question about a record, or all of them. Raises NotHere: there is none of this code."""
    wanted = (question.c.record_id == held.id) & question.c.answered_at.is_(None)
    chosen = wanted & (question.c.code == code) if code else wanted
    values = {"answer": answer, "answered_by": actor.id, "answered_at": now}
    done = connection.execute(question.update().where(chosen).values(values)).rowcount
    if code and not done:
        raise NotHere
    entry = Entry(
        now, actor, "question.answer", "record", held.id, held.clinic_id, held.person_id, detail={"answer": answer}
    )
    audit.append(connection, [entry])
