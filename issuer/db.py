"""The database: engine, transactions, migrations, and what its failures mean.

SQLite is the embedded default (WAL, foreign keys, a full sync before a commit counts); PostgreSQL by URL (psycopg 3).
A writing transaction on SQLite begins IMMEDIATE: one that reads first and then writes could lose to another and fail.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

BUSY_SECONDS = 5
"""How long a writer waits for another before it answers 503."""
MIGRATIONS = "issuer:migrations"
_WRITES = "countersign_writes"
_MIGRATION_LOCK = 7382646573
"""Any number: two processes that migrate one PostgreSQL database at once wait for each other by it."""
_FULL = frozenset({"53100", "53000", "58030"})  # disk_full, insufficient_resources, io_error
_BUSY = frozenset({"55P03", "40001", "40P01", "53300", "57014", "57P01", "57P02", "57P03"})


class StorageFull(Exception):
    """The disk is full or failing. The transaction was rolled back: nothing of it was recorded."""


class StorageBusy(Exception):
    """The database is locked or not to be reached. The transaction was rolled back: nothing of it was recorded."""


class DriverFailed(Exception):
    """What went past SQLAlchemy was refused. Carries the server's code and not its message: that quotes values."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(f"the database refused what was written ({sqlstate})")
        self.sqlstate = sqlstate


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC. SQLite forgets zones; without this a time read back would have none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC. Raises ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From UTC, with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def open_engine(url: str) -> Engine:
    """An engine with what each database needs to keep its promises."""
    if url.startswith("sqlite"):
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c lock_timeout={BUSY_SECONDS}s -c timezone=UTC"
    connect = {"options": options, "connect_timeout": BUSY_SECONDS}
    return create_engine(url, hide_parameters=True, pool_size=10, connect_args=connect)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view."""
    with _translated(), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction: all of it, or none.

    Raises:
        StorageFull, StorageBusy: none of it.
    """
    writer = engine.execution_options(**{_WRITES: True}) if engine.dialect.name == "sqlite" else engine
    with _translated(), writer.begin() as connection:
        yield connection


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to the newest schema. Safe to run twice, and by two processes at once.

    Args:
        revision: an older one for tests of what landed versions wrote.

    Raises:
        StorageFull, StorageBusy.
    """
    engine = open_engine(url)
    if engine.dialect.name == "sqlite":
        # A table is changed there by writing it anew; foreign keys are checked at the end instead of at each step.
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
    try:
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            command.upgrade(_alembic_config(connection), revision)
            if revision == "head":
                from issuer.store.filing import file_persons  # the store knows this module

                file_persons(connection)
                if connection.dialect.name == "postgresql":
                    from issuer.jobs import prepare  # the queue's own tables; it is heavy, and SQLite has none

                    prepare(url)
            if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError("a migration left rows that refer to nothing; nothing was changed")
    finally:
        engine.dispose()


def is_current(engine: Engine) -> bool:
    """Whether the schema is the one this code was written for."""
    with reading(engine) as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return set(found) == set(ScriptDirectory.from_config(_alembic_config(None)).get_heads())


def _alembic_config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event says BEGIN, not the driver
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    """A driver's error as what it means. The original stays out of it: drivers quote values."""
    try:
        yield
    except (DBAPIError, DriverFailed, sqlite3.Error) as error:  # the driver's own where a connection is being opened
        raise _meaning(error) or _without_values(error) from None


def _without_values(error: DBAPIError | DriverFailed | sqlite3.Error) -> Exception:
    """The same kind of error without the driver's words: PostgreSQL quotes the row that it refused."""
    if not isinstance(error, DBAPIError):
        return error
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return type(error)("", None, Exception(str(code)))


def _meaning(error: DBAPIError | DriverFailed | sqlite3.Error) -> Exception | None:
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        primary = (getattr(original, "sqlite_errorcode", 0) or 0) & 0xFF
        if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY):
            return StorageFull("the disk is full or failing")
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN):
            return StorageBusy("the database is locked or not to be opened")
        return None
    state: str | None = getattr(original, "sqlstate", None)
    if state in _FULL:
        return StorageFull("the disk is full or failing")
    if state in _BUSY or (isinstance(error, OperationalError | DriverFailed) and state is None):
        return StorageBusy("the database is locked or not to be reached")
    return None
