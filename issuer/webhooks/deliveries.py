"""Webhooks and deliveries as values, and when an attempt is made again. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from issuer.audit.entry import Event

KINDS = {
    "record.added": "A dose or result was recorded",
    "records.added": "Many doses or results were recorded at once",
    "record.corrected": "A record was corrected",
    "record.deleted": "A record was deleted",
    "card.issued": "A card was issued",
    "card.revoked": "A card was taken back",
    "case.opened": "A case was opened",
}
"""Every kind of event, as people read it."""
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
"""How long after each failed attempt the next one is made: the example of Standard Webhooks, three days in all."""
MAX_ATTEMPTS = len(BACK_OFF) + 1
"""After so many a delivery is given up, and the page of webhooks says so."""
LEASE = timedelta(minutes=2)
"""How long a worker keeps what it took: longer than any attempt lasts."""
State = Literal["waiting", "delivered", "given-up"]
StoppedBecause = Literal["", "by-staff", "gone"]


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook to be kept."""

    id: str
    url: str
    secret_sealed: bytes = field(repr=False)
    kinds: tuple[str, ...]
    clinic_id: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook, and how many of its deliveries stand how."""

    id: str
    url: str
    kinds: tuple[str, ...]
    """() for all."""
    clinic_id: str
    active: bool
    stopped_because: str
    created_at: datetime
    waiting: int
    delivered: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Due:
    """One event for one webhook, to be sent now."""

    event_id: int
    webhook_id: str
    attempts: int
    """How many were made before."""
    event: Event
    url: str
    secret_sealed: bytes = field(repr=False)

    @property
    def message_id(self) -> str:
        """`webhook-id`: the same at each attempt, so that whoever got it twice can tell."""
        return f"evt_{self.event_id}_{self.webhook_id}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one attempt."""

    state: State
    met: str
    """A status ("503") or the kind of failure."""
    again_in: timedelta | None = None
    gone: bool = False
    """It answered 410: it wants nothing more."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A delivery that has not arrived."""

    event_id: int
    kind: str
    at: datetime
    webhook_id: str
    url: str
    state: State
    attempts: int
    met: str
    due_at: datetime


def judged(status: int | None, failure: str, attempts: int) -> Attempt:
    """What an answer means: any 2xx is delivered, 410 ends the webhook, everything else (redirects too) is tried again.

    Args:
        status: of the answer; None where there was none, and `failure` says why.
        attempts: how many were made before this one.
    """
    if status is not None and 200 <= status < 300:
        return Attempt("delivered", str(status))
    met = failure if status is None else str(status)
    if status == 410:
        return Attempt("given-up", met, gone=True)
    if attempts + 1 >= MAX_ATTEMPTS:
        return Attempt("given-up", met)
    return Attempt("waiting", met, BACK_OFF[attempts])
