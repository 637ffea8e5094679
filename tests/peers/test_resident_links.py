"""Another library opens the links that residents make in a real issuer application, over real https on loopback."""

from pathlib import Path

import pytest

from tests.conftest import missing
from tests.peers import kill_the_clipboard, resident_links

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("peers")]


def test_links_of_residents(tmp_path: Path) -> None:
    if lacking := kill_the_clipboard.is_here():
        missing(lacking)
    tallies = list(resident_links.tallies(resident_links.conversation(tmp_path)))
    assert [(tally.what, tally.wrong) for tally in tallies if not tally.all_right] == []
    assert [tally.count for tally in tallies] == [12, 8, 11, 12]
