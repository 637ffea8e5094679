"""Take back every dose of a clinic, a vaccinator or a lot, and put back those that were taken back wrongly.

    found = withdrawals.find(actor, search, now)
    withdrawal_id = withdrawals.take_back(actor, search, "recalled-lot", "FDA recall 123", now, found.digest)
    withdrawals.work(clock)

What is agreed to is kept first, with every record it is about; the rest is done in portions of some hundred persons,
each one transaction: records marked, every card that holds one of them listed, what remains valid issued again to
whoever had a card. Whoever is killed in between is followed by another; nothing is done twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry
from issuer.card_making import CardMaker
from issuer.putting_right.marks import MARKS, Mark
from issuer.putting_right.portion import Portion
from issuer.putting_right.progress import Held, Withdrawal
from issuer.putting_right.searching import (
    MAX_RECORDS,
    Preview,
    PreviewChanged,
    Search,
    SearchTooWide,
    digest_of,
)
from issuer.rights import Actor, require
from issuer.store import Store, audit
from issuer.store.putting_right import clinics, find_records, staff_names, standing_cards
from issuer.store.withdrawals import (
    add_withdrawal,
    all_withdrawals,
    change_states,
    count_states,
    held_records,
    keep_withdrawal,
    running_withdrawals,
    withdrawal_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

ID_OCTETS = 16
AT_ONCE = 100
"""Withdrawals, and records of one, on a page."""
MAX_REASON = 500
BUDGET = timedelta(seconds=20)
"""How long `work` goes on when it is called from a page: shorter than a browser or proxy waits."""


class ReasonMissing(ValueError):
    """Taking back many doses, and putting them back, needs a stated reason. Nothing was changed."""


class UnknownWithdrawal(LookupError):
    """There is no withdrawal with this id."""


class StillRunning(Exception):
    """Records are put back when the taking back is done or stopped. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """Use cases of the health department."""

    store: Store
    maker: CardMaker
    random: Callable[[int], bytes] = field(repr=False)

    # ---- Looking ----------------------------------------------------------------------------------------------------

    def find(self, actor: Actor, search: Search, now: datetime) -> Preview:
        """What would be taken back. The search is a line of the audit log.

        Raises:
            Forbidden, SearchTooWide, StorageFull, StorageBusy.
        """
        require(actor, "bulk.correct")
        search.check()
        with self.store.writing() as connection:
            found = _preview(connection, search)
            audit.append(connection, [_looked(actor, search, found, now)])
        return found

    def all(self, actor: Actor) -> tuple[Withdrawal, ...]:
        """The newest `AT_ONCE`. Raises Forbidden."""
        require(actor, "bulk.correct")
        with self.store.reading() as connection:
            return all_withdrawals(connection, AT_ONCE)

    def one(self, actor: Actor, withdrawal_id: str) -> Withdrawal:
        """Raises Forbidden, UnknownWithdrawal."""
        require(actor, "bulk.correct")
        with self.store.reading() as connection:
            return _known(withdrawal_of(connection, withdrawal_id))

    def records(self, actor: Actor, withdrawal_id: str, first: int = 0) -> tuple[Held, ...]:
        """`AT_ONCE` of its records from a place on. Raises Forbidden."""
        require(actor, "bulk.correct")
        with self.store.reading() as connection:
            return held_records(connection, withdrawal_id, AT_ONCE, first)

    def states(self, actor: Actor, withdrawal_id: str) -> "Mapping[str, int]":
        """Its records by state. Raises Forbidden."""
        require(actor, "bulk.correct")
        with self.store.reading() as connection:
            return count_states(connection, withdrawal_id)

    def clinics(self, actor: Actor) -> "Mapping[str, str]":
        """Names by id. Raises Forbidden."""
        require(actor, "bulk.correct")
        with self.store.reading() as connection:
            return clinics(connection)

    def names(self, actors: Iterable[str]) -> "Mapping[str, str]":
        """What whoever asked is called."""
        with self.store.reading() as connection:
            return staff_names(connection, set(actors))

    # ---- Asking -----------------------------------------------------------------------------------------------------

    def take_back(self, actor: Actor, search: Search, mark: Mark, reason: str, now: datetime, agreed_to: str) -> str:
        """Keep what is to be taken back; `work` does it. The withdrawal's id.

        Args:
            agreed_to: `Preview.digest` of what was shown.
        Raises:
            Forbidden, ReasonMissing, SearchTooWide; PreviewChanged: records or cards came or went meanwhile;
            StorageFull, StorageBusy. Nothing was changed.
        """
        require(actor, "bulk.correct")
        search.check()
        said = _reason(reason)
        withdrawal_id = self.random(ID_OCTETS).hex()
        with self.store.writing() as connection:
            found = _preview(connection, search)
            if found.digest != agreed_to:
                raise PreviewChanged("records or cards came or went since the preview")
            asked = _asked(withdrawal_id, actor, search, mark, said, found, now)
            add_withdrawal(connection, asked, found.records)
            detail = {
                "step": "start",
                "mark": mark,
                "records": asked.records,
                "persons": asked.persons,
                "cards": asked.cards,
            }
            audit.append(connection, [_entry(actor, asked, now, said, detail)])
        return withdrawal_id

    def stop(self, actor: Actor, withdrawal_id: str, now: datetime) -> Withdrawal:
        """No further portion is begun. Raises Forbidden, UnknownWithdrawal."""
        return self._turn(actor, withdrawal_id, "running", "stopped", now)

    def go_on(self, actor: Actor, withdrawal_id: str, now: datetime) -> Withdrawal:
        """Take it up again where it was stopped. Raises Forbidden, UnknownWithdrawal."""
        return self._turn(actor, withdrawal_id, "stopped", "running", now)

    def restore(
        self, actor: Actor, withdrawal_id: str, reason: str, now: datetime, record_ids: Iterable[str] | None = None
    ) -> int:
        """Put records back that were taken back wrongly: all, or those named; `work` does it. How many.

        Raises:
            Forbidden, ReasonMissing, UnknownWithdrawal, StillRunning: nothing was changed.
        """
        require(actor, "bulk.correct")
        said = _reason(reason)
        with self.store.writing() as connection:
            known = _known(withdrawal_of(connection, withdrawal_id, lock=True))
            if known.state == "running":
                raise StillRunning("it is still running")
            change_states(connection, known.id, "waiting", "skipped")
            change_states(connection, known.id, "withdrawn", "restoring", record_ids)
            count = count_states(connection, known.id).get("restoring", 0)
            keep_withdrawal(
                connection,
                replace(
                    known, task="restore", state="running" if count else "done", to_do=count, done_records=0,
                    done_persons=0, revoked_cards=0, new_cards=0, began_at=now, changed_at=now, restore_reason=said,
                    restored_by=actor.id, asked_role=actor.role,
                ),
            )  # fmt: skip
            entry = _entry(actor, known, now, said, {"step": "restore", "records": count})
            audit.append(connection, [entry])
        return count

    def _turn(self, actor: Actor, withdrawal_id: str, old: str, new: str, now: datetime) -> Withdrawal:
        require(actor, "bulk.correct")
        with self.store.writing() as connection:
            known = _known(withdrawal_of(connection, withdrawal_id, lock=True))
            if known.state != old:
                return known
            turned = replace(known, state="stopped" if new == "stopped" else "running")
            keep_withdrawal(connection, turned)
            step = "stop" if new == "stopped" else "go-on"
            audit.append(connection, [_entry(actor, turned, now, "", {"step": step, "left": turned.left})])
        return turned

    # ---- Doing ------------------------------------------------------------------------------------------------------

    def work(self, clock: Callable[[], datetime], budget: timedelta | None = None, only: str = "") -> int:
        """Do what waits, portion by portion; how many portions. Safe to run anywhere, by several, at any time.

        Args:
            budget: no portion is begun after it; None: until nothing waits.
            only: the one withdrawal to work on; "": all.
        Raises:
            StorageFull, StorageBusy: the portion under way is done again by whoever comes next.
        """
        began, portions = clock(), 0
        portion = Portion(self.store, self.maker, self.random)
        with self.store.reading() as connection:
            ids = [only] if only else running_withdrawals(connection)
        for withdrawal_id in ids:
            while budget is None or clock() - began < budget:
                if not portion.done(withdrawal_id, clock()):
                    break
                portions += 1
        return portions


def _known(found: Withdrawal | None) -> Withdrawal:
    if found is None:
        raise UnknownWithdrawal("there is no withdrawal with this id")
    return found


def _reason(reason: str) -> str:
    said = " ".join(reason.split())[:MAX_REASON]
    if not said:
        raise ReasonMissing("say why")
    return said


def _preview(connection: "Connection", search: Search) -> Preview:
    records = find_records(connection, search, MARKS, MAX_RECORDS)
    if len(records) > MAX_RECORDS:
        raise SearchTooWide(f"more than {MAX_RECORDS} records")
    cards = standing_cards(connection, records)
    names = clinics(connection)
    return Preview(
        tuple(records),
        len({one.person_id for one in records}),
        len(cards),
        _counted(title for _, title in cards),
        _counted(names.get(one.clinic_id, "") for one in records),
        digest_of((one.ref for one in records), (card_id for card_id, _ in cards)),
    )


def _counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _asked(
    withdrawal_id: str, actor: Actor, search: Search, mark: Mark, reason: str, found: Preview, now: datetime
) -> Withdrawal:
    return Withdrawal(
        withdrawal_id, mark, search.clinic_id or None, search.vaccinator, search.lot, search.code, search.what,
        search.since, search.until, len(found.records), found.persons, found.cards, found.digest, reason, actor.id,
        actor.role, now, "withdraw", "running" if found.records else "done", len(found.records), 0, 0, 0, 0, now, now,
        "", "",
    )  # fmt: skip


def _looked(actor: Actor, search: Search, found: Preview, now: datetime) -> Entry:
    named = [name for name in ("clinic_id", "vaccinator", "lot", "code", "since", "until") if getattr(search, name)]
    detail: dict[str, str | int] = {"by": " ".join(named), "records": len(found.records), "cards": found.cards}
    return Entry(now, actor, "bulk.find", "record", "", search.clinic_id, "", "", detail)


def _entry(actor: Actor, one: Withdrawal, now: datetime, reason: str, detail: "Mapping[str, str | int]") -> Entry:
    return Entry(now, actor, "bulk.correct", "withdrawal", one.id, one.clinic_id or "", "", reason, detail)
