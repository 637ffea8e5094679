"""The issuer's use cases. No web: octets, ids and `now` in, frozen answers out.

    issued = service.record_and_issue(bundle_octets, now)     # InvalidBundle, StorageFull, StorageBusy
    service.revoke_card(card_id, "entered-in-error", now)
    token = service.make_link(issued.person_id, now)
    service.cards_by_link(token, now)

What is to be answered is stored first, and what is stored has been read back first. A card that nobody asked for yet is
signed when it is first asked for.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import cards
from cards.encoding import b64url_encode, write_json
from cards.shc.profiles import Fault, Severity
from issuer.audit.entry import Entry, Event
from issuer.card_making import CORRECTED, CardMaker, DoseTooLarge
from issuer.faults import InvalidBundle, issuer_fault
from issuer.fhir import Submission, read_bundle
from issuer.intake.from_fhir import kept_resource, path_of_finding, proposals_of
from issuer.intake.proposal import Outcome
from issuer.intake.service import Intake, NotWhole, Submitted
from issuer.issuance import Issuer
from issuer.models import record
from issuer.records import Record
from issuer.revocation import check_reason, published_keys, revocation_list
from issuer.rights import Actor
from issuer.signing import UnreadableCard, check_reads_back
from issuer.store import CardChanges, CardRevoked, DuplicateCard, Store, StoredCard, audit, events
from issuer.store.cards import all_cards_of, cards_of, lock_person, public_names, write_cards
from issuer.store.holdings import persons_of, records_where
from issuer.store.ledger import LotsKnown
from issuer.store.own_records import has_given
from keys import PublicKey
from keys.private import PrivateKey

LINK_OCTETS = 32
"""256 bits: a card page's address cannot be guessed."""
ID_OCTETS = 16
OPERATOR = Actor("operator", "operator")
"""Whoever has the deployment's own API token, or its command line."""
HOUSE = "00000000000000000000000000000001"
"""The clinic of the deployment's own API token (migration 0002)."""

_log = logging.getLogger("countersign.issuer")


class Keys(Protocol):
    """What the service needs of `keys.store.KeyStore`."""

    def active(self) -> PrivateKey:
        """The key that signs."""

    def published(self) -> tuple[PublicKey, ...]:
        """The keys that verifiers get to see."""

    def known(self) -> tuple[PublicKey, ...]:
        """Every key this issuer ever had."""


class UnknownCard(LookupError):
    """There is no card, or no person, with this id."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of a submission."""

    person_id: str
    record_id: str
    """Of its first record: each dose and result is one."""
    cards: tuple[StoredCard, ...]
    is_new: bool
    """False where the same content had been recorded before: these are its cards, and nothing was written."""
    warnings: tuple[Fault, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssuerService:
    """One issuer at work."""

    iss: str
    keys: Keys
    rid_secret: bytes = field(repr=False)
    store: Store
    link_days: int
    random: Callable[[int], bytes] = field(repr=False)
    """Octets nobody can guess: `secrets.token_bytes`."""
    name: str = ""
    """Who stands on a card as performer where nobody else does."""

    lots: LotsKnown = field(default_factory=LotsKnown, repr=False)

    @property
    def intake(self) -> Intake:
        """The one way in."""
        return Intake(self.store, self.maker(), self.random, lots=self.lots)

    def maker(self) -> CardMaker:
        """The key that signs now, at work."""
        return CardMaker(self.iss, self.keys.active, self.rid_secret, self.name)

    def record_and_issue(
        self, bundle: bytes, now: datetime, person_id: str | None = None, actor: Actor = OPERATOR
    ) -> Issued:
        """Record what a clinic sent and issue its cards, all or nothing. The same content again changes nothing.

        Args:
            person_id: whose record it is, where the person is known already; else the matcher decides.
        Raises:
            InvalidBundle: it cannot be certified.
            UnknownCard: there is no such person.
            UnreadableCard, StorageFull, StorageBusy: nothing was recorded.
        """
        submission = read_bundle(bundle, now)
        if person_id is not None and not self.store.person_exists(person_id):
            raise UnknownCard("there is no person with this id")
        proposals = proposals_of(submission, person_id or "")
        try:
            clinic_id = actor.clinic_id or HOUSE
            done = self.intake.submit(actor, clinic_id, proposals, now, door="api", whole=True, sign=True)
        except NotWhole as refused:
            raise InvalidBundle(faults_of(submission, refused.outcomes)) from None
        except DoseTooLarge as large:
            raise InvalidBundle([issuer_fault("card-too-large", _place_of(submission, large))]) from None
        return self._issued(submission, done)

    def _issued(self, submission: Submission, done: Submitted) -> Issued:
        records = {one.record_id for one in done.outcomes}
        owner = done.outcomes[0].person_id
        kept = [card for card in self.store.cards_of_person(owner) if card.revoked_reason != CORRECTED]
        found = [card for card in kept if records & set(_record_ids(card))]
        is_new = any(one.did != "unchanged" for one in done.outcomes)
        warnings = (*submission.warnings, *faults_of(submission, done.outcomes))
        _log.info("recorded %s with %d cards", done.id, len(found))
        return Issued(owner, min(records), tuple(found), is_new, warnings, submission.left_out)

    def card(self, card_id: str) -> StoredCard:
        """One card. Raises UnknownCard."""
        found = self.store.card(card_id)
        if found is None:
            raise UnknownCard("there is no card with this id")
        return found

    def check_own(self, actor: Actor, person_id: str) -> None:
        """A clinic's system sees and changes cards of people its clinic gave a dose to, or tested.

        Raises:
            UnknownCard: it is nobody of theirs; that looks as if there were nobody at all.
        """
        if not actor.clinic_id:
            return
        with self.store.reading() as connection:
            theirs = has_given(connection, actor.clinic_id, person_id)
        if not theirs:
            raise UnknownCard("there is no person with this id")

    def revoke_card(self, card_id: str, reason: str, now: datetime, actor: Actor = OPERATOR) -> tuple[StoredCard, ...]:
        """Take one card back; the cards newly revoked (none where it was revoked before).

        Raises:
            UnknownReason, UnknownCard, StorageFull, StorageBusy.
        """
        check_reason(reason)
        self.card(card_id)
        revoked = self.store.revoke_card(card_id, reason, now, actor)
        _log.info("revoked %d cards", len(revoked))
        return revoked

    def revoke_person(
        self, person_id: str, reason: str, now: datetime, actor: Actor = OPERATOR
    ) -> tuple[StoredCard, ...]:
        """Take all of a person's cards back, each under the key that signed it; the cards newly revoked.

        Raises:
            UnknownReason, UnknownCard, StorageFull, StorageBusy.
        """
        check_reason(reason)
        self._check_person(person_id)
        revoked = self.store.revoke_person(person_id, reason, now, actor)
        _log.info("revoked %d cards", len(revoked))
        return revoked

    def replace_card(self, card_id: str, reason: str, now: datetime, actor: Actor = OPERATOR) -> StoredCard:
        """Take a card back and issue the same content anew, signed by the key that signs now, with a `rid` of its own.

        For a card that was lost or copied, or whose key was withdrawn. Asked again, it answers the same new card.

        Raises:
            CardRevoked: it was taken back before; a new card would undo that.
            UnknownReason, UnknownCard, UnreadableCard, StorageFull, StorageBusy: nothing was changed.
        """
        check_reason(reason)
        old = self.card(card_id)
        if done := self.store.replacement_of(card_id):
            return done
        new = self._issued_anew(old, now)
        try:
            self.store.replace(new, reason, actor)
        except (DuplicateCard, CardRevoked):  # perhaps somebody asked the same a moment ago
            done = self.store.replacement_of(card_id)
            if done is None:
                raise
            return done
        _log.info("replaced a card")
        return new

    def cards_of_person(self, person_id: str, now: datetime, actor: Actor = OPERATOR) -> tuple[StoredCard, ...]:
        """All of a person's cards, those taken back among them; what is missing is signed first.

        Raises:
            UnknownCard: there is no such person. UnreadableCard, StorageFull, StorageBusy.
        """
        with self.store.reading() as connection:
            changes = self._missing(connection, person_id, now)
        if not changes:
            return self.store.cards_of_person(person_id)
        with self.store.writing() as connection:
            lock_person(connection, person_id)
            changes = self._missing(connection, person_id, now)
            write_cards(connection, changes, now)
            clinic_id = actor.clinic_id
            entries = [Entry(now, actor, "card.issue", "card", one.id, clinic_id, person_id) for one in changes.new]
            audit.append(connection, entries)
            events.append(connection, [Event(now, "card.issued", "card", one.id) for one in changes.new])
            return cards_of(connection, person_id)

    def _missing(self, connection: Any, person_id: str, now: datetime) -> CardChanges:
        person = persons_of(connection, [person_id]).get(person_id)
        if person is None:
            raise UnknownCard("there is no person with this id")
        records = records_where(connection, record.c.person_id, [person_id])
        existing = all_cards_of(connection, person_id)
        return self.maker().changes(person, records, existing, public_names(connection), now, skip_large=True)

    def make_link(self, person_id: str, now: datetime) -> str:
        """The token of a new link to a person's card page; only its hash is kept. Raises UnknownCard."""
        self._check_person(person_id)
        token = b64url_encode(self.random(LINK_OCTETS))
        self.store.add_link(token, person_id, now, now + timedelta(days=self.link_days))
        return token

    def cards_by_link(self, token: str, now: datetime) -> tuple[StoredCard, ...]:
        """The cards behind a link. Raises UnknownCard for an unknown and for an ended one alike."""
        person_id = self.store.person_by_token(token, now)
        if person_id is None:
            raise UnknownCard("this link opens nothing")
        return self.cards_of_person(person_id, now)

    def jwks(self) -> dict[str, Any]:
        """What stands at `/.well-known/jwks.json`."""
        return published_keys(self.store, self.keys.published())

    def revocation_list(self, kid: str) -> dict[str, Any]:
        """What stands at `/.well-known/crl/{kid}.json`. Raises UnknownList."""
        return revocation_list(self.store, self.keys.published(), kid)

    def _issued_anew(self, old: StoredCard, now: datetime) -> StoredCard:
        """The same bundle as a new card. It is read from the old one with the key that signed it."""
        signer = next((key for key in self.keys.known() if key.kid == old.kid), None)
        if signer is None:
            raise UnreadableCard("the key that signed the card is not in the key store any more")
        key = self.keys.active()
        record = Record(self._new_id(), cards.read(old.jws).verify(signer).bundle, old.title)
        issued = Issuer(self.iss, key, self.rid_secret).issue(record, now)
        check_reads_back(issued, record, self.iss, key.public)
        return StoredCard(
            issued.card_id, old.person_id, old.holds, old.title, issued.kid, issued.rid, issued.jws, now,
            replaces=old.id,
        )  # fmt: skip

    def _check_person(self, person_id: str) -> None:
        if not self.store.person_exists(person_id):
            raise UnknownCard("there is no person with this id")

    def _new_id(self) -> str:
        return self.random(ID_OCTETS).hex()


def _record_ids(card: StoredCard) -> list[str]:
    return [ref.split(".")[0] for ref in card.holds.split() if "." in ref]


def faults_of(submission: Submission, outcomes: Sequence[Outcome]) -> tuple[Fault, ...]:
    """What the checker and the rules found, in the terms of the bundle."""
    paths = [path for path, resource in submission.paths if resource["resourceType"] != "Patient"]
    said = {(_entry_of(fault.path), fault.code, fault.severity) for fault in submission.warnings}
    faults = []
    for path, outcome in zip(paths, outcomes, strict=True):
        for one in outcome.findings:
            place = path_of_finding(one.place, path, submission)
            severity: Severity = "error" if one.severity == "error" else "warning"
            if (_entry_of(place), one.code, severity) not in said:
                said.add((_entry_of(place), one.code, severity))
                faults.append(Fault(place, one.code, severity, one.message, one.remedy))
    return tuple(faults)


def _entry_of(path: str) -> str:
    """The profiles name the very coding, the checker the element: one fault of an entry is said once."""
    return path.partition("]")[0]


def _place_of(submission: Submission, large: DoseTooLarge) -> str:
    wanted = write_json(large.resource)
    found = (path for path, resource in submission.paths if write_json(kept_resource(resource)) == wanted)
    return next(found, "Bundle.entry")
