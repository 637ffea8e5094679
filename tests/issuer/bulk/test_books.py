"""What a chunk writes down of its rows: nothing of a good one, codes of the rest."""

from issuer.bulk.books import books_of
from issuer.bulk.results import findings_of
from issuer.intake.findings import finding
from issuer.intake.proposal import Demographics, Outcome, Proposal
from issuer.tables.books import Counts, Waiting
from issuer.tables.faults import fault
from issuer.tables.rows import Row

SENT = Proposal(Demographics(), None)
LATE = finding("expired-lot", "event.expires", "CDSi")
ASKED = finding("possible-duplicate", "event")
BEFORE = finding("record-unchanged", "event")
NO_CARD = finding("unsigned-test", "event.code")


def rows(count: int) -> list[Row]:
    return [Row(number, {"Name": "x"}) for number in range(2, count + 2)]


def test_a_good_row_costs_nothing() -> None:
    assert books_of(rows(2), [SENT, SENT], [Outcome("recorded"), Outcome("unchanged", (BEFORE,))]) == (
        Counts(1, 1, 0, 0),
        [],
    )


def test_what_went_in_is_told_without_its_cells() -> None:
    outcomes = [Outcome("recorded", (LATE, BEFORE)), Outcome("corrected", (ASKED,)), Outcome("unchanged", (NO_CARD,))]
    counts, kept = books_of(rows(3), [SENT] * 3, outcomes)
    assert counts == Counts(2, 1, 0, 1)
    assert [(one.row, dict(one.cells), one.state) for one in kept] == [(n, {}, "noted") for n in (2, 3, 4)]
    assert [one.findings for one in kept] == [
        (("expired-lot", "event.expires", "CDSi"),),
        (("possible-duplicate", "event", ""),),
        (("unsigned-test", "event.code", ""),),
    ]
    assert [findings_of(one) for one in kept] == [(LATE,), (ASKED,), (NO_CARD,)]


def test_what_did_not_go_in_waits_with_its_cells() -> None:
    ragged = (fault("row-ragged", "row"),)
    refused = Outcome("refused", (finding("date-form", "event.day"),))
    counts, kept = books_of(rows(3), [ragged, SENT, SENT], [refused, Outcome("recorded")])
    assert counts == Counts(1, 0, 2, 0)
    assert kept == [
        Waiting(2, {"Name": "x"}, (("row-ragged", "row"),)),
        Waiting(3, {"Name": "x"}, (("date-form", "event.day"),)),
    ]
