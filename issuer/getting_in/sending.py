"""A link and the message that carries it, written in one transaction: neither is there without the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry
from issuer.getting_in.setting import Setting
from issuer.getting_in.terms import end_of
from issuer.rights import Actor
from issuer.staff.tokens import digest
from issuer.store import audit
from issuer.store.contacts import ContactRow
from issuer.store.residents import WayRow, add_ways
from outreach.messages import Channel, Contact, NewMessage, Queued, Values
from outreach.queueing import MAX_CONTACTS, queue

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAMES_A_DAY = frozenset({"record-ready", "link-requested", "link-renewed", "card-replaced"})
"""Purposes whose text says until when the link works."""
SERVICE = Actor("system", "operator")
"""Who sends what nobody asked for."""
_CHANNELS: dict[str, Channel] = {"email": "email", "sms": "sms"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One person is to get a link."""

    person_id: str
    contacts: tuple[ContactRow, ...] = field(repr=False)
    """Confirmed ones, in the order in which they are tried."""
    purpose: str
    reason: str
    """Of `way_in`: recorded, asked, renewed, in-person."""
    days: int
    once: str
    language: str
    asked_at: datetime | None = None
    origin: str = field(default="", repr=False)
    """Counted against the network that asked; "" where that was counted before."""
    wrong: int = 0
    """Wrong birth dates of the link it takes the place of."""
    actor: Actor = SERVICE


def send_links(connection: "Connection", setting: Setting, wanted: Sequence[Wanted], now: datetime) -> int:
    """Queue a message for each and keep its link; how many. Who has no contact for a channel of ours gets nothing."""
    made = [_made(setting, one, now) for one in wanted]
    told = [pair for pair in made if pair[1].contacts]
    answers = queue(connection, setting.office, [message for _, message in told], now, setting.new_id)
    ways = [way for (way, _), answer in zip(told, answers, strict=True) if isinstance(answer, Queued)]
    add_ways(connection, ways)
    actors = {way.token_hash: one.actor for (way, _), one in zip(made, wanted, strict=True)}
    audit.append(connection, [link_made(now, actors[way.token_hash], way) for way in ways])
    return len(ways)


def new_way(
    setting: Setting,
    person_id: str,
    reason: str,
    days: int,
    now: datetime,
    contact_id: str | None = None,
    wrong: int = 0,
) -> tuple[str, WayRow]:
    """(token, row) of a link that works to the end of a day."""
    token = setting.new_token()
    ends_at = end_of(setting.terms.last_day(days, now, setting.zone), setting.zone)
    return token, WayRow(digest(token), person_id, reason, contact_id, now, ends_at, wrong)


def link_made(now: datetime, actor: Actor, way: WayRow) -> Entry:
    """The line of the audit log."""
    return Entry(now, actor, "card.link", "way-in", way.token_hash, actor.clinic_id, way.person_id, way.reason)


def as_contact(row: ContactRow) -> Contact:
    """As messages know it."""
    return Contact(_CHANNELS[row.channel], row.address, ref=row.id)


def _made(setting: Setting, one: Wanted, now: datetime) -> tuple[WayRow, NewMessage]:
    usable = [row for row in one.contacts if row.channel in setting.channels][:MAX_CONTACTS]
    first = usable[0].id if usable else None
    token, way = new_way(setting, one.person_id, one.reason, one.days, now, first, one.wrong)
    last_day = setting.terms.last_day(one.days, now, setting.zone) if one.purpose in NAMES_A_DAY else None
    message = NewMessage(
        one.purpose,
        one.language,
        one.person_id,
        tuple(as_contact(row) for row in usable),
        Values(setting.link(token), ends=last_day),
        one.once,
        one.asked_at,
        one.origin,
        way.ends_at,
    )
    return way, message
