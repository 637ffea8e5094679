"""The card page and what one can take from it."""

import re
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from cards.shc.file import read_file
from wallet_export.typefaces import TypefacesMissing


@pytest.fixture
def opened(api: Any, made: Any) -> Any:
    """A person with three cards: (path of the link, the answer's content)."""
    content = api.send(made.bundle(made.dose(), made.dose("10", isSubpotent=True), made.result())).json
    return content["link"].removeprefix("http://127.0.0.1:8000"), content


def test_the_page_shows_the_cards_in_words(app: Any, opened: Any, made: Any) -> None:
    page = app.test_client().get(opened[0])
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
        "Show full screen",
        "Save picture",
        "Save file",
        "Print (PDF)",
        "Add to Apple Health",
        "Save all 3 cards as one file",
    ):
        assert words in page.text
    assert page.text.count("<svg xmlns") == 3
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert re.findall(r'href="https://redirect\.health\.apple\.com/SMARTHealthCard/#[0-9]+"', page.text)


def test_what_was_recorded_is_text_and_nothing_else(app: Any, api: Any, made: Any) -> None:
    evil = "<script>a()</script>"
    person = made.patient(name=[{"text": f"{evil}\"'"}])
    bad = made.dose(lotNumber=evil, performer=[{"actor": {"display": evil}}])
    content = api.send(made.bundle(bad, person=person)).json
    path = content["link"].removeprefix("http://127.0.0.1:8000")
    for form in ("", f"/cards/{content['cards'][0]['id']}"):
        page = app.test_client().get(path + form)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text


def test_nobody_keeps_the_page(app: Any, opened: Any) -> None:
    path, content = opened
    client = app.test_client()
    card = content["cards"][0]["id"]
    forms = (
        "",
        f"/cards/{card}",
        "/cards.smart-health-card",
        f"/cards/{card}.smart-health-card",
        f"/cards/{card}/qr.png",
    )
    for form in forms:
        answer = client.get(path + form)
        assert answer.status_code == 200, form
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(path).headers["X-Robots-Tag"] == "noindex, nofollow"


def test_downloads_are_cards_and_named_after_nobody(app: Any, api: Any, opened: Any, made: Any) -> None:
    path, content = opened
    client = app.test_client()
    jws = {card["id"]: api.get(card["url"]).json["jws"] for card in content["cards"]}
    card = content["cards"][0]["id"]
    one = client.get(f"{path}/cards/{card}.smart-health-card")
    assert (one.content_type, read_file(one.text)) == ("application/smart-health-card", [jws[card]])
    everything = client.get(f"{path}/cards.smart-health-card")
    assert read_file(everything.text) == list(jws.values())
    svg = client.get(f"{path}/cards/{card}/qr.svg")
    assert svg.content_type == "image/svg+xml"
    for answer in (one, everything, client.get(f"{path}/cards/{card}/qr.png")):
        assert re.fullmatch(r'attachment; filename="health-card\.[a-z-]+"', answer.headers["Content-Disposition"])


def test_the_picture_scans(app: Any, api: Any, opened: Any, tmp_path: Any) -> None:
    path, content = opened
    card = content["cards"][0]["id"]
    picture = tmp_path / "code.png"
    picture.write_bytes(app.test_client().get(f"{path}/cards/{card}/qr.png").data)
    with Image.open(picture) as image:
        text = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)[0].text
    import cards

    assert cards.read(text).kid == content["cards"][0]["kid"]


def test_the_print_page(app: Any, opened: Any) -> None:
    path, content = opened
    answer = app.test_client().get(f"{path}/cards/{content['cards'][0]['id']}/card.pdf")
    if answer.status_code == 503:
        assert TypefacesMissing.__name__ == "TypefacesMissing"
        pytest.skip("the typefaces are not installed: make setup")
    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="health-card.pdf"'


def test_the_full_screen_code(app: Any, opened: Any, made: Any) -> None:
    path, content = opened
    page = app.test_client().get(f"{path}/cards/{content['cards'][0]['id']}")
    assert page.status_code == 200
    assert page.text.count("<svg xmlns") == 1
    assert f"{made.given} {made.family}" in page.text


def test_an_unknown_and_an_ended_link_are_answered_alike(app: Any, opened: Any, clock: Any) -> None:
    path, content = opened
    client = app.test_client()
    card = content["cards"][0]["id"]
    unknown = client.get("/c/" + "A" * 43)
    clock.now += timedelta(days=90)
    ended = client.get(path)
    assert unknown.status_code == ended.status_code == 404
    assert _without_number(unknown) == _without_number(ended)
    for form in (
        f"/cards/{card}",
        f"/cards/{card}.smart-health-card",
        f"/cards/{card}/qr.png",
        "/cards.smart-health-card",
    ):
        assert client.get(path + form).status_code == 404


def test_a_link_opens_no_other_persons_card(app: Any, api: Any, opened: Any, made: Any) -> None:
    someone = made.patient(birthDate="1999-09-09")
    other = api.send(made.bundle(made.dose("21"), person=someone)).json["cards"][0]["id"]
    for form in (
        f"/cards/{other}",
        f"/cards/{other}.smart-health-card",
        f"/cards/{other}/qr.png",
        f"/cards/{other}/card.pdf",
    ):
        assert app.test_client().get(opened[0] + form).status_code == 404


def test_a_revoked_card_is_shown_as_cancelled_without_its_code(app: Any, api: Any, opened: Any) -> None:
    path, content = opened
    first = content["cards"][0]
    api.post(f"{first['url']}/revoke", reason="entered-in-error")
    page = app.test_client().get(path)
    assert page.text.count("<svg xmlns") == 2
    assert "Cancelled" in page.text
    assert "The record was entered in error" in page.text
    assert "20 November 2026" in page.text
    for form in (f"/cards/{first['id']}", f"/cards/{first['id']}.smart-health-card", f"/cards/{first['id']}/qr.png"):
        assert app.test_client().get(path + form).status_code == 410
    assert len(read_file(app.test_client().get(f"{path}/cards.smart-health-card").text)) == 2


def test_a_person_without_a_standing_card(app: Any, api: Any, opened: Any) -> None:
    path, content = opened
    api.post(f"/api/v1/persons/{content['person_id']}/revoke", reason="wrong-person")
    page = app.test_client().get(path)
    assert page.status_code == 200
    assert "You have no card that can be used" in page.text
    assert "<svg xmlns" not in page.text
    assert app.test_client().get(f"{path}/cards.smart-health-card").status_code == 410


def test_cards_of_a_withdrawn_key_are_cancelled(app: Any, opened: Any, keystore: Any, clock: Any) -> None:
    path, content = opened
    keystore.compromise(content["cards"][0]["kid"], clock.now)
    page = app.test_client().get(path)
    assert page.status_code == 200
    assert "The key that signed it was withdrawn" in page.text
    assert "<svg xmlns" not in page.text


def _without_number(answer: Any) -> str:
    return re.sub(r"[0-9a-f]{32}", "N", answer.text)
