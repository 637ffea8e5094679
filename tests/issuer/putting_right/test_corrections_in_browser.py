"""Corrections, withdrawals and reviews in a real browser: accessible, whole on a small screen, without JavaScript."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import insert

from issuer.intake.proposal import Address, Dose, Identifier, Name
from issuer.models import review
from issuer.service import IssuerService
from tests.e2e.browser import AXE
from tests.serving import served as serving

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
FIRST, SECOND, BAD = (Dose("208", f"2021-0{month}-01", lot=f"EW01{month}") for month in (3, 4, 6))
SHINGRIX = Dose("187", "2025-06-01", lot="BAD1")

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
def lived(world: Any, person: Callable[[int], Any], service: IssuerService) -> str:
    """A clinic that recorded some doses, one of them corrected; a pair that waits; a record's id."""
    harbour = world.clinic("Harbour Community Clinic")
    numbers = [(Identifier("HARBOUR", number, "MR"),) for number in ("100-1", "100-2")]
    where = Address("12 Quay Street", "Harbour", "ME", "04101")
    ada = replace(person(0), identifiers=numbers[0], phones=("+12075550100",), address=where, sex="female")
    adele = replace(
        person(0), name=Name("Abara-Smith", ("Adele",)), identifiers=numbers[1], sex="female", address=where
    )
    [older, _] = world.record(harbour, ada, [FIRST, SECOND], world.now)
    [newer, _] = world.record(harbour, adele, [SECOND, SHINGRIX], world.now)
    for number in range(1, 6):
        world.record(harbour, person(number), [FIRST, SHINGRIX], world.now)
    with world.engine.begin() as connection:
        for place, (one, other) in enumerate([(newer.person_id, older.person_id)]):
            values = {"id": f"{place}" * 32, "newer": one, "older": other, "score": 62, "state": "open"}
            reasons = "birth-date-same family-part address-same identifier-differs"
            connection.execute(insert(review).values(reasons=reasons, opened_at=world.now, **values))
    return str(older.record_id)


def page_of(browser: Browser, served: str, cookie: str, **more: Any) -> Page:
    context = browser.new_context(**more)
    context.add_cookies([{"name": "session", "value": cookie, "url": served}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


def press(page: Page, role: Any, name: str) -> None:
    """Press it and wait until the next page is there."""
    with page.expect_navigation(wait_until="load"):
        page.get_by_role(role, name=name).click()


def walk(page: Page, served: str, record_id: str, look: Callable[[str], None]) -> None:
    """Every page, as somebody of everybody's rights reaches it with buttons; `look` is called at each."""
    page.goto(f"{served}/corrections")
    look("records")
    page.goto(f"{served}/corrections/{record_id}/edit")
    look("edit")
    page.get_by_label("Date").fill("2021-03-02")
    page.get_by_label("Lot").fill("EW0188")
    press(page, "button", "See before and after")
    look("check")
    press(page, "button", "Change it")
    look("corrected")
    press(page, "link", "Delete it")
    press(page, "button", "Delete the record")
    look("delete")


def walk_of_the_department(page: Page, served: str, look: Callable[[str], None]) -> None:
    page.goto(f"{served}/withdrawals/find")
    press(page, "button", "Count them")
    look("find")
    page.get_by_label("Lot").fill("BAD1")
    press(page, "button", "Count them")
    page.get_by_text("See the records").click()
    look("preview")
    page.get_by_label("What is wrong with them?").select_option("recalled-lot")
    page.get_by_label("Why").fill("Notice of recall 7")
    press(page, "button", "Take 6 back")
    look("withdrawal")
    page.goto(f"{served}/withdrawals")
    look("withdrawals")
    page.goto(f"{served}/reviews")
    look("reviews")
    press(page, "link", "Compare")
    look("review")
    press(page, "button", "Put them together")
    look("merges")


def cookies(site: Any, world: Any) -> tuple[str, str]:
    [harbour] = world.clinics
    return site.session("mona", "manager", harbour), site.session("dora", "department")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, served: str, site: Any, world: Any, lived: str, scheme: Any) -> None:
    manager, department = cookies(site, world)
    found: list[Any] = []
    for cookie, steps in (
        (manager, lambda page, look: walk(page, served, lived, look)),
        (department, lambda page, look: walk_of_the_department(page, served, look)),
    ):
        page = page_of(
            browser, served, cookie, viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True
        )

        def look(name: str, page: Page = page) -> None:
            page.add_script_tag(path=AXE)
            outcome = page.evaluate("rules => axe.run(document, rules)", RULES)
            found.extend((name, each["id"], each["nodes"][0]["target"]) for each in outcome["violations"])

        steps(page, look)
        page.context.close()
    assert found == []


def test_pages_are_whole_at_320_pixels_and_with_large_text_and_without_javascript(
    browser: Browser, served: str, site: Any, world: Any, lived: str
) -> None:
    manager, department = cookies(site, world)
    wide: list[Any] = []
    for cookie, steps in (
        (manager, lambda page, look: walk(page, served, lived, look)),
        (department, lambda page, look: walk_of_the_department(page, served, look)),
    ):
        page = page_of(browser, served, cookie, viewport={"width": 320, "height": 640}, java_script_enabled=False)

        def look(name: str, page: Page = page) -> None:
            box = page.locator("body").bounding_box()
            overflow = [
                each.bounding_box()
                for each in page.locator("main > *, .actions > *, .decide > *, form > *").all()
                if (each.bounding_box() or {"x": 0, "width": 0})["width"] > 320
            ]
            if box is None or box["width"] > 320 or overflow:
                wide.append((name, overflow))

        steps(page, look)
        page.context.close()
    assert wide == []
