"""Rows written where SQLAlchemy's own way costs too much: SQLite gets one prepared INSERT; PostgreSQL one INSERT with
all values, from twenty rows on a COPY, and what belongs together in one round trip."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ClauseElement, Connection, Dialect, Insert, Select, Table, TextClause, insert

from issuer.db import DriverFailed

if TYPE_CHECKING:
    import psycopg

COPY_FROM_ROWS = 20
"""Below this an INSERT is quicker than a COPY."""
VALUES_AT_ONCE = 5_000
"""SQLite takes 32,766 variables in a statement, PostgreSQL 65,535."""

One = TypeVar("One")
Question = tuple[Select[Any] | TextClause, Mapping[str, Any]]
"""A statement that is put together once a process, and its values."""


def add_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same members."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(_insert(table), list(rows))
    elif len(rows) >= COPY_FROM_ROWS and not _in_pipeline(connection):
        _copy(connection, table, rows)
    else:
        _send(connection, table, rows)


@contextmanager
def in_one_go(connection: Connection, rows: int) -> Iterator[None]:
    """PostgreSQL gets the statements of the block together and answers once. Nothing may be read inside: an answer, and
    the error of a refused statement, come at the end of the block.

    Args:
        rows: about how many are written at once: many are left to COPY.
    """
    if connection.dialect.name != "postgresql" or rows >= COPY_FROM_ROWS:
        yield
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except _driver_errors() as error:
        raise _refused(error) from None


def answers(connection: Connection, *questions: Question) -> list[list[Any]]:
    """The rows of several questions in their order. PostgreSQL gets them together; each is answered with what the one
    before it has locked.
    """
    if connection.dialect.name != "postgresql":
        return [list(connection.execute(statement, values)) for statement, values in questions]
    if not questions:
        return []
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            cursors = [
                driver.execute(_text_of(statement, connection.dialect), values) for statement, values in questions
            ]
            return [cursor.fetchall() for cursor in cursors]
    except _driver_errors() as error:
        raise _refused(error) from None


@cache
def _text_of(statement: ClauseElement, dialect: Dialect) -> str:
    """As the driver takes it."""
    return str(statement.compile(dialect=dialect))


def _refused(error: "psycopg.Error") -> DriverFailed:
    """A connection that went has no code; any other error without one is a mistake of ours, and told apart."""
    import psycopg

    gone = isinstance(error, psycopg.OperationalError)
    return DriverFailed(error.sqlstate or (None if gone else type(error).__name__))


def _driver_errors() -> "type[psycopg.Error]":
    """psycopg's own: a COPY goes past SQLAlchemy. Imported only where PostgreSQL is in use."""
    import psycopg

    return psycopg.Error


def in_portions(values: Iterable[One], size: int = VALUES_AT_ONCE) -> Iterator[list[One]]:
    """The values, in lists that fit one statement."""
    left = iter(values)
    while portion := list(islice(left, size)):
        yield portion


@cache
def _insert(table: Table) -> Insert:
    """Built once. Inline: nothing is asked back."""
    return insert(table).inline()


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    names = list(rows[0])
    driver: Any = connection.connection.driver_connection
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f'COPY "{table.name}" ({columns}) FROM STDIN'
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
    except _driver_errors() as error:
        raise _refused(error) from None


def _in_pipeline(connection: Connection) -> bool:
    """A COPY cannot be part of what goes together."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.pgconn.pipeline_status)


def _send(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    names = tuple(rows[0])
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(_values_of(table.name, names, len(rows)), [row[name] for row in rows for name in names])
    except _driver_errors() as error:
        raise _refused(error) from None


@cache
def _values_of(table: str, names: tuple[str, ...], count: int) -> str:
    columns, one = ", ".join(f'"{name}"' for name in names), ", ".join(["%s"] * len(names))
    return f'INSERT INTO "{table}" ({columns}) VALUES ' + ", ".join([f"({one})"] * count)  # noqa: S608 - our own names
