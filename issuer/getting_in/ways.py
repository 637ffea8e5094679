"""Links, the birth date behind them, and visits.

    look: GET, changes nothing      enter: POST, uses the link up      visitor: each page      leave: "I am done"

Opening a link never uses it up: mail programs and scanners open links too. Five wrong birth dates lock it for life,
from however many networks they come. Whatever a link is asked, the answer never says whose it is or where it was sent.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry
from issuer.getting_in.dates import is_date
from issuer.getting_in.results import Begun, Look, NotIn, State, Visitor, resident
from issuer.getting_in.sending import Wanted, send_links
from issuer.getting_in.setting import Setting
from issuer.getting_in.terms import MAX_TOKEN, MAX_WRONG
from issuer.staff.tokens import digest
from issuer.store import audit
from issuer.store.contacts import ContactRow, usable_contacts
from issuer.store.residents import (
    PersonRow,
    WayRow,
    add_visit,
    change_visit,
    change_way,
    find_visit,
    find_way,
    locked_way,
    person_now,
)
from outreach.queueing import is_over
from outreach.rules import Cap
from outreach.store import add_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

IN_PERSON = "in-person"
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is noted when a page was last asked for: not every page writes."""
NO_DATE = "0000-00-00"
"""Compared with where there is nobody, so that there is as much to do."""
_COUNTED = "requester/date/"
"""How counts of wrong dates are called, by network and by person: `outreach.store.counted` tells none of these."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Coming in by a link."""

    setting: Setting

    def look(self, token: str, now: datetime) -> Look:
        """What opening it shows. Writes nothing."""
        with self.setting.store.reading() as connection:
            way = find_way(connection, _hashed(token))
            return Look(_state(way, person_now(connection, way.person_id) if way else None, now))

    def enter(self, token: str, birth_date: str, now: datetime, origin: str) -> Begun | NotIn:
        """Come in. Two at once with the right date: one visit begins, the other is told that the link was used.

        Args:
            birth_date: YYYY-MM-DD; what is no date is not counted.
        """
        if not is_date(birth_date):
            return NotIn("not-a-date")
        with self.setting.store.writing() as connection:
            network = self.setting.network(origin)
            if self._is_over(connection, network, self.setting.terms.wrong_dates_per_network, now):
                return NotIn("too-many")
            way = locked_way(connection, _hashed(token))
            person = person_now(connection, way.person_id) if way else None
            is_right = hmac.compare_digest(birth_date, person.birth_date if person else NO_DATE)
            state = _state(way, person, now)
            if way is None or person is None or state == "unknown":
                _count(connection, network, now)
                return NotIn("unknown")
            if state != "ready":
                return NotIn(state)
            if self._is_over(connection, person.id, self.setting.terms.wrong_dates_per_person, now):
                return NotIn("too-many")
            if not is_right:
                return self._wrong(connection, way, person, now, origin)
            return self._begin(connection, way, person, now, origin)

    def renew(self, token: str, now: datetime, origin: str, language: str = "") -> None:
        """Send a new link to where this one went, if it was used or has expired. Whoever asks learns nothing."""
        with self.setting.store.writing() as connection:
            way = locked_way(connection, _hashed(token))
            person = person_now(connection, way.person_id) if way else None
            state = _state(way, person, now)
            if way is None or person is None or state not in ("used", "expired") or person.protected:
                return
            contacts = self._same_contact(connection, way, person)
            wanted = Wanted(
                person.id,
                contacts,
                "link-renewed",
                "renewed",
                self.setting.terms.asked_days,
                "",
                language or self.setting.language,
                now,
                origin,
                way.wrong if way.used_at is None else 0,
                resident(origin),
            )
            send_links(connection, self.setting, [wanted], now)

    def visitor(self, cookie: str, now: datetime) -> Visitor | None:
        """Who is in; None where the visit is over or never was."""
        name = _hashed(cookie)
        with self.setting.store.reading() as connection:
            row = find_visit(connection, name)
            if row is None or row.ended_at is not None or now >= row.ends_at:
                return None
            person = person_now(connection, row.person_id)
        if now - row.seen_at > self.setting.terms.idle or person is None:
            return None
        if _is_shut(person, row.reason, row.made_at):
            return None
        if now - row.seen_at >= SEEN_EVERY:
            with self.setting.store.writing() as connection:
                change_visit(connection, name, seen_at=now)
        return Visitor(person.id, name, row.began_at, row.ends_at, row.reason == IN_PERSON)

    def leave(self, cookie: str, now: datetime) -> None:
        """End a visit."""
        with self.setting.store.writing() as connection:
            change_visit(connection, _hashed(cookie), ended_at=now)

    def _begin(self, connection: "Connection", way: WayRow, person: PersonRow, now: datetime, origin: str) -> Begun:
        cookie = self.setting.new_token()
        ends_at = now + self.setting.terms.absolute
        change_way(connection, way.token_hash, used_at=now)
        add_visit(connection, digest(cookie), way, now, ends_at)
        _note(connection, way, person, "visit.begin", "", now, origin)
        return Begun(cookie, ends_at)

    def _wrong(self, connection: "Connection", way: WayRow, person: PersonRow, now: datetime, origin: str) -> NotIn:
        _count(connection, self.setting.network(origin), now)
        _count(connection, person.id, now)
        wrong = way.wrong + 1
        change_way(connection, way.token_hash, wrong=wrong)
        left = MAX_WRONG - wrong
        _note(connection, way, person, "visit.refused", "wrong-date" if left else "locked", now, origin)
        return NotIn("wrong-date", left) if left else NotIn("locked")

    def _same_contact(self, connection: "Connection", way: WayRow, person: PersonRow) -> tuple[ContactRow, ...]:
        """The one the link was made for; else whichever are confirmed: delivery goes on to the next where one fails."""
        known = usable_contacts(connection, [person.id]).get(person.id, ())
        return tuple(one for one in known if one.id == way.contact_id) or known

    def _is_over(self, connection: "Connection", whose: str, cap: Cap, now: datetime) -> bool:
        """Whether one more wrong date would be too many."""
        in_hour, in_day = add_count(connection, f"{_COUNTED}{whose}", 0, now)
        return is_over(cap, in_hour + 1, in_day + 1)


def _state(way: WayRow | None, person: PersonRow | None, now: datetime) -> State:
    if way is None or person is None or way.ended_at is not None or not is_date(person.birth_date):
        return "unknown"
    if _is_shut(person, way.reason, way.made_at):
        return "unknown"
    if way.wrong >= MAX_WRONG:
        return "locked"
    if way.used_at is not None:
        return "used"
    return "expired" if now >= way.ends_at else "ready"


def _is_shut(person: PersonRow, reason: str | None, made_at: datetime | None) -> bool:
    """A protected record opens only by a link that was handed over after the protection began."""
    if not person.protected:
        return False
    begun = person.protected_at
    return not (reason == IN_PERSON and made_at is not None and begun is not None and made_at >= begun)


def _hashed(token: str) -> str:
    return digest(token[:MAX_TOKEN])


def _count(connection: "Connection", whose: str, now: datetime) -> None:
    add_count(connection, f"{_COUNTED}{whose}", 1, now)


def _note(
    connection: "Connection", way: WayRow, person: PersonRow, action: str, reason: str, now: datetime, origin: str
) -> None:
    entry = Entry(now, resident(origin), action, "way-in", way.token_hash, "", person.id, reason)
    audit.append(connection, [entry])
