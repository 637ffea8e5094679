"""What the use cases answer, as values. Tokens, addresses and what was typed are `repr=False`."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from issuer.getting_in.addresses import read_contact
from issuer.getting_in.dates import is_date
from issuer.persons.names import folded
from issuer.rights import Actor

State = Literal["ready", "used", "expired", "locked", "unknown"]
"""Of a link. `unknown`: never was, was ended, or leads to a protected record; nobody can tell these apart."""
Why = Literal["not-a-date", "wrong-date", "locked", "used", "expired", "unknown", "too-many"]
ContactState = Literal["unconfirmed", "confirmed", "ended"]
_RENEWABLE = frozenset({"used", "expired"})


class UnknownPerson(LookupError):
    """There is no such person, or it is nobody of this clinic's: that looks the same."""


class UnknownContact(LookupError):
    """The person has no such contact."""


class BadContact(ValueError):
    """No telephone number or e-mail address that can be written to, or no postal address. Never quotes it."""


class BirthDateNeeded(ValueError):
    """The birth date on file is not whole: a link would open nothing. Put the record right first."""


@dataclass(frozen=True, slots=True)
class Look:
    """What opening a link shows. Nothing was changed."""

    state: State

    @property
    def can_renew(self) -> bool:
        """Whether a new link may be asked for with it."""
        return self.state in _RENEWABLE


@dataclass(frozen=True, slots=True)
class Begun:
    """The birth date was right: the link is used up, and a visit began."""

    cookie: str = field(repr=False)
    ends_at: datetime
    """At the latest."""


@dataclass(frozen=True, slots=True)
class NotIn:
    """No visit began."""

    why: Why
    tries_left: int = 0
    """Of `wrong-date`."""

    @property
    def can_renew(self) -> bool:
        """Whether a new link may be asked for with it."""
        return self.why in _RENEWABLE


@dataclass(frozen=True, slots=True)
class Visitor:
    """A resident who is in."""

    person_id: str
    """The person that counts now: one who was merged into another is that one."""
    visit_id: str = field(repr=False)
    began_at: datetime
    ends_at: datetime
    in_person: bool
    """The link was handed over by staff who saw the person."""

    def actor(self, origin: str = "") -> Actor:
        """For lines of the audit log about what a resident did."""
        return resident(origin)


def resident(origin: str) -> Actor:
    """Somebody without an account. The role holds nothing outside its clinic, and there is no clinic."""
    return Actor("resident", "system", "", origin)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed to ask for a link."""

    name: str = field(repr=False)
    birth_date: str = field(repr=False)
    contact: str = field(repr=False)
    language: str = "en"


def missing(asked: Asked) -> tuple[str, ...]:
    """Fields that cannot be used as they are. About the form alone: nothing is looked up."""
    wrong = {
        "name": not folded(asked.name).split(),
        "birth_date": not is_date(asked.birth_date),
        "contact": read_contact(asked.contact) is None,
    }
    return tuple(name for name, is_wrong in wrong.items() if is_wrong)


@dataclass(frozen=True, slots=True)
class ContactView:
    """One contact of a person."""

    id: str
    channel: Literal["email", "sms"]
    address: str = field(repr=False)
    masked: str = field(repr=False)
    state: ContactState
    because: str
    """bounced, not-mine, staff; "" where it is not ended."""
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A link for somebody who is there."""

    link: str = field(repr=False)
    ends: date
    """The last day on which it works."""
