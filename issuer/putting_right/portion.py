"""One portion of a withdrawal: some hundred persons in one transaction."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, cast

from issuer.audit.entry import Entry, Event
from issuer.card_making import CORRECTED, CardMaker
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.models import record
from issuer.persons import keys_of
from issuer.putting_right.marks import CARD_REASONS, MARKS
from issuer.putting_right.progress import Withdrawal
from issuer.rights import Actor, Role
from issuer.store import CardChanges, Store, audit, events
from issuer.store.cards import public_names, together, write_cards
from issuer.store.holdings import lock_keys, persons_of, records_where
from issuer.store.putting_right import cards_by_person, change_records, lock_persons, note_many
from issuer.store.withdrawals import keep_withdrawal, mark_done, next_persons, unsigned_before, withdrawal_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

PERSONS_AT_ONCE = 200
"""Persons in one transaction: some 100 ms of signing, and locks that others hardly notice."""
ID_OCTETS = 16
Changed = dict[str, tuple[HeldRecord, HeldRecord]]


@dataclass(frozen=True, slots=True)
class Portion:
    """Does the next portion of whatever a withdrawal has to do."""

    store: Store
    maker: CardMaker
    random: Callable[[int], bytes] = field(repr=False)

    def done(self, withdrawal_id: str, now: datetime) -> bool:
        """Do one; False where nothing is left, or it was stopped. Raises StorageFull, StorageBusy: nothing was done."""
        with self.store.writing() as connection:
            one = withdrawal_of(connection, withdrawal_id, lock=True)
            if one is None or one.state != "running":
                return False
            state = "waiting" if one.task == "withdraw" else "restoring"
            people = next_persons(connection, one.id, state, PERSONS_AT_ONCE)
            if not people:
                self._finish(connection, one, now)
                return False
            self._do(connection, one, people, now)
            return True

    def _finish(self, connection: "Connection", one: Withdrawal, now: datetime) -> None:
        keep_withdrawal(connection, replace(one, state="done"))
        figures = {"records": one.done_records, "revoked": one.revoked_cards, "new": one.new_cards}
        audit.append(connection, [_entry(one, now, {"step": "done", "task": one.task, **figures})])

    def _do(self, connection: "Connection", one: Withdrawal, people: Mapping[str, str], now: datetime) -> None:
        persons = self._locked(connection, set(people.values()))
        held = records_where(connection, record.c.person_id, persons)
        wanted = [each for each in held if each.id in people]  # one that was merged away just now comes next time
        if one.task == "withdraw":
            changed = _withdrawn(wanted, one, now)
            states = {each.id: "withdrawn" if each.id in changed else "skipped" for each in wanted}
        else:
            changed = _restored(wanted, unsigned_before(connection, one.id, people), now)
            states = {each.id: "restored" for each in wanted}
        change_records(connection, list(changed.values()), one.mark, one.asked_by, now)
        done = self._cards_put_right(connection, one, persons, held, changed, now)
        mark_done(connection, one.id, states)
        keep_withdrawal(connection, _further(one, wanted, done, now))
        audit.append(connection, [_portion_entry(one, changed, done, now)])

    def _locked(self, connection: "Connection", ids: Iterable[str]) -> Mapping[str, HeldPerson]:
        """The persons, whom no door changes until the transaction ends."""
        found = persons_of(connection, ids)
        keys = [keys_of(each.demographics) for each in found.values()]
        lock_keys(connection, [key for each in keys for key in (*each.identifiers, *each.names)])
        lock_persons(connection, found)
        return persons_of(connection, found)

    def _cards_put_right(
        self,
        connection: "Connection",
        one: Withdrawal,
        persons: Mapping[str, HeldPerson],
        held: Iterable[HeldRecord],
        changed: Changed,
        now: datetime,
    ) -> CardChanges:
        records: dict[str, list[HeldRecord]] = {who: [] for who in persons}
        for each in held:
            records[each.person_id].append(changed[each.id][1] if each.id in changed else each)
        cards = cards_by_person(connection, persons)
        names = public_names(connection)
        reason = CARD_REASONS[one.mark] if one.task == "withdraw" else CORRECTED
        maker = self.maker.opened()
        made = {
            who: maker.changes(persons[who], records[who], cards[who], names, now, reason, skip_large=True)
            for who in sorted(cards)
        }
        done = together(list(made.values()))
        write_cards(connection, done, now)
        purpose = "card-revoked" if one.task == "withdraw" else "card-replaced"
        told = [who for who, each in made.items() if each.revoked or (each and one.task == "restore")]
        note_many(connection, {self.random(ID_OCTETS).hex(): who for who in told}, purpose, now)
        events.append(connection, [Event(now, "card.revoked", "card", card_id) for card_id in done.revoked])
        events.append(connection, [Event(now, "card.issued", "card", card.id) for card in done.new])
        return done


def _withdrawn(records: Iterable[HeldRecord], one: Withdrawal, now: datetime) -> Changed:
    """What was deleted or taken back meanwhile stays as it is; what was corrected out of the search stays too."""
    return {
        each.id: (each, replace(_next(each, now), unsigned_because=one.mark, marks=_with(each.marks, one.mark)))
        for each in records
        if each.status == "completed" and each.unsigned_because not in MARKS and one.lot in ("", each.lot)
    }


def _restored(records: Iterable[HeldRecord], before: Mapping[str, str], now: datetime) -> Changed:
    return {
        each.id: (each, replace(_next(each, now), unsigned_because=before[each.id], marks=_without(each.marks)))
        for each in records
        if each.unsigned_because in MARKS
    }


def _next(one: HeldRecord, now: datetime) -> HeldRecord:
    """A new version, so that a card which held the old one is never taken for right again."""
    return replace(one, version=one.version + 1, changed_at=now)


def _with(marks: str, mark: str) -> str:
    return " ".join(sorted({*marks.split(), mark}))


def _without(marks: str) -> str:
    return " ".join(mark for mark in marks.split() if mark not in MARKS)


def _further(one: Withdrawal, wanted: Sequence[HeldRecord], done: CardChanges, now: datetime) -> Withdrawal:
    return replace(
        one,
        done_records=one.done_records + len(wanted),
        done_persons=one.done_persons + len({each.person_id for each in wanted}),
        revoked_cards=one.revoked_cards + len(done.revoked),
        new_cards=one.new_cards + len(done.new) + len(done.again),
        changed_at=now,
    )


def _portion_entry(one: Withdrawal, changed: Changed, done: CardChanges, now: datetime) -> Entry:
    ids = hashlib.sha256("\n".join(sorted(changed)).encode()).hexdigest()
    detail: dict[str, str | int] = {
        "step": "portion",
        "task": one.task,
        "records": len(changed),
        "revoked": len(done.revoked),
        "new": len(done.new),
        "ids": ids,
    }
    return _entry(one, now, detail)


def _entry(one: Withdrawal, now: datetime, detail: Mapping[str, str | int]) -> Entry:
    """In the name of whoever asked for it, wherever the portion is done."""
    who = one.restored_by if one.task == "restore" else one.asked_by
    actor = Actor(who, cast(Role, one.asked_role))
    return Entry(now, actor, "bulk.correct", "withdrawal", one.id, one.clinic_id or "", "", "", detail)
