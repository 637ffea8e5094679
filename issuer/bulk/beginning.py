"""An uploaded file becomes a job: looked at, indexed in one pass, written down. Workers begin at once."""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from issuer.rights import Actor
from issuer.store.imports import ImportStore
from issuer.tables.books import NewJob, Signing
from issuer.tables.mapping import ColumnMapping, to_json
from issuer.tables.reading import Chunk, chunks, flatten, look

CHUNK_ROWS = 500
"""Rows of a transaction: some fifth of a second, and what is lost when a worker dies."""


def begin(
    imports: ImportStore,
    actor: Actor,
    clinic_id: str,
    path: Path,
    mapping: ColumnMapping,
    signing: Signing,
    new_id: Callable[[], str],
    now: datetime,
    wake: Callable[[str, int], None] | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> str:
    """Write an import down; its id.

    Args:
        path: the uploaded file, where every worker can read it. A workbook is written beside it as CSV.
        wake: told the job and its number of chunks, where somebody has to be told that there is work.
    Raises:
        TableRefused: it is no table, or too large. Forbidden, StorageFull, StorageBusy: nothing was written down.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        head = look(file)
        if head.kind == "xlsx":
            flat = path.with_suffix(".csv")
            with open(flat, "w+b", opener=_private) as target:
                head = flatten(file, target)
            path = flat
    with path.open("rb") as file:
        index: list[Chunk] = list(chunks(file, head, chunk_rows))
    rows = sum(chunk.rows for chunk in index)
    job_id = new_id()
    new = NewJob(job_id, clinic_id, actor, digest, str(path), head, to_json(mapping), signing, rows, now)
    imports.add(actor, new, index)
    if wake is not None:
        wake(job_id, len(index))
    return job_id


def _private(path: str, flags: int) -> int:
    """Health data: for this user alone."""
    return os.open(path, flags, 0o600)
