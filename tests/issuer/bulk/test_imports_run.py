"""Files brought in and done, chunk by chunk, on both databases."""

import os
from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from issuer.bulk import pool
from issuer.bulk.beginning import begin
from issuer.bulk.chunk import ChunkWorker
from issuer.bulk.results import write_result_file
from issuer.db import open_engine
from issuer.service import HOUSE, OPERATOR
from issuer.store.import_chunks import ChunkStore
from issuer.store.imports import ImportStore
from issuer.tables.mapping import suggest
from issuer.tables.reading import look, read_rows
from tests.shows.loads import people

LEASE = timedelta(seconds=60)


class Site:
    """One database, somebody who brings files in, and workers."""

    def __init__(self, service: Any, url: str, clock: Any) -> None:
        self.service, self.clock = service, clock
        self.engine = open_engine(url)
        self.imports = ImportStore(self.engine)
        self.chunks = ChunkStore(self.engine, lease=LEASE)

    def bring_in(self, path: Path, signing: Any = "now", chunk_rows: int = 100) -> str:
        with path.open("rb") as file:
            head = look(file)
            mapping = suggest(head.header, islice(read_rows(file, head), 100)).mapping
        new_id = lambda: os.urandom(16).hex()  # noqa: E731
        now = self.clock()
        return begin(self.imports, OPERATOR, HOUSE, path, mapping, signing, new_id, now, chunk_rows=chunk_rows)

    def worker(self) -> ChunkWorker:
        return ChunkWorker(self.service.intake, self.chunks, self.clock)

    def finish(self) -> int:
        return pool.work(self.worker(), "worker", lambda: False)

    def counts(self) -> dict[str, int]:
        return dict(self.service.store.counts())


@pytest.fixture
def site(service_on: Callable[..., Any], database: str, clock: Any) -> Any:
    made = Site(service_on(database), database, clock)
    yield made
    made.engine.dispose()


def test_every_row_becomes_a_record_and_a_card(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    people(path, 350)
    job_id = site.bring_in(path)
    assert site.finish() == 4
    job = site.imports.job(OPERATOR, job_id)
    assert (job.state, job.counts.recorded, job.counts.refused) == ("done", 350, 0)
    counts = site.counts()
    assert counts["record"] == counts["card"] == 350
    assert counts["person"] <= 350


def test_cards_wait_until_they_are_asked_for(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    people(path, 30)
    site.bring_in(path, "on-demand")
    site.finish()
    assert site.counts()["card"] == 0
    with site.service.store.reading() as connection:
        person = connection.exec_driver_sql("SELECT id FROM person ORDER BY id LIMIT 1").scalar_one()
    assert len(site.service.cards_of_person(person, site.clock())) == 1
    assert len(site.service.cards_of_person(person, site.clock())) == 1
    assert site.counts()["card"] == 1


def test_the_same_file_again_changes_nothing(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    people(path, 120)
    site.bring_in(path)
    site.finish()
    before = site.counts()
    again = site.bring_in(path)
    site.finish()
    assert site.imports.job(OPERATOR, again).counts.unchanged == 120
    after = site.counts()
    for table in ("person", "record", "card", "record_version", "person_key"):
        assert after[table] == before[table], table


def test_bad_rows_wait_and_are_named(site: Site, tmp_path: Path) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "results.csv"
    people(path, 10)
    lines = path.read_text().splitlines()
    lines[3] = lines[3].replace(",309,", ",77777,")
    lines[5] = ",".join(["=cmd()", *lines[5].split(",")[1:2], "2999-01-01", *lines[5].split(",")[3:]])
    path.write_text("\n".join(lines) + "\n")
    job_id = site.bring_in(path)
    site.finish()
    job = site.imports.job(OPERATOR, job_id)
    assert (job.counts.recorded, job.counts.refused) == (8, 2)
    assert write_result_file(site.imports, OPERATOR, job_id, out) == 2
    text = out.read_text("utf-8-sig")
    assert "\n4,product," in text.replace("\r", "")
    assert "vaccine-unknown" in text
    assert "date-in-future" in text
    assert "\n=" not in text


def test_a_chunk_of_a_worker_that_died_is_taken_again(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    people(path, 50)
    job_id = site.bring_in(path)
    assert site.chunks.claim("dead", site.clock()) is not None
    assert site.finish() == 0
    site.clock.now += LEASE + timedelta(seconds=1)
    assert site.finish() == 1
    assert site.imports.job(OPERATOR, job_id).state == "done"
    assert site.counts()["record"] == 50


def test_a_worker_that_comes_back_late_records_nothing(site: Site, tmp_path: Path) -> None:
    """Its claim was lost meanwhile: the whole transaction is rolled back."""
    path = tmp_path / "rows.csv"
    people(path, 20)
    site.bring_in(path)
    late = site.chunks.claim("late", site.clock())
    site.clock.now += LEASE + timedelta(seconds=1)
    assert site.finish() == 1
    before = site.counts()
    from issuer.tables.books import ClaimLost

    with pytest.raises(ClaimLost):
        site.worker()._run(late)
    assert site.counts() == before
