"""What is to be found, and what was found: pure values.

A search names a clinic (and, of it, a vaccinator) or a lot, and the moments between which the doses were recorded, or
the days on which they were given. A revocation list with a time in it cannot say this: it takes back what is older.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

What = Literal["recorded", "given"]
MAX_RECORDS = 200_000
"""More than that at once nobody can have meant; a clinic's whole year is some 50,000."""


class SearchTooWide(ValueError):
    """It names neither a clinic nor a lot, or no moments, or finds more than `MAX_RECORDS`. Nothing was changed."""


class PreviewChanged(Exception):
    """What was agreed to is not what would be taken back now. Nothing was changed; look again."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which doses and results. "" and None: not asked."""

    clinic_id: str = ""
    vaccinator: str = field(default="", repr=False)
    """A clinic's own id or name of whoever gave it: only together with the clinic."""
    lot: str = ""
    code: str = ""
    since: datetime | None = None
    """The first moment; where `what` is "given", its day."""
    until: datetime | None = None
    """The first moment after; where `what` is "given", the last day."""
    what: What = "recorded"

    def check(self) -> None:
        """Raises SearchTooWide."""
        if not self.clinic_id and not self.lot:
            raise SearchTooWide("name a clinic or a lot")
        if self.vaccinator and not self.clinic_id:
            raise SearchTooWide("a vaccinator is known by a clinic's own name: name the clinic")
        if not self.lot and (self.since is None or self.until is None):
            raise SearchTooWide("without a lot, say between which moments")
        if self.since is not None and self.until is not None and self.since > self.until:
            raise SearchTooWide("the first moment lies after the last")


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """One record as the search finds it."""

    id: str
    version: int
    person_id: str
    clinic_id: str
    kind: str
    code: str = field(repr=False)
    day: str = field(repr=False)
    lot: str = field(repr=False)
    recorded_at: datetime
    unsigned_because: str

    @property
    def ref(self) -> str:
        """How a card says that it holds this version."""
        return f"{self.id}.{self.version}"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be taken back."""

    records: tuple[FoundRecord, ...] = field(repr=False)
    persons: int
    cards: int
    """Cards that stand and hold one of the records, those among them that a larger one took the place of."""
    by_title: tuple[tuple[str, int], ...] = field(repr=False)
    by_clinic: tuple[tuple[str, int], ...]
    """(name, records), most first."""
    digest: str
    """Of every record's version and every card: whoever agrees, agrees to these."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The records' ids."""
        return tuple(one.id for one in self.records)


def digest_of(refs: Iterable[str], cards: Iterable[str]) -> str:
    """SHA-256, hexadecimal."""
    text = "\n".join(sorted(refs)) + "\n\n" + "\n".join(sorted(cards))
    return hashlib.sha256(text.encode()).hexdigest()
