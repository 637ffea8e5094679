"""Another library reads what we issue, and we read what it issues."""

import os

import pytest

from cards.shc.numeric import MAX_JWS_CHARACTERS
from tests.peers import kill_the_clipboard, ours

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("peers")]


@pytest.fixture(scope="module", autouse=True)
def _peer() -> None:
    missing = kill_the_clipboard.is_here()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"with CI=true this must be there: {missing}")
    if missing:
        pytest.skip(f"not here: {missing}")


def test_it_reads_and_verifies_our_cards() -> None:
    tallies = list(kill_the_clipboard.it_reads_ours())
    assert [(tally.what, tally.wrong) for tally in tallies if not tally.all_right] == []
    assert len(tallies) == 6


def test_we_verify_its_cards() -> None:
    tallies = list(kill_the_clipboard.we_read_its())
    assert [(tally.what, tally.wrong) for tally in tallies if not tally.all_right] == []
    assert len(tallies) == 7


def test_our_cards_are_of_every_kind() -> None:
    lengths = {card.name: len(card.jws) for card in ours.cards()}
    assert ours.NEARLY_FULL <= lengths["near 1195 characters"] <= MAX_JWS_CHARACTERS
    assert len([name for name in lengths if name.startswith("several vaccine groups")]) >= 4
    assert len(lengths) == len(ours.cards())
