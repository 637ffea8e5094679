"""`make show-bulk`: a state's file of rows becomes persons, records and signed cards.

ROWS (1,000,000), DATABASE (postgresql or sqlite). From the file to the last committed card: rate, memory of each
process, and the cost of a row at the end against that at the beginning.
"""

import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import func, select

from issuer import jobs
from issuer.bulk.beginning import begin
from issuer.db import open_engine, reading
from issuer.models import card, person, record
from issuer.service import HOUSE, OPERATOR
from issuer.store.imports import ImportStore
from issuer.tables.books import Job
from issuer.tables.mapping import suggest
from issuer.tables.reading import look, read_rows
from tests.shows.loads import Site, descendants, people, resident_megabytes
from tests.shows.postgres import Postgres

WORKERS = 2
CARDS_PER_SECOND = 2_500
MAX_MEGABYTES = 400
MAX_GROWTH = 1.15
EARLY = 10_000
LOOK_SECONDS = 0.5
ENDED = ("done", "failed", "stopped")


@dataclass
class Watch:
    """What was seen while it ran."""

    moments: list[tuple[float, int]] = field(default_factory=list)
    megabytes: float = 0.0

    def seconds_a_row(self, first: int, last: int) -> float:
        """Mean cost between two counts of rows."""
        inside = [moment for moment in self.moments if first <= moment[1] <= last]
        if len(inside) < 2 or inside[-1][1] == inside[0][1]:
            return 0.0
        return (inside[-1][0] - inside[0][0]) / (inside[-1][1] - inside[0][1])


def show() -> tuple[dict[str, Any], bool]:
    rows = int(os.environ.get("ROWS", "1000000"))
    kind = os.environ.get("DATABASE", "postgresql")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-bulk-", dir="/var/tmp")))
        server = stack.enter_context(Postgres()) if kind == "postgresql" else None
        url = server.create("issuer") if server else f"sqlite:///{folder / 'issuer.db'}"
        site = Site(folder / "data", url)
        path = folder / "rows.csv"
        people(path, rows)
        worker = stack.enter_context(site.running("worker", "--processes", str(WORKERS)))
        time.sleep(3)  # imports of the workers are no part of the rate
        began = time.perf_counter()
        job_id = start(url, path)
        watch = follow(url, job_id, lambda: [*descendants(worker.pid), *(server.pids() if server else ())])
        seconds = time.perf_counter() - began
        figures = measured(url, rows, seconds, watch) | {"database": kind}
    print(f"{rows} rows in {seconds:.0f} s on {kind}")
    return figures, judged(figures, rows, kind)


def start(url: str, path: Path) -> str:
    """Bring the file in as the command line does, signing every card."""
    with path.open("rb") as file:
        head = look(file)
        mapping = suggest(head.header, islice(read_rows(file, head), 100)).mapping
    imports = ImportStore(open_engine(url))
    wake = (lambda job, chunks: jobs.put_in(url, job, chunks)) if jobs.is_for(url) else None
    return begin(imports, OPERATOR, HOUSE, path, mapping, "now", lambda: token_hex(16), datetime.now(UTC), wake)


def follow(url: str, job_id: str, processes: Any) -> Watch:
    """Look until it has ended."""
    imports, watch, began, told = ImportStore(open_engine(url)), Watch(), time.perf_counter(), 0.0
    while True:
        job = imports.job(OPERATOR, job_id)
        now = time.perf_counter() - began
        watch.moments.append((now, job.counts.rows))
        watch.megabytes = max(watch.megabytes, *(resident_megabytes(pid) for pid in processes()), 0.0)
        if now - told > 15 or job.state in ENDED:
            told = now
            print(f"{now:6.0f} s  {_said(job)}", flush=True)
        if job.state in ENDED:
            return watch
        time.sleep(LOOK_SECONDS)


def _said(job: Job) -> str:
    return f"{job.state}: {job.counts.rows} of {job.rows} rows, {job.counts.refused} wait"


def measured(url: str, rows: int, seconds: float, watch: Watch) -> dict[str, Any]:
    """What is in the database, and what it cost."""
    engine = open_engine(url)
    with reading(engine) as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (person, record, card)
        }
    engine.dispose()
    early, late = watch.seconds_a_row(EARLY // 2, EARLY * 5), watch.seconds_a_row(rows - EARLY * 5, rows - 1)
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "cards_per_second": round(counts["card"] / seconds),
        "counts": counts,
        "largest_process_mb": round(watch.megabytes),
        "cost_at_end_over_beginning": round(late / early, 3) if early and late else None,
    }


def judged(figures: dict[str, Any], rows: int, kind: str) -> bool:
    """Small runs and SQLite show that it works; the bounds are of a million rows on PostgreSQL."""
    whole = (
        figures["counts"]["record"] == figures["counts"]["card"] == rows
        and figures["largest_process_mb"] < MAX_MEGABYTES
    )
    if kind != "postgresql" or rows < 1_000_000:
        return whole
    growth = figures["cost_at_end_over_beginning"]
    return bool(whole and figures["cards_per_second"] >= CARDS_PER_SECOND and growth and growth <= MAX_GROWTH)
