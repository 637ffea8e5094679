"""File persons under the keys they are found by, where a migration brought persons without."""

from sqlalchemy import Connection, select

from issuer.models import person, person_key
from issuer.persons import keys_of, read_demographics
from issuer.store.rows import add_rows


def file_persons(connection: Connection) -> int:
    """Keys for every person who has none; how many persons that were."""
    without = ~select(person_key.c.key).where(person_key.c.person_id == person.c.id).exists()
    found = connection.execute(select(person.c.id, person.c.demographics).where(without)).all()
    rows = []
    for row in found:
        keys = keys_of(read_demographics(row.demographics))
        rows += [{"key": key, "person_id": row.id} for key in {*keys.identifiers, *keys.names}]
    add_rows(connection, person_key, rows)
    return len(found)
