"""What workers do for coming in: answer knocks, tell people, send messages, forget.

Chores(service, engine, utc_now, (ResidentChores(setting),))          # each round
run_messages(setting, channels, clock, chance, wait, failed)          # a thread of its own: servers take their time
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from issuer.getting_in.contacts import contact_ended
from issuer.getting_in.knocking import AT_ONCE, Knocks
from issuer.getting_in.setting import Setting
from issuer.getting_in.telling import Teller
from issuer.store.residents import forget
from outreach.channels import SendingChannel
from outreach.delivering import ROUND_SECONDS, deliver_some
from outreach.outbox import sweep

if TYPE_CHECKING:
    from sqlalchemy import Connection

FORGETS_EVERY = timedelta(hours=1)
VISITS_KEPT = timedelta(days=1)
"""A visit that is over is nobody's any more; the audit log has its line."""
NOTICES_KEPT = timedelta(days=7)
"""A notice that was dealt with; the outbox says for longer when and how somebody was told."""


@dataclass(slots=True)
class ResidentChores:
    """One of `issuer.chores.Chores.more`."""

    setting: Setting
    teller: Teller = field(init=False)
    _forgot_at: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.teller = Teller(self.setting)

    def __call__(self, now: datetime) -> None:
        """One round. Raises StorageFull, StorageBusy: it is due again."""
        knocks = Knocks(self.setting)
        while knocks.answer(now) == AT_ONCE:
            pass
        self.teller.tell(now)
        if self._forgot_at is None or now - self._forgot_at >= FORGETS_EVERY:
            self.forget(now)
            self._forgot_at = now

    def forget(self, now: datetime) -> None:
        """Delete what is kept no longer, some at a time."""
        terms, store = self.setting.terms, self.setting.store
        while True:
            with store.writing() as connection:
                gone = forget(connection, now - terms.keep, now - VISITS_KEPT, now - NOTICES_KEPT)
                gone += sweep(connection, self.setting.office, now)
            if not gone:
                return


def run_messages(
    setting: Setting,
    channels: Mapping[str, SendingChannel],
    clock: Callable[[], datetime],
    chance: Callable[[], float],
    wait: Callable[[float], bool],
    failed: Callable[[Exception], None],
) -> None:
    """Send what is due until `wait` says that it is to end.

    Args:
        channels: `issuer.getting_in.messages.channels_of`.
        chance: 0 to 1, for the waiting after failures (`random.random`).
        wait: waits for so many seconds; True ends it (`threading.Event.wait`).
        failed: told of an error of the database; what was taken comes back by itself.
    """

    def begin() -> "AbstractContextManager[Connection]":
        return setting.store.writing()

    while True:
        attempts = 0
        try:
            done = deliver_some(begin, setting.office, channels, clock, chance, setting.new_id, contact_ended)
            attempts = done.attempts
        except Exception as error:  # one bad round must not end all messages
            failed(error)
        if wait(0 if attempts else ROUND_SECONDS):
            return
