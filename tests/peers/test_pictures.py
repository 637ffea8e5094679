"""Our pictures are read by others: whole, small, turned, blurred and squeezed."""

import os

import pytest
from playwright.sync_api import Browser

from tests.peers import pictures


def test_zxing_cpp_reads_our_pictures() -> None:
    tallies = list(pictures.through_zxing_cpp())
    assert [(tally.what, tally.wrong) for tally in tallies if not tally.all_right] == []
    assert len(tallies) == len(pictures.WAYS)


@pytest.mark.browser
@pytest.mark.xdist_group("peers")
def test_zxing_wasm_in_chromium_reads_our_pictures(browser: Browser) -> None:
    if not pictures.VENDOR.joinpath("zxing_reader.wasm").exists():
        if os.environ.get("CI") == "true":
            pytest.fail("with CI=true this must be there: verifier/static/vendor (make setup)")
        pytest.skip("not here: verifier/static/vendor (make setup)")
    tallies = list(pictures.through_chromium(browser))
    assert [(tally.what, tally.wrong) for tally in tallies if not tally.all_right] == []
    assert len(tallies) == 2 * len(pictures.WAYS) + 1
