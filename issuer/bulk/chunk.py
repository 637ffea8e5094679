"""The chunk function: some hundred rows of a file become records and cards, in one transaction."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from issuer.bulk.books import books_of
from issuer.db import StorageBusy, StorageFull
from issuer.intake.proposal import Outcome, Proposal
from issuer.intake.service import ClinicNotLive, Intake
from issuer.store.import_chunks import ChunkStore
from issuer.tables.books import Claim, ClaimLost, Job, UnknownJob
from issuer.tables.mapping import from_json
from issuer.tables.proposals import Made, proposer
from issuer.tables.reading import Chunk, chunk_rows
from issuer.tables.rows import Row

DOOR = "csv"
"""A workbook is written once as CSV when it arrives; from there on it is the same door."""
MOST_JOBS_REMEMBERED = 16
_CODES = {StorageFull: "storage-full", UnknownJob: "import-unknown"}
_log = logging.getLogger("countersign.imports")


@dataclass(slots=True)
class ChunkWorker:
    """Takes chunks and does them, one at a time."""

    intake: Intake
    chunks: ChunkStore
    clock: Callable[[], datetime]
    _jobs: dict[str, tuple[Job, Callable[[Row], Made]]] = field(default_factory=dict, repr=False)

    def run_one(self, worker: str) -> bool:
        """Take the next chunk and do it; False where there is none to take.

        Args:
            worker: anything that tells workers apart, such as host and process.
        Raises:
            StorageBusy: the database is not to be reached; nothing of the chunk was recorded, it is taken again later.
        """
        claim = self.chunks.claim(worker, self.clock())
        if claim is None:
            self.chunks.close_jobs(self.clock())
            return False
        try:
            self._run(claim)
        except ClaimLost:
            _log.warning("chunk %d of import %s was another worker's by then", claim.number, claim.job_id)
        except StorageBusy:
            raise
        except Exception as error:
            # The kind only: messages of libraries quote what they could not read.
            _log.warning("chunk %d of import %s failed: %s", claim.number, claim.job_id, type(error).__name__)
            code = error.code if isinstance(error, ClinicNotLive) else _CODES.get(type(error), type(error).__name__)
            self.chunks.give_back(claim, code)
        self.chunks.close_jobs(self.clock())
        return True

    def _run(self, claim: Claim) -> None:
        job, make = self._job(claim.job_id)
        place = Chunk(claim.number, claim.first_row, claim.offset, claim.rows)
        with Path(job.path).open("rb") as file:
            rows = list(chunk_rows(file, job.head, place))
        made = [make(row) for row in rows]
        proposals = [one for one in made if isinstance(one, Proposal)]
        now = self.clock()

        def finish(connection: Any, outcomes: tuple[Outcome, ...]) -> None:
            counts, kept = books_of(rows, made, outcomes)
            self.chunks.finish_chunk(connection, claim, counts, kept, now)

        if not proposals:
            with self.intake.store.writing() as connection:
                finish(connection, ())
            return
        self.intake.submit(
            job.actor, job.clinic_id, proposals, now, door=DOOR, sign=job.signing == "now", within=finish
        )

    def _job(self, job_id: str) -> tuple[Job, Callable[[Row], Made]]:
        if job_id not in self._jobs:
            if len(self._jobs) >= MOST_JOBS_REMEMBERED:
                self._jobs.clear()
            job = self.chunks.job(job_id)
            self._jobs[job_id] = job, proposer(from_json(job.mapping))
        return self._jobs[job_id]
