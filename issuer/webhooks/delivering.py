"""Send what is due, again and again until it arrives or is given up. Network, clock and waiting are arguments."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from issuer.webhooks.deliveries import Attempt, Due, judged
from issuer.webhooks.posting import POST_SECONDS, NotPosted
from issuer.webhooks.signing import body_of, headers_for

ROUND_SECONDS = 2.0
"""How long a deliverer rests when nothing is due."""
TAKEN = 5
"""Deliveries taken at once: even if each takes as long as it may, they are done before the lease ends."""

Post = Callable[[str, Mapping[str, str], bytes, float], int]
"""(url, headers, body, timeout in seconds) -> status; raises NotPosted."""
Unseal = Callable[[bytes, str], bytes]
"""(sealed secret, webhook's id) -> secret."""


class Deliveries(Protocol):
    """What a deliverer works on: `issuer.store.events.EventStore`."""

    def address(self, now: datetime) -> int:
        """Turn new events into deliveries."""

    def take_due(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Deliveries that nobody else is making."""

    def attempted(self, due: Due, attempt: Attempt, now: datetime) -> None:
        """Note how one went."""


def deliver(store: Deliveries, unseal: Unseal, post: Post, clock: Callable[[], datetime]) -> int:
    """One round; how many attempts were made."""
    store.address(clock())
    taken = store.take_due(clock(), TAKEN)
    for due in taken:
        store.attempted(due, _attempt(due, unseal, post, clock()), clock())
    return len(taken)


def run_deliverer(
    store: Deliveries,
    unseal: Unseal,
    post: Post,
    clock: Callable[[], datetime],
    wait: Callable[[float], bool],
    failed: Callable[[Exception], None],
) -> None:
    """Rounds until `wait` says that it is to end.

    Args:
        wait: waits for so many seconds; True ends the deliverer (`threading.Event.wait`).
        failed: told of an error of the database; what was taken comes back by itself.
    """
    while True:
        made = 0
        try:
            made = deliver(store, unseal, post, clock)
        except Exception as error:  # one bad round must not end all deliveries
            failed(error)
        if wait(0 if made else ROUND_SECONDS):
            return


def _attempt(due: Due, unseal: Unseal, post: Post, now: datetime) -> Attempt:
    body = body_of(due.event)
    headers = headers_for(due.message_id, now, body, unseal(due.secret_sealed, due.webhook_id))
    try:
        return judged(post(due.url, headers, body, POST_SECONDS), "", due.attempts)
    except NotPosted as error:
        return judged(None, str(error.args[0]), due.attempts)
