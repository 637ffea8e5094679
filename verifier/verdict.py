"""The answer to one scanned card: accepted, rejected or undecided, and why."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cards import CannotDecide, CardError, HealthCard
from trust_registry import TrustedIssuer

Outcome = Literal["accepted", "rejected", "undecided"]


@dataclass(frozen=True, slots=True)
class VerifiedCard:
    """A card that a trusted issuer signed and that still stands. Exists only where every check passed."""

    card: HealthCard
    issuer: TrustedIssuer
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """One card's answer. Nothing of the card is in it before its signature held."""

    outcome: Outcome
    code: str | None = None
    """None where accepted, else the code of `cards.errors`."""
    reason: str = ""
    """Which rule was broken, in English, without any value of the card."""
    card: HealthCard | None = field(default=None, repr=False)
    issuer: TrustedIssuer | None = None
    found: str | None = None
    """What the code is, where it is no health card: see `verifier.recognise`."""
    chunk: tuple[int, int] | None = None
    """(index, total) of a card's chunk that came alone."""
    chunks_seen: frozenset[int] = frozenset()

    @property
    def sample(self) -> bool:
        """Whether a sample, demo or test issuer signed it: never to be shown green."""
        return self.issuer is not None and self.issuer.sample


def outcome_of(error: CardError) -> Outcome:
    """Which family an error belongs to."""
    return "undecided" if isinstance(error, CannotDecide) else "rejected"
