"""Is the log whole? One pass over seals and entries, whatever their number. Pure.

Found: an entry changed, removed or put under a seal afterwards; a seal changed or removed; entries whose seal is gone;
a log cut short or rewritten since a head was noted. Not found: entries removed before they were sealed, and, without
a noted head, the removal of the newest seals together with all their entries.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from issuer.audit.lines import Line
from issuer.audit.sealing import START, Head, Seal, canonical, seal_of

MAX_NAMED = 100
"""Problems that are named; beyond these the log is not damaged, it is another one."""

Kind = Literal[
    "entry-changed", "entry-removed", "entry-added", "seal-changed", "seal-missing", "seal-unknown", "head-missing",
    "head-differs",
]  # fmt: skip
WORDS: dict[Kind, str] = {
    "entry-changed": "an entry under this seal is not as it was written",
    "entry-removed": "entries under this seal are gone",
    "entry-added": "entries were put under this seal after it was made",
    "seal-changed": "the seal itself is not as it was made, or was made with another secret",
    "seal-missing": "the seal is gone",
    "seal-unknown": "entries name this seal, and there is no such seal",
    "head-missing": "this seal was noted elsewhere, and the log ends before it",
    "head-differs": "this seal was noted elsewhere, and it was another one",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one seal, or what stands under it."""

    kind: Kind
    seal: int
    first_seq: int = 0
    last_seq: int = 0
    """Between which entries to look; 0 where nothing is known."""
    difference: int = 0
    """How many entries fewer (less than 0) or more there are."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. `whole` where nothing is wrong; entries not sealed yet are counted and say nothing."""

    entries: int
    seals: int
    head: Head | None
    unsealed: int
    problems: tuple[Problem, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every sealed entry is as it was."""
        return not self.problems


@dataclass(slots=True)
class _Running:
    """The entries met so far under one seal."""

    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    entries: int = 0


def verify(
    secret: bytes, seals: Iterable[Seal], entries: Iterator[Line], noted: Head | None, unsealed: int
) -> Verification:
    """Compare seals (in order of number) with sealed entries (in order of `seq`)."""
    met = _Entries(entries)
    problems: list[Problem] = []
    previous, number, count, is_noted = START, 0, 0, None
    for seal in seals:
        problems += [Problem("seal-missing", one) for one in range(number + 1, min(seal.number, number + MAX_NAMED))]
        problems += _wrong_with(secret, seal, previous, met, seal.number == number + 1)
        previous, number, count = seal.hash, seal.number, count + 1
        if noted is not None and noted.number == seal.number:
            is_noted = noted.hash == seal.hash
    met.read_to(None)
    gone = {one.seal for one in problems if one.kind == "seal-missing"}
    problems += [
        Problem("seal-unknown" if left > number or left in gone else "entry-added", left, difference=one.entries)
        for left, one in met.running.items()
    ]
    if noted is not None and not is_noted:
        problems.append(Problem("head-missing" if is_noted is None else "head-differs", noted.number))
    head = Head(number, previous) if count else None
    return Verification(met.count, count, head, unsealed, tuple(problems[:MAX_NAMED]))


class _Entries:
    """Entries sorted to their seals while they are read; only those of seals not closed yet are remembered."""

    def __init__(self, entries: Iterator[Line]) -> None:
        self._entries = entries
        self._last = -1
        self.running: dict[int, _Running] = {}
        self.count = 0

    def read_to(self, seq: int | None) -> None:
        """Read on until this entry was met; None: to the end."""
        while seq is None or self._last < seq:
            line = next(self._entries, None)
            if line is None:
                return
            self._last, self.count = line.seq, self.count + 1
            under = self.running.setdefault(line.sealed_by or 0, _Running())
            under.digest.update(canonical(line))
            under.entries += 1

    def under(self, seal: Seal) -> _Running:
        """Everything under a seal."""
        self.read_to(seal.last_seq)
        return self.running.pop(seal.number, _Running())


def _wrong_with(secret: bytes, seal: Seal, previous: str, met: _Entries, is_next: bool) -> list[Problem]:
    found, place = met.under(seal), (seal.number, seal.first_seq, seal.last_seq)
    problems = []
    if found.entries != seal.entries:
        difference = found.entries - seal.entries
        problems.append(Problem("entry-removed" if difference < 0 else "entry-added", *place, difference))
    elif found.digest.hexdigest() != seal.digest:
        problems.append(Problem("entry-changed", *place))
    right = seal_of(secret, previous, *place, seal.entries, seal.digest, seal.sealed_at)
    if is_next and right.hash != seal.hash:
        problems.append(Problem("seal-changed", *place))
    return problems
