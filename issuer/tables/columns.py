"""Our own columns, and the other names by which a clinic's headers are recognised."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from issuer.tables.column import Column, Use
from issuer.tables.event_columns import EVENT_COLUMNS
from issuer.tables.person_columns import PERSON_COLUMNS

__all__ = ["ALIASES", "COLUMNS", "PREFIXES", "Column", "Use", "folded_header"]

COLUMNS: Mapping[str, Column] = MappingProxyType({column.name: column for column in (*PERSON_COLUMNS, *EVENT_COLUMNS)})
"""Every column by its name, in the order of the templates."""

_NOTHING = re.compile(r"[\W_]+")
PREFIXES = ("patient", "pt", "person", "client", "recipient", "vaccine", "vaccination", "immunization", "vax", "imm")
"""Words that programs put before a header without changing what it means."""


def folded_header(header: str) -> str:
    """A header as it is compared: no case, spaces, punctuation; "Lot #" is "lot"."""
    return _NOTHING.sub("", header.casefold())


def _by_alias() -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for column in COLUMNS.values():
        for rank, alias in enumerate([column.name, *column.aliases.split(",")]):
            folded = folded_header(alias)
            if folded:
                found.setdefault(folded, (column.name, rank))
    return found


ALIASES: Mapping[str, tuple[str, int]] = MappingProxyType(_by_alias())
"""Folded alias to (column, how far down its list of aliases): the first that a file has is taken."""
