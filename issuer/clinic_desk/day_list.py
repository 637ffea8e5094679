"""The day's list at the desk: who is expected, who came, who did not; and its lines as the form's patient."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from issuer.clinic_desk.names import shown_name
from issuer.clinic_desk.patient_form import Who
from issuer.intake.proposal import Demographics, Outcome
from issuer.rights import Actor
from issuer.store import Store
from issuer.store.rosters import EntryState, RosterEntry, RosterStore, UnknownEntry

if TYPE_CHECKING:
    from sqlalchemy import Connection

Within = Callable[["Connection", tuple[Outcome, ...]], None]
"""What the intake writes with the records, in one transaction."""
_DIVIDED = 3
"""Parts of a whole date."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one day's list."""

    expected: int = 0
    """All that stand on it."""
    came: int = 0
    absent: int = 0

    @property
    def open(self) -> int:
        """Still to come."""
        return self.expected - self.came - self.absent


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of the list, to be shown."""

    id: str
    name: str = field(repr=False)
    birth_date: str = field(repr=False)
    phone: str = field(repr=False)
    time: str
    state: EntryState
    person_id: str


@dataclass(frozen=True, slots=True)
class DayList:
    """What the form and the list's page ask of the list."""

    rosters: RosterStore
    store: Store

    def lines(self, actor: Actor, day: date) -> tuple[ListLine, ...]:
        """Everybody on the clinic's list of a day, by time. Raises Forbidden."""
        return tuple(map(_line, self._entries(actor, day)))

    def counts(self, actor: Actor, day: date) -> Counts:
        """How the clinic's list of a day stands. Raises Forbidden."""
        return counted(_line(one) for one in self._entries(actor, day))

    def who(self, actor: Actor, entry_id: str) -> Who | None:
        """A line as the form's patient; None where there is none. Raises Forbidden."""
        try:
            return who_of(self.rosters.entry(actor, *_parts(entry_id)).person)
        except UnknownEntry:
            return None

    def ticking(self, actor: Actor, entry_id: str, now: datetime) -> Within | None:
        """Ticks a line off with the dose. A line that is gone meanwhile is no fault: the dose is recorded."""
        if not entry_id:
            return None

        def tick(connection: "Connection", outcomes: tuple[Outcome, ...]) -> None:
            with suppress(UnknownEntry):
                self.rosters.tick(connection, actor, *_parts(entry_id), "done", now, outcomes[0].person_id)

        return tick

    def mark(self, actor: Actor, entry_id: str, state: EntryState, now: datetime) -> None:
        """Absent, or back to waiting. Raises UnknownEntry, Forbidden, StorageFull, StorageBusy."""
        with self.store.writing() as connection:
            self.rosters.tick(connection, actor, *_parts(entry_id), state, now)

    def _entries(self, actor: Actor, day: date) -> Sequence[RosterEntry]:
        return self.rosters.entries(actor, actor.clinic_id, day.isoformat())


def counted(lines: Iterable[ListLine]) -> Counts:
    """How many lines stand how."""
    states = [one.state for one in lines]
    return Counts(len(states), states.count("done"), states.count("absent"))


def matching(lines: Sequence[ListLine], typed: str) -> tuple[ListLine, ...]:
    """Those whose name, birth date or phone has every typed word."""
    words = typed.casefold().split()
    return tuple(
        one for one in lines if all(word in f"{one.name} {one.birth_date} {one.phone}".casefold() for word in words)
    )


def who_of(person: Demographics) -> Who:
    """Somebody who is expected as the form's patient. A birth date that is none is left for the desk to ask."""
    parts = person.birth_date.split("-") if len(person.birth_date.split("-")) <= _DIVIDED else []
    year, month, day = (*parts, "", "", "")[:3] if all(part.isdecimal() for part in parts) else ("", "", "")
    name = person.name
    return Who(
        family=name.family or name.text,
        given=" ".join(name.given),
        born_day=day.lstrip("0"),
        born_month=month.lstrip("0"),
        born_year=year,
        sex=person.sex or "",
        phone=person.phones[0] if person.phones else "",
        chart=person.identifiers[0].value if person.identifiers else "",
        mother_maiden=person.mother_maiden or "",
        birth_order=str(person.birth_order or ""),
        one_name=bool(name.text and not name.family),
    )


def _line(entry: RosterEntry) -> ListLine:
    person = entry.person
    phone = person.phones[0] if person.phones else ""
    line_id = f"{entry.roster_id}.{entry.number}"
    return ListLine(line_id, shown_name(person), person.birth_date, phone, entry.time, entry.state, entry.person_id)


def _parts(entry_id: str) -> tuple[str, int]:
    """The list and the number of a line. Raises UnknownEntry."""
    roster_id, _, number = entry_id.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) <= 6):
        raise UnknownEntry
    return roster_id, int(number)
