"""The intake: whatever a door brings is checked, matched, decided, written and acknowledged in one transaction.

    submitted = intake.submit(actor, clinic_id, proposals, now, door="hl7", message_id="42")
    [outcome.did for outcome in submitted.outcomes]          # "recorded", "unchanged", "refused", …

A message with one dose and a file's chunk of five hundred rows go the same way.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from issuer.audit.entry import Event
from issuer.card_making import SHARED_OCTETS, CardMaker
from issuer.intake.beside import changes_something, entries_of, events_of, submission_row
from issuer.intake.checking import check
from issuer.intake.deciding import Batch, RecordsNeeded
from issuer.intake.findings import finding
from issuer.intake.held import HeldRecord, Holdings, Writes
from issuer.intake.keys import event_key
from issuer.intake.looking import Found, Looking
from issuer.intake.people import Matcher
from issuer.intake.proposal import Demographics, Dose, Finding, Identifier, Outcome, Proposal
from issuer.intake.setting import Setting
from issuer.persons import Keys, keys_of
from issuer.plausibility.signing import SigningPolicy
from issuer.rights import Actor, require
from issuer.store import CardChanges, Store, StoredCard, audit, events
from issuer.store.cards import all_cards_of, lock_person, note, public_names, together, write_cards
from issuer.store.holdings import Opening, add_submission, holdings, opening, write
from issuer.store.ledger import LotsKnown
from issuer.store.rows import in_one_go

if TYPE_CHECKING:
    from sqlalchemy import Connection

ID_OCTETS = 16


class ClinicNotLive(Exception):
    """The clinic is not known, not approved yet, suspended, or held for a second look. Nothing was recorded."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the clinic is {state}")
        self.state = state

    @property
    def code(self) -> str:
        """As all doors answer it."""
        return "clinic-held" if self.state == "held" else "clinic-not-live"


class ClinicHeld(ClinicNotLive):
    """The clinic is held for a second look. Nothing was recorded; what it recorded before stays."""


class NotWhole(Exception):
    """A submission that is all or nothing had a part that was refused. Nothing was recorded."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        super().__init__("a part of an all-or-nothing submission was refused")
        self.outcomes = tuple(outcomes)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a submission."""

    id: str
    outcomes: tuple[Outcome, ...]
    """In the order of the proposals."""
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """The one way in."""

    store: Store
    maker: CardMaker
    random: Callable[[int], bytes] = field(repr=False)
    policy: SigningPolicy = field(default_factory=SigningPolicy)
    lots: LotsKnown = field(default_factory=LotsKnown, repr=False)

    def submit(
        self,
        actor: Actor,
        clinic_id: str,
        proposals: Sequence[Proposal],
        now: datetime,
        *,
        door: str,
        message_id: str = "",
        digest: str = "",
        ask: bool = False,
        whole: bool = False,
        sign: bool = False,
        within: "Callable[[Connection, tuple[Outcome, ...]], None] | None" = None,
    ) -> Submitted:
        """Take what a door brings, in one transaction.

        Args:
            door: form, fhir, hl7, csv, xlsx or api.
            message_id: the sender's own id of the message, `digest` what it said: the same id with other content is
                another message, and noted.
            ask: somebody waits for questions; what they are about is not recorded until they are answered.
            whole: all or nothing.
            sign: sign the cards now; else each is signed when it is first asked for.
            within: more to be written in the same transaction (the books of a file's chunk).
        Raises:
            Forbidden, ClinicNotLive, NotWhole, StorageFull, StorageBusy: nothing was recorded.
        """
        self._check_rights(actor, clinic_id, proposals)
        checked = [check(proposal, now) for proposal in proposals]
        new_id = self._ids()
        submission_id = new_id()
        with self.store.writing() as connection:
            keys = {id(one.person): keys_of(one.person) for one in proposals}
            known = self._opened(connection, clinic_id, (actor.id, message_id), proposals, keys)
            lots = self.lots.facts(connection, clinic_id, _lots_of(proposals), now)
            setting = Setting(clinic_id, submission_id, now, new_id, self.policy, ask, lots, digest in known.seen)
            held, writes, outcomes = self._decided(connection, setting, proposals, checked, keys, known)
            if whole and not all(outcome.accepted for outcome in outcomes):
                raise NotWhole(outcomes)
            notes = (finding("message-id-reused", "event.id"),) if any(one != digest for one in known.seen) else ()
            with in_one_go(connection, len(proposals)):
                if changes_something(outcomes) or message_id or writes.changed_persons:
                    row = submission_row(submission_id, door, actor, clinic_id, message_id, digest, now)
                    add_submission(connection, row)
                write(connection, writes, actor.id, now)
                audit.append(connection, entries_of(actor, clinic_id, submission_id, outcomes, writes, now))
                events.append(connection, events_of(clinic_id, submission_id, outcomes, now))
            self._put_cards_right(connection, writes, held, now, sign, skip_large=not whole)
            if within is not None:
                within(connection, outcomes)
        return Submitted(submission_id, outcomes, notes)

    def history(self, actor: Actor, person: Demographics, reason: str, now: datetime) -> Found:
        """`issuer.intake.looking.Looking.history`, for doors that ask as well as send."""
        return Looking(self.store).history(actor, person, reason, now)

    def merge(self, actor: Actor, clinic_id: str, gone: Identifier, into: Identifier, now: datetime) -> Outcome:
        """A clinic's system says that two of its identifiers are one person (ADT^A40)."""
        from issuer.merging.service import Merging  # it renews cards as this module does

        return Merging(self.store, self.maker, self.random).merge_by_identifier(actor, clinic_id, gone, into, now)

    # ---- Cards ------------------------------------------------------------------------------------------------------

    def _put_cards_right(
        self, connection: "Connection", writes: Writes, held: Holdings, now: datetime, sign: bool, *, skip_large: bool
    ) -> None:
        """Cards that say what is not so any more are taken back and made anew, in this transaction."""
        changed = {one.person_id for before, after, _ in writes.changed_records.values() for one in (before, after)}
        touched = changed | writes.changed_persons.keys()
        if sign:
            touched |= {one.person_id for one in writes.new_records.values()}
        if not touched:
            return
        names = public_names(connection)
        maker: CardMaker | None = None
        records_of = _records_as_they_will_be(held, writes)
        changes: list[CardChanges] = []
        for person_id in sorted(touched):
            existing: tuple[StoredCard, ...] = ()
            if person_id not in writes.new_persons:
                lock_person(connection, person_id)
                existing = all_cards_of(connection, person_id)
            if not sign and not existing:
                continue
            maker = maker or self.maker.opened()
            person = writes.changed_persons.get(person_id) or writes.new_persons.get(person_id)
            made = maker.changes(
                person or held.persons[person_id],
                records_of[person_id].values(),
                existing,
                names,
                now,
                sign=sign or bool(existing),
                skip_large=skip_large,
            )
            changes.append(made)
            if made.revoked:
                note(connection, self._new_id(), person_id, "card-replaced", now)
                revoked = [Event(now, "card.revoked", "card", card_id) for card_id in made.revoked]
                events.append(connection, revoked)
        write_cards(connection, together(changes), now)

    # ---- What is known ----------------------------------------------------------------------------------------------

    def _decided(
        self,
        connection: "Connection",
        setting: Setting,
        proposals: Sequence[Proposal],
        checked: Sequence[Sequence[Finding]],
        keys: Mapping[int, Keys],
        known: Opening,
    ) -> tuple[Holdings, Writes, tuple[Outcome, ...]]:
        """What is known, what is to be written, and what became of each proposal."""
        matcher = Matcher()
        wanted = {one.person_id for one in proposals} | matcher.resembled(proposals, keys, known.close)
        while True:
            held = holdings(connection, known.close, wanted, known.sent)
            batch = Batch(setting, held, keys, matcher)
            try:
                outcomes = tuple(batch.take(one, found) for one, found in zip(proposals, checked, strict=True))
            except RecordsNeeded as needed:
                # What was said of somebody within this batch made them resemble one more.
                wanted.add(needed.person_id)
                continue
            return held, batch.writes, outcomes

    def _check_rights(self, actor: Actor, clinic_id: str, proposals: Sequence[Proposal]) -> None:
        require(actor, "record.write", clinic_id)
        if any(one.action != "add" for one in proposals):
            require(actor, "record.correct", clinic_id)

    def _opened(
        self,
        connection: "Connection",
        clinic_id: str,
        message: tuple[str, str],
        proposals: Sequence[Proposal],
        keys: Mapping[int, Keys],
    ) -> Opening:
        """Raises ClinicNotLive, ClinicHeld."""
        everybody = (key for one in keys.values() for key in (*one.identifiers, *one.names))
        sent = {event_key(clinic_id, one.event_id) for one in proposals if one.event_id}
        known = opening(connection, clinic_id, message, everybody, sent)
        if known.clinic_state != "live":
            state = known.clinic_state
            raise ClinicHeld(state) if state == "held" else ClinicNotLive(state)
        return known

    def _new_id(self) -> str:
        return self.random(ID_OCTETS).hex()

    def _ids(self) -> Callable[[], str]:
        """Ids of one submission: 96 random bits each behind 32 that they share, so that what is written together
        stands together in the indexes (docs/adr/0019-ids-of-one-batch.md)."""
        shared, random = self.random(SHARED_OCTETS), self.random
        return lambda: (shared + random(ID_OCTETS - SHARED_OCTETS)).hex()


def _lots_of(proposals: Sequence[Proposal]) -> set[tuple[str, str]]:
    doses = (one.event for one in proposals if isinstance(one.event, Dose))
    return {(dose.code, dose.lot) for dose in doses if dose.lot}


def _records_as_they_will_be(held: Holdings, writes: Writes) -> dict[str, dict[str, HeldRecord]]:
    """By person and id."""
    found: dict[str, dict[str, HeldRecord]] = defaultdict(dict)
    for who, records in held.records.items():
        found[who] = {one.id: one for one in records}
    for one in writes.new_records.values():
        found[one.person_id][one.id] = one
    for before, after, _ in writes.changed_records.values():
        found[before.person_id].pop(before.id, None)
        found[after.person_id][after.id] = after
    return found
