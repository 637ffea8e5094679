"""What is written down about an import: the job, its chunks, the rows that wait, and how far it is. Pure values.

A job is divided into chunks; a worker claims one for a time, and closes it in the transaction that records its rows. So
a chunk is either whole in the records and done in the books, or neither, whenever a process dies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from issuer.rights import Actor
from issuer.tables.rows import Head

LEASE: Final = timedelta(minutes=5)
"""A chunk whose worker has not closed it by then is another's: it takes about a second."""
MOST_ATTEMPTS: Final = 5
"""Times a chunk is begun before it is given up and shown to people."""
KEPT: Final = timedelta(days=30)
"""How long bad rows wait for their correction, and the file with them."""

JobState = Literal["waiting", "running", "stopped", "done", "failed"]
"""`waiting`: no worker has begun. `failed`: all of it was tried, and chunks were given up."""
ChunkState = Literal["waiting", "running", "done", "failed"]
RowState = Literal["waiting", "mended", "dropped", "noted"]
"""`waiting`: for its correction. `mended` and `dropped`: what came of that. `noted`: it went in, with a remark."""
Signing = Literal["now", "on-demand"]
"""Whether cards are signed with the rows, or each when it is first asked for."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of rows."""

    recorded: int = 0
    """New, corrected, deleted or given back."""
    unchanged: int = 0
    refused: int = 0
    """Waiting for their correction."""
    asked: int = 0
    """Recorded, with a question."""

    @property
    def rows(self) -> int:
        """All that were looked at."""
        return self.recorded + self.unchanged + self.refused


@dataclass(frozen=True, slots=True)
class NewJob:
    """An import to be written down. `actor` is who asked for it: the rows are recorded in their name."""

    id: str
    clinic_id: str
    actor: Actor
    digest: str
    """SHA-256 of the file as it was sent, hexadecimal. Its name is not kept: names of files name people."""
    path: str = field(repr=False)
    """Where the CSV file to be read stands."""
    head: Head
    mapping: str = field(repr=False)
    """`issuer.tables.mapping.to_json`."""
    signing: Signing
    rows: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """An import as the books have it."""

    id: str
    clinic_id: str
    actor: Actor
    digest: str
    path: str = field(repr=False)
    head: Head
    mapping: str = field(repr=False)
    signing: Signing
    state: JobState
    rows: int
    counts: Counts
    chunks: Mapping[ChunkState, int]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    worked_seconds: float
    """Time it was running, pauses left out, up to `resumed_at`."""
    resumed_at: datetime | None
    """When it last began to run; None while it does not."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that a worker has taken. Only with it can the chunk be closed."""

    job_id: str
    number: int
    first_row: int
    rows: int
    offset: int
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that was not recorded, or of which something is said (then without its cells: it stands on record)."""

    row: int
    cells: Mapping[str, str] = field(repr=False)
    findings: tuple[tuple[str, ...], ...]
    """(code, place) of what is wrong, or (code, place, source); the texts come from the table of codes."""
    state: RowState = "waiting"


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A chunk that failed as often as it was tried."""

    number: int
    first_row: int
    rows: int
    attempts: int
    code: str
    """storage-full, storage-busy, chunk-crashed, or the name of the fault."""


class ClaimLost(Exception):
    """The chunk is another worker's by now, or done. The caller's transaction must not be committed."""


class UnknownJob(Exception):
    """There is no such import, or it is another clinic's."""


class UnknownRow(Exception):
    """There is no such row, or it no longer waits."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, to be shown."""

    rows: int
    done: int
    rate: float
    """Rows a second since it began, pauses left out; 0 where nothing was measured yet."""
    left: timedelta | None
    """Time to its end at this rate; None where it cannot be told, or the job does not run."""

    @property
    def percent(self) -> int:
        """0 to 100, rounded down: 100 means all of it."""
        return 100 if self.rows == 0 else self.done * 100 // self.rows


def progress(job: Job, now: datetime) -> Progress:
    """How far a job is."""
    running = (now - job.resumed_at).total_seconds() if job.resumed_at else 0.0
    seconds = job.worked_seconds + max(running, 0.0)
    done = job.counts.rows
    rate = done / seconds if seconds > 0 and done else 0.0
    left = None
    if job.state == "running" and rate:
        left = timedelta(seconds=round(max(job.rows - done, 0) / rate))
    return Progress(job.rows, done, rate, left)
