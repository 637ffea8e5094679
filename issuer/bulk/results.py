"""What a clinic takes home from an import: what is wrong with which row, what is said of rows that went in, and the
bad rows to mend and send again."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from issuer.intake.findings import FINDINGS, finding
from issuer.intake.proposal import Finding
from issuer.rights import Actor
from issuer.store.imports import ImportStore
from issuer.tables.books import RowState, Waiting
from issuer.tables.faults import fault
from issuer.tables.mapping import from_json
from issuer.tables.results import Form, Line, lines_of, write_mending, write_results
from issuer.tables.rows import Row

AT_ONCE = 1_000
"""Rows read at once: a million bad rows need no memory."""
PARTS: tuple[RowState, ...] = ("waiting", "noted")
"""Of the list: first the rows that wait, then what is said of rows that went in."""


def write_result_file(imports: ImportStore, actor: Actor, job_id: str, out: Path) -> int:
    """The list of what is wrong, then of what is said of rows that went in, as CSV or by its ending as a workbook; how
    many rows wait.

    Raises:
        UnknownJob, Forbidden.
    """
    with out.open("wb") as target:
        return write_result_list(imports, actor, job_id, target, "xlsx" if out.suffix == ".xlsx" else "csv")


def write_result_list(imports: ImportStore, actor: Actor, job_id: str, target: BinaryIO, form: Form) -> int:
    """The same into an open file."""
    mapping = from_json(imports.job(actor, job_id).mapping)
    count = 0

    def lines() -> Iterator[Line]:
        nonlocal count
        for one in (one for state in PARTS for one in _rows(imports, actor, job_id, state)):
            count += one.state == "waiting"
            yield from lines_of(Row(one.row, dict(one.cells)), findings_of(one), mapping)

    write_results(target, lines(), form)
    return count


def write_rows_to_mend(imports: ImportStore, actor: Actor, job_id: str, target: BinaryIO, form: Form) -> None:
    """The rows that wait, as they came, each with what is wrong in a last column that is not read back."""
    job = imports.job(actor, job_id)
    rows = (
        (one.cells, "; ".join(f"{found.message} {found.remedy}" for found in findings_of(one)))
        for one in _rows(imports, actor, job_id, "waiting")
    )
    write_mending(target, job.head.header, rows, form)


def findings_of(one: Waiting) -> tuple[Finding, ...]:
    """What is said of a row, in words: the books keep the codes, and the rule where there is one."""
    return tuple(finding(code, *more) if code in FINDINGS else fault(code, *more) for code, *more in one.findings)


def _rows(imports: ImportStore, actor: Actor, job_id: str, state: RowState) -> Iterator[Waiting]:
    last = 0
    while rows := imports.waiting(actor, job_id, after=last, limit=AT_ONCE, state=state):
        yield from rows
        last = rows[-1].row
