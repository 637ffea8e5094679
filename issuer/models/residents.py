"""How residents come in, and what they share.

`contact.address` is as sensitive as `person.demographics`, where it comes from; what strangers typed is sealed.
Tokens stand here as hashes only.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from issuer.db import UtcDateTime
from issuer.models.base import ID_CHARACTERS, metadata
from issuer.models.core import person
from outreach.models import tables

HASH_CHARACTERS = 64
"""SHA-256 in hexadecimal."""

outreach = tables(metadata)
"""The outbox of messages to people: written in our transactions, delivered by our workers."""

contact = Table(
    "contact",
    metadata,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    # email, sms
    Column("channel", String(8), nullable=False),
    # As `outreach.addresses` writes it: +15551234567, somebody@example.org.
    Column("address", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    # An actor who saw its owner, or "code": the owner typed what we sent there. Nothing is sent before.
    Column("confirmed_by", String(48), nullable=True),
    Column("confirmed_at", UtcDateTime, nullable=True),
    # "not mine", bounced, or taken out by staff: nothing is sent any more.
    Column("ended_because", String(16), nullable=True),
    Column("ended_at", UtcDateTime, nullable=True),
    UniqueConstraint("person_id", "channel", "address", name="uq_contact_person_id"),
    Index("ix_contact_address", "channel", "address"),
)

way_in = Table(
    "way_in",
    metadata,
    # SHA-256 of the 256-bit token in a link.
    Column("token_hash", String(HASH_CHARACTERS), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    # recorded, asked, renewed, in-person, api
    Column("reason", String(16), nullable=False),
    # Where it was sent; NULL where it was handed over.
    Column("contact_id", ForeignKey(contact.c.id), nullable=True, index=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    # Birth dates that were not the person's; at the fifth it is locked.
    Column("wrong", Integer, nullable=False),
    # When the right birth date was entered: that, and no mere opening, uses it up.
    Column("used_at", UtcDateTime, nullable=True),
    Column("ended_at", UtcDateTime, nullable=True),
)

visit = Table(
    "visit",
    metadata,
    # SHA-256 of the cookie.
    Column("token_hash", String(HASH_CHARACTERS), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    Column("way_in", ForeignKey(way_in.c.token_hash), nullable=True),
    Column("began_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
)

knock = Table(
    "knock",
    metadata,
    # Somebody asks for a link. The page does the same whoever asks; a worker looks whether there is anybody to send to.
    Column("id", String(ID_CHARACTERS), primary_key=True),
    # JSON of name, birth date, contact and language, sealed; the row is deleted with the answer.
    Column("asked", LargeBinary, nullable=False),
    # Keyed hash of the address it came from, for the caps.
    Column("network", String(HASH_CHARACTERS), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False, index=True),
)

share = Table(
    "share",
    metadata,
    # A SMART Health Link of a resident's.
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    # SHA-256 of the token in its address.
    Column("token_hash", String(HASH_CHARACTERS), nullable=False, unique=True),
    # The token and the key of its files, sealed: the link can be shown again to its holder.
    Column("secret", LargeBinary, nullable=False),
    Column("label", Text, nullable=False),
    # Titles of the vaccine groups in it, as JSON; "" for everything, what comes later too.
    Column("groups", Text, nullable=False),
    Column("is_direct", Boolean, nullable=False),
    # scrypt of the passcode; NULL where there is none.
    Column("passcode", Text, nullable=True),
    # Wrong passcodes, for life.
    Column("wrong", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=True),
    Column("stopped_at", UtcDateTime, nullable=True),
    # by-holder, passcodes, erased
    Column("stopped_because", String(16), nullable=True),
)

share_opening = Table(
    "share_opening",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("share_id", ForeignKey(share.c.id), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    # manifest, file, wrong-passcode, ended
    Column("what", String(16), nullable=False),
    # Who it said it was: nobody checked that.
    Column("recipient", Text, nullable=False),
)
