"""The day's list at the form: who is expected, who came. What it is to the form; `issuer.web.roster` is its page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from issuer.clinic_desk.patient_form import Who
from issuer.rights import Actor


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one day's list."""

    expected: int = 0
    """All that stand on it."""
    came: int = 0
    absent: int = 0

    @property
    def open(self) -> int:
        """Still to come."""
        return self.expected - self.came - self.absent


class Picks(Protocol):
    """What the form asks of the list."""

    def counts(self, actor: Actor, day: date) -> Counts:
        """How the clinic's list of a day stands."""

    def who(self, actor: Actor, entry_id: str) -> Who | None:
        """A line of it as the form's patient; None where there is none."""

    def came(self, actor: Actor, entry_id: str, now: datetime) -> None:
        """Tick it off. A line that is gone is no fault: the dose is recorded."""
