"""What the store holds of persons and records, as the intake sees it. Pure values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from issuer.intake.proposal import Demographics, Kind

Status = Literal["completed", "not-done", "deleted"]
Source = Literal["administered", "historical", "laboratory"]


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """One dose or result as it stands."""

    id: str
    person_id: str
    clinic_id: str
    key: str
    event_key: str | None
    kind: Kind
    code: str
    day: str = field(repr=False)
    lot: str = field(repr=False)
    status: Status
    source: Source
    unsigned_because: str
    vaccinator: str = field(repr=False)
    resource: bytes = field(repr=False)
    marks: str
    version: int
    submission_id: str
    recorded_at: datetime
    changed_at: datetime

    @property
    def ref(self) -> str:
        """How a card says that it holds this version."""
        return f"{self.id}.{self.version}"

    @property
    def on_cards(self) -> bool:
        """Whether it may stand on a card."""
        return self.status == "completed" and not self.unsigned_because


@dataclass(frozen=True, slots=True)
class HeldPerson:
    """A person as the store knows them."""

    id: str
    demographics: Demographics = field(repr=False)
    protected: bool = False
    keys: frozenset[str] = field(default=frozenset(), repr=False)
    protected_at: datetime | None = None
    """Since when."""

    def known_before(self, records: Iterable[HeldRecord]) -> bool:
        """Whether somebody with these records knew the person before the protection began: they may open it, and lift
        it. A dose recorded afterwards must not open what is kept from others."""
        since = self.protected_at
        return since is not None and any(one.status != "deleted" and one.recorded_at <= since for one in records)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the store holds of everybody a batch may be about."""

    persons: Mapping[str, HeldPerson] = field(default_factory=dict, repr=False)
    by_key: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Ids of the persons with a key."""
    records: Mapping[str, tuple[HeldRecord, ...]] = field(default_factory=dict, repr=False)
    """Records of each person, those deleted among them."""
    by_event: Mapping[str, HeldRecord] = field(default_factory=dict, repr=False)
    """Records of the clinic by the sender's id."""


@dataclass(slots=True)
class Writes:
    """What a batch changes. Filled by `issuer.intake.deciding`, written by the store in one transaction."""

    new_persons: dict[str, HeldPerson] = field(default_factory=dict, repr=False)
    changed_persons: dict[str, HeldPerson] = field(default_factory=dict, repr=False)
    new_keys: list[tuple[str, str]] = field(default_factory=list, repr=False)
    new_records: dict[str, HeldRecord] = field(default_factory=dict, repr=False)
    changed_records: dict[str, tuple[HeldRecord, HeldRecord, str]] = field(default_factory=dict, repr=False)
    """(before, after, reason) by record id."""
    questions: list[tuple[str, str]] = field(default_factory=list)
    """(record id, code)"""
    reviews: list[tuple[str, str, str, int, str]] = field(default_factory=list)
    """(id, newer person, older person, score, reasons)"""
