"""In person: a link handed over as a code or a letter to somebody who is there, and the only way into a protected
record.

What is handed over opens once, with the birth date, like every link. A letter goes into the hand or the envelope of
whoever wrote it: no outbox holds it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from issuer.getting_in.dates import is_date
from issuer.getting_in.presence import person_for
from issuer.getting_in.results import BadContact, BirthDateNeeded, HandedOver
from issuer.getting_in.sending import Wanted, link_made, new_way, send_links
from issuer.getting_in.setting import Setting
from issuer.getting_in.ways import IN_PERSON
from issuer.rights import Actor
from issuer.store import audit
from issuer.store.contacts import usable_contacts
from issuer.store.residents import PersonRow, add_ways
from outreach.addresses import UnusableAddress
from outreach.composing import compose
from outreach.messages import Contact, Letter, Values
from outreach.queueing import contact_row, route
from outreach.store import count_contacts

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class FrontDesk:
    """Letting somebody in who is there."""

    setting: Setting

    def hand_over(self, actor: Actor, person_id: str, now: datetime) -> HandedOver:
        """A link to show as a code. Raises Forbidden, UnknownPerson, BirthDateNeeded."""
        with self.setting.store.writing() as connection:
            person = _whole(person_for(connection, actor, person_id))
            return self._made(connection, actor, person, now)

    def letter(self, actor: Actor, person_id: str, lines: str, language: str, now: datetime) -> Letter:
        """A letter with a link, to be printed now.

        Args:
            lines: the postal address, two to eight lines.
        Raises:
            BadContact: lines that fit no envelope. Forbidden, UnknownPerson, BirthDateNeeded.
        """
        office = self.setting.office
        try:
            way = route(office, Contact("letter", lines))
        except UnusableAddress as error:
            raise BadContact(str(error)) from None
        with self.setting.store.writing() as connection:
            person = _whole(person_for(connection, actor, person_id))
            # Counted like any message, so that the letter's own stop link is known.
            counted = count_contacts(connection, [contact_row(office, way.fingerprint, "letter")], now)
            if counted[way.fingerprint].flagged:
                raise BadContact("whoever lives there said that it is not theirs")
            made = self._made(connection, actor, person, now)
            stop = office.sender.stop_link(office.vault.stop_token(way.fingerprint))
            values = Values(made.link, ends=made.ends)
            text = compose(
                office.catalogue, office.sender, "link-requested", language, "letter", values, stop, way.address
            )
            assert isinstance(text, Letter)  # what "letter" composes  # noqa: S101
            return text

    def send(self, actor: Actor, person_id: str, language: str, now: datetime) -> bool:
        """A link to the person's confirmed contacts; False where there is none, or the record is protected."""
        with self.setting.store.writing() as connection:
            person = _whole(person_for(connection, actor, person_id))
            contacts = usable_contacts(connection, [person.id]).get(person.id, ())
            if person.protected or not contacts:
                return False
            days = self.setting.terms.asked_days
            wanted = Wanted(person.id, contacts, "link-requested", "asked", days, "", language, now, actor=actor)
            return send_links(connection, self.setting, [wanted], now) > 0

    def _made(self, connection: "Connection", actor: Actor, person: PersonRow, now: datetime) -> HandedOver:
        days = self.setting.terms.sent_days
        token, way = new_way(self.setting, person.id, IN_PERSON, days, now)
        add_ways(connection, [way])
        audit.append(connection, [link_made(now, actor, way)])
        last: date = self.setting.terms.last_day(days, now, self.setting.zone)
        return HandedOver(self.setting.link(token), last)


def _whole(person: PersonRow) -> PersonRow:
    if not is_date(person.birth_date):
        raise BirthDateNeeded("the birth date on file is not whole")
    return person
