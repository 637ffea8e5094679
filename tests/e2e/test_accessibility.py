"""Every page and state of the verifier: axe-core (WCAG 2.0 to 2.2, A and AA), keyboard, narrow windows, large text."""

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import PHONE, axe_findings, with_canvas_camera
from tests.e2e.guests import World
from tests.e2e.show_pages import Steps, pages_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-pages")]

STATES = (
    "start",
    "picture",
    "about",
    "camera",
    "camera-chunks",
    "camera-refused",
    "camera-absent",
    "camera-busy",
    "verdict-accepted",
    "verdict-accepted-long-name",
    "verdict-revoked",
    "verdict-foreign",
    "verdict-sample",
    "verdict-web-address",
    "verdict-doses-unknown",
    "verdict-chunk-alone",
    "verdict-warned",
    "verdict-no-card",
    "verdict-family",
    "picture-damaged",
    "error-404",
)


@pytest.fixture(scope="module")
def states(world: World) -> dict[str, Steps]:
    return pages_of(world)


def reach(page: Page, steps: Steps) -> None:
    page.goto(steps) if isinstance(steps, str) else steps(page)
    page.wait_for_load_state()


OUT_OF_THE_WINDOW = """() => [...document.querySelectorAll('h1, h2, p, li, a, button, input, textarea, dd, svg')]
  .filter((one) => one.checkVisibility() && !one.closest('.visually-hidden, .skip-link, .table-frame'))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.right > innerWidth + 1 || box.left < -1))
  .map(([one]) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", STATES)
def test_each_state_is_whole_for_everybody(phone: Page, states: dict[str, Steps], name: str) -> None:
    """axe-core in light and dark; nothing runs out of 320 px, nor out of a phone's window with text twice as large."""
    reach(phone, states[name])
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert axe_findings(phone) == []
    for width, text in ((320, "100%"), (390, "200%")):
        phone.set_viewport_size({"width": width, "height": 640})
        phone.evaluate("size => { document.documentElement.style.fontSize = size; }", text)
        assert phone.evaluate("() => document.documentElement.scrollWidth") <= width
        assert phone.evaluate(OUT_OF_THE_WINDOW) == []


@pytest.mark.parametrize("name", ["start", "picture", "camera-chunks", "camera-refused", "verdict-accepted"])
def test_everything_to_press_is_at_least_44_pixels(phone: Page, states: dict[str, Steps], name: str) -> None:
    """But links inside a sentence (WCAG 2.2, 2.5.8, "inline")."""
    reach(phone, states[name])
    small = phone.evaluate(
        """() => [...document.querySelectorAll('a, button, input, summary, textarea, select')]
          .filter((one) => one.checkVisibility() && !one.closest('.skip-link') && !one.matches('p:not(.actions) a'))
          .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
          .filter(([, box]) => box.height < 43.5 || box.width < 43.5).map(([html]) => html)"""
    )
    assert small == []


def focused(page: Page) -> str:
    return str(page.evaluate("() => (document.activeElement.textContent || document.activeElement.id).trim()"))


def tab_through(page: Page, count: int) -> list[str]:
    """What the Tab key reaches, in turn; each must be seen and not lie under the bar at the foot."""
    reached = []
    for _ in range(count):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => { const one = document.activeElement, box = one.getBoundingClientRect();
              const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
              return !(at && (one === at || one.contains(at) || at.contains(one))); }"""
        )
        reached.append(focused(page) + (" (covered)" if hidden else ""))
    return reached


def test_keyboard_order_of_the_start(phone: Page) -> None:
    phone.goto("/")
    assert tab_through(phone, 8) == [
        "Skip to the main part",
        "Countersign Verifier",
        "Check a card",
        "Picture or file",
        "About",
        "Start scanning",
        "Use a picture or file, or type the code",
        "What the colours mean",
    ]


def test_the_skip_link_skips(phone: Page) -> None:
    phone.goto("/about")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    assert phone.evaluate("() => document.activeElement.id") == "main"


def test_scanning_by_keyboard_alone(phone: Page, states: dict[str, Steps]) -> None:
    reach(phone, states["verdict-accepted"])
    assert tab_through(phone, 2) == ["Hold to see 2 doses", "Next"]
    phone.keyboard.press("Enter")
    phone.locator("#camera").wait_for()
    assert focused(phone) == "Scanning"
    assert tab_through(phone, 1) == ["Stop"]
    phone.keyboard.press("Enter")
    assert focused(phone) == "Start scanning"


def test_focus_is_always_drawn(phone: Page, states: dict[str, Steps]) -> None:
    reach(phone, states["verdict-accepted"])
    phone.keyboard.press("Tab")
    style = phone.evaluate(
        "() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]; }"
    )
    assert style == ["solid", "3px"]


@pytest.mark.parametrize("name", ["verdict-accepted", "verdict-foreign", "verdict-sample", "start"])
def test_high_contrast_keeps_shape_and_words(browser: Browser, door: str, states: dict[str, Steps], name: str) -> None:
    context = with_canvas_camera(browser, door, viewport=PHONE, forced_colors="active")
    page = context.new_page()
    reach(page, states[name])
    assert axe_findings(page) == []
    if name != "start":
        ink, ground = page.locator(".shape__body, .shape__cut").evaluate_all(
            "parts => [getComputedStyle(parts[0]).fill, getComputedStyle(parts[1]).stroke]"
        )
        assert ink != ground
    context.close()
