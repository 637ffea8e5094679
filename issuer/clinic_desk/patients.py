"""The patients of a clinic at its desk: their cards, what was just recorded, and taking it back at once.

A clinic sees the cards of a person it has a record of; whoever else is opened by full identity and a stated reason
(`issuer.intake.looking`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from issuer.audit.entry import Entry
from issuer.clinic_desk.drive import UNDO_SECONDS, Told
from issuer.clinic_desk.names import shown_name
from issuer.clinic_desk.outcomes import Mark, marks_of
from issuer.clinic_desk.words import detail_of, what_of
from issuer.intake.events import read_event
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.intake.proposal import Demographics, Proposal
from issuer.intake.service import Intake
from issuer.models import record
from issuer.presentation import CardView, view_of
from issuer.rights import Actor, require
from issuer.service import IssuerService, UnknownCard
from issuer.store import audit
from issuer.store.holdings import persons_of, records_where
from issuer.store.own_records import has_record_of


class TooLateToUndo(Exception):
    """The minute is over, or it was changed since. Nothing was changed."""


class NotHere(LookupError):
    """The clinic has no record of this person, or no such record. Nothing was shown."""


@dataclass(frozen=True, slots=True)
class Entered:
    """One dose or result that stands on record, in words."""

    record_id: str
    person_id: str
    person_name: str = field(repr=False)
    birth_date: str = field(repr=False)
    what: str = field(repr=False)
    detail: str = field(repr=False)
    day: str = field(repr=False)
    status: str
    marks: tuple[Mark, ...] = ()
    unsigned: tuple[Mark, ...] = ()
    """Why it stands on no card; empty where it may."""
    undo_seconds: int = 0
    """How long it can still be undone; 0 for no more."""


@dataclass(frozen=True, slots=True)
class AtDesk:
    """A patient with cards."""

    person_id: str
    person: Demographics = field(repr=False)
    name: str = field(repr=False)
    cards: tuple[CardView, ...] = field(repr=False)
    """Those that stand and are handed out."""


@dataclass(frozen=True, slots=True)
class Patients:
    """What a clinic does with the patient in the chair."""

    service: IssuerService
    intake: Intake

    def at_desk(self, actor: Actor, person_id: str, now: datetime, *, printed: bool = False) -> AtDesk:
        """A patient's cards, signed now where they are missing; logged as shown or printed.

        Raises:
            Forbidden: the role. NotHere: the clinic has no record of this person.
            UnreadableCard, StorageFull, StorageBusy.
        """
        require(actor, "card.issue", actor.clinic_id)
        person = self._own_patient(actor, person_id)
        try:
            stored = self.service.cards_of_person(person_id, now, actor)
        except UnknownCard:
            raise NotHere from None
        published = self.service.keys.published()
        views = tuple(view_of(one, published) for one in stored)
        action = "card.print" if printed else "card.show"
        self._note(Entry(now, actor, action, "person", person_id, actor.clinic_id, person_id))
        standing = tuple(view for view in views if view.stands)
        return AtDesk(person_id, person.demographics, shown_name(person.demographics), standing)

    def link(self, actor: Actor, person_id: str, now: datetime) -> str:
        """The token of a new link to the patient's card page. Raises Forbidden, NotHere."""
        require(actor, "card.issue", actor.clinic_id)
        self._own_patient(actor, person_id)
        self._note(Entry(now, actor, "card.link", "person", person_id, actor.clinic_id, person_id))
        return self.service.make_link(person_id, now)

    def entered(
        self, actor: Actor, record_ids: Sequence[str], now: datetime, told: Told | None = None
    ) -> tuple[Entered, ...]:
        """Records of the actor's clinic by their ids, in this order; others are left out.

        Args:
            told: by record, what was said when it was recorded.
        """
        require(actor, "record.search", actor.clinic_id)
        with self.service.store.reading() as connection:
            found = {one.id: one for one in records_where(connection, record.c.id, record_ids)}
            persons = persons_of(connection, {one.person_id for one in found.values()})
        own = [found[one] for one in record_ids if one in found and found[one].clinic_id == actor.clinic_id]
        said = told or {}
        return tuple(entered_of(one, persons.get(one.person_id), now, said.get(one.id, ())) for one in own)

    def has_other(self, actor: Actor, person_id: str) -> bool:
        """Whether the clinic has anything left on record for somebody."""
        with self.service.store.reading() as connection:
            return has_record_of(connection, actor.clinic_id, person_id)

    def undo(self, actor: Actor, record_id: str, now: datetime) -> Entered:
        """Take back what was recorded within the last minute: a deletion, with everything that goes with one.

        Raises:
            Forbidden, NotHere, TooLateToUndo, ClinicNotLive, StorageFull, StorageBusy: nothing was changed.
        """
        require(actor, "record.correct", actor.clinic_id)
        held, person = self.own_record(actor, record_id)
        if not seconds_to_undo(held, now):
            raise TooLateToUndo
        return self._taken_back(actor, held, person, now)

    def own_record(self, actor: Actor, record_id: str) -> tuple[HeldRecord, HeldPerson]:
        """A record of the actor's clinic, and whose it is. Raises NotHere."""
        with self.service.store.reading() as connection:
            held = next(iter(records_where(connection, record.c.id, [record_id])), None)
            person = persons_of(connection, [held.person_id]).get(held.person_id) if held else None
        if held is None or person is None or held.clinic_id != actor.clinic_id:
            raise NotHere
        return held, person

    def _taken_back(self, actor: Actor, held: HeldRecord, person: HeldPerson, now: datetime) -> Entered:
        done = self.intake.submit(actor, actor.clinic_id, [deletion_of(held, person)], now, door="form", sign=True)
        if done.outcomes[0].did != "deleted":
            raise TooLateToUndo
        return entered_of(held, person, now)

    def _own_patient(self, actor: Actor, person_id: str) -> HeldPerson:
        with self.service.store.reading() as connection:
            person = persons_of(connection, [person_id]).get(person_id)
            ours = has_record_of(connection, actor.clinic_id, person_id)
        if person is None or not ours:
            raise NotHere
        return person

    def _note(self, entry: Entry) -> None:
        with self.service.store.writing() as connection:
            audit.append(connection, [entry])


def deletion_of(held: HeldRecord, person: HeldPerson) -> Proposal:
    """What takes a record away: it is named by person, product and day."""
    event = read_event(held.kind, held.resource).event
    return Proposal(Demographics(), event, "delete", person_id=person.id)


def seconds_to_undo(held: HeldRecord, now: datetime) -> int:
    """0 where it cannot be undone: the minute is over, it is gone, or it was corrected (the version before would not
    come back)."""
    if held.version != 1 or held.status == "deleted":
        return 0
    return max(0, UNDO_SECONDS - int((now - held.changed_at).total_seconds()))


def entered_of(held: HeldRecord, person: HeldPerson | None, now: datetime, told: Sequence[str] = ()) -> Entered:
    """A record in words, with its marks and what else was said when it was recorded."""
    event = read_event(held.kind, held.resource).event
    left = seconds_to_undo(held, now)
    known = person.demographics if person else Demographics()
    return Entered(
        held.id,
        held.person_id,
        shown_name(known),
        known.birth_date,
        what_of(event),
        detail_of(event),
        held.day,
        held.status,
        marks_of(list(dict.fromkeys((*held.marks.split(), *told)))),
        marks_of([held.unsigned_because]) if held.unsigned_because else (),
        left,
    )
