"""The books of imports: jobs, their chunks, rows that wait for their correction, mappings that clinics said before.

What people do with them; each is asked for the right once more, with the job in hand. What workers do stands in
`issuer.store.import_chunks`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from issuer.audit.entry import Entry
from issuer.db import reading, writing
from issuer.models.imports import column_mapping, import_chunk, import_job, waiting_row
from issuer.rights import Actor, Permission, may, require
from issuer.store.audit import append as append_audit
from issuer.store.import_rows import OPEN, as_job, as_waiting, chunk_values, job_values, jobs_query, pause
from issuer.store.rows import add_rows
from issuer.tables.books import GivenUp, Job, NewJob, RowState, UnknownJob, UnknownRow, Waiting
from issuer.tables.mapping import ColumnMapping, from_json, to_json
from issuer.tables.reading import Chunk

Append = Callable[[Connection, Sequence[Entry]], None]
_SETTLED: Mapping[str, str] = {"mended": "import.mend", "dropped": "import.drop"}


class ImportStore:
    """Imports, for people."""

    def __init__(self, engine: Engine, append: Append = append_audit) -> None:
        self._engine = engine
        self._append = append

    # ---- Jobs -------------------------------------------------------------------------------------------------------

    def add(self, actor: Actor, new: NewJob, chunks: Iterable[Chunk]) -> None:
        """Write a job and its chunks down; workers begin at once. Raises Forbidden."""
        require(actor, "import.run", new.clinic_id)
        with writing(self._engine) as connection:
            connection.execute(insert(import_job).values(job_values(new)))
            add_rows(connection, import_chunk, [chunk_values(new.id, chunk) for chunk in chunks])
            self._note(connection, actor, "import.start", new.id, new.clinic_id, new.created_at, rows=new.rows)

    def job(self, actor: Actor, job_id: str) -> Job:
        """One job as it stands. Raises UnknownJob, Forbidden."""
        with reading(self._engine) as connection:
            return self._required(connection, actor, job_id)

    def jobs(self, actor: Actor, clinic_id: str, limit: int = 50) -> tuple[Job, ...]:
        """A clinic's jobs, the newest first; of all clinics for "" where the actor may. Raises Forbidden."""
        require(actor, "import.see", clinic_id)
        clinic_id = clinic_id or actor.clinic_id
        with reading(self._engine) as connection:
            where = [import_job.c.clinic_id == clinic_id] if clinic_id else []
            query = jobs_query().where(*where).order_by(import_job.c.created_at.desc(), import_job.c.id).limit(limit)
            return tuple(as_job(connection, row) for row in connection.execute(query).all())

    def stop(self, actor: Actor, job_id: str, now: datetime) -> Job:
        """Hand out no further chunk; those begun are finished. Raises UnknownJob, Forbidden."""
        with writing(self._engine) as connection:
            job = self._required(connection, actor, job_id, "import.run")
            if job.state in OPEN:
                pause(connection, job, "stopped", now)
                self._note(connection, actor, "import.stop", job_id, job.clinic_id, now)
            return self._required(connection, actor, job_id)

    def resume(self, actor: Actor, job_id: str, now: datetime) -> Job:
        """Go on with a stopped job, and try chunks that were given up again. Raises UnknownJob, Forbidden."""
        with writing(self._engine) as connection:
            job = self._required(connection, actor, job_id, "import.run")
            again = connection.execute(
                update(import_chunk)
                .where(import_chunk.c.job_id == job_id, import_chunk.c.state == "failed")
                .values(state="waiting", attempts=0, worker=None, claimed_at=None, error=None)
            ).rowcount
            if job.state == "stopped" or again:
                begun = job.started_at is not None
                values = {
                    "state": "running" if begun else "waiting",
                    "ended_at": None,
                    "resumed_at": (job.resumed_at or now) if begun else None,
                }
                connection.execute(update(import_job).where(import_job.c.id == job_id).values(values))
                self._note(connection, actor, "import.resume", job_id, job.clinic_id, now, chunks=again)
            return self._required(connection, actor, job_id)

    def given_up(self, actor: Actor, job_id: str) -> tuple[GivenUp, ...]:
        """Chunks that failed as often as they were tried, in order. Raises UnknownJob, Forbidden."""
        with reading(self._engine) as connection:
            self._required(connection, actor, job_id)
            failed = (import_chunk.c.job_id == job_id, import_chunk.c.state == "failed")
            query = select(import_chunk).where(*failed).order_by(import_chunk.c.number)
            return tuple(
                GivenUp(row.number, row.first_row, row.rows, row.attempts, row.error or "")
                for row in connection.execute(query)
            )

    def waiting(
        self, actor: Actor, job_id: str, after: int = 0, limit: int = 1_000, state: RowState = "waiting"
    ) -> tuple[Waiting, ...]:
        """Rows of a state, in order, from the one after `after` on: those that were not recorded, or of which something
        is said. Raises UnknownJob, Forbidden."""
        with reading(self._engine) as connection:
            self._required(connection, actor, job_id)
            where = (waiting_row.c.job_id == job_id, waiting_row.c.row > after, waiting_row.c.state == state)
            query = select(waiting_row).where(*where).order_by(waiting_row.c.row).limit(limit)
            return tuple(as_waiting(row) for row in connection.execute(query))

    def rows_by_state(self, actor: Actor, jobs: Sequence[Job]) -> Mapping[str, Mapping[RowState, int]]:
        """By job, how many rows wait, were mended or dropped, or went in with a remark. Raises Forbidden."""
        for clinic_id in {job.clinic_id for job in jobs}:
            require(actor, "import.see", clinic_id)
        found: dict[str, dict[RowState, int]] = {job.id: {} for job in jobs}
        counted = select(waiting_row.c.job_id, waiting_row.c.state, func.count()).where(waiting_row.c.job_id.in_(found))
        with reading(self._engine) as connection:
            for job_id, state, count in connection.execute(counted.group_by(waiting_row.c.job_id, waiting_row.c.state)):
                found[job_id][state] = count
        return found

    def settle_row(
        self,
        connection: Connection,
        actor: Actor,
        job_id: str,
        row: int,
        state: Literal["mended", "dropped"],
        now: datetime,
        reason: str = "",
    ) -> None:
        """A waiting row was mended (in the transaction that records it) or dropped. A line of the audit log.

        Args:
            reason: why it is dropped: a code.
        Raises:
            UnknownJob, UnknownRow, Forbidden.
        """
        job = self._required(connection, actor, job_id, "import.run")
        key = (waiting_row.c.job_id == job.id, waiting_row.c.row == row, waiting_row.c.state == "waiting")
        if connection.execute(update(waiting_row).where(*key).values(state=state, changed_at=now)).rowcount != 1:
            raise UnknownRow
        entry = Entry(now, actor, _SETTLED[state], "import", job.id, job.clinic_id, reason=reason, detail={"row": row})
        self._append(connection, [entry])

    def drop_row(self, actor: Actor, job_id: str, row: int, reason: str, now: datetime) -> None:
        """A waiting row is not to be recorded. Raises UnknownJob, UnknownRow, Forbidden, StorageFull, StorageBusy."""
        with writing(self._engine) as connection:
            self.settle_row(connection, actor, job_id, row, "dropped", now, reason)

    # ---- Mappings ---------------------------------------------------------------------------------------------------

    def remember(self, actor: Actor, clinic_id: str, fingerprint: str, mapping: ColumnMapping, now: datetime) -> None:
        """Keep what a clinic said of a file with these headers. Raises Forbidden."""
        require(actor, "import.run", clinic_id)
        values = {"mapping": to_json(mapping), "used_at": now}
        with writing(self._engine) as connection:
            add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = add(column_mapping).values(clinic_id=clinic_id, fingerprint=fingerprint, **values)
            key = [column_mapping.c.clinic_id, column_mapping.c.fingerprint]
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))

    def remembered(self, actor: Actor, clinic_id: str, fingerprint: str) -> ColumnMapping | None:
        """What the clinic said of such a file before. Raises Forbidden."""
        require(actor, "import.run", clinic_id)
        key = (column_mapping.c.clinic_id == clinic_id, column_mapping.c.fingerprint == fingerprint)
        with reading(self._engine) as connection:
            found = connection.scalar(select(column_mapping.c.mapping).where(*key))
        return from_json(found) if found is not None else None

    # ---- Common -----------------------------------------------------------------------------------------------------

    def _required(
        self, connection: Connection, actor: Actor, job_id: str, permission: Permission = "import.see"
    ) -> Job:
        """The job, if the actor may do this to it. Another clinic's job is as unknown as one that never was."""
        require(actor, permission)
        row = connection.execute(jobs_query().where(import_job.c.id == job_id)).one_or_none()
        if row is None or not may(actor, permission, row.clinic_id):
            raise UnknownJob
        return as_job(connection, row)

    def _note(
        self,
        connection: Connection,
        actor: Actor,
        action: str,
        job_id: str,
        clinic_id: str,
        now: datetime,
        **detail: int,
    ) -> None:
        self._append(connection, [Entry(now, actor, action, "import", job_id, clinic_id, detail=detail)])
