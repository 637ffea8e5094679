"""A row of a file that waits: mended in a form and sent through the intake, or dropped with a reason.

    one = mending.row(actor, job_id, 17)
    done = mending.mend(actor, one, typed_cells(one, form), now)     # () where it is recorded now
    mending.drop(actor, job_id, 17, "duplicate", now)

Its record, and the line that says that it waits no more, are one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from issuer.bulk.results import findings_of
from issuer.intake.proposal import Finding, Outcome, Proposal
from issuer.intake.service import Intake, NotWhole
from issuer.rights import Actor, require
from issuer.store.imports import ImportStore
from issuer.tables import Row, column_of, proposal_of
from issuer.tables.books import Job, UnknownRow, Waiting
from issuer.tables.mapping import ColumnMapping, from_json
from issuer.tables.rows import EXTRA

if TYPE_CHECKING:
    from sqlalchemy import Connection

DOOR: Final = "csv"
"""As the rest of its file."""
REASONS: Final[Mapping[str, str]] = {
    "duplicate": "It stands in another row, or was recorded another way",
    "not-given": "It was not given or done",
    "person-unknown": "Nobody can tell whose it is",
    "not-ours": "It does not belong into this file",
    "cannot-be-mended": "What is missing cannot be found out",
}
"""Why a row is dropped. Codes, so that nobody types about a patient into the audit log."""


class UnknownReason(ValueError):
    """The reason is not in the table. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the form."""

    name: str
    header: str
    """As the clinic wrote it."""
    meaning: str
    """The column of ours that it is."""
    text: str = field(repr=False)
    faults: tuple[str, ...] = ()
    """What is wrong with it and what to do."""


@dataclass(frozen=True, slots=True)
class RowToMend:
    """A row that waits."""

    job: Job
    waiting: Waiting = field(repr=False)
    mapping: ColumnMapping = field(repr=False)

    def cells(self, typed: Mapping[str, str], findings: tuple[Finding, ...]) -> tuple[Cell, ...]:
        """The columns of the file that are used, with what stands in them and what is wrong with it."""
        row = Row(self.waiting.row, dict(typed))
        wrong = [(column_of(one, row, self.mapping).split(", "), f"{one.message} {one.remedy}") for one in findings]
        used = {header: name for name, header in self.mapping.columns}
        return tuple(
            Cell(
                f"cell-{place}",
                header,
                used[header].replace("_", " "),
                _readable(typed.get(header, "")),
                tuple(words for headers, words in wrong if header in headers),
            )
            for place, header in enumerate(self.job.head.header)
            if header in used
        )

    def typed(self, sent: Mapping[str, str]) -> dict[str, str]:
        """The row's cells with what was typed over them."""
        names = {header: f"cell-{place}" for place, header in enumerate(self.job.head.header)}
        kept = {header: text for header, text in self.waiting.cells.items() if header in names}
        return {header: sent.get(names[header], text) for header, text in (dict.fromkeys(names, "") | kept).items()}

    @property
    def beyond(self) -> tuple[str, ...]:
        """Cells that stood beyond the header: where they belong has to be seen by somebody."""
        more = (text for name, text in self.waiting.cells.items() if name.startswith(EXTRA))
        return tuple(_readable(text) for text in more if text.strip())


@dataclass(frozen=True, slots=True)
class Mending:
    """What a clinic does with the rows that wait."""

    imports: ImportStore
    intake: Intake

    def row(self, actor: Actor, job_id: str, number: int) -> RowToMend:
        """A row that waits. Raises Forbidden, UnknownJob, UnknownRow: there is none, or it waits no more."""
        job = self.imports.job(actor, job_id)
        require(actor, "import.run", job.clinic_id)
        found = self.imports.waiting(actor, job_id, after=number - 1, limit=1)
        if not found or found[0].row != number:
            raise UnknownRow
        return RowToMend(job, found[0], from_json(job.mapping))

    def wrong_with(self, one: RowToMend) -> tuple[Finding, ...]:
        """What was found when the file was read."""
        return findings_of(one.waiting)

    def mend(self, actor: Actor, one: RowToMend, cells: Mapping[str, str], now: datetime) -> tuple[Finding, ...]:
        """Check the row again and record it; () where that is done, else what is wrong with it now.

        Raises:
            Forbidden, UnknownJob, UnknownRow: somebody was quicker. ClinicNotLive, StorageFull, StorageBusy.
            Nothing was recorded.
        """
        job, number = one.job, one.waiting.row
        made = proposal_of(Row(number, dict(cells)), one.mapping)
        if not isinstance(made, Proposal):
            return made

        def settle(connection: "Connection", _: tuple[Outcome, ...]) -> None:
            self.imports.settle_row(connection, actor, job.id, number, "mended", now)

        try:
            self.intake.submit(
                actor, job.clinic_id, [made], now, door=DOOR, whole=True, sign=job.signing == "now", within=settle
            )
        except NotWhole as refused:
            return tuple(found for found in refused.outcomes[0].findings if found.severity == "error")
        return ()

    def drop(self, actor: Actor, job_id: str, number: int, reason: str, now: datetime) -> None:
        """It is not to be recorded. Raises UnknownReason, and as `row`; StorageFull, StorageBusy."""
        if reason not in REASONS:
            raise UnknownReason("the reason must be one of: " + ", ".join(REASONS))
        self.imports.drop_row(actor, job_id, number, reason, now)


def _readable(text: str) -> str:
    """Without octets that are no text: of a file of mixed encodings."""
    return text.encode("utf-8", "replace").decode()
