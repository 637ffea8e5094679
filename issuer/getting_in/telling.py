"""Telling residents that something was recorded or put right: a chore, behind the intake and never in it.

Two sources: notices (a card was replaced or taken back), and events (doses and results were recorded). Each person is
told once of each, at a contact that is confirmed; whoever has none, and whoever is protected, is told nothing. Most of
a load's persons have none: of them nothing is read but that.

Events are read from a place that this process remembers; a new process looks back `LOOK_BACK`, and what was told stays
told: a link made after the event shows it, and the event's id names the message (`once`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from issuer.getting_in.addresses import contacts_in
from issuer.getting_in.dates import is_date
from issuer.getting_in.sending import Wanted, send_links
from issuer.getting_in.setting import Setting
from issuer.persons import read_demographics
from issuer.store.contacts import usable_contacts
from issuer.store.residents import PersonRow, persons_now, told_since
from issuer.store.rows import in_portions
from issuer.store.telling import (
    RecordedEvent,
    events_after,
    first_event_since,
    notices_told,
    persons_recorded,
    protected_in_outbox,
    waiting_notices,
)
from outreach.outbox import cancel

if TYPE_CHECKING:
    from sqlalchemy import Connection

LOOK_BACK = timedelta(days=3)
"""How far a new process looks back: workers that stood still over a weekend lose nobody's message."""
SETTLES = timedelta(minutes=1)
"""Events are read this long after their moment: by then whatever began before them is committed, so that none is passed
over, and a mistake that the clinic corrects at once makes one message and not two."""
AT_ONCE = 200
"""Events, or notices, in one transaction."""
PERSONS_AT_ONCE = 250
"""The same for persons: one event of a file's portion is about five hundred of them."""
ADDED = frozenset({"record.added", "records.added"})
"""Kinds of events that people are told of."""
_PURPOSES: Mapping[str, str] = {"card-replaced": "card-replaced", "card-revoked": "card-cancelled"}


@dataclass(slots=True)
class Teller:
    """Remembers how far it read."""

    setting: Setting
    settles: timedelta = SETTLES
    _read: int | None = field(default=None)

    def tell(self, now: datetime) -> int:
        """Whatever there is to tell; how many messages were queued. Notices first: their link shows the rest too."""
        self._silence_protected(now)
        told = self._all_notices(now)
        while True:
            events, added = self._some_events(now)
            told += added
            if events < AT_ONCE:
                return told

    # ---- Cards that were replaced or taken back ----------------------------------------------------------------------

    def _all_notices(self, now: datetime) -> int:
        told = 0
        while True:
            with self.setting.store.reading() as connection:
                if not waiting_notices(connection, 1):
                    return told
            with self.setting.store.writing() as connection:
                rows = waiting_notices(connection, AT_ONCE)
                persons = self._reachable(connection, {row.person_id for row in rows})
                wanted = {
                    persons[row.person_id].id: self._wanted(
                        persons[row.person_id], _PURPOSES[row.purpose], f"notice/{row.id}"
                    )
                    for row in rows
                    if row.person_id in persons and row.purpose in _PURPOSES
                }
                told += self._send(connection, wanted, now)
                notices_told(connection, [row.id for row in rows], now)
            if not rows:
                return told  # another worker has them

    # ---- Doses and results that were recorded ------------------------------------------------------------------------

    def _some_events(self, now: datetime) -> tuple[int, int]:
        """(events read, messages queued)."""
        with self.setting.store.reading() as connection:
            if self._read is None:
                self._read = first_event_since(connection, now - LOOK_BACK)
            events = events_after(connection, self._read, now - self.settles, AT_ONCE)
            persons = persons_recorded(connection, [one for one in events if one.kind in ADDED])
        told = self._tell_persons(persons, now) if persons else 0
        if events:
            self._read = events[-1].id
        return len(events), told

    def _tell_persons(self, persons: Mapping[str, RecordedEvent], now: datetime) -> int:
        """Some hundred in each transaction: a file's portion is one event about five hundred persons, and whoever
        writes meanwhile must not wait for all of them."""
        return sum(self._tell_some(dict(some), now) for some in in_portions(persons.items(), PERSONS_AT_ONCE))

    def _tell_some(self, persons: Mapping[str, RecordedEvent], now: datetime) -> int:
        with self.setting.store.reading() as connection:
            if not usable_contacts(connection, set(persons)):
                return 0
        with self.setting.store.writing() as connection:
            usable = usable_contacts(connection, set(persons))
            reachable = {who: one for who, one in self._reachable(connection, persons).items() if one.id in usable}
            told = told_since(connection, {one.id for one in reachable.values()})
            wanted = {}
            for who, person in reachable.items():
                if person.id not in told or told[person.id] < persons[who].at:
                    once = f"recorded/{persons[who].id}/{person.id}"
                    wanted[person.id] = self._wanted(person, "record-ready", once)
            return self._send(connection, wanted, now)

    # ---- Both --------------------------------------------------------------------------------------------------------

    def _reachable(self, connection: "Connection", ids: Iterable[str]) -> Mapping[str, PersonRow]:
        """Those who may be told: not protected, and with a birth date that a link can ask for."""
        found = persons_now(connection, ids)
        return {who: one for who, one in found.items() if not one.protected and is_date(one.birth_date)}

    def _wanted(self, person: PersonRow, purpose: str, once: str) -> Wanted:
        return Wanted(person.id, (), purpose, "recorded", self.setting.terms.sent_days, once, self.setting.language)

    def _send(self, connection: "Connection", wanted: Mapping[str, Wanted], now: datetime) -> int:
        contacts = usable_contacts(connection, wanted)
        whole = [replace(one, contacts=contacts[who]) for who, one in sorted(wanted.items()) if who in contacts]
        return send_links(connection, self.setting, whole, now) if whole else 0

    def _silence_protected(self, now: datetime) -> None:
        """What waits for somebody who became protected since is not sent."""
        with self.setting.store.reading() as connection:
            found = protected_in_outbox(connection)
        if found:
            with self.setting.store.writing() as connection:
                for who in found:
                    cancel(connection, now, person=who)


def learned(setting: Setting, person: PersonRow, now: datetime) -> Sequence[Mapping[str, object]]:
    """Rows of the contacts in what clinics sent."""
    known = read_demographics(person.demographics)
    return [
        {
            "id": setting.new_id(),
            "person_id": person.id,
            "channel": one.channel,
            "address": one.address,
            "added_at": now,
        }
        for one in contacts_in(known)
    ]
