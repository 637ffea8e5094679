"""Many rows at once, where an executemany costs too much: PostgreSQL gets a COPY, SQLite one prepared INSERT."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Insert, Table, insert

from issuer.db import CopyFailed

if TYPE_CHECKING:
    import psycopg

COPY_FROM_ROWS = 20
"""Below this an INSERT is quicker than a COPY."""
VALUES_AT_ONCE = 5_000
"""SQLite takes 32,766 variables in a statement, PostgreSQL 65,535."""

One = TypeVar("One")


def add_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same members."""
    if not rows:
        return
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM_ROWS:
        _copy(connection, table, rows)
    else:
        connection.execute(_insert(table), list(rows))


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
        raise CopyFailed(error.sqlstate) from None
