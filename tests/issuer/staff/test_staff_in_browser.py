"""People's pages in a real browser: passkeys by its own virtual authenticator, axe-core, a small screen."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from issuer.rights import Actor
from issuer.staff.people import ClientDetails
from tests.e2e.browser import AXE
from tests.serving import served as serving

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PASSWORD = "four words in a row"
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

pytestmark = pytest.mark.browser


@pytest.fixture
def served(town_on: Callable[..., Any], sqlite_database: str) -> Iterator[tuple[Any, str]]:
    """The application on a socket whose address it knows, as passkeys need it."""
    town: Any = None

    def app(environ: Any, start: Any) -> Any:
        return town.app(environ, start)

    with serving(app, "localhost") as address:
        town = town_on(sqlite_database, address=address)
        yield town, address


def new_page(browser: Browser, **more: Any) -> Page:
    page = browser.new_context(**more).new_page()
    page.set_default_timeout(10_000)
    return page


def test_the_first_day_with_a_passkey(browser: Browser, served: tuple[Any, str]) -> None:
    """Link, password, passkey; out; in again without typing anything; a second passkey; remove one."""
    town, address = served
    town.person("nadia", "department")
    page = new_page(browser)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})
    page.goto(f"{address}/setup/{town.links['nadia']}")
    page.fill("#password", PASSWORD)
    page.click("text=Go on")
    page.click("text=Make a passkey")
    page.wait_for_url("**/account")
    assert page.locator("h1").inner_text() == "Your account"
    page.click("text=Log out everywhere")
    page.wait_for_url("**/login*")
    page.click("text=Log in with a passkey")
    page.wait_for_url("**/account")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**PHONE, "transport": "usb"}})
    page.fill("#passkey-name", "harbour desk")
    page.fill("#passkey-password", "not my password")
    page.click("text=Make a passkey")
    page.wait_for_selector("[role=alert]:not([hidden])")
    assert "the password was not yours" in page.locator("[data-passkey] [role=alert]").inner_text()
    page.fill("#passkey-password", PASSWORD)
    page.click("text=Make a passkey")
    page.wait_for_selector("text=harbour desk")
    assert page.locator("table").first.locator("tbody tr").count() == 2
    page.click("[aria-label='Remove the passkey harbour desk']")
    page.wait_for_selector("text=harbour desk", state="detached")
    assert town.audited()[-3:] == ["session.refused", "staff.passkey", "staff.passkey-removed"]
    page.context.close()


def test_without_scripts_the_form_does_it_all(browser: Browser, served: tuple[Any, str]) -> None:
    town, address = served
    town.person("nadia", "department")
    page = new_page(browser, java_script_enabled=False)
    page.goto(f"{address}/setup/{town.links['nadia']}")
    page.fill("#password", PASSWORD)
    page.click("text=Go on")
    assert not page.locator("text=Make a passkey").is_visible()
    page.click("summary")
    totp = pyotp.TOTP(page.locator("details code").inner_text().replace(" ", ""))
    page.fill("#code", totp.at(town.now))
    page.click("text=Go on")
    page.locator(".codes li").first.wait_for()
    assert page.locator(".codes li").count() == 8
    page.click("text=I have kept them")
    page.wait_for_url("**/account")
    assert page.locator("h1").inner_text() == "Your account"
    page.context.close()


def addresses(town: Any) -> list[str]:
    """Every page of a manager of the department, and those before the login."""
    clinic_id = town.clinic("Harbour Clinic")
    member = town.person("vera", "vaccinator", clinic_id)
    details = ClientDetails("EHR", scopes=("system/Bundle.c",), facilities={"HARBOUR": clinic_id})
    town.parts.clients.add(Actor("operator", "operator"), "a" * 32, clinic_id, details, town.now)
    inside = ["/account", "/account/password", "/account/second-factor", "/people", "/people/new", "/clinics"]
    things = ["/clinics/new", f"/clinics/{clinic_id}", f"/people/{member.id}", "/systems", "/systems/new"]
    return ["/login", f"/setup/{town.links['vera']}", *inside, *things, f"/systems/{'a' * 32}", "/people/nobody"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(browser: Browser, served: tuple[Any, str], scheme: Any) -> None:
    town, address = served
    paths = addresses(town)
    page = new_page(browser, viewport={"width": 320, "height": 640}, color_scheme=scheme, bypass_csp=True)
    town.later(minutes=1)
    token = town.log_in("dora").token
    page.context.add_cookies([{"name": "session", "value": token, "url": address}])
    found = []
    for path in paths:
        page.goto(address + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.add_script_tag(path=AXE)
        outcome = page.evaluate("rules => axe.run(document, rules)", RULES)
        found += [(path, each["id"], [node["html"] for node in each["nodes"]]) for each in outcome["violations"]]
        found += [(path, "wider than the screen", [str(wide)])] if wide > 320 else []
    page.context.close()
    assert found == []


def test_the_code_on_the_screen_is_the_secret(local_town: Any) -> None:
    """What a phone reads off the drawing is the address that the app expects."""
    from issuer.staff.second_factor import otpauth_uri
    from issuer.web.factor_picture import factor_svg

    uri = otpauth_uri(base64.b32decode("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "nadia@clinic.example", "Harbour & Sons")
    assert read_svg(str(factor_svg(uri, "For your app"))) == uri


def read_svg(svg: str) -> str:
    import re

    import zxingcpp
    from PIL import Image

    side = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]
    picture = Image.new("L", (side, side), 255)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg):
        picture.putpixel((int(x), int(y)), 0)
    return str(zxingcpp.read_barcodes(picture.resize((side * 4, side * 4), Image.Resampling.NEAREST))[0].text)
