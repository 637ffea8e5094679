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
        pages: dict[str, show_pages.Steps] = {
            "issuer-landing": "/",
            "issuer-cards": f"/c/{links['amara-okafor']}",
            "issuer-cards-child": f"/c/{links['leo-lindqvist']}",
            "issuer-cards-arabic": f"/c/{links['maryam-haddad']}",
            "issuer-card-full-screen": f"/c/{links['amara-okafor']}/cards/{first.id}",
            "issuer-card-cancelled": f"/c/{links['leo-lindqvist']}/cards/{cancelled.id}",
            "issuer-link-ended": "/c/nothing",
        }
        browser = launch(playwright)
        with served(app) as address:
            written = show_pages.shoot(browser, out, pages, address, only)
        browser.close()
    return len(written)
