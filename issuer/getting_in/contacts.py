"""Contacts: seen and confirmed by staff, confirmed by a code, disowned by whoever reads the messages.

    unconfirmed → confirmed (staff who saw the owner; a code typed back) → ended (not mine, bounced, taken out)
    ended → confirmed (staff saw the owner), or unconfirmed (staff spoke to the owner)

Only a confirmed contact gets anything but its own code. Contacts come from what clinics sent and from staff; whoever is
in by a link cannot add one: a borrowed telephone would open the record for ever.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from issuer.audit.entry import Entry
from issuer.getting_in.addresses import masked, read_contact
from issuer.getting_in.presence import person_for, require_staff
from issuer.getting_in.results import BadContact, ContactState, ContactView, UnknownContact, Visitor
from issuer.getting_in.sending import as_contact
from issuer.getting_in.setting import Setting
from issuer.getting_in.telling import learned
from issuer.rights import Actor
from issuer.store import audit
from issuer.store import contacts as rows
from issuer.store.contacts import ContactRow
from issuer.store.residents import end_sent, person_now
from outreach.contacts import channel_of, disown, flags_of, opt_out, restore
from outreach.messages import Flagged, NewMessage, Values
from outreach.outbox import cancel
from outreach.queueing import is_over, queue
from outreach.results import Report
from outreach.settling import reported
from outreach.store import add_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

CODE_SECONDS = 1800
"""A code holds in the half hour it was made in and in the next: a mail may take that long."""
MAX_CODE = 16
"""Characters of a typed code that are looked at."""
NOT_MINE = "not-mine"
_BECAUSE = {"bounced": "bounced", "disowned": NOT_MINE}


@dataclass(frozen=True, slots=True)
class ContactBook:
    """Where people may be written to."""

    setting: Setting

    # ---- By staff ----------------------------------------------------------------------------------------------------

    def of(self, actor: Actor, person_id: str, now: datetime) -> tuple[ContactView, ...]:
        """A person's contacts; those that clinics sent meanwhile are added. Raises Forbidden, UnknownPerson."""
        with self.setting.store.writing() as connection:
            person = person_for(connection, actor, person_id)
            rows.add_contacts(connection, learned(self.setting, person, now))
            return tuple(_view(one) for one in rows.contacts_of(connection, person.id))

    def add(self, actor: Actor, person_id: str, typed: str, now: datetime) -> ContactView:
        """One that its owner told. Raises Forbidden, UnknownPerson, BadContact."""
        require_staff(actor)
        reached = read_contact(typed)
        if reached is None:
            raise BadContact("no telephone number and no e-mail address")
        with self.setting.store.writing() as connection:
            person = person_for(connection, actor, person_id)
            row = {"id": self.setting.new_id(), "person_id": person.id, "added_at": now}
            rows.add_contacts(connection, [row | {"channel": reached.channel, "address": reached.address}])
            found = rows.contacts_of(connection, person.id)
            one = next(one for one in found if (one.channel, one.address) == (reached.channel, reached.address))
            _note(connection, actor, "contact.add", one, person.id, now)
            return _view(one)

    def confirm(self, actor: Actor, person_id: str, contact_id: str, now: datetime) -> None:
        """The actor saw its owner. Raises Forbidden, UnknownPerson, UnknownContact."""
        self._changed(actor, person_id, contact_id, "contact.confirm", now)

    def end(self, actor: Actor, person_id: str, contact_id: str, now: datetime) -> None:
        """Nothing goes there any more; links that were sent end. Raises Forbidden, UnknownPerson, UnknownContact."""
        self._changed(actor, person_id, contact_id, "contact.end", now)

    def restore(self, actor: Actor, person_id: str, contact_id: str, now: datetime) -> None:
        """After "not mine" or a bounce: it may be confirmed anew. Raises Forbidden, UnknownPerson, UnknownContact."""
        self._changed(actor, person_id, contact_id, "contact.restore", now)

    def _changed(self, actor: Actor, person_id: str, contact_id: str, action: str, now: datetime) -> None:
        require_staff(actor)
        with self.setting.store.writing() as connection:
            person = person_for(connection, actor, person_id)
            one = _one(connection, person.id, contact_id)
            if action == "contact.confirm":
                rows.reopen(connection, one.id)  # whatever was held against it: the owner stands there
                rows.confirm(connection, one.id, actor.id, now)
                self._unflag(connection, one, now)
            elif action == "contact.end":
                rows.end(connection, one.id, "staff", now)
                end_sent(connection, {person.id, one.person_id}, now)
                cancel(connection, now, person=person.id)
            else:
                rows.reopen(connection, one.id)
                self._unflag(connection, one, now)
            _note(connection, actor, action, one, person.id, now)

    def _unflag(self, connection: "Connection", one: ContactRow, now: datetime) -> None:
        """What a stranger said of the number before it had this owner. Whoever opted out stays so."""
        if flags_of(connection, self.setting.office, [as_contact(one)])[0] in ("bounced", "disowned"):
            restore(connection, self.setting.office, as_contact(one), now)

    # ---- By a resident who is in -------------------------------------------------------------------------------------

    def own(self, visitor: Visitor, now: datetime) -> tuple[ContactView, ...]:
        """One's own; those that clinics sent meanwhile are added."""
        with self.setting.store.writing() as connection:
            person = person_now(connection, visitor.person_id)
            if person is not None:
                rows.add_contacts(connection, learned(self.setting, person, now))
            return tuple(_view(one) for one in rows.contacts_of(connection, visitor.person_id))

    def send_code(self, visitor: Visitor, contact_id: str, now: datetime, origin: str, language: str = "") -> None:
        """Send a code to an unconfirmed contact of one's own; nothing is said of what became of it."""
        setting = self.setting
        with setting.store.writing() as connection:
            one = _own(connection, visitor, contact_id)
            if one is None or one.confirmed_at or one.ended_at or one.channel not in setting.channels:
                return
            code = setting.code(one.id, _window(now))
            new = NewMessage(
                "contact-confirm",
                language or setting.language,
                visitor.person_id,
                (as_contact(one),),
                Values(code=code),
                asked_at=now,
                requester=origin,
            )
            queue(connection, setting.office, [new], now, setting.new_id)

    def type_code(self, visitor: Visitor, contact_id: str, code: str, now: datetime) -> bool:
        """Whether this is the code that went to this contact: it is confirmed then."""
        setting = self.setting
        typed = "".join(one for one in code[:MAX_CODE] if one.isalnum())
        with setting.store.writing() as connection:
            one = _own(connection, visitor, contact_id)
            if one is None or one.ended_at:
                return False
            counted = add_count(connection, f"requester/code/{one.id}", 1, now)
            if is_over(setting.terms.codes_per_contact, *counted):
                return False
            known = [setting.code(one.id, _window(now) - before) for before in (0, 1)]
            same = [hmac.compare_digest(typed.encode(), each.encode()) for each in known]
            if any(same) and not one.confirmed_at:
                rows.confirm(connection, one.id, "code", now)
                _note(connection, visitor.actor(), "contact.confirm", one, visitor.person_id, now)
            return any(same)

    # ---- By whoever gets the messages --------------------------------------------------------------------------------

    def stop_channel(self, token: str) -> str | None:
        """What a stop link ends: email, sms, letter; None where it is no link of ours. Changes nothing."""
        with self.setting.store.reading() as connection:
            return channel_of(connection, token)

    def not_mine(self, token: str, now: datetime) -> bool:
        """ "This is not my number": nothing goes there any more, and no link that went there opens any more."""
        with self.setting.store.writing() as connection:
            flagged = disown(connection, self.setting.office, token, now)
            for one in flagged:
                contact_ended(connection, one)
            return bool(flagged)

    def no_more(self, token: str, now: datetime) -> bool:
        """ "No more messages": nothing goes there but what is asked for that minute."""
        with self.setting.store.writing() as connection:
            return opt_out(connection, self.setting.office, token, now)

    def reported(self, report: Report, now: datetime) -> bool:
        """A bounce, or a gateway's report (`outreach.delivery_reports`); whether it changed anything."""
        with self.setting.store.writing() as connection:
            return reported(connection, self.setting.office, report, now, contact_ended)


def contact_ended(connection: Any, flagged: Flagged) -> None:
    """Note a bounce, or "not mine", in our own books: `told` of `outreach.deliver_some` and `outreach.reported`.

    "Not mine" ends whatever was sent to its owners, whoever they are: their links may lie with a stranger. A bounce
    went nowhere.
    """
    owners = rows.end_everywhere(connection, [flagged.contact_ref], _BECAUSE[flagged.because], flagged.at)
    if flagged.because == "disowned":
        end_sent(connection, {*owners, flagged.person}, flagged.at)


def _one(connection: "Connection", person_id: str, contact_id: str) -> ContactRow:
    for one in rows.contacts_of(connection, person_id, lock=True):
        if one.id == contact_id:
            return one
    raise UnknownContact("this person has no such contact")


def _own(connection: "Connection", visitor: Visitor, contact_id: str) -> ContactRow | None:
    person = person_now(connection, visitor.person_id)
    if person is None or person.protected:
        return None
    try:
        return _one(connection, person.id, contact_id)
    except UnknownContact:
        return None


def _window(now: datetime) -> int:
    return int(now.timestamp()) // CODE_SECONDS


def _view(one: ContactRow) -> ContactView:
    state: ContactState = "ended" if one.ended_at else "confirmed" if one.confirmed_at else "unconfirmed"
    channel: Literal["email", "sms"] = "email" if one.channel == "email" else "sms"
    shown = masked(one.channel, one.address)
    return ContactView(one.id, channel, one.address, shown, state, one.ended_because or "", one.confirmed_at)


def _note(connection: "Connection", actor: Actor, action: str, one: ContactRow, person_id: str, now: datetime) -> None:
    audit.append(connection, [Entry(now, actor, action, "contact", one.id, actor.clinic_id, person_id)])
