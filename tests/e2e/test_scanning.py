"""A guest holds a phone to the camera: from the picture to the verdict, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import ARGUMENTS, executable, show_to_camera
from tests.e2e.guests import BIRTH_DATE_IN_WORDS, LOT, NAME, World, drawn, held_up, jpeg, png

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-scans")]

GREEN = "rgb(10, 107, 61)"
RED = "rgb(166, 27, 27)"
AMBER = "rgb(246, 195, 68)"
INDIGO = "rgb(59, 74, 158)"


def scan(page: Page, *pictures: bytes) -> None:
    """Open the door's page, press its one button, hold the pictures up in turn."""
    page.goto("/")
    show_to_camera(page, pictures)
    page.get_by_role("button", name="Start scanning").click()


def colour(page: Page) -> str:
    return str(page.locator(".verdict").first.evaluate("verdict => getComputedStyle(verdict).backgroundColor"))


@pytest.mark.parametrize(
    ("name", "face", "ground", "words"),
    [
        ("accepted", "accepted", GREEN, "Compare the name and birth date with a photo ID."),
        ("revoked", "rejected", RED, "took this card back"),
        ("expired", "rejected", RED, "has run out"),
        ("tampered", "rejected", RED, "The signature does not fit"),
        ("foreign", "undecided", AMBER, "its issuer is not on our list"),
        ("sample", "sample", INDIGO, "It proves nothing"),
        ("sample-expired", "rejected", RED, "sample card"),
        ("web-address", "rejected", RED, "This is a web address, not a health card."),
    ],
)
def test_a_card_before_the_camera(phone: Page, world: World, name: str, face: str, ground: str, words: str) -> None:
    scan(phone, jpeg(held_up(*world.cards[name])))
    verdict = phone.locator(".verdict")
    expect(verdict).to_have_attribute("data-face", face)
    expect(verdict).to_contain_text(words)
    assert colour(phone) == ground
    expect(verdict.locator(f".shape--{face}")).to_be_visible()
    box = verdict.bounding_box()
    assert box is not None
    assert box["width"] == 390
    assert box["height"] > 700


def test_the_person_comes_first_and_is_read_out_in_one_sentence(phone: Page, world: World) -> None:
    scan(phone, jpeg(held_up(*world.cards["accepted"])))
    expect(phone.locator(".verdict")).to_be_focused()
    sentence = phone.locator(".verdict").evaluate(
        "verdict => document.getElementById(verdict.getAttribute('aria-labelledby')).textContent"
    )
    assert sentence.startswith(f"Accepted: {NAME}, born {BIRTH_DATE_IN_WORDS}.")
    sizes = phone.locator(".verdict__inner *").evaluate_all(
        "all => all.map(one => [parseFloat(getComputedStyle(one).fontSize), one.className.baseVal ?? one.className])"
    )
    assert max(sizes)[1] == "verdict__name"


def test_next_leads_back_to_the_camera_and_the_same_card_is_not_taken_twice(phone: Page, world: World) -> None:
    accepted = jpeg(held_up(*world.cards["accepted"]))
    scan(phone, accepted)
    expect(phone.locator(".verdict__word")).to_have_text("Accepted")
    phone.get_by_role("button", name="Next").click()
    expect(phone.locator("#camera")).to_be_visible()
    assert NAME not in phone.content()
    seen = phone.evaluate("() => window.framesShown")
    phone.wait_for_function("seen => window.framesShown > seen + 4", arg=seen)  # still held up: it was judged already
    expect(phone.locator("#camera")).to_be_visible()
    show_to_camera(phone, [jpeg(held_up(*world.cards["foreign"]))])
    expect(phone.locator(".verdict__word")).to_have_text("Undecided")


def test_a_card_in_three_codes_shown_in_any_order(phone: Page, world: World) -> None:
    chunks = [jpeg(held_up(code)) for code in world.cards["chunked"]]
    assert len(chunks) == 3
    scan(phone, chunks[2])
    expect(phone.locator("#hint")).to_contain_text("1 of 3 codes scanned")
    show_to_camera(phone, [chunks[0]])
    expect(phone.locator("#hint")).to_contain_text("2 of 3 codes scanned")
    expect(phone.locator("#chunks .seen")).to_have_count(2)
    show_to_camera(phone, [chunks[1]])
    expect(phone.locator(".verdict__word")).to_have_text("Accepted")
    expect(phone.locator(".verdict")).to_have_count(1)


def test_a_card_in_three_codes_can_be_begun_again(phone: Page, world: World) -> None:
    scan(phone, jpeg(held_up(world.cards["chunked"][0])))
    expect(phone.locator("#hint")).to_contain_text("1 of 3")
    show_to_camera(phone, [jpeg(held_up())])
    # Frames taken before may still be on their way through the worker.
    shown = phone.evaluate("() => window.framesShown")
    phone.wait_for_function("before => window.framesShown > before + 3", arg=shown)
    phone.get_by_role("button", name="Start this card again").click()
    expect(phone.locator("#hint")).to_have_text("Point the camera at the code")
    expect(phone.locator("#chunks")).to_be_hidden()


def test_codes_of_two_cards_side_by_side_are_all_kept_and_sent(phone: Page) -> None:
    """A mixture of them would be called wrongly made."""
    phone.goto("/")
    found = phone.evaluate(
        """() => {
          const collector = new window.Countersign.Collector();
          const news = collector.add(["shc:/1/2/11", "shc:/1/2/22", "shc:/2/2/33", "shc:/2/2/44"], 0);
          const again = collector.add(["shc:/1/2/22"], 100);
          const ready = collector.ready();
          collector.add(["shc:/1/2/55", "shc:/1/2/66"], 200);
          return [news, again, ready, collector.ready(), collector.parts.size];
        }"""
    )
    assert found == [True, False, ["shc:/1/2/11", "shc:/1/2/22", "shc:/2/2/33", "shc:/2/2/44"], [], 1]


def test_a_genuine_card_that_names_nobody_is_not_plainly_reassuring(phone: Page, world: World) -> None:
    scan(phone, jpeg(held_up(*world.cards["warned-nobody"])))
    warning = phone.locator(".verdict__warnings")
    expect(warning).to_contain_text("The card names nobody")
    assert warning.evaluate("one => getComputedStyle(one).backgroundColor") == AMBER
    expect(phone.locator(".verdict")).to_be_focused()


def test_a_code_without_a_card_breaks_nothing(phone: Page) -> None:
    scan(phone, jpeg(held_up('{"resourceType":"Parameters"}')))
    expect(phone.get_by_text("There is no card in it.", exact=True)).to_be_visible()
    expect(phone.locator(".verdict")).to_be_focused()


def test_two_cards_in_one_picture(phone: Page, world: World) -> None:
    scan(phone, jpeg(held_up(world.cards["accepted"][0], world.second_guest()), quality=92))
    expect(phone.locator(".verdict")).to_have_count(2)
    expect(phone.get_by_text("2 accepted")).to_be_visible()
    expect(phone.get_by_text("Yusuf Haddad", exact=True)).to_be_visible()


def test_doses_show_only_while_the_button_is_held(phone: Page, world: World) -> None:
    scan(phone, jpeg(held_up(*world.cards["accepted"])))
    button, lot = phone.get_by_role("button", name="Hold to see 2 doses"), phone.get_by_text(f"Lot {LOT}")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(lot).to_be_hidden()
    button.hover()
    phone.mouse.down()
    expect(lot).to_be_visible()
    phone.mouse.up()
    expect(lot).to_be_hidden()
    for key in (" ", "Enter"):
        button.focus()
        phone.keyboard.down(key)
        expect(lot).to_be_visible()
        phone.keyboard.up(key)
        expect(lot).to_be_hidden()
    button.evaluate("button => button.click()")  # what a screen reader sends
    expect(lot).to_be_visible()
    button.evaluate("button => button.click()")
    expect(lot).to_be_hidden()


@pytest.mark.parametrize(
    ("error", "title"),
    [
        ("NotAllowedError", "The camera is not allowed"),
        ("NotFoundError", "There is no camera"),
        ("NotReadableError", "The camera is in use"),
    ],
)
def test_without_a_camera_the_page_says_so_and_leads_on(phone: Page, error: str, title: str) -> None:
    phone.add_init_script(
        f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{error}'); }};"
    )
    phone.goto("/")
    phone.get_by_role("button", name="Start scanning").click()
    expect(phone.get_by_role("heading", name=title)).to_be_visible()
    phone.get_by_role("link", name="Use a picture or file").last.click()
    expect(phone).to_have_url(re.compile("/picture$"))


def test_without_https_the_page_says_so(phone: Page) -> None:
    phone.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false});")
    phone.goto("/")
    phone.get_by_role("button", name="Start scanning").click()
    expect(phone.get_by_role("heading", name="The camera needs a secure address")).to_be_visible()


def test_without_webassembly_the_page_says_so(phone: Page) -> None:
    phone.route("**/zxing_reader.wasm", lambda route: route.fulfill(status=404, body=""))
    scan(phone, jpeg(held_up()))
    expect(phone.get_by_role("heading", name="This browser cannot read codes")).to_be_visible()


def test_when_the_server_is_away_nothing_is_decided_and_nothing_lost(phone: Page, world: World) -> None:
    phone.route("**/verdict", lambda route: route.abort())
    scan(phone, jpeg(held_up(*world.cards["accepted"])))
    expect(phone.get_by_role("heading", name="We could not check that card")).to_be_visible()
    phone.unroute("**/verdict")
    phone.get_by_role("button", name="Try again").locator("visible=true").click()
    expect(phone.locator(".verdict__word")).to_have_text("Accepted")


def test_a_verdict_left_alone_goes_away(phone: Page, world: World) -> None:
    phone.clock.install()
    scan(phone, jpeg(held_up(*world.cards["foreign"])))
    for _ in range(30):
        phone.clock.run_for(200)
        if phone.locator(".verdict").count():
            break
    expect(phone.locator(".verdict")).to_be_visible()
    phone.clock.run_for(71_000)
    expect(phone.get_by_text("This screen clears in 20 seconds")).to_be_visible()
    phone.keyboard.press("Shift")
    phone.clock.run_for(30_000)
    expect(phone.locator(".verdict")).to_be_visible()
    for _ in range(8):  # the page's own steps between two timers need real time as well
        phone.clock.run_for(15_000)
        if not phone.locator(".verdict").count():
            break
    expect(phone.locator(".verdict")).to_have_count(0)


def test_nothing_leaves_for_another_host_and_no_text_stands_in_an_address(phone: Page, world: World, door: str) -> None:
    addresses: list[str] = []
    phone.on("request", lambda request: addresses.append(request.url))
    scan(phone, jpeg(held_up(*world.cards["accepted"])))
    expect(phone.locator(".verdict")).to_be_visible()
    asked = [address for address in addresses if not address.startswith(("data:", "blob:"))]
    assert any(address.endswith("zxing_reader.wasm") for address in asked)
    assert all(address.startswith(door) and len(address) < 100 and "shc" not in address for address in asked)
    assert phone.evaluate("() => localStorage.length + sessionStorage.length") == 0
    assert phone.context.cookies() == []


def test_a_picture_is_sent_with_the_form(phone: Page, world: World) -> None:
    phone.goto("/picture")
    files = [{"name": "a.png", "mimeType": "image/png", "buffer": png(drawn(world.cards["revoked"][0]))}]
    phone.get_by_label("Picture, PDF or card file").set_input_files(files)
    phone.get_by_role("button", name="Check", exact=True).click()
    expect(phone.locator(".verdict__word")).to_have_text("Rejected")
    expect(phone.locator(".verdict")).to_be_focused()
    phone.get_by_role("link", name="Next").click()
    expect(phone.get_by_role("button", name="Start scanning")).to_be_visible()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(phone: Page, tmp_path: Path) -> None:
    phone.goto("/picture")
    big = tmp_path / "photo.png"
    with big.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    phone.get_by_label("Picture, PDF or card file").set_input_files(big)
    expect(phone.get_by_text("This file is larger than 20 MB.")).to_be_visible()
    phone.get_by_role("button", name="Check", exact=True).click()
    expect(phone).to_have_url(re.compile("/picture$"))


def test_without_javascript(browser: Browser, door: str, world: World) -> None:
    context = browser.new_context(base_url=door, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Use a picture or file").first.click()
    page.get_by_label("Text of the code").fill(world.cards["accepted"][0])
    page.get_by_role("button", name="Check this text").click()
    expect(page.locator(".verdict__word")).to_have_text("Accepted")
    expect(page.get_by_text(f"Lot {LOT}")).to_be_hidden()
    page.get_by_text("See 2 doses").click()
    expect(page.get_by_text(f"Lot {LOT}")).to_be_visible()
    context.close()


def test_a_true_video_file_as_the_camera(world: World, door: str, tmp_path: Path, browser: Browser) -> None:
    """Chromium's own fake camera plays a Motion JPEG that Pillow wrote: nothing of the page's is replaced."""
    video = tmp_path / "card.mjpeg"
    video.write_bytes(jpeg(held_up(*world.cards["accepted"]), quality=92) * 3)
    fake = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    )
    chromium = browser.browser_type.launch(executable_path=executable(), args=[*ARGUMENTS, *fake])
    page = chromium.new_page(base_url=door)
    page.goto("/")
    page.get_by_role("button", name="Start scanning").click()
    expect(page.locator(".verdict__word")).to_have_text("Accepted", timeout=15_000)
    chromium.close()


def test_a_browser_that_refuses_the_camera(door: str, browser: Browser) -> None:
    """The refusal is Chromium's own."""
    page = browser.new_page(base_url=door)
    page.goto("/")
    page.get_by_role("button", name="Start scanning").click()
    expect(page.locator(".trouble:visible h1")).to_have_text(re.compile("The camera is not allowed|There is no camera"))
    page.close()
