"""Another library opens our links and we open its, over real https on loopback."""

import os
from pathlib import Path

import pytest

from tests.peers import kill_the_clipboard, links

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("peers")]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> links.Told:
    missing = kill_the_clipboard.is_here()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"with CI=true this must be there: {missing}")
    if missing:
        pytest.skip(f"not here: {missing}")
    folder: Path = tmp_path_factory.mktemp("authority")
    return links.conversation(folder)


def test_it_opens_our_links(told: links.Told) -> None:
    tallies = list(links.it_opens_ours(told))
    assert [(tally.what, tally.wrong) for tally in tallies if not tally.all_right] == []
    assert [tally.count for tally in tallies] == [12, 2, 2]


def test_we_open_its_links(told: links.Told) -> None:
    (tally,) = links.we_open_its(told)
    assert (tally.wrong, tally.count) == ([], 9)
