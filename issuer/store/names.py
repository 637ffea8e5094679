"""What people who work here, clinics' systems and clinics are called, for pages that show ids. Never a patient."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, select

from issuer.models.core import clinic
from issuer.models.staff import client, staff

_AT_ONCE = 500
"""Ids in one statement: SQLite and PostgreSQL take some thousands, and pages show fifty."""
NOBODY: Mapping[str, str] = {"operator": "The operator of this service", "system": "This service itself"}
"""Actors that are nobody in particular."""


def names_of_actors(connection: Connection, actors: Iterable[str]) -> dict[str, str]:
    """By `Actor.id`; who was never entered here is left out."""
    wanted = set(actors)
    found = {one: NOBODY[one] for one in wanted & NOBODY.keys()}
    for kind, table in (("staff", staff), ("client", client)):
        ids = [one.partition(":")[2] for one in wanted if one.startswith(f"{kind}:")]
        named = _named(connection, table.c.id, table.c.name, ids)
        found |= {f"{kind}:{one}": name for one, name in named.items()}
    return found


def names_of_clinics(connection: Connection, clinic_ids: Iterable[str]) -> dict[str, str]:
    """By id, as staff call them."""
    return _named(connection, clinic.c.id, clinic.c.name, [one for one in set(clinic_ids) if one])


def _named(connection: Connection, key: Column[Any], name: Column[Any], ids: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for at in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(select(key, name).where(key.in_(ids[at : at + _AT_ONCE])))
        found |= {row[0]: row[1] for row in rows}
    return found
