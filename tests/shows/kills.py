"""`make show-kills`: kill -9 of a worker, of the process that brings the file in and supervises, of PostgreSQL itself.

KILLS (20) at random moments of a run of ROWS (200,000) rows; SEED chooses them. It has to finish after each restart:
every row exactly one record and one card, the audit log's chain whole.
"""

import os
import random
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from issuer.db import StorageBusy, open_engine, reading
from issuer.models import card, record
from issuer.service import OPERATOR
from issuer.store.audit import AuditStore
from issuer.store.imports import ImportStore
from issuer.tables.books import Job
from keys.store import load_or_create_secret
from tests.shows.loads import Site, descendants, people, stop
from tests.shows.postgres import Postgres

LEASE_SECONDS = 4
ENDED = ("done", "failed", "stopped")
LAST_KILL = 0.95
"""Share of the rows after which nobody is killed any more: the run has to end."""
PATIENCE_SECONDS = 1_500


def show() -> tuple[dict[str, Any], bool]:
    rows, kills = int(os.environ.get("ROWS", "200000")), int(os.environ.get("KILLS", "20"))
    source = random.Random(int(os.environ.get("SEED", "1")))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-kills-", dir="/var/tmp")))
        server = stack.enter_context(Postgres())
        url = server.create("issuer")
        site = Site(folder / "data", url)
        path = folder / "rows.csv"
        people(path, rows)
        run = Run(site, server, url)
        stack.callback(run.end)
        killed = run.until_done(path, rows, kills, source)
        secret = load_or_create_secret(folder / "data" / "secrets" / "audit-secret")
        figures = judged(url, rows, secret) | {"rows": rows, "kills": killed}
    whole = figures["records"] == figures["cards"] == figures["distinct_rids"] == rows
    return figures, bool(whole and figures["audit_whole"] and sum(killed.values()) >= kills)


class Run:
    """A worker with its children, a server, and somebody who kills them."""

    def __init__(self, site: Site, server: Postgres, url: str) -> None:
        self.site, self.server, self.url = site, server, url
        self.worker = self._start_worker()
        self.killed = {"worker": 0, "intake": 0, "postgres": 0}

    def _start_worker(self) -> "subprocess.Popen[bytes]":
        return self.site.start("worker", "--processes", "2", "--lease", str(LEASE_SECONDS))

    def end(self) -> None:
        stop(self.worker)

    def until_done(self, path: Path, rows: int, kills: int, source: random.Random) -> dict[str, int]:
        """Bring the file in, kill at random, go on until it is done."""
        self._bring_in(path, source)
        imports = ImportStore(open_engine(self.url))
        moments = sorted(source.uniform(0, LAST_KILL) for _ in range(kills))
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_SECONDS:
            job = _job(imports)
            if job and job.state in ENDED:
                break
            due = bool(job and moments and job.counts.rows / rows >= moments[0])
            if due:
                moments.pop(0)
                self._kill(source)
                said = f"{job.counts.rows if job else 0} of {rows} rows"
                print(f"{time.monotonic() - began:5.0f} s  {said}, killed {self.killed}", flush=True)
            time.sleep(0.05)
        return self.killed

    def _bring_in(self, path: Path, source: random.Random) -> None:
        """The process that brings the file in dies in the middle of it, and is started again."""
        command = ("import", "start", str(path), "--sign-now", "--no-wait")
        first = self.site.start(*command)
        try:
            first.wait(source.uniform(0.5, 2.0))
        except subprocess.TimeoutExpired:
            first.kill()
            first.wait()
        self.killed["intake"] += 1
        again = self.site.start(*command)
        if again.wait(300) != 0:
            raise SystemExit("the file was not brought in")

    def _kill(self, source: random.Random) -> None:
        what = source.choice(("worker", "worker", "intake", "postgres"))
        self.killed[what] += 1
        if what == "postgres":
            self.server.kill()
            time.sleep(source.uniform(0, 1))
            self.server.start()
        elif what == "intake":
            for pid in [self.worker.pid, *descendants(self.worker.pid)]:
                _kill(pid)
            self.worker.wait()
            self.worker = self._start_worker()
        elif children := descendants(self.worker.pid):
            _kill(source.choice(children))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _job(imports: ImportStore) -> Job | None:
    """The newest import; None while the database cannot be asked."""
    from issuer.service import HOUSE

    try:
        jobs = imports.jobs(OPERATOR, HOUSE)
    except StorageBusy:
        return None
    unfinished = [job for job in jobs if job.state not in ENDED]
    return (unfinished or list(jobs))[0] if jobs else None


def judged(url: str, rows: int, secret: bytes) -> dict[str, Any]:
    """What stands in the database at the end."""
    engine = open_engine(url)
    with reading(engine) as connection:
        records = connection.execute(select(func.count()).select_from(record)).scalar_one()
        cards = connection.execute(select(func.count()).select_from(card)).scalar_one()
        rids = connection.execute(select(func.count(func.distinct(card.c.rid)))).scalar_one()
    audit = AuditStore(engine)
    audit.seal(secret, datetime.now(UTC))
    found = audit.verify(secret)
    engine.dispose()
    return {
        "records": records,
        "cards": cards,
        "distinct_rids": rids,
        "audit_whole": found.whole,
        "audit_entries": found.entries,
        "audit_seals": found.seals,
    }
