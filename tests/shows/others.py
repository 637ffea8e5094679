"""`make show-others`: others accept what we issue, and we accept what they issue. Figures: how many of what."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import sync_playwright

from tests.e2e.browser import executable, launch
from tests.peers import kill_the_clipboard, ours, pictures
from tests.peers.kill_the_clipboard import Tally


def show() -> tuple[dict[str, Any], bool]:
    missing = [what for what in (kill_the_clipboard.is_here(), "" if executable() else "Chromium") if what]
    tallies = []
    for tally in _all(missing):
        tallies.append(tally)
        print(f"{tally.count:5}  {'all right' if tally.all_right else f'{len(tally.wrong)} WRONG'}  {tally.what}")
        for name in tally.wrong:
            print(f"       wrong: {name}")
    for what in missing:
        print(f"not here, so not shown: {what}")
    figures = {
        "our_cards": len(ours.cards()),
        "longest": max(len(card.jws) for card in ours.cards()),
        "checks": sum(tally.count for tally in tallies),
        "wrong": sum(len(tally.wrong) for tally in tallies),
        "missing": missing,
    }
    return figures, not missing and all(tally.all_right for tally in tallies)


def _all(missing: list[str]) -> Iterator[Tally]:
    if not kill_the_clipboard.is_here():
        yield from kill_the_clipboard.it_reads_ours()
        yield from kill_the_clipboard.we_read_its()
    yield from pictures.through_zxing_cpp()
    if executable():
        with sync_playwright() as playwright:
            browser = launch(playwright)
            yield from pictures.through_chromium(browser)
            browser.close()
