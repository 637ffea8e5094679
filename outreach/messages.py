"""A message as a value, before it is queued and while it is on its way. Pure.

Addresses, links and codes are `repr=False`: neither a failing test nor a log prints them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

Channel = Literal["email", "sms", "letter"]
CHANNELS: Final[tuple[Channel, ...]] = ("email", "sms", "letter")

PURPOSES: Final = {
    "record-ready": frozenset({"link", "ends"}),
    "link-requested": frozenset({"link", "ends"}),
    "link-renewed": frozenset({"link", "ends"}),
    "card-replaced": frozenset({"link", "ends"}),
    "card-cancelled": frozenset({"link"}),
    "contact-confirm": frozenset({"code"}),
    "request-answered": frozenset({"link"}),
    "share-opened": frozenset({"link"}),
    "guardian-confirmed": frozenset({"link"}),
    "contact-removed": frozenset[str](),
}
"""What a message may be about, and which values its texts need: exactly these, in each channel and language."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a person."""

    channel: Channel
    address: str = field(repr=False)
    """An e-mail address, a number as E.164 has it, or a postal address in lines."""
    ref: str = ""
    """The caller's own name for this contact; handed back where it is flagged."""
    zone: str = ""
    """IANA name of the time zone it is in; "" where nobody knows: the rules' own."""


@dataclass(frozen=True, slots=True)
class Values:
    """All that a message may say beside its template."""

    link: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    ends: date | None = None
    """The last day on which the link works."""

    def names(self) -> frozenset[str]:
        """Which are given."""
        given = {"link": bool(self.link), "code": bool(self.code), "ends": self.ends is not None}
        return frozenset(name for name, there in given.items() if there)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be queued. Its contacts stand in the order in which they are tried."""

    purpose: str
    language: str
    person: str
    """The caller's id of whom it concerns; says nothing to anybody else."""
    contacts: tuple[Contact, ...] = field(repr=False)
    values: Values = Values()
    once: str = ""
    """A name for what caused it: a second message of that name is not queued. For work that may be repeated."""
    asked_at: datetime | None = None
    """When somebody asked for it at a page; None for news that nobody asked for."""
    requester: str = field(default="", repr=False)
    """The network address it was asked from; only its keyed hash is counted."""
    ends_at: datetime | None = None
    """Not sent after this moment: it would say what is not so any more."""


Refusal = Literal[
    "already", "over-contact", "over-requester", "over-asked", "opted-out", "flagged", "unusable-address", "no-contact"
]


@dataclass(frozen=True, slots=True)
class Queued:
    """It stands in the outbox, if the caller's transaction commits."""

    id: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class NotQueued:
    """It was not written, and counted. The page that asked says the same as always."""

    reason: Refusal


Queuing = Queued | NotQueued


# ---- On its way ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail's texts."""

    subject: str
    plain: str = field(repr=False)
    html: str = field(repr=False)
    language: str
    stop_link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sms:
    """A text message, and what it costs."""

    text: str = field(repr=False)
    segments: int
    encoding: Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as lines, for the caller to set: nothing here draws."""

    address: tuple[str, ...] = field(repr=False)
    letterhead: tuple[str, ...]
    subject: str
    paragraphs: tuple[str, ...] = field(repr=False)
    language: str
    direction: Literal["ltr", "rtl"]
    link: str = field(repr=False)
    """To be drawn as a code beside the text; "" where there is none."""


Text = Email | Sms | Letter


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a channel sends."""

    key: str
    """The same at each attempt: Message-ID, Idempotency-Key."""
    address: str = field(repr=False)
    text: Text = field(repr=False)
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Flagged:
    """A contact that is not written to any more; for the caller's own books, in the same transaction."""

    contact_ref: str
    person: str
    fingerprint: str = field(repr=False)
    """`contacts.fingerprint_of` the contact."""
    because: Literal["bounced", "disowned"]
    at: datetime
