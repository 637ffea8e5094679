"""A day's list of people who are expected: name, birth date, telephone, time. Read from a table, ticked off later."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from issuer.intake.proposal import Demographics, Finding
from issuer.tables.cells import clock_time, plain
from issuer.tables.columns import COLUMNS
from issuer.tables.faults import fault
from issuer.tables.mapping import ColumnMapping
from issuer.tables.proposals import proposer
from issuer.tables.rows import Row

MAX_ENTRIES = 5_000
"""People of one day: more than any site has given doses to in one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody who is expected."""

    row: int
    person: Demographics = field(repr=False)
    time: str = ""
    """HH:MM, or ""."""


def expected_of(rows: Iterable[Row], mapping: ColumnMapping) -> tuple[tuple[Expected, ...], tuple[Finding, ...]]:
    """Who is expected, by time; and what is wrong with rows that were left out, the row's number in `source`.

    A row needs a name; a birth date that is none stays as it was sent, and is asked for at the desk.
    """
    propose = proposer(ColumnMapping(_of_person(mapping), mapping.date_order, "", mapping.fixed, mapping.region))
    header = mapping.header_of("time")
    found: list[Expected] = []
    faults: list[Finding] = []
    for row in rows:
        made = propose(row)
        cell = plain(row.cells.get(header, "")) if header else ""
        time = clock_time(cell) if cell else ""
        if isinstance(made, tuple):
            faults += [_at(one, row.number) for one in made]
        elif cell and not time:
            faults.append(_at(fault("roster-time-form", "event.day"), row.number))
        elif not (made.person.name.family or made.person.name.given or made.person.name.text):
            faults.append(_at(fault("name-missing", "person.name"), row.number))
        elif len(found) == MAX_ENTRIES:
            faults.append(_at(fault("roster-full", "row"), row.number))
            break
        else:
            found.append(Expected(row.number, made.person, time))
    return tuple(sorted(found, key=lambda one: (one.time or "99", one.row))), tuple(faults)


def _of_person(mapping: ColumnMapping) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in mapping.columns if COLUMNS[pair[0]].place.startswith("person"))


def _at(found: Finding, row: int) -> Finding:
    return Finding(found.code, found.place, found.severity, found.message, found.remedy, f"row {row}")
