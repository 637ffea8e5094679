"""What became of a chunk's rows, for the books: counts, the rows that wait, and what is said of rows that went in.

A good row without findings costs nothing here: no row is written for it.
"""

from collections.abc import Sequence
from typing import Final

from issuer.intake.proposal import Finding, Outcome, Proposal
from issuer.tables.books import Counts, Waiting
from issuer.tables.proposals import Made
from issuer.tables.rows import Row

KEPT: Final = ("recorded", "corrected", "deleted", "reinstated", "noted")
"""What an outcome did where the row went in."""
UNSIGNED: Final = "unsigned-"
"""How the codes begin that say why no card is made."""


def books_of(rows: Sequence[Row], made: Sequence[Made], outcomes: Sequence[Outcome]) -> tuple[Counts, list[Waiting]]:
    """What became of each row, the rows that wait for their correction, and those that went in with a remark.

    Args:
        made: of each row, its proposal or what is wrong with its cells.
        outcomes: of the proposals, in their order.
    """
    decided = iter(outcomes)
    recorded = unchanged = refused = asked = 0
    kept: list[Waiting] = []
    for row, one in zip(rows, made, strict=True):
        outcome = next(decided) if isinstance(one, Proposal) else None
        if outcome is None or not outcome.accepted:
            refused += 1
            findings = outcome.findings if outcome else one
            kept.append(waiting_of(row, findings))  # type: ignore[arg-type]  # without an outcome they are findings
            continue
        went_in = outcome.did in KEPT
        recorded += went_in
        unchanged += not went_in
        if outcome.findings and (told := remarks_among(outcome.findings)):
            asked += went_in and any(found.severity == "question" for found in told)
            kept.append(Waiting(row.number, {}, tuple((one.code, one.place, one.source) for one in told), "noted"))
    return Counts(recorded, unchanged, refused, asked), kept


def waiting_of(row: Row, findings: Sequence[Finding]) -> Waiting:
    """A row that was not recorded. The books keep codes; the words come from the table of findings."""
    return Waiting(row.number, row.cells, tuple((found.code, found.place) for found in findings))


def remarks_among(findings: Sequence[Finding]) -> list[Finding]:
    """What a clinic is told of a row that went in: what counts not, what is asked, why there is no card."""
    return [one for one in findings if one.severity in ("warning", "question") or one.code.startswith(UNSIGNED)]
