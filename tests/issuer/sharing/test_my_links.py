"""`/my/links`: a resident makes a link, shows it, sees who opened it, stops it; without a visit there is nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image

from cards import MalformedCard, shlink
from issuer.db import open_engine
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.sharing.holding import MOST_STANDING
from tests.issuer.sharing.site import Visiting, make_site
from wallet_export.link_image import link_svg

PUBLIC = "https://health.example"
LANGUAGES = ("en", "es", "fr", "zh-Hans", "vi", "ar")


class Resident:
    """A browser with a visit."""

    def __init__(self, app: Flask, person_id: str) -> None:
        self.app, self.client = app, app.test_client()
        app.extensions["visits"].known[person_id] = Visiting(person_id)
        self.client.set_cookie("visit", person_id, domain="health.example", secure=True)

    def get(self, path: str = "") -> Any:
        return self.client.get(f"/my/links{path}", base_url=PUBLIC)

    def post(self, path: str = "", **form: Any) -> Any:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/new").text)
        assert token is not None
        return self.client.post(f"/my/links{path}", data={"csrf_token": token[1], **form}, base_url=PUBLIC)

    def made(self, **form: Any) -> str:
        """The address of a new link's page."""
        answer = self.post(**{"card": self.offered(), "days": "7", **form})
        assert answer.status_code == 303, answer.text
        return str(answer.location).removeprefix("/my/links")

    def offered(self) -> list[str]:
        return re.findall(r'name="card" value="([^"]+)"', self.get("/new").text)

    def text_of(self, path: str) -> shlink.Link:
        found = re.search(r"shlink:/[\w-]+", self.get(path).text)
        assert found is not None
        return shlink.read(found[0])

    def open(self, link: shlink.Link, **asked: Any) -> int:
        body = {"recipient": "School nurse", **asked}
        return int(self.app.test_client().post(link.url.removeprefix(PUBLIC), json=body, base_url=PUBLIC).status_code)


@pytest.fixture
def app(local_service: IssuerService, sqlite_database: str, settings: Settings, clock: Any) -> Iterator[Flask]:
    engine = open_engine(sqlite_database)
    yield make_site(replace(settings, address=PUBLIC), local_service, engine, clock)
    engine.dispose()


@pytest.fixture
def resident(app: Flask, local_service: IssuerService, made: Any) -> Resident:
    bundle = made.bundle(made.dose(), made.dose("03", "1990-01-01"))
    return Resident(app, local_service.record_and_issue(made.octets(bundle), made.now).person_id)


def test_made_shown_opened_and_stopped(resident: Resident) -> None:
    assert "No link of yours is open." in resident.get().text
    path = resident.made(label="Lincoln School", passcode="481516", follows="1")
    link = resident.text_of(path)
    assert (link.label, link.flags) == ("Lincoln School", frozenset("LP"))
    assert resident.open(link, passcode="000000") == 401
    assert resident.open(link, passcode="481516") == 200
    page = resident.get(path).text
    for words in ("School nurse", "Wrong passcode", "Opened the cards", "9 wrong tries left", "Nobody checked them"):
        assert words in page, words
    assert "20 November 2026, 12:00 UTC" in page
    assert "481516" not in page
    assert resident.post(f"{path}/stop").status_code == 303
    assert resident.open(link, passcode="481516") == 404
    page = resident.get(path).text
    assert "It was stopped" in page
    assert "shlink:/" not in page
    assert "Lincoln School" in resident.get().text


def test_some_cards(resident: Resident) -> None:
    first, second = resident.offered()
    page = resident.get(resident.made(card=[first])).text
    assert first in page
    assert second not in page


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"card": []}, "card-1", "Choose at least one card."),
        ({"card": ["Rabies"]}, "card-1", "Your cards have changed meanwhile."),
        ({"passcode": "12"}, "passcode", "Use at least 4 characters"),
        ({"passcode": "x" * 33}, "passcode", "Use at most 32 characters."),
        ({"passcode": "481516", "direct": "1"}, "passcode", "cannot have a passcode"),
        ({"label": "é" * 81}, "label", "Use at most 80 characters."),
        ({"days": "400"}, "days", "Choose when the link ends."),
        ({"days": "٧"}, "days", "Choose when the link ends."),
        ({}, "make", ""),
    ],
)
def test_what_is_to_be_mended_stands_at_its_field(
    resident: Resident, form: dict[str, Any], field: str, words: str
) -> None:
    if not form:
        for _ in range(MOST_STANDING):
            resident.made()
        words = "You have many links already."
    answer = resident.post(**{"card": resident.offered(), "days": "7", "label": "<b>", **form})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}"' in answer.text
    assert words in answer.text
    assert "<b>" not in answer.text


def test_what_strangers_say_is_text(resident: Resident) -> None:
    path = resident.made(label='"><script>')
    resident.open(resident.text_of(path), recipient="<script>alert(1)</script>")
    page = resident.get(path).text
    assert "<script>" not in page
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>" in page


def test_without_a_visit_there_is_nothing(
    app: Flask, resident: Resident, local_service: IssuerService, made: Any
) -> None:
    path = resident.made()
    stranger = app.test_client()
    for method, where in (("get", ""), ("get", "/new"), ("post", ""), ("get", path), ("post", f"{path}/stop")):
        answer = getattr(stranger, method)(f"/my/links{where}", base_url=PUBLIC)
        assert answer.status_code in (400, 401)  # no form token, or no visit
        assert "shlink" not in answer.text
    bundle = made.bundle(made.dose(), person=made.patient(birthDate="1950-01-01"))
    other = Resident(app, local_service.record_and_issue(made.octets(bundle), made.now).person_id)
    assert other.get(path).status_code == 404
    assert other.post(f"{path}/stop").status_code == 404
    assert resident.open(resident.text_of(path)) == 200


def test_a_form_without_its_token_changes_nothing(resident: Resident) -> None:
    path = resident.made()
    answer = resident.client.post(f"/my/links{path}/stop", base_url=PUBLIC)
    assert answer.status_code == 400
    assert resident.open(resident.text_of(path)) == 200


def test_pages_are_kept_by_no_cache_and_told_to_nobody(resident: Resident) -> None:
    path = resident.made()
    for where in ("", "/new", path):
        headers = resident.get(where).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_is_whole(resident: Resident, tag: str) -> None:
    path = resident.made(passcode="481516")
    resident.open(resident.text_of(path), passcode="1")
    for where in ("", "/new", path):
        page = resident.get(f"{where}?lang={tag}").text
        assert f'<html lang="{tag}"' in page
        english = ("Stop it now", "Links to your cards", "Which cards?", "Who opened it", "Back to your links")
        assert any(words in page for words in english) == (tag == "en")


def test_without_https_the_page_says_that_there_are_no_links(
    local_service: IssuerService, sqlite_database: str, settings: Settings, clock: Any
) -> None:
    engine = open_engine(sqlite_database)
    app = make_site(settings, local_service, engine, clock)
    app.extensions["visits"].known["x"] = Visiting("x")
    client = app.test_client()
    client.set_cookie("visit", "x")
    assert "no secure address" in client.get("/my/links").text
    engine.dispose()


def test_the_code_reads_back_as_the_link(resident: Resident) -> None:
    text = "shlink:/" + "eyJ1cmwiOiJodHRwczovL2hlYWx0aC5leGFtcGxlL3MvQUFBQSJ9" * 6
    svg = link_svg(text, "Code & link")
    assert "<title>Code &amp; link</title>" in svg
    assert zxingcpp.read_barcode(drawn(svg)).text == text  # type: ignore[union-attr]
    assert zxingcpp.read_barcode(drawn(svg)).ec_level == "M"  # type: ignore[union-attr]
    with pytest.raises(MalformedCard):
        link_svg("https://health.example/", "")


def drawn(svg: str, scale: int = 4) -> Image.Image:
    """The picture that an SVG of strokes describes."""
    side = int(str(re.search(r'viewBox="0 0 (\d+)', svg)[1]))  # type: ignore[index]
    picture = Image.new("L", (side, side), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg):
        picture.paste(0, (int(x), int(y), int(x) + int(width), int(y) + 1))
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)
