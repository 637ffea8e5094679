"""A line of the log as it was kept, and what may be asked for. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
class Called:
    """What people who work here, their systems and clinics are called. A patient's name stands in no log."""

    actors: Mapping[str, str] = field(default_factory=dict)
    clinics: Mapping[str, str] = field(default_factory=dict)

    def actor(self, line: Line) -> str:
        """Who did it; "" where nobody of this id was entered."""
        return self.actors.get(line.actor, "")

    def clinic(self, line: Line) -> str:
        """The clinic it was done for."""
        return self.clinics.get(line.clinic_id, "")

    def object(self, line: Line) -> str:
        """What it was done to, where that is somebody who works here, a system or a clinic."""
        if line.object_kind == "clinic":
            return self.clinics.get(line.object_id, "")
        return self.actors.get(f"{line.object_kind}:{line.object_id}", "")


def actors_in(lines: Iterable[Line]) -> set[str]:
    """Ids of everybody, and of every system, that is named in lines."""
    people = ("staff", "client")
    return {
        one
        for line in lines
        for one in (line.actor, f"{line.object_kind}:{line.object_id}" if line.object_kind in people else "")
        if one
    }


def clinics_in(lines: Iterable[Line]) -> set[str]:
    """Ids of every clinic that is named in lines."""
    return {
        one for line in lines for one in (line.clinic_id, line.object_id if line.object_kind == "clinic" else "") if one
    }


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
