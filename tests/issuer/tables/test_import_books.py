"""The books of imports on each kind of database: claims, leases, one transaction with the records, rights."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import insert, select

from issuer.db import open_engine, reading, writing
from issuer.models import metadata, submission
from issuer.models.audit import audit_entry
from issuer.models.imports import import_chunk, import_job, roster, roster_entry, waiting_row
from issuer.rights import Actor, Forbidden
from issuer.store.import_chunks import ChunkStore
from issuer.store.imports import ImportStore
from issuer.store.rosters import RosterStore, UnknownEntry
from issuer.tables.books import (
    KEPT,
    LEASE,
    MOST_ATTEMPTS,
    ClaimLost,
    Counts,
    NewJob,
    Progress,
    UnknownJob,
    UnknownRow,
    Waiting,
    progress,
)
from issuer.tables.mapping import ColumnMapping, to_json
from issuer.tables.reading import Chunk
from issuer.tables.roster import Expected
from issuer.tables.rows import Head

HARBOUR, HILL = "a" * 32, "b" * 32
HEAD = Head("csv", ("Name", "Lot"), 2, "utf-16-le", ";", "\n", 2, True, "Drive", 1)
MAPPING = ColumnMapping((("name", "Name"), ("lot", "Lot")), "mdy")


@pytest.fixture
def imports(books_engine):
    return ImportStore(books_engine)


@pytest.fixture
def work(books_engine):
    return ChunkStore(books_engine)


@pytest.fixture
def add(imports, manager, new_id, now):
    """Adds a job of some chunks of 10 rows."""

    def added(chunks=3, at=now):
        job_id = new_id()
        parts = [Chunk(n, 10 * n - 7, 10_000_000_000 + n, 10) for n in range(1, chunks + 1)]
        new = NewJob(job_id, HARBOUR, manager, "d" * 64, "jobs/1.csv", HEAD, to_json(MAPPING), "now", 10 * chunks, at)
        imports.add(manager, new, parts)
        return job_id

    return added


def finish(engine, work, claim, now, counts=Counts(recorded=10), waiting=()):  # noqa: B008
    with writing(engine) as connection:
        work.finish_chunk(connection, claim, counts, waiting, now)


def test_a_job_from_its_first_chunk_to_its_last(books_engine, imports, work, manager, add, now):
    job_id = add()
    job = imports.job(manager, job_id)
    assert (job.state, job.rows, job.counts, job.chunks) == ("waiting", 30, Counts(), {"waiting": 3})
    assert (job.head, job.actor, job.mapping) == (HEAD, manager, to_json(MAPPING))
    first = work.claim("w1", now)
    assert (first.number, first.first_row, first.rows, first.offset, first.attempt) == (1, 3, 10, 10_000_000_001, 1)
    second = work.claim("w2", now + timedelta(seconds=1))
    assert second.number == 2
    waiting = [Waiting(7, {"Name": "Quasi\udce9modo", "Lot": "12E5"}, (("date-form", "event.day"),))]
    finish(books_engine, work, first, now, Counts(recorded=8, unchanged=1, refused=1, asked=2), waiting)
    finish(books_engine, work, second, now)
    assert work.close_jobs(now) == ()
    job = work.job(job_id)
    assert (job.state, job.counts, job.chunks) == ("running", Counts(18, 1, 1, 2), {"done": 2, "waiting": 1})
    assert progress(job, now + timedelta(seconds=10)) == Progress(30, 20, 2.0, timedelta(seconds=5))
    finish(books_engine, work, work.claim("w1", now), now)
    assert work.claim("w1", now) is None
    assert work.close_jobs(now + timedelta(seconds=15)) == ((job_id, "done"),)
    job = imports.jobs(manager, HARBOUR)[0]
    assert (job.state, job.worked_seconds, job.resumed_at) == ("done", 15.0, None)
    assert progress(job, now + timedelta(days=1)) == Progress(30, 30, 2.0, None)
    assert imports.waiting(manager, job_id) == tuple(waiting)
    with reading(books_engine) as connection:
        actions = connection.scalars(select(audit_entry.c.action).order_by(audit_entry.c.seq)).all()
        assert actions == ["import.start", "import.done"]


def test_a_chunk_and_its_records_are_one_transaction(books_engine, work, add, now):
    job_id = add(1)
    claim = work.claim("w1", now)
    record = {"id": "1" * 32, "door": "csv", "actor": "staff:1", "clinic_id": HARBOUR, "message_id": "", "digest": ""}
    with pytest.raises(ZeroDivisionError), writing(books_engine) as connection:  # noqa: PT012
        connection.execute(insert(submission).values(received_at=now, **record))
        work.finish_chunk(connection, claim, Counts(10), [Waiting(3, {}, ())], now)
        raise ZeroDivisionError
    with reading(books_engine) as connection:
        assert connection.scalar(select(sa.func.count()).select_from(submission)) == 0
        assert connection.scalar(select(sa.func.count()).select_from(waiting_row)) == 0
    assert work.job(job_id).chunks == {"running": 1}
    finish(books_engine, work, claim, now)
    assert work.job(job_id).chunks == {"done": 1}


def test_a_worker_that_died_gives_its_chunk_up_and_comes_back_too_late(books_engine, work, add, now):
    add(1)
    first = work.claim("w1", now)
    assert work.claim("w2", now + LEASE) is None
    second = work.claim("w2", now + LEASE + timedelta(seconds=1))
    assert (second.number, second.attempt) == (1, 2)
    for late in (first, replace(second, worker="w3")):
        with pytest.raises(ClaimLost):
            finish(books_engine, work, late, now)
    finish(books_engine, work, second, now)
    with pytest.raises(ClaimLost):
        finish(books_engine, work, second, now)


def test_a_chunk_that_fails_every_time_is_given_up_and_tried_again_when_asked(
    books_engine, imports, work, manager, add, now
):
    job_id = add(1)
    for _ in range(MOST_ATTEMPTS):
        work.give_back(work.claim("w1", now), "storage-full")
    assert work.claim("w1", now) is None
    assert work.close_jobs(now) == ((job_id, "failed"),)
    (failed,) = imports.given_up(manager, job_id)
    assert (failed.number, failed.first_row, failed.attempts, failed.code) == (1, 3, MOST_ATTEMPTS, "storage-full")
    assert imports.resume(manager, job_id, now).state == "running"
    finish(books_engine, work, work.claim("w1", now), now)
    assert work.close_jobs(now) == ((job_id, "done"),)
    assert imports.given_up(manager, job_id) == ()


def test_a_chunk_that_kills_its_workers_is_given_up(work, add, now):
    job_id = add(1)
    for attempt in range(MOST_ATTEMPTS):
        assert work.claim("w1", now + attempt * 2 * LEASE).attempt == attempt + 1
    later = now + MOST_ATTEMPTS * 2 * LEASE
    assert work.claim("w1", later) is None
    assert work.close_jobs(later) == ((job_id, "failed"),)


def test_stop_and_go_on(books_engine, imports, work, manager, add, now):
    job_id = add(2)
    claim = work.claim("w1", now)
    stopped = imports.stop(manager, job_id, now + timedelta(seconds=4))
    assert (stopped.state, stopped.worked_seconds) == ("stopped", 4.0)
    assert work.claim("w2", now) is None
    finish(books_engine, work, claim, now)
    assert progress(imports.job(manager, job_id), now + timedelta(hours=1)) == Progress(20, 10, 2.5, None)
    later = now + timedelta(hours=1)
    assert imports.resume(manager, job_id, later).state == "running"
    assert progress(imports.job(manager, job_id), later + timedelta(seconds=1)).rate == 2.0
    finish(books_engine, work, work.claim("w2", later), later)
    assert work.close_jobs(later + timedelta(seconds=1)) == ((job_id, "done"),)
    assert imports.resume(manager, job_id, later).state == "done"
    assert imports.stop(manager, job_id, later).state == "done"


def test_a_job_stopped_before_it_began_and_one_stopped_at_its_end(books_engine, imports, work, manager, add, now):
    job_id = add(1)
    imports.stop(manager, job_id, now)
    assert imports.resume(manager, job_id, now).state == "waiting"
    claim = work.claim("w1", now)
    imports.stop(manager, job_id, now)
    finish(books_engine, work, claim, now)
    assert work.close_jobs(now) == ((job_id, "done"),)


def test_a_small_file_never_waits_behind_a_large_one(books_engine, work, add, now):
    add(5)
    for _ in range(3):
        finish(books_engine, work, work.claim("w1", now), now)
    small = add(1, now + timedelta(seconds=1))
    assert work.claim("w1", now).job_id == small


def test_two_workers_never_hold_one_chunk(books_engine, add, now):
    job_id = add(60)
    taken, lock = [], threading.Lock()

    def worker(name):
        engine = open_engine(books_engine.url.render_as_string(hide_password=False))
        own = ChunkStore(engine)
        while (claim := own.claim(name, now)) is not None:
            finish(engine, own, claim, now)
            with lock:
                taken.append((claim.number, claim.attempt))
        engine.dispose()

    threads = [threading.Thread(target=worker, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == [(number, 1) for number in range(1, 61)]
    job = ChunkStore(books_engine).job(job_id)
    assert (job.counts.recorded, job.chunks) == (600, {"done": 60})


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_passes_over_a_chunk_that_somebody_is_taking(books_engine, work, add, now):
    """While another transaction holds the first chunk, a claim takes the second without waiting."""
    add(2)
    with writing(books_engine) as connection:
        connection.execute(select(import_chunk).where(import_chunk.c.number == 1).with_for_update())
        assert work.claim("w2", now).number == 2
    assert work.claim("w1", now).number == 1


# ---- Rights ----------------------------------------------------------------------------------------------------------


def test_another_clinics_import_is_as_unknown_as_none(imports, manager, stranger, add, now):
    job_id = add()
    for call in (
        lambda: imports.job(stranger, job_id),
        lambda: imports.stop(stranger, job_id, now),
        lambda: imports.resume(stranger, job_id, now),
        lambda: imports.waiting(stranger, job_id),
        lambda: imports.given_up(stranger, job_id),
        lambda: imports.job(manager, "0" * 32),
    ):
        with pytest.raises(UnknownJob):
            call()
    assert imports.jobs(stranger, HILL) == ()
    assert len(imports.jobs(Actor("staff:3", "department"), "")) == 1
    assert [job.id for job in imports.jobs(manager, "")] == [job_id]
    assert imports.jobs(stranger, "") == ()


def test_who_may_not_import_may_not_look_either(imports, stranger, add, now):
    job_id = add()
    nurse = Actor("staff:4", "vaccinator", HARBOUR)
    new = NewJob("1" * 32, HARBOUR, stranger, "", "", HEAD, "{}", "now", 0, now)
    for call in (
        lambda: imports.job(nurse, job_id),
        lambda: imports.jobs(nurse, HARBOUR),
        lambda: imports.jobs(stranger, HARBOUR),
        lambda: imports.add(stranger, new, []),
        lambda: imports.remember(stranger, HARBOUR, "f", MAPPING, now),
        lambda: imports.remembered(stranger, HARBOUR, "f"),
    ):
        with pytest.raises(Forbidden):
            call()


# ---- Waiting rows, mappings, forgetting ------------------------------------------------------------------------------


def test_waiting_rows_are_mended_once(books_engine, imports, work, manager, add, now):
    job_id = add(1)
    rows = [Waiting(n, {"Name": "x"}, ()) for n in (3, 5, 9)]
    finish(books_engine, work, work.claim("w1", now), now, Counts(7, 0, 3), rows)
    assert [row.row for row in imports.waiting(manager, job_id, after=3, limit=1)] == [5]
    with writing(books_engine) as connection:
        imports.settle_row(connection, manager, job_id, 5, "mended", now)
        imports.settle_row(connection, manager, job_id, 9, "dropped", now, "duplicate")
    assert [row.row for row in imports.waiting(manager, job_id)] == [3]
    assert [row.row for row in imports.waiting(manager, job_id, state="mended")] == [5]
    with pytest.raises(UnknownRow), writing(books_engine) as connection:
        imports.settle_row(connection, manager, job_id, 5, "mended", now)
    job = imports.job(manager, job_id)
    assert imports.rows_by_state(manager, [job]) == {job_id: {"waiting": 1, "mended": 1, "dropped": 1}}
    with reading(books_engine) as connection:
        noted = connection.execute(select(audit_entry.c.action, audit_entry.c.reason, audit_entry.c.detail)).all()
    assert [tuple(one) for one in noted if one.action in ("import.mend", "import.drop")] == [
        ("import.mend", "", '{"row":5}'),
        ("import.drop", "duplicate", '{"row":9}'),
    ]


def test_the_department_looks_and_changes_nothing(books_engine, imports, work, add, now):
    job_id, department = add(1), Actor("staff:d", "department")
    finish(books_engine, work, work.claim("w1", now), now, Counts(9, 0, 1), [Waiting(3, {"Name": "x"}, ())])
    job = imports.job(department, job_id)
    assert [row.row for row in imports.waiting(department, job_id)] == [3]
    assert imports.rows_by_state(department, [job]) == {job_id: {"waiting": 1}}
    for call in (
        lambda: imports.stop(department, job_id, now),
        lambda: imports.resume(department, job_id, now),
        lambda: imports.drop_row(department, job_id, 3, "duplicate", now),
    ):
        with pytest.raises(Forbidden):
            call()


def test_what_is_kept_is_forgotten_in_time(books_engine, imports, work, manager, add, now):
    job_id = add(1)
    finish(books_engine, work, work.claim("w1", now), now, Counts(9, 0, 1), [Waiting(3, {"Name": "x"}, ())])
    work.close_jobs(now)
    assert (work.forget(now + KEPT), work.expired_files(now + KEPT)) == (0, ())
    later = now + KEPT + timedelta(seconds=1)
    assert work.expired_files(later) == ((job_id, "jobs/1.csv"),)
    work.file_gone(job_id)
    assert (work.forget(later), work.expired_files(later)) == (1, ())
    assert imports.waiting(manager, job_id) == ()


def test_a_mapping_is_remembered_for_its_clinic(imports, manager, stranger, now):
    assert imports.remembered(manager, HARBOUR, "f" * 64) is None
    imports.remember(manager, HARBOUR, "f" * 64, MAPPING, now)
    changed = replace(MAPPING, date_order="dmy")
    imports.remember(manager, HARBOUR, "f" * 64, changed, now)
    assert imports.remembered(manager, HARBOUR, "f" * 64) == changed
    assert imports.remembered(stranger, HILL, "f" * 64) is None


def test_progress_of_nothing(work, add, now):
    job = work.job(add(1))
    assert progress(job, now) == Progress(10, 0, 0.0, None)
    assert (progress(job, now).percent, Progress(0, 0, 0.0, None).percent, Progress(1000, 999, 1.0, None).percent) == (
        0,
        100,
        99,
    )


# ---- The day's list --------------------------------------------------------------------------------------------------


def test_a_days_list_is_ticked_off_and_forgotten(books_engine, stranger, now, make_person):
    rosters = RosterStore(books_engine)
    nurse = Actor("staff:4", "vaccinator", HARBOUR)
    people = [
        Expected(2, make_person("A"), "10:15"),
        Expected(3, make_person("B"), ""),
        Expected(4, make_person("C"), "09:00"),
    ]
    rosters.add(nurse, HARBOUR, "1" * 32, "2026-11-20", people, now)
    rosters.add(nurse, HARBOUR, "2" * 32, "2026-11-21", people[:1], now)
    found = rosters.entries(nurse, HARBOUR, "2026-11-20")
    assert [(one.number, one.time, one.person.name.text) for one in found] == [
        (3, "09:00", "C"),
        (1, "10:15", "A"),
        (2, "", "B"),
    ]
    with writing(books_engine) as connection:
        rosters.tick(connection, nurse, "1" * 32, 3, "absent", now)
    assert [one.state for one in rosters.entries(nurse, HARBOUR, "2026-11-20")] == ["absent", "waiting", "waiting"]
    for call in (
        lambda: rosters.entry(stranger, "1" * 32, 1),
        lambda: rosters.entry(nurse, "1" * 32, 9),
        lambda: rosters.entry(replace(nurse, clinic_id=HILL), "1" * 32, 1),
    ):
        with pytest.raises(UnknownEntry):
            call()
    for call in (
        lambda: rosters.entries(stranger, HARBOUR, "2026-11-20"),
        lambda: rosters.add(stranger, HARBOUR, "3" * 32, "2026-11-20", [], now),
        lambda: rosters.entry(Actor("staff:5", "auditor"), "1" * 32, 1),
    ):
        with pytest.raises(Forbidden):
            call()
    assert rosters.forget("2026-11-21") == 1
    assert rosters.entries(nurse, HARBOUR, "2026-11-20") == ()
    assert len(rosters.entries(nurse, HARBOUR, "2026-11-21")) == 1


def test_the_migration_makes_the_tables_of_the_models(books_engine):
    inspected = sa.inspect(books_engine)
    for table in (import_job, import_chunk, waiting_row, roster, roster_entry, metadata.tables["column_mapping"]):
        columns = {column["name"]: column["nullable"] for column in inspected.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        indexes = {index["name"] for index in inspected.get_indexes(table.name)}
        assert indexes == {index.name for index in table.indexes}
