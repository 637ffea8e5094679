"""The issuer's use cases. No web: octets, ids and `now` in, frozen answers out.

    issued = service.record_and_issue(bundle_octets, now)     # InvalidBundle, StorageFull, StorageBusy
    service.revoke_card(card_id, "entered-in-error", now)
    token = service.make_link(issued.person_id, now)
    service.cards_by_link(token, now)

What is to be answered is stored first, and what is stored has been read back first.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import cards
from cards.encoding import b64url_encode, write_json
from cards.shc.profiles import Fault
from issuer.faults import InvalidBundle, issuer_fault
from issuer.fhir import Submission, canonical, read_bundle
from issuer.issuance import Issuer
from issuer.records import Record
from issuer.revocation import check_reason, published_keys, revocation_list
from issuer.signing import UnreadableCard, check_reads_back, signed_cards
from issuer.store import CardRevoked, DuplicateRecord, NewRecord, Store, StoredCard, StoredRecord
from keys import PublicKey
from keys.private import PrivateKey

LINK_OCTETS = 32
"""256 bits: a card page's address cannot be guessed."""
ID_OCTETS = 16

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

    def record_and_issue(self, bundle: bytes, now: datetime, person_id: str | None = None) -> Issued:
        """Record what a clinic sent and issue its cards, all or nothing. The same content again changes nothing.

        Args:
            person_id: whose record it is, where the person is known already; else a new person begins.
        Raises:
            InvalidBundle: it cannot be certified.
            UnknownCard: there is no such person.
            UnreadableCard, StorageFull, StorageBusy: nothing was recorded.
        """
        submission = read_bundle(bundle, now)
        self._check_person(submission, person_id)
        if known := self._known(submission, person_id):
            return _repeated(known, submission)
        digest = digest_of(submission, person_id)
        new = self._new_record(submission, digest, now, person_id)
        try:
            self.store.add(new)
        except DuplicateRecord:  # somebody sent the same a moment ago
            known = self.store.record_by_digest(digest)
            if known is None:
                raise
            return _repeated(known, submission)
        _log.info("recorded %s with %d cards", new.id, len(new.cards))
        return Issued(new.person_id, new.id, new.cards, True, submission.warnings, submission.left_out)

    def card(self, card_id: str) -> StoredCard:
        """One card. Raises UnknownCard."""
        found = self.store.card(card_id)
        if found is None:
            raise UnknownCard("there is no card with this id")
        return found

    def revoke_card(self, card_id: str, reason: str, now: datetime) -> tuple[StoredCard, ...]:
        """Take one card back; the cards newly revoked (none where it was revoked before).

        Raises:
            UnknownReason, UnknownCard, StorageFull, StorageBusy.
        """
        check_reason(reason)
        self.card(card_id)
        revoked = self.store.revoke_card(card_id, reason, now)
        _log.info("revoked %d cards", len(revoked))
        return revoked

    def revoke_person(self, person_id: str, reason: str, now: datetime) -> tuple[StoredCard, ...]:
        """Take all of a person's cards back, each under the key that signed it; the cards newly revoked.

        Raises:
            UnknownReason, UnknownCard, StorageFull, StorageBusy.
        """
        check_reason(reason)
        self.cards_of_person(person_id)
        revoked = self.store.revoke_person(person_id, reason, now)
        _log.info("revoked %d cards", len(revoked))
        return revoked

    def replace_card(self, card_id: str, reason: str, now: datetime) -> StoredCard:
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
            self.store.replace(new, reason)
        except (DuplicateRecord, CardRevoked):  # perhaps somebody asked the same a moment ago
            done = self.store.replacement_of(card_id)
            if done is None:
                raise
            return done
        _log.info("replaced a card")
        return new

    def cards_of_person(self, person_id: str) -> tuple[StoredCard, ...]:
        """All of a person's cards. Raises UnknownCard."""
        found = self.store.cards_of_person(person_id)
        if not found:
            raise UnknownCard("there is no person with this id")
        return found

    def make_link(self, person_id: str, now: datetime) -> str:
        """The token of a new link to a person's card page; only its hash is kept. Raises UnknownCard."""
        self.cards_of_person(person_id)
        token = b64url_encode(self.random(LINK_OCTETS))
        self.store.add_link(token, person_id, now, now + timedelta(days=self.link_days))
        return token

    def cards_by_link(self, token: str, now: datetime) -> tuple[StoredCard, ...]:
        """The cards behind a link. Raises UnknownCard for an unknown and for an ended one alike."""
        found = self.store.cards_by_token(token, now)
        if not found:
            raise UnknownCard("this link opens nothing")
        return found

    def jwks(self) -> dict[str, Any]:
        """What stands at `/.well-known/jwks.json`."""
        return published_keys(self.store, self.keys.published())

    def revocation_list(self, kid: str) -> dict[str, Any]:
        """What stands at `/.well-known/crl/{kid}.json`. Raises UnknownList."""
        return revocation_list(self.store, self.keys.published(), kid)

    def _known(self, submission: Submission, person_id: str | None) -> StoredRecord | None:
        """The record with this content: of this person, however it came to them, or of a person begun with it."""
        known = self.store.record_by_digest(digest_of(submission, person_id))
        if known is None and person_id is not None:
            known = self.store.record_by_digest(digest_of(submission, None))
        return known if known and person_id in (None, known.person_id) else None

    def _check_person(self, submission: Submission, person_id: str | None) -> None:
        if person_id is None:
            return
        born = self.store.birth_date(person_id)
        if born is None:
            raise UnknownCard("there is no person with this id")
        if born != submission.birth_date:
            raise InvalidBundle([issuer_fault("person-mismatch", "Patient.birthDate")])

    def _new_record(self, submission: Submission, digest: str, now: datetime, person_id: str | None) -> NewRecord:
        record_id, owner = self._new_id(), person_id or self._new_id()
        key = self.keys.active()
        issuer = Issuer(self.iss, key, self.rid_secret)
        issued = signed_cards(submission, issuer, key.public, self._new_id, now)
        stored = tuple(
            StoredCard(card.card_id, owner, record_id, title, card.kid, card.rid, card.jws, now)
            for title, card in issued
        )
        whole = write_json([submission.patient, *submission.doses, *submission.results])
        return NewRecord(record_id, owner, person_id is None, digest, whole, submission.birth_date, stored, now)

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
            issued.card_id, old.person_id, old.record_id, old.title, issued.kid, issued.rid, issued.jws, now,
            replaces=old.id,
        )  # fmt: skip

    def _new_id(self) -> str:
        return self.random(ID_OCTETS).hex()


def digest_of(submission: Submission, person_id: str | None) -> str:
    """The same for the same content, whatever the order of entries and members."""
    contents = sorted(canonical(resource) for resource in [*submission.doses, *submission.results])
    whole = "\n".join([person_id or "", canonical(submission.patient), *contents])
    return hashlib.sha256(whole.encode("utf-8")).hexdigest()


def _repeated(known: StoredRecord, submission: Submission) -> Issued:
    return Issued(known.person_id, known.id, known.cards, False, submission.warnings, submission.left_out)
