"""Whose batch it is, and under which rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from issuer.plausibility import LotFacts
from issuer.plausibility.signing import SigningPolicy


@dataclass(frozen=True, slots=True)
class Setting:
    """Whose batch it is, and under which rules."""

    clinic_id: str
    submission_id: str
    now: datetime
    new_id: Callable[[], str]
    policy: SigningPolicy
    ask: bool = False
    """Whether somebody waits for the questions: then nothing is recorded until they are answered."""
    lots: Mapping[tuple[str, str], LotFacts] = field(default_factory=dict, repr=False)
    """What the clinic's ledger says of a product's lots."""
    replayed: bool = False
    """The very same message came before: it changes nothing that stands, or was deleted, since."""
