"""Which cards a person should have, and signing the ones that are missing. No database: the store loads and writes.

A card says which versions of which records it holds. What it holds decides what becomes of it: a card with a version
that is not so any more is taken back; one whose content stands on a larger card is superseded and goes on being true;
one that was taken back on purpose is not made again. Ids follow from the content, so that a run which was stopped and
repeated makes the same cards.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cards import CardTooLarge
from issuer.fhir import Resource, Submission
from issuer.grouping import Draft, drafts_of, fitted
from issuer.intake.events import read_event, resource_of
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.intake.proposal import Demographics, Name
from issuer.issuance import Issuer
from issuer.records import IssuedCard, Record
from issuer.signing import check_reads_back, check_says
from issuer.store import CardChanges, StoredCard
from keys.private import PrivateKey

ID_OCTETS = 16
SHARED_OCTETS = 4
"""That the ids of one submission have in common."""
PART = "part"
"""Stands among what a card holds that is one of several with too many doses for one code."""
CORRECTED = "replaced"
"""Reason code of a card whose record was corrected or deleted."""


class DoseTooLarge(ValueError):
    """A single dose or result does not fit one QR code."""

    def __init__(self, resource: Resource) -> None:
        super().__init__("a single dose or result does not fit one QR code")
        self.resource = resource


@dataclass(frozen=True, slots=True)
class CardMaker:
    """One issuer's key at work."""

    iss: str
    active: Callable[[], PrivateKey] = field(repr=False)
    """The key that signs now; opened only where something is to be signed."""
    rid_secret: bytes = field(repr=False)
    name: str
    """Who stands on a card as performer where nobody else does."""

    proven: set[str] | None = field(default=None, repr=False)
    """Keys whose first card of this batch was verified; None where every card is."""

    def opened(self) -> "CardMaker":
        """The same for a batch: the key is opened once, and proven by the first card it signs."""
        key = self.active()
        return replace(self, active=lambda: key, proven=set())

    def changes(
        self,
        person: HeldPerson,
        records: Iterable[HeldRecord],
        existing: Sequence[StoredCard],
        performers: Mapping[str, str],
        now: datetime,
        reason: str = CORRECTED,
        *,
        sign: bool = True,
        skip_large: bool = False,
    ) -> CardChanges:
        """What has to happen so that a person's cards say what the records say.

        Args:
            records: all of the person's records.
            existing: all of the person's cards, those superseded and revoked among them.
            performers: display name of each clinic.
            sign: False only takes back what is wrong; what is missing is signed when it is asked for.
            skip_large: a dose that fits no code is left without a card; its record stands.
        Raises:
            DoseTooLarge: unless they are skipped. issuer.signing.UnreadableCard.
        """
        patient = patient_of(person.demographics)
        token, born = _patient_token(patient), _birth_token(patient)
        current = {one.ref: one for one in records if one.on_cards}
        if not existing:
            return self._first(person.id, patient, current, performers, f"{token} {born}", now, sign, skip_large)
        unrevoked = [card for card in existing if card.revoked_at is None]
        wrong = [card for card in unrevoked if not _records(card) <= set(current) or _born_otherwise(card, born)]
        right = [card for card in unrevoked if card not in wrong and card.superseded_at is None]
        past = [card for card in unrevoked if card not in wrong and card.superseded_at is not None]
        if not sign and not wrong:
            return CardChanges()
        refs_of: dict[int, str] = {}
        drafts = self._drafts(patient, current.values(), performers, refs_of)
        taken_back = [_records(card) for card in existing if card.revoked_at]
        new: list[StoredCard] = []
        again: list[StoredCard] = []
        kept: set[str] = set()
        for draft in drafts:
            refs = frozenset(refs_of[id(resource)] for resource in draft.resources)
            same = _covering(right, refs, token)
            kept |= {card.id for card in same}
            if not same and refs not in taken_back:
                before = _covering(past, refs, token)
                again += before
                if not before:
                    new += self._signed_or_left(draft, refs_of, f"{token} {born}", person.id, now, skip_large)
        superseded = tuple(card.id for card in right if card.id not in kept) if new or again or wrong else ()
        return CardChanges(
            _in_place_of(new, wrong),
            superseded,
            tuple(card.id for card in wrong),
            reason,
            tuple(card.id for card in again),
        )

    def _first(
        self,
        person_id: str,
        patient: Resource,
        current: Mapping[str, HeldRecord],
        performers: Mapping[str, str],
        token: str,
        now: datetime,
        sign: bool,
        skip_large: bool,
    ) -> CardChanges:
        """Whoever has no card yet gets one for each draft: most persons of a load."""
        refs_of: dict[int, str] = {}
        drafts = self._drafts(patient, current.values(), performers, refs_of) if sign else []
        made = [self._signed_or_left(draft, refs_of, token, person_id, now, skip_large) for draft in drafts]
        return CardChanges(tuple(card for cards in made for card in cards))

    def _drafts(
        self,
        patient: Resource,
        records: Iterable[HeldRecord],
        performers: Mapping[str, str],
        refs_of: dict[int, str],
    ) -> list[Draft]:
        doses: list[Resource] = []
        results: list[Resource] = []
        for one in records:
            kept = read_event(one.kind, one.resource)
            # An object of its own for each record: two clinics may have sent the very same.
            sent = dict(kept.resource) if kept.resource else None
            resource = sent or resource_of(kept.event, performers.get(one.clinic_id) or self.name)
            (doses if one.kind == "immunization" else results).append(resource)
            refs_of[id(resource)] = one.ref
        return drafts_of(Submission(patient, tuple(doses), tuple(results)))

    def _signed_or_left(
        self, draft: Draft, refs_of: Mapping[int, str], token: str, person_id: str, now: datetime, skip_large: bool
    ) -> list[StoredCard]:
        try:
            return self._signed(draft, refs_of, token, person_id, now)
        except DoseTooLarge as large:
            if not skip_large:
                raise
            rest = tuple(one for one in draft.resources if one is not large.resource)
            smaller = replace(draft, resources=rest)
            return self._signed_or_left(smaller, refs_of, token, person_id, now, skip_large) if rest else []

    def _signed(
        self, draft: Draft, refs_of: Mapping[int, str], token: str, person_id: str, now: datetime
    ) -> list[StoredCard]:
        key = self.active()
        issuer = Issuer(self.iss, key, self.rid_secret)

        def make(part: Draft) -> StoredCard:
            refs = sorted(refs_of[id(resource)] for resource in part.resources)
            holds = " ".join([token, *([PART] if part is not draft else []), *refs])
            record = Record(self._card_id(person_id, holds, key.kid), part.bundle(), part.title)
            try:
                issued = issuer.issue(record, now)
            except CardTooLarge:
                if len(part.resources) > 1:
                    raise
                raise DoseTooLarge(part.resources[0]) from None
            self._check(issued, record, key)
            return StoredCard(issued.card_id, person_id, holds, part.title, issued.kid, issued.rid, issued.jws, now)

        return fitted(draft, make)

    def _check(self, issued: IssuedCard, record: Record, key: PrivateKey) -> None:
        if self.proven is not None and key.kid in self.proven:
            check_says(issued, record, self.iss)
            return
        check_reads_back(issued, record, self.iss, key.public)
        if self.proven is not None:
            self.proven.add(key.kid)

    def _card_id(self, person_id: str, holds: str, kid: str) -> str:
        """Its own for each content and key, the same when a stopped run is repeated. It begins as the person's does:
        in an index they stand beside each other (docs/adr/0019-ids-of-one-batch.md)."""
        named = f"card\x1f{person_id}\x1f{holds}\x1f{kid}".encode()
        own = hmac.digest(self.rid_secret, named, hashlib.sha256)[: ID_OCTETS - SHARED_OCTETS].hex()
        return person_id[: 2 * SHARED_OCTETS] + own


def patient_of(person: Demographics) -> dict[str, Any]:
    """The Patient of a card: the name, the date of birth, nothing else (requirement H2)."""
    patient: dict[str, Any] = {"resourceType": "Patient", "name": [_name(person.name)]}
    if person.birth_date:
        patient["birthDate"] = person.birth_date
    return patient


def _name(name: Name) -> dict[str, Any]:
    if name.text and not name.family:
        return {"text": name.text}
    said: dict[str, Any] = {"family": name.family, "given": list(name.given)}
    if name.prefix:
        said["prefix"] = [name.prefix]
    if name.suffix:
        said["suffix"] = [name.suffix]
    return {key: value for key, value in said.items() if value}


def _patient_token(patient: Resource) -> str:
    """Stands among what a card holds: a corrected name or date of birth makes a new card."""
    return "p" + hashlib.sha256(repr(sorted(patient.items())).encode()).hexdigest()[:12]


def _birth_token(patient: Resource) -> str:
    """Apart: a card with a wrong date of birth is wrong, one with a former name is not."""
    return "b" + hashlib.sha256(str(patient.get("birthDate", "")).encode()).hexdigest()[:12]


def _born_otherwise(card: StoredCard, born: str) -> bool:
    """Cards of the first version do not say."""
    said = {ref for ref in card.refs if ref.startswith("b") and "." not in ref}
    return bool(said) and born not in said


def _records(card: StoredCard) -> frozenset[str]:
    """The records on a card; cards of the first version have no patient token."""
    return frozenset(ref for ref in card.refs if "." in ref)


def _covering(right: Sequence[StoredCard], refs: frozenset[str], token: str) -> list[StoredCard]:
    """The standing cards that together say exactly this, of this name: one card, or the parts of one too large."""
    named = [card for card in right if token in card.refs or all("." in ref for ref in card.refs)]
    parts = [card for card in named if _records(card) <= refs]
    same = [card for card in parts if _records(card) == refs]
    if same:
        return same[-1:]
    largest = [card for card in parts if not any(_records(card) < _records(other) for other in parts)]
    split = largest and all(PART in card.refs for card in largest)
    return largest if split and frozenset().union(*map(_records, largest)) == refs else []


def _in_place_of(new: Sequence[StoredCard], wrong: Sequence[StoredCard]) -> tuple[StoredCard, ...]:
    """Each new card named as the replacement of the wrong one it shares most records with; each at most once."""
    left = list(wrong)
    done = []
    for card in new:
        ids = {ref.split(".")[0] for ref in _records(card)}
        old = max(left, key=lambda one: len(ids & {ref.split(".")[0] for ref in _records(one)}), default=None)
        if old is not None and ids & {ref.split(".")[0] for ref in _records(old)}:
            left.remove(old)
            card = replace(card, replaces=old.id)
        done.append(card)
    return tuple(done)
