"""What the issuer does behind its pages beside imports: withdrawals that go on, clinics watched, what is kept too long
forgotten. One call does what is due; a worker calls it again and again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from issuer import sharing
from issuer.putting_right.corrections import Corrections
from issuer.putting_right.withdrawing import Withdrawals
from issuer.service import IssuerService
from issuer.store.events import EventStore
from issuer.store.import_chunks import ChunkStore
from issuer.store.rosters import RosterStore

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAILY = timedelta(hours=24)
EVENTS_KEPT = timedelta(days=30)
"""Events that were delivered, or given up, are looked at no longer than this."""
ROSTERS_KEPT = timedelta(days=1)
"""A day's list is deleted after its day, wherever on earth that ends."""
ROUND_SECONDS = 3.0


@dataclass(slots=True)
class Chores:
    """All of them, on one database."""

    service: IssuerService
    engine: "Engine"
    clock: Callable[[], datetime]
    more: tuple[Callable[[datetime], object], ...] = ()
    """Further things to do in each round, such as looking at clinics."""
    _forgot_at: datetime | None = field(default=None)

    def round(self) -> None:
        """Whatever is due now. Raises StorageFull, StorageBusy: it is due again; the other chores were done."""
        service, now = self.service, self.clock()
        withdrawals = Withdrawals(service.store, service.maker(), service.random)
        failures = []
        for one in (lambda _: withdrawals.work(self.clock), *self.more):
            try:
                one(now)
            except Exception as error:  # one chore that cannot work must not keep the others from it
                failures.append(error)
        if failures:
            raise failures[0]
        if self._forgot_at is None or now - self._forgot_at >= DAILY:
            self.forget(now)
            self._forgot_at = now

    def forget(self, now: datetime) -> None:
        """Delete what is kept no longer (docs/operations.md)."""
        Corrections(self.service.store, self.service.intake).forget(now)
        RosterStore(self.engine).forget((now - ROSTERS_KEPT).date().isoformat())
        events = EventStore(self.engine)
        while events.forget(now - EVENTS_KEPT):
            pass  # some hundred at a time
        sharing.forget(self.service.store, now)
        chunks = ChunkStore(self.engine)
        chunks.forget(now)
        for job_id, path in chunks.expired_files(now):
            for kept in (Path(path), Path(path).with_suffix(".xlsx")):  # a workbook stands beside the CSV made of it
                kept.unlink(missing_ok=True)
            chunks.file_gone(job_id)


def run(chores: Chores, wait: Callable[[float], bool], failed: Callable[[Exception], None]) -> None:
    """Rounds until `wait` says that it is to end.

    Args:
        wait: waits for so many seconds; True ends it (`threading.Event.wait`).
        failed: told of an error; the next round tries again.
    """
    while True:
        try:
            chores.round()
        except Exception as error:  # one bad round must not end the others
            failed(error)
        if wait(ROUND_SECONDS):
            return
