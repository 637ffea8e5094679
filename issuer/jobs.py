"""The queue on PostgreSQL: procrastinate, a job for every few chunks of a file, on any number of machines.

The books (`issuer.store.import_chunks`) say which chunk is whose; a job only says that there is work. So a job run
twice, or by a worker that came back from the dead, does nothing twice.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import timedelta

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.types import JSONDict
from sqlalchemy import make_url

from issuer.bulk.chunk import ChunkWorker

QUEUE = "imports"
TASK = "import-chunk"
PATIENCE_SECONDS = 2
"""How soon a job comes back whose chunk is still another worker's, or for which the database was not to be reached."""
DEFER_AT_ONCE = 1_000
CHUNKS_A_JOB = 20
"""Fetching a job costs as much as some fifty rows: a worker that has one goes on for so many chunks."""
LEAST_JOBS = 16
"""More than the chunks need: so many workers share a small file, and at the end of a large one none is left without a
job while another still has a job's worth of chunks before it."""


class ChunksHeld(Exception):
    """All chunks that are left are being done by other workers; should one of them die, its chunk has to be taken."""


def is_for(database_url: str) -> bool:
    """Whether this database has a queue: PostgreSQL has, SQLite works with a pool of processes."""
    return make_url(database_url).get_backend_name() == "postgresql"


def queue(database_url: str, run: Callable[[str], None] | None = None) -> App:
    """The queue of a database.

    Args:
        run: does a chunk of a job; None for whoever only puts jobs in.
    """
    url = make_url(database_url).set(drivername="postgresql")
    app = App(connector=PsycopgConnector(conninfo=url.render_as_string(hide_password=False)))
    retry = RetryStrategy(max_attempts=None, wait=PATIENCE_SECONDS)

    @app.task(name=TASK, queue=QUEUE, retry=retry)
    def import_chunk(job_id: str) -> None:
        if run is not None:
            run(job_id)

    return app


def prepare(database_url: str) -> None:
    """procrastinate's own tables, where they are not there yet."""
    with queue(database_url).open() as app:
        if not app.check_connection():
            app.schema_manager.apply_schema()


def jobs_for(chunks: int) -> int:
    """How many jobs a file's chunks become."""
    return min(chunks, LEAST_JOBS + -(-chunks // CHUNKS_A_JOB))


def put_in(database_url: str, job_id: str, chunks: int) -> None:
    """Jobs for a file's chunks."""
    jobs = jobs_for(chunks)
    with queue(database_url).open() as app:
        for start in range(0, jobs, DEFER_AT_ONCE):
            count = min(DEFER_AT_ONCE, jobs - start)
            names: list[JSONDict] = [{"job_id": job_id} for _ in range(count)]
            app.configure_task(TASK).batch_defer(*names)


def put_in_forgotten(database_url: str, waiting: Mapping[str, int]) -> None:
    """Jobs for chunks that wait while the queue has none: whoever wrote them down died before it could say so.

    Args:
        waiting: job and number of chunks that wait.
    """
    with queue(database_url).open() as app:
        if waiting and not any(app.job_manager.list_jobs(queue=QUEUE, status=status) for status in ("todo", "doing")):
            for job_id, chunks in waiting.items():
                put_in(database_url, job_id, chunks)


def doer(worker: ChunkWorker, name: str) -> Callable[[str], None]:
    """What a job does: chunks, whichever are next."""

    def run(job_id: str) -> None:
        for _ in range(CHUNKS_A_JOB):
            if not worker.run_one(name):
                break
        else:
            return
        left = worker.chunks.job(job_id).chunks
        if left.get("running") or left.get("waiting"):
            raise ChunksHeld

    return run


def work(database_url: str, worker: ChunkWorker, name: str, lease: timedelta) -> None:
    """Do jobs until the process is told to end.

    Args:
        lease: after so long without a sign of life a worker's jobs are another's.
    """
    asyncio.run(_work(queue(database_url, doer(worker, name)), name, lease.total_seconds()))


async def _work(app: App, name: str, lease: float) -> None:
    async with app.open_async():
        rescuing = asyncio.create_task(_rescue(app, lease))
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                name=name,
                concurrency=1,
                delete_jobs="always",
                fetch_job_polling_interval=PATIENCE_SECONDS,
                update_heartbeat_interval=lease / 4,
                stalled_worker_timeout=lease,
            )
        finally:
            rescuing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await rescuing


async def _rescue(app: App, lease: float) -> None:
    """Jobs of workers that died are put back into the queue."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=lease):
            await app.job_manager.retry_job(job)
        await asyncio.sleep(lease / 2)
