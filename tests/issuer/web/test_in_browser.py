"""The resident's pages in a real browser: accessible, whole on a small screen and at 200 %, the code scannable."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from tests.e2e.browser import AXE
from tests.serving import served

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
MILLIMETRES_OF_A_PIXEL = 25.4 / 96

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    with served(app) as at:
        yield at


@pytest.fixture
def pages(address: str, api: Any, made: Any) -> list[str]:
    """The addresses of every page of the issuer, one of them with a cancelled card."""
    doses = (made.dose(), made.dose("208", "2021-04-01", isSubpotent=True), made.dose("120", "1988-01-01"))
    content = api.send(made.bundle(*doses, made.result(), made.dose("21", "1999-01-01"))).json
    cancelled = next(card for card in content["cards"] if card["title"] == "Varicella")
    api.post(f"{cancelled['url']}/revoke", reason="entered-in-error")
    path = content["link"].removeprefix("http://127.0.0.1:8000")
    forms = (path, f"{path}/cards/{content['cards'][0]['id']}", f"{path}/cards/{cancelled['id']}", "/", "/c/nothing")
    return [address + form for form in forms]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, pages: list[str], scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    found = []
    for url in pages:
        page.goto(url)
        page.add_script_tag(path=AXE)
        outcome = page.evaluate("rules => axe.run(document, rules)", RULES)
        found += [
            (pages.index(url), violation["id"], violation["nodes"][0]["target"]) for violation in outcome["violations"]
        ]
    context.close()
    assert found == []


@pytest.mark.parametrize(("width", "text"), [(320, "100%"), (640, "200%")])
def test_pages_are_whole_on_small_screens_and_with_large_text(
    browser: Browser, pages: list[str], width: int, text: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 640})
    page = context.new_page()
    for url in pages:
        page.goto(url)
        page.evaluate("size => { document.documentElement.style.fontSize = size }", text)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, pages.index(url)
    context.close()


def test_nothing_is_asked_of_another_site_and_nothing_breaks_the_policy(browser: Browser, pages: list[str]) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    for url in pages[:2]:
        page.goto(url)
    context.close()
    assert {url.split("/")[2] for url in asked} == {pages[0].split("/")[2]}
    assert said == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_codes_on_the_screen_scan_and_are_large_enough(
    browser: Browser, pages: list[str], width: int, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, device_scale_factor=2, color_scheme="dark")
    page = context.new_page()
    for url, count in ((pages[0], 3), (pages[1], 1)):
        page.goto(url)
        sides = page.evaluate(
            "[...document.querySelectorAll('main svg')].map(svg => svg.getBoundingClientRect().width)"
        )
        assert len(sides) == count
        assert min(sides) * MILLIMETRES_OF_A_PIXEL >= 40
        page.screenshot(path=tmp_path / "page.png", full_page=True)
        with Image.open(tmp_path / "page.png") as picture:
            read = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
        assert len({code.text for code in read}) == count
    context.close()


def test_a_keyboard_reaches_every_action_in_order(browser: Browser, pages: list[str]) -> None:
    page = browser.new_page(java_script_enabled=True)
    page.goto(pages[0])
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    page.close()
    assert reached[0] == "Skip to the main part"
    assert reached[2:7] == ["Show full screen", "Save picture", "Save file", "Print (PDF)", "Add to Apple Health"]


def test_it_works_without_javascript(browser: Browser, pages: list[str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages[0])
    page.get_by_role("link", name="Show full screen").first.click()
    assert page.get_by_role("img").count() == 1
    page.get_by_role("link", name="Back to your cards").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save picture").first.click()
    assert download.value.suggested_filename == "health-card.png"
    context.close()
