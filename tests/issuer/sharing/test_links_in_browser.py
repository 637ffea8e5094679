"""Residents' links in a real browser over https: made and stopped without JavaScript, accessible in every language,
whole at 320 px; the manifest fetched by a page of another site."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from cards import shlink
from issuer.db import open_engine
from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.sharing import Holding, Wish
from tests.e2e.browser import DESK, PHONE, axe_findings
from tests.issuer.sharing.site import Visiting, make_site, served_by_https
from tests.serving import served as serving

SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of each page; "" for none."""
LANGUAGES = ("en", "es", "fr", "zh-Hans", "vi", "ar")
HOLDER = Actor("resident", "system")

pytestmark = pytest.mark.browser


@dataclass
class Served:
    """The application at its address, with one resident."""

    address: str
    person_id: str
    holding: Holding
    now: Any

    def context(self, browser: Browser, **options: Any) -> BrowserContext:
        made = browser.new_context(base_url=self.address, ignore_https_errors=True, **options)
        made.add_cookies([{"name": "visit", "value": self.person_id, "url": self.address}])
        return made

    def share(self, **wish: Any) -> tuple[str, shlink.Link]:
        """(address of its page, the link)."""
        made = self.holding.make(self.person_id, Wish(**wish), self.now, HOLDER)
        shown = self.holding.one(self.person_id, made, self.now, HOLDER)
        return f"/my/links/{made}", shlink.read(shown.text)


@pytest.fixture
def served(
    local_service: IssuerService, sqlite_database: str, settings: Settings, clock: Any, made: Any
) -> Iterator[Served]:
    engine = open_engine(sqlite_database)
    bundle = made.bundle(made.dose(), made.dose("110", "1990-01-01"), made.dose("03", "1992-02-02"), made.result())
    person_id = local_service.record_and_issue(made.octets(bundle), made.now).person_id

    def application(address: str) -> Flask:
        app = make_site(replace(settings, address=address), local_service, engine, clock)
        app.extensions["visits"].known[person_id] = Visiting(person_id)
        return app

    with served_by_https(trustme.CA(), application) as address:
        yield Served(address, person_id, Holding(local_service, address, settings.seal_secret), made.now)
    engine.dispose()


def test_made_and_stopped_without_javascript(served: Served, browser: Browser) -> None:
    with served.context(browser, viewport=PHONE, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/my/links")
        page.get_by_role("link", name="Make a link").click()
        page.get_by_label("Name of the link").fill("Lincoln School")
        page.get_by_role("textbox", name="Passcode").fill("12")
        page.get_by_label("Keep the link up to date").check()
        page.get_by_role("button", name="Make the link").click()
        page.get_by_role("link", name="Use at least 4 characters").click()
        assert page.get_by_label("Name of the link").input_value() == "Lincoln School"
        page.get_by_role("textbox", name="Passcode").fill("481516")
        page.get_by_role("button", name="Make the link").click()
        assert re.fullmatch(r".*/my/links/[0-9a-f]{32}", page.url)
        link = shlink.read(page.get_by_label("Text of the link").input_value())
        assert (link.label, link.flags) == ("Lincoln School", frozenset("LP"))
        page.get_by_role("button", name="Stop it now").click()
        assert page.get_by_text("It was stopped").is_visible()
        assert "shlink:/" not in page.content()


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_page_is_accessible_and_whole(served: Served, browser: Browser, tag: str) -> None:
    one, link = served.share(label="Lincoln School", passcode="481516", follows=True)
    ended, _ = served.share()
    served.holding.stop(served.person_id, ended.rsplit("/", 1)[1], served.now, HOLDER)
    with served.context(browser, viewport=DESK) as context:
        for _ in range(2):
            context.request.post(link.url, data={"recipient": "Ms. Ng, nurse of Lincoln School", "passcode": "481516"})
        context.request.post(link.url, data={"recipient": "x" * 190, "passcode": "1"})
        page = context.new_page()
        for name, path in {"list": "/my/links", "new": "/my/links/new", "one": one, "ended": ended}.items():
            page.goto(f"{path}?lang={tag}")
            _look(page, f"{name}_{tag}")
        page.goto(link.url)
        _look(page, f"what_{tag}")
        page.goto("/my/links/new")
        page.get_by_role("button").last.scroll_into_view_if_needed()
        page.locator("input[name=passcode]").fill("1")
        page.locator("#make").click()
        _look(page, f"mend_{tag}")


def _look(page: Any, name: str) -> None:
    for width, height in ((DESK["width"], DESK["height"]), (PHONE["width"], PHONE["height"]), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        if SHOTS and width != 320:
            page.screenshot(path=Path(SHOTS) / f"{name}_{width}.png", full_page=True)
    assert axe_findings(page) == [], name


def test_a_page_of_another_site_may_ask(served: Served, browser: Browser) -> None:
    _, link = served.share()
    _, direct = served.share(direct=True)
    elsewhere = Flask("elsewhere")
    elsewhere.add_url_rule("/", view_func=lambda: "a viewer")
    with browser.new_context(ignore_https_errors=True) as context, serving(elsewhere) as viewer:
        page = context.new_page()
        page.goto(viewer)
        manifest = page.evaluate(
            """async (url) => {
                const headers = {"Content-Type": "application/json"};
                const body = JSON.stringify({recipient: "A viewer in a browser", embeddedLengthMax: 0});
                const manifest = await (await fetch(url, {method: "POST", headers, body})).json();
                const file = await fetch(manifest.files[0].location);
                return [manifest, await file.text()];
            }""",
            link.url,
        )
        assert manifest[1].count(".") == 4
        sealed = page.evaluate("async (url) => (await fetch(url)).text()", f"{direct.url}?recipient=Viewer")
        assert sealed.count(".") == 4
        assert context.cookies() == []
