"""Write a picture of every page, as people see it: on a phone and at a desk, light and dark.

    python tests/e2e/show_pages.py OUT [NAME …]

A page is a name and what to do in the browser to get there; `pages_of` names the verifier's. Another service
adds its own by calling `shoot(browser, out, pages, base_url)`.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.browser import DESK, PHONE, executable, launch, show_to_camera, with_canvas_camera
from tests.e2e.guests import NOW, World, drawn, held_up, jpeg, png
from tests.serving import served
from verifier.app import create_app
from verifier.settings import Settings

Steps = Callable[[Page], object] | str
"""What leads to the page; a text is its address."""

SIZES = {"390": PHONE, "1280": DESK}
SCHEMES = ("light", "dark")


def shoot(
    browser: Browser, out: Path, pages: Mapping[str, Steps], base_url: str, only: Sequence[str] = ()
) -> list[Path]:
    """One PNG or two for each page, size and scheme: OUT/NAME-390-light.png."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, steps in pages.items():
        if only and not any(name.startswith(wanted) for wanted in only):
            continue
        for size, viewport in SIZES.items():
            for scheme in SCHEMES:
                context = with_canvas_camera(browser, base_url, viewport=viewport, color_scheme=scheme)
                page = context.new_page()
                page.goto(steps) if isinstance(steps, str) else steps(page)
                page.wait_for_load_state()
                written += _pictures(page, out / f"{name}-{size}-{scheme}.png")
                context.close()
    return written


def _pictures(page: Page, path: Path) -> list[Path]:
    """The whole page; where a bar sticks to the window's foot, what the window shows, and what its end shows."""
    if not page.locator(".next-bar:visible").count():
        page.screenshot(path=path, full_page=True)
        return [path]
    page.screenshot(path=path)
    if page.evaluate("() => document.documentElement.scrollHeight <= innerHeight + 8"):
        return [path]
    page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
    end = path.with_stem(path.stem + "-end")
    page.screenshot(path=end)
    return [path, end]


def scanned(*pictures: bytes, until: str = ".verdict") -> Callable[[Page], object]:
    """Scan pictures with the camera until something is on the page."""

    def steps(page: Page) -> None:
        page.goto("/")
        show_to_camera(page, pictures)
        page.get_by_role("button", name="Start scanning").click()
        page.locator(until).first.wait_for()

    return steps


def sent(*files: bytes) -> Callable[[Page], object]:
    """Send pictures with the form."""

    def steps(page: Page) -> None:
        page.goto("/picture")
        named = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": octets} for n, octets in enumerate(files)]
        page.get_by_label("Picture, PDF or card file").set_input_files(named)
        page.get_by_role("button", name="Check", exact=True).click()
        page.wait_for_load_state()

    return steps


def typed(text: str) -> Callable[[Page], object]:
    """Type a code."""

    def steps(page: Page) -> None:
        page.goto("/picture")
        page.get_by_label("Text of the code").fill(text)
        page.get_by_role("button", name="Check this text").click()
        page.wait_for_load_state()

    return steps


def refused(error: str) -> Callable[[Page], object]:
    """Press the button where the browser will not open a camera."""

    def steps(page: Page) -> None:
        page.add_init_script(
            f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{error}'); }};"
        )
        page.goto("/")
        page.get_by_role("button", name="Start scanning").click()
        page.locator(".trouble:visible").wait_for()

    return steps


def holding(steps: Callable[[Page], object]) -> Callable[[Page], object]:
    """With the button for the doses held down."""

    def more(page: Page) -> None:
        steps(page)
        page.locator(".held__button").focus()
        page.keyboard.down(" ")

    return more


def pages_of(world: World) -> dict[str, Steps]:
    """Every page and every state of the verifier."""
    cards = world.cards
    single = {name: codes[0] for name, codes in cards.items() if len(codes) == 1}
    family = [single["accepted"], world.second_guest(), single["foreign"], single["expired"], single["sample"]]
    chunks = [jpeg(held_up(code)) for code in cards["chunked"]]
    return {
        "start": "/",
        "picture": "/picture",
        "about": "/about",
        "camera": scanned(jpeg(held_up()), until="#camera"),
        "camera-chunks": scanned(*chunks[:2], until="#chunks .seen:nth-of-type(2)"),
        "camera-refused": refused("NotAllowedError"),
        "camera-absent": refused("NotFoundError"),
        "camera-busy": refused("NotReadableError"),
        **{f"verdict-{name}": scanned(jpeg(held_up(code))) for name, code in single.items() if len(code) > 700},
        **{f"verdict-{name}": typed(code) for name, code in single.items() if len(code) <= 700},
        "verdict-doses": holding(scanned(jpeg(held_up(single["accepted"])))),
        "verdict-doses-unknown": holding(scanned(jpeg(held_up(single["accepted-unknown-codes"])))),
        "verdict-test-held": holding(scanned(jpeg(held_up(single["accepted-test"])))),
        "verdict-chunk-alone": typed(cards["chunked"][1]),
        "verdict-chunked": scanned(*chunks),
        "verdict-family": sent(*(png(drawn(code)) for code in family), b"nonsense"),
        "verdict-no-card": typed('{"resourceType": "Parameters"}'),
        "picture-without-code": sent(png(held_up())),
        "picture-damaged": sent(png(held_up())[:3000], b"%PDF-1.4 nothing"),
        "picture-empty": typed(""),
        "error-404": "/nowhere",
        "error-405": "/api/v1/verify",
    }


def main(out: Path, only: Sequence[str]) -> int:
    """Serve the verifier, shoot, say where the pictures are."""
    if executable() is None:
        sys.stderr.write("Chromium is not here: set CHROMIUM, or apt-get install chromium\n")
        return 2
    world = World()
    registries = {"": world.registry(), "outdated-": world.registry(expires=timedelta(days=-9))}
    pages = pages_of(world)
    accepted = world.cards["accepted"][0]
    outdated: dict[str, Steps] = {
        "outdated-start": "/",
        "outdated-about": "/about",
        "outdated-verdict": scanned(jpeg(held_up(accepted))),
    }
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for prefix, registry in registries.items():
            app = create_app(Settings(), lambda registry=registry: registry, lambda: NOW)
            with served(app) as address:
                written = shoot(browser, out, outdated if prefix else pages, address, only)
            sys.stdout.write(f"{len(written)} pictures in {out}\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
