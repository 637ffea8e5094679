"""What is sent with a form, or by the scanner, and what comes back. Every refusal says what to do."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from cards.shc.file import write_file
from tests.e2e.guests import BIRTH_DATE_IN_WORDS, LOT, NAME, NOW, World, drawn, held_up, jpeg, png
from verifier.app import create_app
from verifier.settings import Settings


def upload(client: FlaskClient, *files: bytes, name: str = "Amara.png") -> Any:
    """Post files as a browser does (the test client's own form spools to the disk)."""
    parts = []
    for octets in files:
        head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + octets + b"\r\n")
    body = b"".join(parts) + b"--edge--\r\n"
    return client.post("/verdict", data=body, content_type="multipart/form-data; boundary=edge")


def jws_of(text: str) -> str:
    digits = text[len("shc:/") :]
    return "".join(chr(int(digits[at : at + 2]) + 45) for at in range(0, len(digits), 2))


@pytest.mark.parametrize("form", ["png", "jpeg", "pdf", "file", "text", "jws"])
def test_every_way_in_reaches_the_verdict(client: FlaskClient, world: World, form: str) -> None:
    (code,) = world.cards["accepted"]
    files = {
        "png": lambda: png(drawn(code)),
        "jpeg": lambda: jpeg(held_up(code)),
        "pdf": lambda: _pdf(drawn(code, 8)),
        "file": lambda: write_file([jws_of(code)]),
        "text": lambda: code.encode(),
        "jws": lambda: jws_of(code).encode() + b"\n",
    }
    answer = upload(client, files[form]())
    assert answer.status_code == 200
    assert 'data-outcome="accepted"' in answer.text
    assert NAME in answer.text
    assert BIRTH_DATE_IN_WORDS in answer.text
    assert "Compare the name and birth date with a photo ID." in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_was_typed(client: FlaskClient, world: World) -> None:
    (code,) = world.cards["accepted"]
    broken = code[:300] + "\r\n" + code[300:600] + " \r\n" + code[600:]
    for typed in (code, f"  {code}\n", code.upper().replace("SHC", "shc"), "SHC:/" + code[5:], broken, jws_of(code)):
        assert 'data-outcome="accepted"' in client.post("/verdict", data={"text": typed}).text


def test_the_scanner_gets_a_part_and_not_a_page(client: FlaskClient, world: World) -> None:
    answer = client.post("/verdict", json={"codes": list(world.cards["accepted"])})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'data-face="accepted"' in answer.text


def test_doses_stand_behind_a_disclosure_which_becomes_a_held_button(client: FlaskClient, world: World) -> None:
    text = client.post("/verdict", json={"codes": list(world.cards["accepted"])}).text
    inside = text.split('<details class="held"')[1].split("</details>")[0]
    assert LOT in inside
    assert "COVID-19, mRNA" in inside
    assert LOT not in text.split('<details class="held"')[0]


def test_several_files_make_a_list_each_with_its_face(client: FlaskClient, world: World) -> None:
    pictures = [png(drawn(world.cards[name][0])) for name in ("accepted", "expired", "foreign", "sample")]
    text = upload(client, *pictures).text
    for face in ("accepted", "rejected", "undecided", "sample"):
        assert f'data-face="{face}"' in text
    assert "4 cards" in text


def test_chunks_in_several_pictures_make_one_card(client: FlaskClient, world: World) -> None:
    pictures = [png(drawn(chunk)) for chunk in reversed(world.cards["chunked"])]
    text = upload(client, *pictures).text
    assert text.count("<article") == 1
    assert 'data-outcome="accepted"' in text


def test_a_chunk_alone_says_what_is_missing(client: FlaskClient, world: World) -> None:
    text = client.post("/verdict", data={"text": world.cards["chunked"][0]}).text
    assert 'data-code="chunks-missing"' in text
    assert "Code 1 scanned" in text
    assert "Code 2 is missing" in text


def test_other_codes_are_named_for_what_they_are(client: FlaskClient, world: World) -> None:
    for name, words in (
        ("wifi", "Wi-Fi network"),
        ("web-address", "web address"),
        ("health-link", "SMART Health Link"),
    ):
        assert words in client.post("/verdict", json={"codes": list(world.cards[name])}).text


def test_the_name_of_a_file_is_not_repeated(client: FlaskClient) -> None:
    assert "Amara" not in upload(client, b"\x89PNG\r\n\x1a\n broken", name="Amara.png").text


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "The file is empty."),
        (b"just a note\nof two lines", "no picture of a kind we read"),
        (bytes(range(256)), "no picture of a kind we read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
        (b"\x89PNG\r\n\x1a\n broken", "damaged"),
        (b"%PDF-1.7 nothing", "The PDF is damaged"),
        (png(Image.new("L", (300, 300), 255)), "There is no code in it"),
        (png(Image.new("1", (12_000, 12_000), 1)), "more than 40 million pixels"),
    ],
    ids=["empty", "text", "octets", "svg", "png", "pdf", "blank", "144 megapixels"],
)
def test_a_file_that_gives_no_card_says_what_to_do(client: FlaskClient, octets: bytes, words: str) -> None:
    answer = upload(client, octets)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_pdf_without_a_code(client: FlaskClient) -> None:
    assert "There is no code in it" in upload(client, _pdf(None)).text


def test_one_good_and_one_bad_file(client: FlaskClient, world: World) -> None:
    text = upload(client, b"", png(drawn(world.cards["accepted"][0]))).text
    assert 'data-outcome="accepted"' in text
    assert "File 1: The file is empty." in text


def test_a_file_without_a_card_says_so(client: FlaskClient) -> None:
    for answer in (
        upload(client, b'{"resourceType": "Parameters"}'),
        client.post("/verdict", json={"codes": ['{"resourceType": "Parameters"}']}),
    ):
        assert answer.status_code == 200
        assert "There is no card in it." in answer.text
        assert 'data-code="no-card"' in answer.text
        assert 'data-outcome="undecided"' in answer.text
        assert "0 cards" not in answer.text


def test_what_never_happened_shows_without_holding_and_names_no_product(client: FlaskClient, world: World) -> None:
    text = client.post("/verdict", json={"codes": list(world.cards["warned"])}).text
    before = text.split('<details class="held"')[0]
    assert "Dose 1 of 2 was entered by mistake and does not count" in before.split("verdict__warnings")[1]
    assert "COVID" not in before
    assert "data-warned" in before
    text = client.post("/verdict", json={"codes": list(world.cards["warned-nobody"])}).text
    assert "The card names nobody: it cannot be compared with an ID." in text
    assert "There is no dose and no result on it." in text
    assert "Compare the name" not in text
    assert "data-warned" not in client.post("/verdict", json={"codes": list(world.cards["accepted"])}).text


def test_nothing_sent(client: FlaskClient) -> None:
    answer = client.post("/verdict", data={"text": "  "})
    assert answer.status_code == 422
    assert "Choose a picture or file, or type a code." in answer.text


def test_too_many_files(client: FlaskClient) -> None:
    answer = upload(client, *[b"x"] * 11)
    assert answer.status_code == 422
    assert "up to 10" in answer.text


def test_too_large(client: FlaskClient) -> None:
    answer = upload(client, bytes(26 * 1024 * 1024))
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert "Send a smaller picture" in answer.text


def test_an_address_without_a_body_starts_again(client: FlaskClient) -> None:
    answer = client.get("/verdict")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_name_is_text_whatever_it_says(client: FlaskClient, world: World) -> None:
    from cards.shc.numeric import encode
    from tests.e2e.guests import bundle, dose

    evil = bundle(dose("<b>2026", lot="<i>"), name={"text": "<script>alert(1)</script>"}, born="<u>")
    text = client.post("/verdict", json={"codes": [encode(world.health.card(evil))]}).text
    for tag in ("<script", "<b>", "<i>", "<u>"):
        assert tag not in text


def test_too_many_requests(world: World) -> None:
    registry = world.registry()
    client = create_app(Settings(rate="2 per minute"), lambda: registry, lambda: NOW).test_client()
    answers = [client.post("/verdict", data={"text": "x"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) <= 60
    assert "Wait a minute" in answers[2].text
    assert client.get("/").status_code == 200


def test_counts_hold_outcomes_and_nobody(client: FlaskClient, world: World) -> None:
    client.post("/verdict", json={"codes": list(world.cards["revoked"])})
    metrics = client.get("/metrics").text
    assert 'countersign_verdicts_total{code="revoked",outcome="rejected"} 1.0' in metrics
    assert "Okonkwo" not in metrics


def _pdf(picture: Image.Image | None) -> bytes:
    from reportlab.lib.utils import ImageReader

    out = io.BytesIO()
    canvas = Canvas(out)
    if picture is not None:
        canvas.drawImage(ImageReader(picture), 72, 400, 140, 140)
    canvas.drawString(72, 700, "A page")
    canvas.save()
    return out.getvalue()
