"""The nurse's form in a real browser: three doses by the keyboard alone, on a phone, without JavaScript, whole."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from issuer.bulk.chunk import ChunkWorker
from issuer.db import open_engine, upgrade
from issuer.intake.proposal import Demographics, Dose, Name, Proposal
from issuer.keyring import Keyring
from issuer.products.gs1 import check_digit
from issuer.service import IssuerService
from issuer.store import Store
from issuer.store.import_chunks import ChunkStore
from keys.store import KeyStore
from tests.e2e.browser import DESK, PHONE, axe_findings
from tests.issuer.clinic_pages.world import Desk, build
from tests.serving import served
from verifier import read_codes

pytestmark = pytest.mark.browser

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
MILLIMETRES_OF_A_PIXEL = 25.4 / 96
TARGET = 44
"""Pixels (look.md); a link within a sentence is excepted (WCAG 2.2, 2.5.8)."""
PEOPLE = "Family Name,Given Names,DOB,Time\nAdams,Ada,1990-01-02,09:30\nBrown,Bea,1991-02-03,09:45\n"
ROWS = (
    "Last Name,First Name,DOB,CVX,Date Given\nClark,Cy,1992-03-04,140,2026-11-01\nDean,Di,1993-04-05,xyz,2026-11-01\n"
)


class Clock:
    """The time it is told."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder / 'issuer.db'}"
    upgrade(url)
    engine = open_engine(url)
    keystore = KeyStore(folder / "keys", b"k" * 32)
    keystore.generate(NOW)
    service = IssuerService(
        "https://clinic.example/issuer", Keyring(keystore), b"r" * 32, Store(engine), 90, os.urandom
    )
    made = build(service, engine, Clock(), folder)
    made.member("boss", "manager")
    yield made
    engine.dispose()


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with served(desk.app) as at:
        yield at


@pytest.fixture
def contexts(browser: Browser, desk: Desk, address: str) -> Iterator[Any]:
    """Makes browsers of somebody who is logged in."""
    made: list[BrowserContext] = []

    def context(login: str = "nurse", **options: Any) -> BrowserContext:
        one = browser.new_context(base_url=address, **options)
        one.set_default_timeout(10_000)
        one.add_cookies([{"name": "session", "value": desk.tokens[login], "url": address}])
        made.append(one)
        return one

    yield context
    for one in made:
        one.close()


def vial(ndc: str, lot: str, separator: str = "") -> str:
    """GTIN, expiry date with day 00, lot: what a scanner types. With a separator a serial number stands behind."""
    gtin = "003" + ndc
    return f"01{gtin}{check_digit(gtin)}17271200" + f"10{lot}" + (f"{separator}21SER1" if separator else "")


BOOSTRIX, FLUARIX = vial("5816008421", "AX52K"), vial("5816009121", "F7L")


def person(page: Page, family: str) -> None:
    """Name, birth date and sex by the keyboard alone; ends in the scan field."""
    for text in (family, "Wilhelmina", "5", "6", "1987", "f", "", ""):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    assert focus(page) == "scan"


def focus(page: Page) -> str:
    """The id of what has the focus, else its words."""
    return str(page.evaluate("() => document.activeElement.id || document.activeElement.textContent.trim()"))


def tab_to(page: Page, words: str, most: int = 40) -> None:
    """Press Tab until something has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focus(page).startswith(words):
            return
    raise AssertionError(words)


def codes_printed(page: Page) -> list[str]:
    """The codes on the paper behind the page's print button."""
    link = page.get_by_role("link", name=re.compile("^Print")).get_attribute("href")
    assert link
    return read_codes(page.context.request.get(link).body())


def wait_for(page: Page, name: str, value: str) -> None:
    page.wait_for_function("([name, value]) => document.getElementById(name)?.value === value", arg=[name, value])


# ---- By the keyboard alone -------------------------------------------------------------------------------------------


def test_three_doses_with_the_keyboard_alone(contexts: Any) -> None:
    page = contexts(viewport=DESK).new_page()
    page.goto("/clinic/form")
    assert focus(page) == "family"
    person(page, "Alpha")
    page.keyboard.type(BOOSTRIX)  # no wait between keys or scans: as fast as a scanner types
    page.keyboard.press("Enter")
    page.keyboard.type(FLUARIX)
    page.keyboard.press("Enter")
    wait_for(page, "r2-lot", "F7L")
    assert page.locator("#r1-product").input_value() == "Boostrix"
    assert page.locator("#r1-expires").input_value() == "2027-12-31"
    assert focus(page) == "scan"
    tab_to(page, "Another dose")
    page.keyboard.press("Enter")
    page.wait_for_selector("#r3-product")
    page.wait_for_function("() => document.activeElement.id === 'r3-product'")
    page.keyboard.type("heplisav")
    page.keyboard.press("Enter")  # before the list is there: the first of it is taken when it comes
    page.wait_for_function("() => document.activeElement.id === 'r3-lot'")
    assert page.locator("#r3-product").input_value() == "HEPLISAV-B"
    page.keyboard.type("HB1")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/clinic/patients/*")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Wilhelmina Alpha")
    assert page.locator(".recent__one").count() == 3
    assert focus(page) == "Next patient"
    assert len(codes_printed(page)) == page.locator(".card__code svg").count() >= 1
    page.keyboard.press("Tab")
    assert focus(page).startswith("Print")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clinic/form")
    assert page.locator("#r1-product").input_value() == "Boostrix"  # remembered for the drive
    assert page.locator("#r1-lot").input_value() == "AX52K"


def test_a_scanner_may_type_a_separator_and_into_any_field(contexts: Any) -> None:
    page = contexts(viewport=DESK).new_page()
    page.goto("/clinic/form")
    page.keyboard.type("Bravo")
    page.keyboard.type(FLUARIX)  # the cursor stood in the name
    page.keyboard.press("Enter")
    wait_for(page, "r1-lot", "F7L")
    assert page.locator("#family").input_value() == "Bravo"
    page.locator("#scan").focus()
    before, _, after = vial("5816008421", "LOT12", "\x1d").partition("\x1d")
    page.keyboard.type(before)
    page.keyboard.press("Control+]")
    page.keyboard.type(after)
    page.keyboard.press("Enter")
    wait_for(page, "r2-lot", "LOT12")


def test_the_list_of_products_is_a_combobox(contexts: Any) -> None:
    page = contexts(viewport=DESK).new_page()
    page.goto("/clinic/form")
    product = page.get_by_role("combobox", name="Product")
    product.focus()
    page.keyboard.type("boost")
    page.locator(".option").first.wait_for()
    assert product.get_attribute("aria-expanded") == "true"
    first = product.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    assert product.get_attribute("aria-activedescendant") != first
    assert page.locator(".option[aria-selected=true]").count() == 1
    page.keyboard.press("Escape")
    assert product.get_attribute("aria-expanded") == "false"
    assert product.input_value() == "boost"
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="Boostrix").click()
    assert product.input_value() == "Boostrix"
    assert "CVX 115" in page.locator(".chosen").first.inner_text()
    product.fill("Boostrix, or something else")
    assert page.locator(".chosen").first.inner_text() == ""


def test_faults_take_the_focus_and_lead_to_their_fields(contexts: Any) -> None:
    page = contexts(viewport=DESK).new_page()
    page.goto("/clinic/form")
    page.keyboard.type("Charlie")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".error-summary:focus")
    page.get_by_role("link", name=re.compile("^Type the given name")).click()
    assert focus(page) == "given"
    assert page.locator("#given").get_attribute("aria-describedby") == "given-error"
    assert page.title().startswith("Something to mend")


# ---- On a phone ------------------------------------------------------------------------------------------------------


def test_a_phone_records_shows_and_prints(contexts: Any) -> None:
    page = contexts(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2).new_page()
    page.goto("/clinic/form")
    filled = {
        "Family name": "Delta", "Given name": "Dora", "Day": "7", "Month": "8", "Year": "1979", "Lot": "P1",
    }  # fmt: skip
    for name, text in filled.items():
        page.get_by_label(name, exact=True).fill(text)
    page.get_by_label("Sex").select_option("Female")
    page.get_by_label("Product").tap()
    page.keyboard.type("boostr")
    page.get_by_role("option", name="Boostrix").tap()
    page.get_by_role("button", name="Record", exact=True).tap()
    page.wait_for_url("**/clinic/patients/*")
    code = page.locator(".card__code svg").first.bounding_box()
    assert code
    assert code["width"] * MILLIMETRES_OF_A_PIXEL >= 40
    assert code["y"] + code["width"] <= PHONE["height"] * 1.1  # on the screen at once
    assert len(codes_printed(page)) == 1
    page.get_by_role("button", name="Link for the phone").tap()
    page.get_by_role("heading", name="For the patient’s phone").wait_for()
    page.get_by_role("button", name="Undo").first.tap()
    page.get_by_text("It is off the record").wait_for()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_longest_date_of_birth_is_read_in_full(contexts: Any, viewport: Any) -> None:
    page = contexts(viewport=viewport).new_page()
    page.goto("/clinic/form")
    for name, text in (("born_day", "28"), ("born_month", "September"), ("born_year", "2000")):
        page.locator(f"#{name}").fill(text)
    is_cut = "one => one.scrollWidth > one.clientWidth"
    assert page.evaluate(f"[...document.querySelectorAll('.born input')].filter({is_cut}).length") == 0


def test_everything_is_large_enough_for_a_finger(contexts: Any) -> None:
    page = contexts(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto("/clinic/form")
    page.get_by_role("button", name="Test result").tap()
    page.wait_for_selector("#r2-product")
    small = page.evaluate(
        """least => [...document.querySelectorAll('main :is(button, input, select, summary, .choice)')]
        .filter(one => one.tabIndex >= 0 && one.offsetParent && !['hidden', 'radio', 'checkbox'].includes(one.type))
        .filter(one => one.getBoundingClientRect().height < least - 0.5).map(one => one.id || one.textContent)""",
        TARGET,
    )
    assert small == []


# ---- Without JavaScript ----------------------------------------------------------------------------------------------


def test_it_works_without_javascript(contexts: Any) -> None:
    page = contexts(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto("/clinic/form")
    for name, text in (("family", "Echo"), ("given", "Emma"), ("born_day", "1"), ("born_month", "mar")):
        page.locator(f"#{name}").fill(text)
    page.locator("#born_year").fill("1990")
    page.locator("#r1-product").fill("flu")
    page.locator("#r1-product").press("Enter")  # Enter does what comes next: here it looks the product up
    page.get_by_label("Fluarix trivalent").check()
    page.get_by_label("Lot").fill("N1")
    page.locator("#scan").fill(BOOSTRIX)
    page.locator("#scan").press("Enter")
    assert page.locator("#r2-product").input_value() == "Boostrix"
    page.get_by_role("button", name="Record", exact=True).click()
    assert "/clinic/patients/" in page.url
    assert len(codes_printed(page)) == page.locator(".card__code svg").count()
    page.get_by_role("button", name="Undo").first.click()
    assert page.get_by_text("It is off the record").is_visible()


# ---- For everybody ---------------------------------------------------------------------------------------------------


def follow(page: Page, what: Locator) -> None:
    """Press something that leads to another page, and wait until that is there: a slow machine takes its time."""
    with page.expect_navigation():
        what.click()


def choose(page: Page, product: str) -> None:
    """Type a product into the first row, and take the first of the list when it has come."""
    page.locator("#r1-product").fill(product)
    page.locator(".option").first.click()


def visit(page: Page, desk: Desk) -> Iterator[str]:
    """Every page of a clinic and its states, one after the other; the name of each."""
    page.goto("/clinic")
    yield "start"
    page.goto("/clinic/list")
    if page.locator("#q").count() == 0:
        yield "list, none yet"
        page.locator("#file").set_input_files([{"name": "list.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()}])
        follow(page, page.get_by_role("button", name="Upload the list"))
    page.goto("/clinic/list")
    yield "list"
    follow(page, page.get_by_role("link", name=re.compile("^Record")).first)
    yield "form, from the list"
    page.goto("/clinic/form")
    follow(page, page.locator("#record"))
    page.wait_for_selector(".error-summary")
    yield "form, with faults"
    page.goto("/clinic/form")
    for name, text in (("family", "Doubtful"), ("given", "Dora"), ("born_day", "1"), ("born_month", "1")):
        page.locator(f"#{name}").fill(text)
    page.locator("#born_year").fill("1970")
    page.get_by_text("Open the whole history").click()
    page.get_by_label("Why it is opened").select_option("card")
    follow(page, page.get_by_role("button", name="Open the history"))
    page.get_by_text("History of Dora Doubtful").wait_for()
    yield "form, with a history"
    choose(page, "fluarix trivalent")
    page.locator("#r1-day").fill("2026-10-31")
    follow(page, page.locator("#record"))
    page.locator(".asked").wait_for()
    yield "form, with a question"
    page.goto("/clinic/questions")
    yield "questions"
    follow(page, page.get_by_role("link", name=re.compile("^Correct it")).first)
    yield "correct"
    page.goto("/clinic/imports")
    page.locator("#file").set_input_files([{"name": "rows.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}])
    yield "files"
    follow(page, page.get_by_role("button", name=re.compile("^Upload")))
    page.get_by_role("button", name="Start the import").wait_for()
    yield "columns"
    follow(page, page.get_by_role("button", name="Start the import"))
    page.get_by_role("button", name="Stop").wait_for()
    yield "import, waiting"
    worker = ChunkWorker(desk.service.intake, ChunkStore(desk.service.store._engine), Clock())
    while worker.run_one("a worker"):
        pass
    page.get_by_role("heading", name="Rows that wait").wait_for()  # the page looks by itself, and loads anew at the end
    page.wait_for_load_state()
    yield "import, done"
    follow(page, page.get_by_role("link", name="Mend row 3"))
    follow(page, page.get_by_role("button", name="Check and record"))
    page.wait_for_selector(".error-summary")
    page.get_by_text("Drop this row").click()
    yield "row that waits"
    page.goto("/clinic/form")
    for name, text in (("family", "Golf"), ("given", "Gina"), ("born_day", "1"), ("born_month", "1")):
        page.locator(f"#{name}").fill(text)
    page.locator("#born_year").fill("1970")
    choose(page, "boostrix")
    page.locator("#r1-expires").fill("2026-01")  # does not count: marked
    follow(page, page.locator("#record"))
    page.wait_for_url("**/clinic/patients/*")
    yield "patient"
    follow(page, page.get_by_role("button", name="Link for the phone"))
    page.locator(".handover").wait_for()
    yield "patient, with a link"


@pytest.fixture
def asked(desk: Desk) -> None:
    """A question is open, and a history is there to be opened."""
    who = Demographics(Name("Doubtful", ("Dora",)), "1970-01-01", "female")
    proposals = [Proposal(who, Dose("140", day, lot="Q1")) for day in ("2026-11-01", "2026-11-02")]
    desk.service.intake.submit(desk.actor("nurse"), desk.clinic_id, proposals, NOW, door="hl7")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(contexts: Any, desk: Desk, asked: None, scheme: str) -> None:
    page = contexts("boss", viewport=PHONE, color_scheme=scheme, bypass_csp=True).new_page()
    found = {name: findings for name in visit(page, desk) if (findings := axe_findings(page))}
    assert found == {}


@pytest.mark.parametrize(("width", "text"), [(320, "100%"), (640, "200%")])
def test_pages_are_whole_on_small_screens_and_with_large_text(
    contexts: Any, desk: Desk, asked: None, width: int, text: str
) -> None:
    page = contexts("boss", viewport={"width": width, "height": 640}).new_page()
    wide = []
    for name in visit(page, desk):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", text)
        if page.evaluate("() => document.documentElement.scrollWidth") > width:
            wide.append(name)
    assert wide == []


def test_nothing_is_asked_of_another_site_and_nothing_breaks_the_policy(
    contexts: Any, desk: Desk, asked: None, address: str
) -> None:
    page = contexts("boss", viewport=DESK).new_page()
    hosts: set[str] = set()
    said: list[str] = []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    names = list(visit(page, desk))
    assert len(names) >= 13
    assert hosts == {address.split("/")[2]}
    assert [words for words in said if "422" not in words] == []
