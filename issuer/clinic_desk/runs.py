"""An import as its page shows it: figures in words, what failed in the clinic's own terms. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from issuer.bulk.results import findings_of
from issuer.clinic_desk.outcomes import tag_of
from issuer.tables import Row, column_of
from issuer.tables.books import Job, RowState, Waiting, progress
from issuer.tables.mapping import from_json

_STATES: Mapping[str, str] = {
    "waiting": "Waiting for a worker",
    "running": "Running",
    "stopped": "Stopped",
    "done": "Finished",
    "failed": "Finished, but for parts that could not be done",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """How far it is."""

    done: int
    rows: int
    said: Mapping[str, str]
    """What stands on the page: done, rate, left, recorded, unchanged, refused, asked, mended, dropped, noted."""
    waiting: int
    """Rows that still wait: neither mended nor dropped."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is wrong with, or said of, one row."""

    row: int
    column: str
    tag: str
    """One word: how it is meant."""
    code: str
    message: str
    remedy: str
    source: str = ""


def figures_of(job: Job, now: datetime, rows: Mapping[RowState, int]) -> Figures:
    """The figures of a job, at its present rate.

    Args:
        rows: `issuer.store.imports.ImportStore.rows_by_state` of this job.
    """
    far = progress(job, now)
    counts, mended, dropped = job.counts, rows.get("mended", 0), rows.get("dropped", 0)
    waiting = counts.refused - mended - dropped
    said = {
        "done": f"{far.done:,} of {far.rows:,} rows ({far.percent} %)",
        "rate": f"{far.rate:,.0f} rows a second" if far.rate >= 1 else "",
        "left": duration_in_words(far.left) if far.left is not None else "",
        "recorded": f"{counts.recorded + mended:,}",
        "unchanged": f"{counts.unchanged:,}",
        "refused": f"{waiting:,}",
        "asked": f"{counts.asked:,}",
        "mended": f"{mended:,}" if mended else "",
        "dropped": f"{dropped:,}" if dropped else "",
        "noted": f"{rows.get('noted', 0):,}",
    }
    return Figures(far.done, far.rows, said, waiting)


def state_words(job: Job, waiting: int) -> str:
    """The state in words. A job that was stopped may still be finishing what it had begun.

    Args:
        waiting: rows that still wait for their correction.
    """
    if job.state == "stopped" and job.chunks.get("running"):
        return "Stopping: what was begun is finished"
    if job.state == "done" and waiting:
        return "Finished; some rows wait for their correction"
    return _STATES[job.state]


def duration_in_words(left: timedelta) -> str:
    """ "about 3 minutes"; the nearest unit that is not finer than anybody plans by."""
    seconds = int(left.total_seconds())
    if seconds < 60:
        return "less than a minute"
    if seconds < 90 * 60:
        minutes = round(seconds / 60)
        return f"about {minutes} minute{'' if minutes == 1 else 's'}"
    return f"about {round(seconds / 3600)} hours"


def failures_of(waiting: Iterable[Waiting], mapping: str) -> tuple[Failure, ...]:
    """What is wrong with, or said of, rows, one line each, in the clinic's own column names."""
    chosen = from_json(mapping)
    return tuple(
        Failure(
            row.number,
            column_of(found, row, chosen),
            tag_of(found.code),
            found.code,
            found.message,
            found.remedy,
            found.source,
        )
        for one in waiting
        for row in (Row(one.row, dict(one.cells)),)
        for found in findings_of(one)
    )
