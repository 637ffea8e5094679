"""`make show-pages OUT=folder`: a picture of every page of both services, phone and desk, light and dark."""

import os
import tempfile
from pathlib import Path
from typing import Any


def show() -> tuple[dict[str, Any], bool]:
    from tests.e2e import show_pages

    out, only = Path(os.environ.get("OUT", "var/pages")), os.environ.get("ONLY", "").split()
    ended = show_pages.main(out, only)
    issuers = _issuer(out, only)
    written = len(list(out.glob("*.png")))
    print(f"{written} pictures in {out}: look at them")
    return {"pictures": written, "of_the_issuer": issuers}, ended == 0 and (bool(only) or issuers > 0)


def _issuer(out: Path, only: list[str]) -> int:
    from playwright.sync_api import sync_playwright

    from countersign.clock import utc_now
    from countersign.commands.run import seed, set_up
    from countersign.deployment import Deployment
    from issuer.app import create_app
    from issuer.settings import from_environ
    from tests.e2e import show_pages
    from tests.e2e.browser import launch
    from tests.e2e.resident_pages import shoot as shoot_residents
    from tests.serving import served

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        environ = {"COUNTERSIGN_ISSUER_NAME": "Sample County Health Department", "COUNTERSIGN_SAMPLE": "1"}
        deployment = Deployment(Path(folder), environ)
        service = set_up(deployment)
        links = dict(seed(service))
        settings = from_environ({"COUNTERSIGN_ISS": deployment.iss} | environ, deployment.folder)
        app = create_app(settings, deployment.card_keys(), utc_now)
        cancelled = service.cards_by_link(links["leo-lindqvist"], utc_now())[0]
        service.revoke_card(cancelled.id, "entered-in-error", utc_now())
        first = service.cards_by_link(links["amara-okafor"], utc_now())[0]

        def inside(name: str, born: str, path: str = "/my") -> show_pages.Steps:
            """Come in by a link of its own: each opens once."""
            person_id = service.store.person_by_token(links[name], utc_now()) or ""

            def steps(page: Any) -> None:
                page.goto(f"/r/{service.make_link(person_id, utc_now())}")
                for part, value in zip(("year", "month", "day"), born.split("-"), strict=True):
                    page.fill(f"#born_{part}", value)
                page.locator("main form button").click()
                page.wait_for_url("**/my")
                page.goto(path)

            return steps

        pages: dict[str, show_pages.Steps] = {
            "issuer-landing": "/",
            "issuer-cards": inside("amara-okafor", "1984-03-09"),
            "issuer-cards-child": inside("leo-lindqvist", "2020-05-17"),
            "issuer-cards-arabic": inside("maryam-haddad", "1992-11-30"),
            "issuer-card-full-screen": inside("amara-okafor", "1984-03-09", f"/my/cards/{first.id}"),
            "issuer-card-cancelled": inside("leo-lindqvist", "2020-05-17", f"/my/cards/{cancelled.id}"),
            "issuer-link-unknown": "/r/nothing",
        }
        browser = launch(playwright)
        with served(app) as address:
            written = show_pages.shoot(browser, out, pages, address, only)
        if not only:
            shoot_residents(browser, out / "residents", [])
        browser.close()
    return len(written)
