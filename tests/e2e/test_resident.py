"""The residents' pages in a browser, in each language: accessible, whole at 320 px, without JavaScript, scannable."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page

from issuer.web.languages import LANGUAGES, catalog
from tests.e2e.browser import PHONE, axe_findings
from tests.e2e.resident_pages import World, fill_birth_date, walk, walk_sending, world
from tests.serving import served

pytestmark = pytest.mark.browser

MILLIMETRES_OF_A_PIXEL = 25.4 / 96
SMALL = 320
TIMEOUT = 15_000
"""Milliseconds for a step, on a machine with other work."""


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    with world() as one:
        yield one


@pytest.fixture(scope="module")
def address(made: World) -> Iterator[str]:
    with served(made.app) as at:
        yield at


@pytest.fixture(scope="module")
def sending() -> Iterator[tuple[World, str]]:
    with world(sends=True) as one, served(one.app) as at:
        yield one, at


@pytest.fixture
def pages(browser: Browser) -> Iterator[Any]:
    """Makes pages of a phone; closes them afterwards."""
    opened = []

    def page(**options: Any) -> Page:
        context = browser.new_context(viewport=PHONE, **options)
        opened.append(context)
        one = context.new_page()
        one.set_default_timeout(TIMEOUT)
        return one

    yield page
    for context in opened:
        context.close()


def inside(page: Page, made: World, address: str, who: str) -> None:
    """Record somebody, and come in as them."""
    made.record(who)
    page.goto(address + made.link(who))
    fill_birth_date(page)
    page.wait_for_url("**/my")


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.tag)
def test_every_page_in_each_language(made: World, address: str, sending: Any, pages: Any, language: Any) -> None:
    made.record(language.tag)
    made.revoke(language.tag, 2)
    scheme = "dark" if language.tag in ("ar", "vi") else "light"
    page = pages(locale=language.tag, color_scheme=scheme, bypass_csp=True)
    hosts: set[str] = set()
    found: list[Any] = []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("pageerror", lambda error: found.append(str(error)))

    def at(name: str) -> None:
        root = page.evaluate("[document.documentElement.lang, getComputedStyle(document.body).direction]")
        if root != [language.tag, language.direction]:
            found.append((name, root))
        found.extend((name, one) for one in axe_findings(page))
        page.set_viewport_size({"width": SMALL, "height": 640})
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > SMALL:
            found.append((name, width))
        page.set_viewport_size(PHONE)

    walk(page, made, address, at, language.tag)
    walk_sending(page, *sending, at, language.tag)
    assert found == []
    assert hosts == {address.split("/")[2], sending[1].split("/")[2]}


def test_every_page_without_javascript(made: World, address: str, pages: Any) -> None:
    made.record("single")
    names: list[str] = []
    walk(pages(java_script_enabled=False), made, address, names.append, "single")
    assert names[-1] == "stopped"
    assert len(names) == len(set(names)) == 17


@pytest.mark.parametrize("who", ["single", "long", "ar"])
@pytest.mark.parametrize("tag", ["en", "ar"])
def test_names_of_all_kinds_keep_the_page_whole(made: World, address: str, pages: Any, who: str, tag: str) -> None:
    page = pages(locale=tag)
    inside(page, made, address, who)
    page.set_viewport_size({"width": SMALL, "height": 640})
    for path in ("/my", page.locator("a[href*='/my/cards/']").first.get_attribute("href")):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL
    page.goto(address + "/my")
    name = page.locator(".whose bdi")
    assert name.inner_text().strip()
    assert page.evaluate("getComputedStyle(document.querySelector('.whose bdi')).unicodeBidi") == "isolate"


def test_larger_text_keeps_every_page_whole(made: World, address: str, pages: Any) -> None:
    page = pages(locale="vi")
    inside(page, made, address, "vi")
    page.goto(address + "/my?text=large")
    for path in ("/my", "/", "/find"):
        page.goto(address + path)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_code_scans_and_is_large_enough(made: World, address: str, pages: Any, tmp_path: Path) -> None:
    page = pages(device_scale_factor=2, color_scheme="dark", locale="ar")
    inside(page, made, address, "ar")
    page.get_by_role("link", name=catalog("ar").gettext("Show the code")).first.click()
    page.wait_for_url("**/my/cards/*")
    side = page.evaluate("document.querySelector('main svg').getBoundingClientRect().width")
    assert side * MILLIMETRES_OF_A_PIXEL >= 40
    page.screenshot(path=tmp_path / "code.png")
    with Image.open(tmp_path / "code.png") as picture:
        read = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert read[0].text.startswith("shc:/")
    fill = page.locator("[data-fill]")
    fill.wait_for()  # the script ran
    fill.click()
    page.wait_for_function("document.fullscreenElement !== null")


def test_a_keyboard_reaches_every_action_in_order(made: World, address: str, pages: Any) -> None:
    page = pages(locale="en")
    inside(page, made, address, "en")
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert reached[0] == "Skip to the main part"
    assert reached[2:8] == [language.name for language in LANGUAGES]
    assert reached[8:14] == [
        "Show the code", "Save picture", "Save file", "Print (PDF)", "Add to Apple Health", "Lost or copied?",
    ]  # fmt: skip


def test_what_the_files_are_called(made: World, address: str, pages: Any) -> None:
    page = pages(java_script_enabled=False, locale="es")
    inside(page, made, address, "es")
    with page.expect_download() as download:
        page.get_by_role("link", name=catalog("es").gettext("Save picture")).first.click()
    assert download.value.suggested_filename == "health-card.png"
