"""What workers do with the books of imports: claim a chunk, close it with its records, or give it back.

Two workers never hold one chunk: on PostgreSQL a claim locks its row and passes over locked ones; on SQLite, which has
no such locks, it is one UPDATE in the one writing transaction. A claim ends after a time (`LEASE`): the chunk of a
worker that died is taken by another, and whoever comes back late finds its claim lost and records nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from issuer.audit.entry import Entry
from issuer.db import reading, writing
from issuer.models.imports import import_chunk, import_job, waiting_row
from issuer.store.audit import append as append_audit
from issuer.store.import_rows import OPEN, as_job, jobs_query, pause, waiting_values
from issuer.tables.books import KEPT, LEASE, MOST_ATTEMPTS, Claim, ClaimLost, Counts, Job, UnknownJob, Waiting

Append = Callable[[Connection, Sequence[Entry]], None]
CRASHED = "chunk-crashed"
"""Its workers died, or took longer than the lease, each time."""
_chunk, _job = import_chunk.c, import_job.c


class ChunkStore:
    """Chunks, for workers."""

    def __init__(self, engine: Engine, append: Append = append_audit, lease: timedelta = LEASE) -> None:
        """`lease`: how long a chunk is a worker's before another may take it."""
        self._engine = engine
        self._append = append
        self._lease = lease

    def claim(self, worker: str, now: datetime) -> Claim | None:
        """A chunk to work on until `now + LEASE`; None where there is none.

        The lowest number of all jobs comes first: a small file never waits behind a large one.

        Args:
            worker: anything that tells workers apart, such as host and process.
        """
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                free = _next(now, self._lease).with_for_update(of=import_chunk, skip_locked=True)
                row = connection.execute(free).one_or_none()
                wanted = None if row is None else and_(_chunk.job_id == row.job_id, _chunk.number == row.number)
            else:
                wanted = tuple_(_chunk.job_id, _chunk.number).in_(_next(now, self._lease))
            if wanted is None:
                return None
            values = {"state": "running", "worker": worker, "claimed_at": now, "attempts": _chunk.attempts + 1}
            statement = update(import_chunk).where(wanted).values(values).returning(import_chunk)
            taken = connection.execute(statement).one_or_none()
            if taken is None:
                return None
            begun = {"state": "running", "started_at": now, "resumed_at": now}
            is_new = (_job.id == taken.job_id, _job.state == "waiting")
            connection.execute(update(import_job).where(*is_new).values(begun))
            return Claim(taken.job_id, taken.number, taken.first_row, taken.rows, taken.offset, worker, taken.attempts)

    def job(self, job_id: str) -> Job:
        """The job of a claim. Raises UnknownJob."""
        with reading(self._engine) as connection:
            row = connection.execute(jobs_query().where(_job.id == job_id)).one_or_none()
            if row is None:
                raise UnknownJob
            return as_job(connection, row)

    def finish_chunk(
        self, connection: Connection, claim: Claim, counts: Counts, waiting: Sequence[Waiting], now: datetime
    ) -> None:
        """Close a chunk in the caller's transaction, the one that records its rows. Call it last: it locks the chunk.

        Raises:
            ClaimLost: another worker has it, or has closed it. The transaction must be rolled back.
        """
        values = {
            "state": "done",
            "error": None,
            "recorded": counts.recorded,
            "unchanged": counts.unchanged,
            "refused": counts.refused,
            "asked": counts.asked,
        }
        if connection.execute(update(import_chunk).where(_held(claim)).values(values)).rowcount != 1:
            raise ClaimLost
        if waiting:
            rows = [waiting_values(claim.job_id, row, now) for row in waiting]
            connection.execute(insert(waiting_row), rows)

    def give_back(self, claim: Claim, code: str) -> None:
        """A chunk that could not be done: another attempt follows, or it is given up and shown to people.

        Args:
            code: why; no value out of a record.
        """
        state = "failed" if claim.attempt >= MOST_ATTEMPTS else "waiting"
        values = {"state": state, "worker": None, "claimed_at": None, "error": code[:40]}
        with writing(self._engine) as connection:
            connection.execute(update(import_chunk).where(_held(claim)).values(values))

    def close_jobs(self, now: datetime) -> tuple[tuple[str, str], ...]:
        """Jobs all of whose chunks are closed, each with its state: done, or failed where chunks were given up.

        Asked when `claim` finds nothing. Chunks whose workers died every time are given up here.
        """
        with writing(self._engine) as connection:
            silent = _chunk.claimed_at < now - self._lease
            crashed = (_chunk.state == "running", silent, _chunk.attempts >= MOST_ATTEMPTS)
            connection.execute(update(import_chunk).where(*crashed).values(state="failed", error=CRASHED))
            unclosed = exists().where(_chunk.job_id == _job.id, _chunk.state.in_(OPEN))
            query = jobs_query().where(_job.state.in_((*OPEN, "stopped")), ~unclosed)
            if connection.dialect.name == "postgresql":
                query = query.with_for_update(skip_locked=True)
            rows = connection.execute(query).all()
            return tuple(self._close(connection, as_job(connection, row), now) for row in rows)

    def waiting_chunks(self) -> dict[str, int]:
        """How many chunks of each open job nobody has taken."""
        open_jobs = select(_chunk.job_id, func.count()).join(import_job, _job.id == _chunk.job_id)
        query = open_jobs.where(_job.state.in_(OPEN), _chunk.state == "waiting").group_by(_chunk.job_id)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def expired_files(self, now: datetime) -> tuple[tuple[str, str], ...]:
        """(job, path) of files that are kept no longer; `file_gone` notes each that was deleted."""
        with reading(self._engine) as connection:
            query = select(_job.id, _job.path).where(_job.forget_after < now, _job.path != "")
            return tuple((job_id, path) for job_id, path in connection.execute(query))

    def file_gone(self, job_id: str) -> None:
        """The file of a job was deleted."""
        with writing(self._engine) as connection:
            connection.execute(update(import_job).where(_job.id == job_id).values(path=""))

    def forget(self, now: datetime) -> int:
        """Delete waiting rows that are kept no longer; how many."""
        with writing(self._engine) as connection:
            return connection.execute(delete(waiting_row).where(waiting_row.c.forget_after < now)).rowcount

    def _close(self, connection: Connection, job: Job, now: datetime) -> tuple[str, str]:
        state = "failed" if job.chunks.get("failed") else "done"
        pause(connection, job, state, now)
        values = {"ended_at": now, "forget_after": now + KEPT}
        connection.execute(update(import_job).where(_job.id == job.id).values(values))
        detail = {"recorded": job.counts.recorded, "unchanged": job.counts.unchanged, "refused": job.counts.refused}
        entry = Entry(now, job.actor, "import.done", "import", job.id, job.clinic_id, reason=state, detail=detail)
        self._append(connection, [entry])
        return job.id, state


def _next(now: datetime, lease: timedelta) -> Select[tuple[str, int]]:
    """The chunk that is due first."""
    abandoned = and_(_chunk.state == "running", _chunk.claimed_at < now - lease, _chunk.attempts < MOST_ATTEMPTS)
    return (
        select(_chunk.job_id, _chunk.number)
        .join(import_job, _job.id == _chunk.job_id)
        .where(_job.state.in_(OPEN), or_(_chunk.state == "waiting", abandoned))
        .order_by(_chunk.number, _job.created_at, _job.id)
        .limit(1)
    )


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(
        _chunk.job_id == claim.job_id,
        _chunk.number == claim.number,
        _chunk.state == "running",
        _chunk.worker == claim.worker,
        _chunk.attempts == claim.attempt,
    )
