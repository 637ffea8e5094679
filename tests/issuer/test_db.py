"""The database: schema, times, and what failures mean."""

import sqlite3
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from issuer import db
from issuer.models import metadata


def _is_ours(name: str | None, kind: str, _: Any) -> bool:
    """procrastinate keeps its queue in tables of its own."""
    return not (kind == "table" and str(name).startswith("procrastinate"))


def test_the_migrations_build_the_tables_of_the_models(database: str) -> None:
    engine = db.open_engine(database)
    with db.reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_upgrade_may_run_twice_and_by_two_at_once(empty_database: str) -> None:
    engine = db.open_engine(empty_database)
    assert not db.is_current(engine)
    start = threading.Barrier(3)
    failed: list[Exception] = []

    def upgrade() -> None:
        start.wait()
        try:
            db.upgrade(empty_database)
        except Exception as error:
            failed.append(error)

    runs = [threading.Thread(target=upgrade) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert failed == []
    assert db.is_current(engine)
    engine.dispose()


def test_times_come_back_in_utc(empty_database: str) -> None:
    times = Table("times", MetaData(), Column("at", db.UtcDateTime), Column("maybe", db.UtcDateTime, nullable=True))
    engine = db.open_engine(empty_database)
    east = datetime(2026, 11, 20, 3, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with db.writing(engine) as connection:
        times.metadata.create_all(connection)
        connection.execute(insert(times).values(at=east))
        row = connection.execute(select(times)).one()
    assert row.at == east
    assert row.at.tzinfo == UTC
    assert row.maybe is None
    naive = insert(times).values(at=datetime(2026, 11, 20))
    with db.writing(engine) as connection, pytest.raises(StatementError):
        connection.execute(naive)
    engine.dispose()


def test_sqlite_is_opened_to_keep_what_it_promises(sqlite_database: str) -> None:
    engine = db.open_engine(sqlite_database)
    with db.reading(engine) as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 5000}
    engine.dispose()


def test_a_failed_transaction_leaves_nothing(database: str) -> None:
    table = metadata.tables["revocation_list"]
    engine = db.open_engine(database)

    def write_and_fail() -> None:
        with db.writing(engine) as connection:
            connection.execute(insert(table).values(kid="a", ctr=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with db.reading(engine) as connection:
        assert connection.execute(select(table)).all() == []
    engine.dispose()


def test_a_full_disk_is_called_that_and_the_database_stays_whole(
    tmp_path: Path, sqlite_database: str, service_on: Any, made: Any
) -> None:
    """`max_page_count` is SQLite's own way to run out of room."""
    service = service_on(sqlite_database)
    service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    with sqlite3.connect(tmp_path / "issuer.db") as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    cramped = service_on(sqlite_database, f"max_page_count={pages + 4}")
    recorded = 1

    def fill() -> None:
        nonlocal recorded
        for number in range(200):
            day = (date(2001, 1, 1) + timedelta(days=40 * number)).isoformat()
            someone = made.patient(birthDate=day)
            cramped.record_and_issue(made.octets(made.bundle(made.dose(), person=someone)), made.now)
            recorded += 1

    with pytest.raises(db.StorageFull):
        fill()
    assert recorded > 1
    counts = service.store.counts()
    assert (counts["record"], counts["person"], counts["card"]) == (recorded, recorded, recorded)
    with sqlite3.connect(tmp_path / "issuer.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert service.record_and_issue(made.octets(made.bundle(made.dose("10"))), made.now).is_new


def test_a_locked_database_is_busy(tmp_path: Path, sqlite_database: str, service_on: Any, made: Any) -> None:
    service = service_on(sqlite_database, "busy_timeout=50")
    holder = sqlite3.connect(tmp_path / "issuer.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(db.StorageBusy):
            service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert service.record_and_issue(made.octets(made.bundle(made.dose())), made.now).is_new


def test_a_missing_folder_and_a_missing_server_are_busy(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'nowhere' / 'issuer.db'}", f"postgresql://postgres@/x?host={tmp_path}"):
        engine = db.open_engine(url)
        with pytest.raises(db.StorageBusy), db.reading(engine):
            pass
        engine.dispose()


@pytest.mark.postgres
def test_a_locked_table_is_busy_on_postgresql(postgres: str) -> None:
    url = f"postgresql://postgres@/postgres?host={postgres}"
    engine, waiter = db.open_engine(url), db.open_engine(url)

    def wait() -> None:
        with db.writing(waiter) as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout='50ms'")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")

    with db.writing(engine) as holder:
        holder.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
        with pytest.raises(db.StorageBusy):
            wait()
    engine.dispose()
    waiter.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("state", "meaning"), [("53100", db.StorageFull), ("58030", db.StorageFull), ("40P01", db.StorageBusy)]
)
def test_what_postgresql_says_has_a_meaning(postgres: str, state: str, meaning: type[Exception]) -> None:
    engine = db.open_engine(f"postgresql://postgres@/postgres?host={postgres}")

    def fail() -> None:
        with db.writing(engine) as connection:
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")

    with pytest.raises(meaning):
        fail()
    engine.dispose()
