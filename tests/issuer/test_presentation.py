"""What a resident reads of a card."""

from dataclasses import replace
from typing import Any

import pytest

import cards
from issuer.presentation import KEY_WITHDRAWN, Line, view_of
from issuer.revocation import REASONS

SOMETHING_NEW = {"coding": [{"system": "http://snomed.info/sct", "code": "1119349007999"}]}


@pytest.fixture
def stored(local_service: Any, made: Any) -> Any:
    doses = (
        made.dose(),
        made.dose("x", "2021-04-01", isSubpotent=True, vaccineCode=SOMETHING_NEW),
        made.dose("03", "1990-01-01"),
    )
    return local_service.record_and_issue(made.octets(made.bundle(*doses, made.result())), made.now).cards


def test_doses_and_results_in_words(stored: Any, keystore: Any, made: Any) -> None:
    covid, mmr, unknown, test = (view_of(card, keystore.published()) for card in stored)
    assert covid.name == f"{made.given} {made.family}"
    assert covid.birth_date == made.born
    assert covid.lines == (
        Line("COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose", "2021-03-01", "", ("Harbour Clinic", "Lot A1B2")),
    )
    assert unknown.title == "SNOMED CT 1119349007999"
    assert unknown.lines[0].what == "SNOMED CT 1119349007999"
    assert "Weaker than a full dose" in unknown.lines[0].details
    assert mmr.title == "Measles, mumps, rubella"
    assert test.lines == (
        Line(
            "COVID-19 nucleic acid test, respiratory specimen",
            "2022-01-02T10:00:00-05:00",
            "Not detected",
            ("Harbour Laboratory",),
        ),
    )
    assert all(view.stands for view in (covid, mmr, unknown, test))
    assert made.family not in repr(covid)


def test_a_revoked_card_says_why(stored: Any, keystore: Any, made: Any) -> None:
    for reason, words in REASONS.items():
        view = view_of(replace(stored[0], revoked_at=made.now, revoked_reason=reason), keystore.published())
        assert (view.stands, view.cancelled_because, view.cancelled_at) == (False, words, made.now)


def test_a_card_of_a_withdrawn_key_is_not_read(stored: Any, keystore: Any) -> None:
    others = [key for key in keystore.published() if key.kid != stored[0].kid]
    view = view_of(stored[0], others)
    assert (view.stands, view.cancelled_because, view.name, view.lines) == (False, KEY_WITHDRAWN, "", ())


def test_an_altered_card_is_not_shown(stored: Any, keystore: Any) -> None:
    head, _, signature = stored[0].jws.rpartition(".")
    other = stored[1].jws.rpartition(".")[2]
    assert signature != other
    with pytest.raises(cards.BadSignature):
        view_of(replace(stored[0], jws=f"{head}.{other}"), keystore.published())
