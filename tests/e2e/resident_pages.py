"""A deployment with residents, and a walk through every page that one of them can see.

python tests/e2e/resident_pages.py OUT [LANGUAGE …]      a picture of each page in each language, 390 px wide
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from issuer.app import create_app
from issuer.db import upgrade
from issuer.settings import from_environ
from issuer.web.languages import LANGUAGES
from keys.store import KeyStore
from tests.e2e.browser import DESK, PHONE, launch
from tests.serving import served

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
BORN = "1990-05-20"
CVX = "http://hl7.org/fhir/sid/cvx"
At = Callable[[str], object]
PEOPLE = {
    "en": [{"family": "Okafor", "given": ["Amara"]}],
    "es": [{"family": "Ibarra Núñez", "given": ["Rosa", "María"]}],
    "fr": [{"family": "Lefèvre", "given": ["Zoé"]}],
    "zh-Hans": [{"text": "陈美玲"}],
    "vi": [{"text": "Nguyễn Thị Lan"}],
    "ar": [{"text": "مريم الحداد"}],
    "single": [{"text": "सुप्रिया"}],
    "long": [{"family": "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh", "given": ["Maximiliana"] * 3}],
}
"""One for each language; one word; a long one. (Names with direction controls are refused when they are recorded.)"""


class Clock:
    """The time it is told."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """An issuer at work, and how to make links to people's records."""

    app: Flask
    clock: Clock
    token: str = "t" * 40
    ids: dict[str, str] = field(default_factory=dict)
    cards: dict[str, list[str]] = field(default_factory=dict)

    def post(self, path: str, content: Any, kind: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().post(path, data=json.dumps(content), content_type=kind, headers=headers).json

    def record(self, who: str) -> None:
        bundle = _bundle(PEOPLE[who])
        done = self.post("/api/v1/records", bundle, "application/fhir+json")
        self.ids[who], self.cards[who] = done["person_id"], [card["id"] for card in done["cards"]]

    def link(self, who: str) -> str:
        """A new one-time link: its path."""
        made: str = self.post(f"/api/v1/persons/{self.ids[who]}/links", {})["link"]
        return "/r/" + made.rpartition("/")[2]

    def revoke(self, who: str, number: int) -> None:
        self.post(f"/api/v1/cards/{self.cards[who][number]}/revoke", {"reason": "entered-in-error"})


def _bundle(name: list[dict[str, Any]]) -> dict[str, Any]:
    person = {"resourceType": "Patient", "name": name, "birthDate": BORN}
    doses = [_dose("208", "2021-03-01", "A1B2"), _dose("208", "2021-03-29", "A1B9"), _dose("21", "1995-01-01", "")]
    test = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
        "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        "effectiveDateTime": "2022-01-02T10:00:00-05:00",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]},
        "performer": [{"display": "Harbour Laboratory"}],
    }
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012}", "resource": resource}
        for number, resource in enumerate([person, *doses, test], start=1)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _dose(code: str, day: str, lot: str) -> dict[str, Any]:
    dose = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": code}]},
        "patient": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        "occurrenceDateTime": day,
        "performer": [{"actor": {"display": "Harbour Clinic"}}],
    }
    return {**dose, "lotNumber": lot} if lot else dose


@contextmanager
def world(sends: bool = False) -> Iterator[World]:
    """A deployment in a folder of its own; one that `sends` has a mail server, so its address is https."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/issuer.db"
        environ = {
            "COUNTERSIGN_ISS": "https://cards.example.gov/issuer",
            "COUNTERSIGN_ISSUER_NAME": "Harbour Health",
            "COUNTERSIGN_ISSUER_ADDRESS": "https://cards.example.gov" if sends else "http://127.0.0.1",
            "COUNTERSIGN_DATABASE": database,
            "COUNTERSIGN_API_TOKEN": "t" * 40,
            **({"COUNTERSIGN_MAIL_SERVER": "none://127.0.0.1:25"} if sends else {}),
        }
        upgrade(database)
        keystore = KeyStore(Path(folder) / "keys", b"k" * 32)
        keystore.generate(NOW)
        clock = Clock()
        yield World(create_app(from_environ(environ, Path(folder)), keystore, clock, os.urandom), clock)


def fill_birth_date(page: Page, day: str = "20") -> None:
    """Enter the birth date of everybody here, or another day, and send it."""
    for part, value in (("year", "1990"), ("month", "5"), ("day", day)):
        page.fill(f"#born_{part}", value)
    page.locator("form button[type=submit]").click()


def walk(page: Page, made: World, address: str, at: At, who: str = "en") -> None:
    """Every page of a deployment that sends nothing, one after the other; `at` is called on each with its name."""

    def shown(name: str, path: str = "") -> None:
        if path:
            page.goto(address + path)
        page.wait_for_load_state()
        at(name)

    today = made.clock.now + timedelta(days=2)  # wrong dates of an earlier walk are not counted any more
    made.clock.now = today - timedelta(days=100)
    old = made.link(who)
    made.clock.now = today
    first, locked = made.link(who), made.link(who)
    shown("landing", "/")
    shown("find-in-person", "/find")
    shown("link-unknown", "/r/" + "A" * 43)
    shown("link-expired", old)
    shown("birth-date", locked)
    fill_birth_date(page, "21")
    shown("birth-date-wrong")
    for _ in range(4):
        fill_birth_date(page, "21")
    shown("link-locked")
    shown("my-closed", "/my")
    page.goto(address + first)
    fill_birth_date(page)
    shown("my-cards")
    card = page.locator("a[href*='/replace']").first.get_attribute("href") or ""
    shown("my-code", card.removesuffix("/replace"))
    shown("my-replace", card)
    page.locator("main form button[type=submit]").click()
    shown("my-replaced")
    shown("my-cancelled", card)
    page.goto(address + "/my")
    page.locator(".leave button").click()
    shown("left")
    shown("link-used", first)
    shown("stop", "/n/" + "A" * 22)
    page.locator("main form button").first.click()
    shown("stopped")


def walk_sending(page: Page, made: World, address: str, at: At, who: str = "en") -> None:
    """The pages that ask for a message and promise one."""
    made.record(who)
    made.clock.now -= timedelta(days=100)
    old = made.link(who)
    made.clock.now += timedelta(days=100)
    for name, path in (
        ("find", "/find"),
        ("sent", "/find/sent"),
        ("link-renew", old),
        ("link-get-new", "/r/" + "A" * 43),
    ):
        page.goto(address + path)
        at(name)


def shoot(browser: Browser, out: Path, tags: list[str]) -> None:
    """A picture of each page in each language on a phone; English and Arabic at a desk, too."""
    out.mkdir(parents=True, exist_ok=True)
    with world() as made, world(sends=True) as sending, served(made.app) as here, served(sending.app) as there:
        for language in LANGUAGES:
            if tags and language.tag not in tags:
                continue
            made.record(language.tag)
            made.revoke(language.tag, 2)
            for width, viewport in ((390, PHONE), (1280, DESK)):
                if width == 1280 and language.tag not in ("en", "ar"):
                    continue
                context = browser.new_context(viewport=viewport, locale=language.tag)
                page = context.new_page()
                page.set_default_timeout(15_000)

                def at(name: str, where: str = f"{language.tag}-{width}", page: Page = page) -> None:
                    page.screenshot(path=out / f"{name}-{where}.png", full_page=True)

                walk(page, made, here, at, language.tag)
                walk_sending(page, sending, there, at, language.tag)
                context.close()


if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        shoot(chromium, Path(sys.argv[1]), sys.argv[2:])
        chromium.close()
