"""Rows of the books of imports, to values and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, func, select, update

from issuer.models.imports import import_chunk, import_job
from issuer.rights import Actor
from issuer.tables.books import KEPT, ChunkState, Counts, Job, NewJob, Waiting
from issuer.tables.reading import Chunk
from issuer.tables.rows import Head

OPEN = ("waiting", "running")
"""States of a job whose chunks are handed out, and of a chunk that is not closed."""


def job_values(new: NewJob) -> dict[str, Any]:
    """The row of a new job."""
    return {
        "id": new.id,
        "clinic_id": new.clinic_id,
        "actor": new.actor.id,
        "actor_role": new.actor.role,
        "actor_clinic_id": new.actor.clinic_id,
        "actor_origin": new.actor.origin,
        "digest": new.digest,
        "path": new.path,
        "head": json.dumps(asdict(new.head)),
        "mapping": new.mapping,
        "signing": new.signing,
        "state": "waiting",
        "rows": new.rows,
        "created_at": new.created_at,
        "worked_seconds": 0.0,
        "forget_after": new.created_at + KEPT,
    }


def chunk_values(job_id: str, chunk: Chunk) -> dict[str, Any]:
    """The row of a chunk that nobody has begun."""
    return {
        "job_id": job_id,
        "number": chunk.number,
        "first_row": chunk.first_row,
        "rows": chunk.rows,
        "offset": chunk.offset,
        "state": "waiting",
        "attempts": 0,
        "worker": None,
        "claimed_at": None,
        "error": None,
        "recorded": 0,
        "unchanged": 0,
        "refused": 0,
        "asked": 0,
    }


def waiting_values(job_id: str, waiting: Waiting, now: datetime) -> dict[str, Any]:
    """The row of a row of a file. Escaped JSON holds what UTF-8 cannot: octets of a file of mixed encodings."""
    cells = json.dumps(dict(waiting.cells), ensure_ascii=True)
    return {
        "job_id": job_id,
        "row": waiting.row,
        "cells": cells.encode(),
        "findings": json.dumps(waiting.findings),
        "state": waiting.state,
        "changed_at": now,
        "forget_after": now + KEPT,
    }


def as_waiting(row: Row[Any]) -> Waiting:
    """What `waiting_values` wrote."""
    findings = tuple(tuple(one) for one in json.loads(row.findings))
    return Waiting(row.row, json.loads(row.cells), findings, row.state)


def jobs_query() -> Select[Any]:
    """Jobs, as `as_job` takes them."""
    return select(import_job)


def as_job(connection: Connection, row: Row[Any]) -> Job:
    """A job with what its chunks have counted."""
    states, counts = _summed(connection, row.id)
    return Job(
        row.id,
        row.clinic_id,
        actor_of(row),
        row.digest,
        row.path,
        head_of(row.head),
        row.mapping,
        row.signing,
        row.state,
        row.rows,
        counts,
        states,
        row.created_at,
        row.started_at,
        row.ended_at,
        row.worked_seconds,
        row.resumed_at,
    )


def actor_of(row: Row[Any]) -> Actor:
    """Who asked for the job."""
    return Actor(row.actor, row.actor_role, row.actor_clinic_id, row.actor_origin)


def head_of(text: str) -> Head:
    """What `job_values` wrote."""
    found = orjson.loads(text)
    return Head(**{**found, "header": tuple(found["header"])})


def pause(connection: Connection, job: Job, state: str, now: datetime) -> None:
    """Stop a job's clock, and give it a state in which no chunk is handed out."""
    running = (now - job.resumed_at).total_seconds() if job.resumed_at else 0.0
    values = {"state": state, "worked_seconds": job.worked_seconds + max(running, 0.0), "resumed_at": None}
    connection.execute(update(import_job).where(import_job.c.id == job.id).values(values))


def _summed(connection: Connection, job_id: str) -> tuple[Mapping[ChunkState, int], Counts]:
    chunk = import_chunk.c
    sums = [func.sum(column) for column in (chunk.recorded, chunk.unchanged, chunk.refused, chunk.asked)]
    query = select(chunk.state, func.count(), *sums).where(chunk.job_id == job_id).group_by(chunk.state)
    states: dict[ChunkState, int] = {}
    total = [0, 0, 0, 0]
    for state, count, *found in connection.execute(query):
        states[state] = count
        total = [before + int(more) for before, more in zip(total, found, strict=True)]
    return states, Counts(*total)
