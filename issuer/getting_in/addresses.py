"""Telephone numbers and e-mail addresses as residents type them and clinics send them, in one spelling. Pure."""

from dataclasses import dataclass, field
from typing import Literal

from issuer.clinic_desk.phones import plain_phone
from issuer.intake.proposal import Demographics
from outreach.addresses import UnusableAddress, usable
from outreach.messages import Contact

MAX_TYPED = 254
"""Characters of a typed contact: as long as an e-mail address may be (RFC 5321, 4.5.3.1.3)."""
MAX_LEARNED = 16
"""Contacts of one person that are taken from the record: eight of each kind stand there."""
_SHOWN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Reached:
    """A way to reach somebody: what is compared, and sent to."""

    channel: Literal["email", "sms"]
    address: str = field(repr=False)


def read_contact(typed: str) -> Reached | None:
    """A telephone number (with or without its country) or an e-mail address; None where it is neither."""
    text = typed.strip()
    if not text or len(text) > MAX_TYPED:
        return None
    channel: Literal["email", "sms"] = "email" if "@" in text else "sms"
    try:
        found = usable(Contact(channel, text if channel == "email" else plain_phone(text)))
    except UnusableAddress:
        return None
    return Reached(channel, found.casefold())


def contacts_in(person: Demographics) -> tuple[Reached, ...]:
    """Those in what clinics sent, each once."""
    found = [read_contact(one) for one in (*person.phones, *person.emails)]
    return tuple(dict.fromkeys(one for one in found if one is not None))[:MAX_LEARNED]


def masked(channel: str, address: str) -> str:
    """Enough for its owner to know it again, too little for anybody else."""
    if channel == "sms":
        return f"•••• {address[-_SHOWN_DIGITS:]}"
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}….{domain.rpartition('.')[2]}"
