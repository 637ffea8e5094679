"""A line of the log as it was kept, and what may be asked for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with its number. The members stand in the order of the table's columns."""

    seq: int
    at: datetime
    actor: str
    role: str
    clinic_id: str
    action: str
    object_kind: str
    object_id: str
    person_id: str
    origin: str
    reason: str
    detail: str
    """JSON as it was written."""
    sealed_by: int | None
    """The seal it stands under; None in the second before there is one."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries. "" and None mean all."""

    actor: str = ""
    role: str = ""
    clinic_id: str = ""
    action: str = ""
    object_kind: str = ""
    object_id: str = ""
    person_id: str = ""
    since: datetime | None = None
    """The first moment."""
    until: datetime | None = None
    """The first moment after."""

    def equals(self) -> Mapping[str, str]:
        """Members that must be as they stand here."""
        names = ("actor", "role", "clinic_id", "action", "object_kind", "object_id", "person_id")
        return {name: value for name in names if (value := getattr(self, name))}
