"""Announced drives: a clinic says beforehand when and how many, the department confirms; those are not held. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from issuer.fraud.lots import NotEntered, checked_doses, checked_note
from issuer.fraud.rules import Recorded

MARGIN = 0.1
"""How many more than announced pass: some people bring somebody along."""
MAX_LENGTH = timedelta(days=31)
"""A longer one is no drive, but how the clinic works from now on."""
MAX_AHEAD = timedelta(days=366)
ENTERED_WITHIN = timedelta(days=14)
"""So long after a drive its doses may still come from paper or a spreadsheet."""
DriveState = Literal["announced", "confirmed", "declined", "cancelled"]


class NotToDecide(Exception):
    """This was decided before, is over, or is not for this person. `words` says why; nothing was changed."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class UnknownDrive(LookupError):
    """There is no such drive, or it is another clinic's."""


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive."""

    id: str
    clinic_id: str
    clinic_name: str
    zone: tzinfo
    starts_at: datetime
    ends_at: datetime
    doses: int
    """How many are expected."""
    note: str
    state: DriveState
    announced_by: str
    announced_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str

    def holds(self, one: Recorded) -> bool:
        """Whether a dose is of this drive: recorded during it, or given on its days and entered soon after."""
        if self.starts_at <= one.at <= self.ends_at:
            return True
        soon = self.starts_at <= one.at <= self.ends_at + ENTERED_WITHIN
        return soon and self.first_day <= one.day <= self.last_day

    @property
    def first_day(self) -> str:
        """Its first day there, YYYY-MM-DD."""
        return self.starts_at.astimezone(self.zone).date().isoformat()

    @property
    def last_day(self) -> str:
        """Its last day there."""
        return self.ends_at.astimezone(self.zone).date().isoformat()

    @property
    def passes(self) -> int:
        """How many doses of it pass."""
        return int(self.doses * (1 + MARGIN))


@dataclass(frozen=True, slots=True)
class Announced:
    """What a manager says of a drive."""

    starts_at: datetime
    ends_at: datetime
    doses: int
    note: str


def without_drives(
    recent: Sequence[Recorded], drives: Iterable[Drive], before: Mapping[str, int]
) -> tuple[Recorded, ...]:
    """The doses that no confirmed drive accounts for; what a drive has beyond its number stays.

    Args:
        recent: in the order of recording.
        before: how many doses of a drive were recorded before those, by its id.
    """
    left = {one.id: one.passes - before.get(one.id, 0) for one in drives}
    kept = []
    known = tuple(drives)
    for one in recent:
        of = next((each for each in known if left[each.id] > 0 and each.holds(one)), None)
        if of is None:
            kept.append(one)
        else:
            left[of.id] -= 1
    return tuple(kept)


def checked_announcement(starts: str, ends: str, doses: str, note: str, zone: tzinfo, now: datetime) -> Announced:
    """What was typed; moments as a browser's field gives them, in the clinic's zone. Raises NotEntered."""
    starts_at, ends_at = _moment(starts, "starts", zone), _moment(ends, "ends", zone)
    if starts_at <= now:
        raise NotEntered("starts", "Announce a drive before it begins: choose a later time.")
    if starts_at > now + MAX_AHEAD:
        raise NotEntered("starts", "Announce a drive at most a year ahead.")
    if not starts_at < ends_at <= starts_at + MAX_LENGTH:
        raise NotEntered("ends", f"It ends after it begins, at most {MAX_LENGTH.days} days later.")
    return Announced(starts_at, ends_at, checked_doses(doses), checked_note(note))


def _moment(text: str, name: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
        if date.min.year < found.year < date.max.year:
            return found.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise NotEntered(name, "Enter a day and a time, such as 2026-11-21 09:00.")
