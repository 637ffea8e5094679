"""How far a withdrawal has come, and the records it holds: pure values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from issuer.putting_right.marks import Mark
from issuer.putting_right.searching import Search, What

Task = Literal["withdraw", "restore"]
State = Literal["running", "stopped", "done"]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Doses taken back many at a time, or being put back."""

    id: str
    mark: Mark
    clinic_id: str | None
    vaccinator: str = field(repr=False)
    lot: str
    code: str
    what: What
    since: datetime | None
    until: datetime | None
    records: int
    persons: int
    cards: int
    """What the preview said."""
    digest: str
    reason: str = field(repr=False)
    asked_by: str
    asked_role: str
    asked_at: datetime
    task: Task
    state: State
    to_do: int
    """Records this task is about."""
    done_records: int
    done_persons: int
    revoked_cards: int
    new_cards: int
    began_at: datetime
    """When this task began."""
    changed_at: datetime
    """When the last portion was done."""
    restore_reason: str = field(repr=False)
    restored_by: str

    @property
    def search(self) -> Search:
        """What was looked for."""
        return Search(self.clinic_id or "", self.vaccinator, self.lot, self.code, self.since, self.until, self.what)

    @property
    def left(self) -> int:
        """Records that this task has not come to yet."""
        return max(0, self.to_do - self.done_records)

    @property
    def records_per_second(self) -> float:
        """So far; 0 before the first portion."""
        seconds = (self.changed_at - self.began_at).total_seconds()
        return self.done_records / seconds if seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Held:
    """One record of a withdrawal, without the person."""

    id: str
    kind: str
    code: str = field(repr=False)
    day: str = field(repr=False)
    lot: str = field(repr=False)
    clinic_name: str
    recorded_at: datetime
    state: str
