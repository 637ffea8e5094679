"""Lots, held clinics, drives, exports and the public numbers in a real browser: accessible, whole at 320 px."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from issuer.fraud.criteria import Criteria
from issuer.fraud.drives import Announced
from issuer.fraud.lots import Delivery
from issuer.rights import Actor
from tests.e2e.browser import AXE
from tests.serving import served as serving

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of each page; "" for none."""

pytestmark = pytest.mark.browser


@pytest.fixture
def database(sqlite_database: str) -> str:
    """Where the database does not matter."""
    return sqlite_database


@pytest.fixture
def served(site: Any) -> Iterator[str]:
    with serving(site.app) as address:
        yield address


@pytest.fixture
def paths(world: Any, site: Any, sunday_night: Any) -> dict[str, tuple[str, list[str]]]:
    """By cookie, the pages of a state in which everything has happened."""
    harbour = world.clinic("Harbour Community Clinic")
    manager, ledger = world.actors[harbour], world.ledger
    world.had_a_past(harbour, date(2026, 11, 22))
    site.clock.now = sunday_night
    lot_id = ledger.receive(manager, harbour, Delivery("208", "EW0182", "2027-03-31", 100, "note 4711"), world.now)
    ledger.receive(manager, harbour, Delivery("187", "SHX-77", "2026-10-31", 20), world.now)
    ledger.receive(manager, harbour, Delivery("03", "MMR9", "", 10), world.now)
    ledger.move(manager, lot_id, "wasted", 7, "the refrigerator stood open over night", world.now)
    dora, dan = world.department("dora"), world.department("dan")
    ledger.recall(dora, "03", "MMR9", "", "notice 2026-44", world.now)
    old = ledger.recall(dora, "187", "SHX-70", harbour, "the cold chain", world.now)
    ledger.lift(dora, old, "the logger was wrong", world.now)
    for days, doses in ((6, 300), (9, 80)):
        begins = sunday_night + timedelta(days=days)
        said = Announced(begins, begins + timedelta(hours=6), doses, "the school’s gym")
        drive_id = world.drives.announce(manager, harbour, said, world.now)
    world.drives.confirm(dora, drive_id, world.now)
    world.record(harbour, sunday_night, ["EW0182"] * 130, postcode="90210")
    [case] = world.watch.watch(sunday_night)
    wanted = Criteria(lot="EW0182", since=world.now)
    file = world.requests.ask(dora, "export", wanted, "recall", "notice 2026-44: whom to write to", world.now)
    world.requests.agree(dan, file, sunday_night)
    list(world.requests.run_export(dora, file, sunday_night))
    department = site.session("dina", "department")
    me = Actor(site.members["dina"], "department")
    waiting = world.requests.ask(
        dan, "search", Criteria(clinic_id=harbour), "fraud", "the case of Sunday", sunday_night
    )
    mine = world.requests.ask(me, "export", wanted, "outbreak", "measles at the harbour", sunday_night)
    world.requests.agree(dan, mine, sunday_night)
    return {
        "manager": (
            site.session("mona", "manager", harbour),
            ["/lots", "/lots/new", f"/lots/{lot_id}", "/drives", "/drives/new"],
        ),
        "department": (
            department,
            [
                "/lots", f"/lots/{lot_id}", "/lots/recalls", "/holds", f"/holds/{case.id}", "/drives", "/exports",
                "/exports/new", f"/exports/{file}", f"/exports/{waiting}", f"/exports/{mine}", "/transparency",
            ],
        ),
    }  # fmt: skip


def test_every_page_is_accessible_and_whole(browser: Browser, served: str, paths: Any) -> None:
    found = []
    for who, (cookie, pages) in paths.items():
        for width in (320, 390, 1280):
            context = browser.new_context(viewport={"width": width, "height": 844})
            context.add_cookies([{"name": "session", "value": cookie, "url": served}])
            page = context.new_page()
            for number, path in enumerate(pages):
                page.goto(served + path)
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if wide > 0:
                    found.append((path, width, "scrolls sideways"))
                if width != 390:
                    page.evaluate(AXE.read_text("utf-8"))
                    result = page.evaluate("rules => axe.run(document, rules)", RULES)
                    found += [(path, width, one["id"]) for one in result["violations"]]
                if SHOTS:
                    page.screenshot(path=str(Path(SHOTS) / f"{who}-{number}-{width}.png"), full_page=True)
            context.close()
    assert found == []


def test_without_javascript_a_clinic_is_let_go_on(browser: Browser, served: str, paths: Any, world: Any) -> None:
    cookie, pages = paths["department"]
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "session", "value": cookie, "url": served}])
    page = context.new_page()
    page.goto(served + next(path for path in pages if path.startswith("/holds/")))
    section = page.locator("section", has_text="It records again at once")
    section.get_by_label("Why").fill("a drive nobody had announced")
    section.get_by_role("button", name="Let the clinic go on").click()
    page.get_by_text("It goes on").wait_for()
    assert world.state(next(iter(world.actors))) == "live"
    context.close()
