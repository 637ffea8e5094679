"""The watch: look at what clinics recorded lately, and hold those that are unlike themselves.

    run_watch(Watch(store, random), clock, ended.wait, failed)       # every few minutes, in one process or in several

Looking reads only; a clinic that is held is one transaction: its state, the case, an event, a line in the audit log.
Whatever it recorded stays, and cards already out stay.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry, Event
from issuer.db import StorageBusy, StorageFull
from issuer.fraud.cases import Hold
from issuer.fraud.drives import without_drives
from issuer.fraud.past import DAYS, Past, counted, past_of
from issuer.fraud.rules import RULES, HoldRule, LotCount, Recorded, look
from issuer.fraud.zones import midnight, zone_of
from issuer.rights import Actor
from issuer.store import Store, audit, events
from issuer.store.holds import (
    clinics_at_work,
    confirmed_drives,
    doses_before,
    doses_by_hour,
    hold_clinic,
    last_dose_before,
    past_regions,
    recent_doses,
    released_holds,
)
from issuer.store.ledger import lots_named

if TYPE_CHECKING:
    from sqlalchemy import Connection

EVERY_SECONDS = 180.0
"""Between two looks: at a dose every ten seconds some twenty are recorded meanwhile."""
LOOK_BACK = timedelta(days=2)
"""A clinic that recorded nothing for so long is not looked at; its own midnights lie within."""
PAUSE = timedelta(days=14)
"""After such a pause a clinic is compared with its last weeks of work."""
ID_OCTETS = 16
WATCHER = Actor("system", "operator")


@dataclass(slots=True)
class Watch:
    """Looks at clinics; remembers between two looks what did not change."""

    store: Store
    random: Callable[[int], bytes] = field(repr=False)
    rules: Sequence[HoldRule] = RULES
    _looked: dict[str, datetime] = field(default_factory=dict, repr=False)
    """The newest dose when a clinic was last looked at."""
    _pasts: dict[str, tuple[date, Past]] = field(default_factory=dict, repr=False)
    """What a clinic is like, and for which of its days that was found out."""

    def watch(self, now: datetime) -> tuple[Hold, ...]:
        """One look at every clinic that recorded something since the last one; the holds it opened.

        Raises:
            StorageFull, StorageBusy: clinics looked at before it are held or not; the rest is looked at next time.
            Exception: what the records of one clinic met with, after all others were looked at.
        """
        with self.store.reading() as connection:
            at_work = clinics_at_work(connection, now - LOOK_BACK)
        opened, failed = [], []
        for row in at_work:
            if self._looked.get(row.id) == row.latest:
                continue
            try:
                held = self._one(row.id, zone_of(row.details), now)
            except (StorageBusy, StorageFull):
                raise
            except Exception as error:  # what is wrong with one clinic's records must not hide the others
                failed.append(error)
                continue
            if held is None:
                self._looked[row.id] = row.latest
            else:
                opened.append(held)
        if failed:
            raise failed[0]
        return tuple(opened)

    def _one(self, clinic_id: str, zone: tzinfo, now: datetime) -> Hold | None:
        with self.store.reading() as connection:
            found = self._look(connection, clinic_id, zone, now)
        if found is None:
            return None
        with self.store.writing() as connection:
            if not hold_clinic(connection, found):
                return None
            events.append(connection, [Event(now, "case.opened", "hold", found.id, clinic_id)])
            detail: dict[str, str | int] = {one.rule: one.found for one in found.reasons}
            entry = Entry(now, WATCHER, "hold.open", "hold", found.id, clinic_id, "", "", detail)
            audit.append(connection, [entry])
        return found

    def _look(self, connection: "Connection", clinic_id: str, zone: tzinfo, now: datetime) -> Hold | None:
        yesterday = now.astimezone(zone).date() - timedelta(days=1)
        released = released_holds(connection, clinic_id)
        since = max([midnight(yesterday, zone), *(one.decided_at for one in released if one.decided_at)])
        drives = confirmed_drives(connection, clinic_id, since, now)
        before = doses_before(connection, drives, since)
        recent = without_drives(recent_doses(connection, clinic_id, since), drives, before)
        if not recent:
            return None
        accepted = _accepted(released)
        lots = [
            LotCount(one.id, one.received, one.used, accepted.get(one.id, 0))
            for one in lots_named(connection, clinic_id, _pairs(recent))
        ]
        let_pass = max((_end_of_day(one, zone) for one in released if one.decided_at), default=since)
        judged = [one for one in recent if one.at >= let_pass]
        reasons = look(judged, self._past(connection, clinic_id, zone, yesterday), lots, zone, self.rules)
        if not reasons:
            return None
        return Hold(self.random(ID_OCTETS).hex(), clinic_id, "", "open", reasons, since, now, len(recent))

    def _past(self, connection: "Connection", clinic_id: str, zone: tzinfo, yesterday: date) -> Past:
        """Of the weeks before yesterday; looked up once a day."""
        known = self._pasts.get(clinic_id)
        if known is not None and known[0] == yesterday:
            return known[1]
        until = midnight(yesterday, zone)
        last = last_dose_before(connection, clinic_id, until)
        last_day = yesterday
        if last is not None and until - last > PAUSE:
            last_day = last.astimezone(zone).date() + timedelta(days=1)
        first_day, until = last_day - timedelta(days=DAYS), midnight(last_day, zone)
        since = midnight(first_day, zone)
        hourly = doses_by_hour(connection, clinic_id, since, until)
        past = past_of(hourly, {}, first_day, zone)
        if past.enough:
            past = replace(past, regions=counted(past_regions(connection, clinic_id, since, until)))
        self._pasts[clinic_id] = (yesterday, past)
        return past


def _end_of_day(hold: Hold, zone: tzinfo) -> datetime:
    """ "Go on" holds for the day there on which it was said: a drive is not stopped again after each twenty doses."""
    return midnight((hold.decided_at or hold.opened_at).astimezone(zone).date() + timedelta(days=1), zone)


def _pairs(recent: Sequence[Recorded]) -> set[tuple[str, str]]:
    return {(one.code, one.lot) for one in recent if one.lot}


def _accepted(released: Sequence[Hold]) -> dict[str, int]:
    """How many doses of a lot the department let pass."""
    found: dict[str, int] = {}
    for hold in released:
        for one in hold.reasons:
            if one.about:
                found[one.about] = max(found.get(one.about, 0), one.found)
    return found


def run_watch(
    watch: Watch,
    clock: Callable[[], datetime],
    wait: Callable[[float], bool],
    failed: Callable[[Exception], None],
) -> None:
    """Look again and again until `wait` says that it is to end.

    Args:
        wait: waits for so many seconds; True ends the watch (`threading.Event.wait`).
        failed: told of an error; the next look sees what this one did not.
    """
    while True:
        try:
            watch.watch(clock())
        except Exception as error:  # one bad look must not end the watch
            failed(error)
        if wait(EVERY_SECONDS):
            return
