"""The cards of a resident who is in, and what they can take from them."""

import re
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image

import cards
from cards.shc.file import read_file
from wallet_export.typefaces import TypefacesMissing


def come_in(client: Any, path: str, born: str = "1987-06-05") -> Any:
    """Open a link and enter the birth date: the answer."""
    page = client.get(path)
    year, month, day = born.split("-")
    typed = {"born_year": year, "born_month": month, "born_day": day}
    return client.post(path, data={**typed, "csrf_token": token_of(page.text)})


def token_of(page: str) -> str:
    return re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]


@pytest.fixture
def content(api: Any, made: Any) -> Any:
    """What the API said of a person with three cards."""
    return api.send(made.bundle(made.dose(), made.dose("10", isSubpotent=True), made.result())).json


@pytest.fixture
def inside(app: Any, content: Any) -> Any:
    """The browser of that person, who has come in."""
    client = app.test_client()
    done = come_in(client, content["link"].removeprefix("http://127.0.0.1:8000"))
    assert (done.status_code, done.headers["Location"]) == (303, "/my")
    return client


def test_the_page_shows_the_cards_in_words(inside: Any, made: Any) -> None:
    page = inside.get("/my")
    assert page.status_code == 200
    for words in (
        "Harbour Health",
        f"{made.given} {made.family}",
        "5 June 1987",
        "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose",
        "1 March 2021",
        "Lot A1B2",
        "Harbour Clinic",
        "Weaker than a full dose",
        "Not detected",
        "Show the code",
        "Save picture",
        "Save file",
        "Print (PDF)",
        "Add to Apple Health",
        "Lost or copied?",
        "Save all 3 cards as one file",
    ):
        assert words in page.text
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert re.findall(r'href="https://redirect\.health\.apple\.com/SMARTHealthCard/#[0-9]+"', page.text)


def test_what_a_code_says_is_told_before_it_is_shown(inside: Any) -> None:
    page = inside.get("/my").text
    assert "<svg xmlns" not in page.replace('<svg xmlns="http://www.w3.org/2000/svg" class="mark"', "")
    told = re.findall(r'<div class="says">(.*?)</div>', page, re.DOTALL)
    assert len(told) == 3
    assert sum("1 dose of vaccine with its date" in one for one in told) == 2
    assert sum("1 test with its result and time" in one for one in told) == 1
    assert all("your name and your birth date" in one and "Nothing else" in one for one in told)
    assert sum("lot numbers" in one for one in told) == 2


def test_what_was_recorded_is_text_and_nothing_else(app: Any, api: Any, made: Any) -> None:
    evil = "<script>a()</script>"
    person = made.patient(name=[{"text": f"{evil}\"'"}])
    bad = made.dose(lotNumber=evil, performer=[{"actor": {"display": evil}}])
    content = api.send(made.bundle(bad, person=person)).json
    client = app.test_client()
    come_in(client, content["link"].removeprefix("http://127.0.0.1:8000"))
    page, full = (client.get(f"/my{form}") for form in ("", f"/cards/{content['cards'][0]['id']}"))
    assert page.status_code == full.status_code == 200
    assert "<script" not in page.text
    assert "<script>a" not in full.text
    assert "&lt;script&gt;" in page.text
    assert "&lt;script&gt;" in full.text


def test_nobody_keeps_the_page(inside: Any, content: Any) -> None:
    card = content["cards"][0]["id"]
    forms = (
        "",
        f"/cards/{card}",
        f"/cards/{card}/replace",
        "/cards.smart-health-card",
        f"/cards/{card}.smart-health-card",
        f"/cards/{card}/qr.png",
    )
    for form in forms:
        answer = inside.get("/my" + form)
        assert answer.status_code == 200, form
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert inside.get("/my").headers["X-Robots-Tag"] == "noindex, nofollow"


def test_downloads_are_cards_and_named_after_nobody(inside: Any, api: Any, content: Any) -> None:
    jws = {card["id"]: api.get(card["url"]).json["jws"] for card in content["cards"]}
    card = content["cards"][0]["id"]
    one = inside.get(f"/my/cards/{card}.smart-health-card")
    assert (one.content_type, read_file(one.text)) == ("application/smart-health-card", [jws[card]])
    everything = inside.get("/my/cards.smart-health-card")
    assert read_file(everything.text) == list(jws.values())
    svg = inside.get(f"/my/cards/{card}/qr.svg")
    assert svg.content_type == "image/svg+xml"
    for answer in (one, everything, inside.get(f"/my/cards/{card}/qr.png")):
        assert re.fullmatch(r'attachment; filename="health-card\.[a-z-]+"', answer.headers["Content-Disposition"])


def test_the_picture_scans(inside: Any, content: Any, tmp_path: Any) -> None:
    card = content["cards"][0]["id"]
    picture = tmp_path / "code.png"
    picture.write_bytes(inside.get(f"/my/cards/{card}/qr.png").data)
    with Image.open(picture) as image:
        text = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)[0].text
    assert cards.read(text).kid == content["cards"][0]["kid"]


def test_the_print_page(inside: Any, content: Any) -> None:
    answer = inside.get(f"/my/cards/{content['cards'][0]['id']}/card.pdf")
    if answer.status_code == 503:
        assert TypefacesMissing.__name__ == "TypefacesMissing"
        pytest.skip("the typefaces are not installed: make setup")
    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="health-card.pdf"'


def test_the_full_screen_code(inside: Any, content: Any, made: Any) -> None:
    page = inside.get(f"/my/cards/{content['cards'][0]['id']}")
    assert page.status_code == 200
    assert page.text.count("<svg xmlns") == 1
    assert f"{made.given} {made.family}" in page.text


def test_without_a_visit_every_page_says_how_to_come_in(app: Any, content: Any) -> None:
    card = content["cards"][0]["id"]
    forms = (
        "",
        f"/cards/{card}",
        f"/cards/{card}.smart-health-card",
        f"/cards/{card}/qr.png",
        f"/cards/{card}/replace",
    )
    for form in forms:
        for cookie in ("", "A" * 43):
            client = app.test_client()
            client.set_cookie("visit", cookie, path="/my")
            page = client.get("/my" + form)
            assert page.status_code == 401, form
            assert "Your cards are closed" in page.text
            assert "/find" in page.text


def test_a_visit_ends_on_request_and_by_itself(app: Any, api: Any, inside: Any, content: Any, clock: Any) -> None:
    cookie = inside.get_cookie("visit", path="/my").value
    left = inside.post("/my/leave", data={"csrf_token": token_of(inside.get("/my").text)})
    assert (left.status_code, left.headers["Location"]) == (303, "/closed")
    assert inside.get_cookie("visit", path="/my") is None
    assert "Your cards are closed" in inside.get("/closed").text
    other = app.test_client()
    other.set_cookie("visit", cookie, path="/my")
    assert other.get("/my").status_code == 401  # a copy of the cookie is worth nothing either
    link = api.post(f"/api/v1/persons/{content['person_id']}/links").json["link"].removeprefix("http://127.0.0.1:8000")
    assert come_in(inside, link).status_code == 303
    assert inside.get("/my").status_code == 200
    clock.now += timedelta(hours=5)
    assert inside.get("/my").status_code == 401


def test_a_visit_opens_no_other_persons_card(inside: Any, api: Any, made: Any) -> None:
    someone = made.patient(birthDate="1999-09-09")
    other = api.send(made.bundle(made.dose("21"), person=someone)).json["cards"][0]["id"]
    for form in ("", ".smart-health-card", "/qr.png", "/card.pdf", "/replace"):
        assert inside.get(f"/my/cards/{other}{form}").status_code == 404
    sent = inside.post(f"/my/cards/{other}/replace", data={"csrf_token": token_of(inside.get("/my").text)})
    assert sent.status_code == 404
    assert api.get(f"/api/v1/cards/{other}").json["revoked_at"] is None


def test_a_revoked_card_is_shown_as_cancelled_without_its_code(inside: Any, api: Any, content: Any) -> None:
    first = content["cards"][0]
    api.post(f"{first['url']}/revoke", reason="entered-in-error")
    page = inside.get("/my")
    assert page.text.count("Show the code") == 2
    assert "Cancelled" in page.text
    assert "The record was entered in error" in page.text
    assert "20 November 2026" in page.text
    for form in ("", ".smart-health-card", "/qr.png", "/replace"):
        assert inside.get(f"/my/cards/{first['id']}{form}").status_code == 410
    assert len(read_file(inside.get("/my/cards.smart-health-card").text)) == 2


def test_a_person_without_a_standing_card(inside: Any, api: Any, content: Any) -> None:
    api.post(f"/api/v1/persons/{content['person_id']}/revoke", reason="wrong-person")
    page = inside.get("/my")
    assert page.status_code == 200
    assert "You have no card that can be used" in page.text
    assert inside.get("/my/cards.smart-health-card").status_code == 410


def test_cards_of_a_withdrawn_key_are_cancelled(inside: Any, content: Any, keystore: Any, clock: Any) -> None:
    keystore.compromise(content["cards"][0]["kid"], clock.now)
    page = inside.get("/my")
    assert page.status_code == 200
    assert "The key that signed it was withdrawn" in page.text


def test_a_lost_card_is_cancelled_and_made_anew_by_its_holder(inside: Any, api: Any, content: Any) -> None:
    old = content["cards"][0]
    asked = inside.get(f"/my/cards/{old['id']}/replace")
    assert "Cancel this card and make a new one?" in asked.text
    assert api.get(old["url"]).json["revoked_at"] is None  # looking changes nothing
    done = inside.post(f"/my/cards/{old['id']}/replace", data={"csrf_token": token_of(asked.text)})
    assert (done.status_code, done.headers["Location"]) == (303, "/my")
    page = inside.get("/my").text
    assert "Your new card is ready" in page
    assert "The person asked for it" in page
    assert page.count("Show the code") == 3
    assert api.get(old["url"]).json["revoked_at"] is not None
    assert inside.get(f"/my/cards/{old['id']}").status_code == 410
    assert "Your new card is ready" not in inside.get("/my").text


def test_cancelling_needs_the_form_of_the_page(inside: Any, content: Any) -> None:
    refused = inside.post(f"/my/cards/{content['cards'][0]['id']}/replace")
    assert refused.status_code == 400
    assert "This page was open too long" in refused.text
