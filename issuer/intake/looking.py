"""A present person's whole history: found by full identity, for a stated reason, and logged whether found or not.

It answers one person, several that resemble, or none; nobody can browse. A protected person (HL7 PD1-12, a court, an
address kept secret) is opened by the clinic that recorded them only; to everybody else there is nobody of that name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from issuer.audit.entry import Entry
from issuer.intake.events import read_event
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.intake.people import candidates_of
from issuer.intake.proposal import Demographics, Event
from issuer.models import record
from issuer.persons import decide, keys_of
from issuer.rights import Actor, require
from issuer.store import Store, audit
from issuer.store.cards import clinic_names
from issuer.store.holdings import near, persons_of, records_where

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_CANDIDATES = 5
"""How many resembling persons are told: enough to choose, too few to browse."""
ENOUGH_TO_NAME = 50
"""Score from which somebody may be told that a person resembles (50: even odds)."""


class ReasonMissing(ValueError):
    """A history is opened for a stated reason. Nothing was shown."""


class IdentityIncomplete(ValueError):
    """A history is opened by full identity: name and date of birth, or an identifier with its authority."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One dose or result of somebody's history."""

    record_id: str
    event: Event = field(repr=False)
    clinic_id: str
    clinic_name: str
    status: str
    marks: tuple[str, ...]
    version: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found, and what is known of them."""

    kind: Literal["one", "several", "none", "protected"]
    person_id: str = ""
    person: Demographics | None = field(default=None, repr=False)
    candidates: tuple[Demographics, ...] = field(default=(), repr=False)
    """Name, date of birth and sex: enough to choose by, nothing to learn from."""
    named: tuple[str, ...] = ()
    """Ids of the candidates, for the audit log."""
    records: tuple[HistoryLine, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Looking:
    """Reads what the intake keeps."""

    store: Store

    def history(self, actor: Actor, person: Demographics, reason: str, now: datetime) -> Found:
        """Everything about a present person.

        Raises:
            Forbidden, ReasonMissing, IdentityIncomplete: nothing was shown. StorageFull, StorageBusy.
        """
        require(actor, "person.open")
        if not reason.strip():
            raise ReasonMissing("say why the history is opened")
        if not _is_full(person):
            raise IdentityIncomplete("name and date of birth, or an identifier with its authority")
        with self.store.writing() as connection:
            found = self._found(connection, actor, person)
            audit.append(connection, _entries(actor, found, reason, now))
        return found

    def of_person(self, actor: Actor, person_id: str, reason: str, now: datetime) -> Found:
        """The same for somebody whose id is known from what was just recorded or opened."""
        require(actor, "person.open")
        if not reason.strip():
            raise ReasonMissing("say why the history is opened")
        with self.store.writing() as connection:
            held = persons_of(connection, [person_id]).get(person_id)
            records = records_where(connection, record.c.person_id, [person_id])
            found = Found("none")
            if held is not None:
                found = self._opened(connection, actor, held, records)
            audit.append(connection, _entries(actor, found, reason, now))
        return found

    def _found(self, connection: "Connection", actor: Actor, person: Demographics) -> Found:
        keys = keys_of(person)
        held = near(connection, (*keys.identifiers, *keys.names))
        who = decide(
            person,
            candidates_of(held.persons, held.by_key, keys.identifiers),
            candidates_of(held.persons, held.by_key, keys.names),
        )
        if who.kind == "match":
            one = held.persons[who.person_id]
            records = records_where(connection, record.c.person_id, [one.id])
            return self._opened(connection, actor, one, records)
        resembling = [held.persons[other.person_id] for other in who.others if other.score >= ENOUGH_TO_NAME]
        shown = [one for one in resembling if not one.protected][:MAX_CANDIDATES]
        named = tuple(_to_choose_by(one.demographics) for one in shown)
        return Found("several", candidates=named, named=tuple(one.id for one in shown)) if named else Found("none")

    def _opened(
        self,
        connection: "Connection",
        actor: Actor,
        held: HeldPerson,
        records: Sequence[HeldRecord],
    ) -> Found:
        own = [one for one in records if one.clinic_id == actor.clinic_id]
        if held.protected and not (actor.clinic_id and held.known_before(own)):
            return Found("protected", held.id)
        names = clinic_names(connection)
        lines = tuple(_line(one, names.get(one.clinic_id, "")) for one in records if one.status != "deleted")
        return Found("one", held.id, held.demographics, records=lines)


def _is_full(person: Demographics) -> bool:
    named = bool(person.name.family or person.name.text) and bool(person.birth_date)
    return named or any(one.authority and one.value for one in person.identifiers)


def _line(one: HeldRecord, clinic_name: str) -> HistoryLine:
    event = read_event(one.kind, one.resource).event
    marks = tuple(one.marks.split())
    return HistoryLine(one.id, event, one.clinic_id, clinic_name, one.status, marks, one.version, one.recorded_at)


def _to_choose_by(person: Demographics) -> Demographics:
    return Demographics(person.name, person.birth_date, person.sex)


def _entries(actor: Actor, found: Found, reason: str, now: datetime) -> list[Entry]:
    """A line for each person somebody learnt of, or one line that they looked and found nobody."""
    action = "person.open" if found.kind == "one" else "person.search"
    detail = {"found": found.kind}
    return [
        Entry(now, actor, action, "person", who, actor.clinic_id, who, reason, detail)
        for who in found.named or (found.person_id,)
    ]
