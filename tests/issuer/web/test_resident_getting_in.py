"""Self-service, the page of a link, and "this is not mine"."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from issuer.app import create_app
from issuer.settings import from_environ

HERE = "http://127.0.0.1:8000"
AT = "https://cards.example.gov"
RIGHT = {"born_year": "1987", "born_month": "6", "born_day": "5"}
WRONG = {**RIGHT, "born_day": "6"}


def token_of(page: str) -> str:
    return re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]


def without_number(answer: Any) -> str:
    return re.sub(r'[0-9a-f]{32}|value="[^"]{40,}"', "N", answer.text)


@pytest.fixture
def link(api: Any, made: Any) -> str:
    content = api.send(made.bundle(made.dose())).json
    return str(content["link"]).removeprefix(HERE)


@pytest.fixture
def enter(app: Any) -> Callable[..., Any]:
    """Opens a link in a new browser and enters a birth date."""

    def entered(path: str, typed: dict[str, str], client: Any = None) -> Any:
        client = client or app.test_client()
        return client.post(path, data={**typed, "csrf_token": token_of(client.get("/login").text)})

    return entered


@pytest.fixture
def sending(sqlite_database: str, keystore: Any, clock: Any, made: Any, tmp_path: Path) -> Any:
    """A deployment with a mail server, at an https address."""
    environ = {
        "COUNTERSIGN_ISS": made.iss,
        "COUNTERSIGN_ISSUER_NAME": "Harbour Health",
        "COUNTERSIGN_ISSUER_ADDRESS": AT,
        "COUNTERSIGN_DATABASE": sqlite_database,
        "COUNTERSIGN_MAIL_SERVER": "none://127.0.0.1:25",
        "COUNTERSIGN_API_TOKEN": made.token,
    }
    return create_app(from_environ(environ, tmp_path / "sending"), keystore, clock)


def test_opening_a_link_never_uses_it_up(app: Any, link: str, enter: Any) -> None:
    client = app.test_client()
    for _ in range(10):
        page = client.get(link)
        assert page.status_code == 200
        assert "When were you born?" in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "Wilhelmina" not in page.text
    assert client.head(link).status_code == 200
    done = client.post(link, data={**RIGHT, "csrf_token": token_of(client.get(link).text)})
    assert (done.status_code, done.headers["Location"]) == (303, "/my")
    cookie = done.headers["Set-Cookie"]
    assert re.match(r"visit=[A-Za-z0-9_-]{43}; HttpOnly; Path=/my; SameSite=Lax", cookie)
    assert client.get("/my").status_code == 200
    assert client.get("/find").request.cookies.get("visit") is None


def test_the_same_link_opens_on_both_addresses_and_the_old_pages_lead_to_it(app: Any, link: str) -> None:
    client = app.test_client()
    for path in (f"{link}/cards/abc", f"{link}/cards.smart-health-card", f"{link}/cards/abc/card.pdf"):
        led = client.get(path)
        assert (led.status_code, led.headers["Location"]) == (303, link)
        assert led.headers["Referrer-Policy"] == "no-referrer"
    assert "When were you born?" in client.get(link.replace("/c/", "/r/")).text


def test_a_used_an_expired_and_an_unknown_link_each_have_their_page(
    app: Any, api: Any, link: str, enter: Any, clock: Any, made: Any
) -> None:
    assert enter(link, RIGHT).status_code == 303
    used = app.test_client().get(link)
    assert (used.status_code, "This link was used already" in used.text) == (410, True)
    unknown = app.test_client().get("/r/" + "A" * 43)
    assert (unknown.status_code, "This link opens nothing" in unknown.text) == (404, True)
    other = api.send(made.bundle(made.dose("21"))).json["link"].removeprefix(HERE)
    clock.now += timedelta(days=91)
    over = app.test_client().get(other)
    assert (over.status_code, "This link has ended" in over.text) == (410, True)
    assert enter("/r/" + "A" * 43, RIGHT).status_code == 404


def test_five_wrong_dates_lock_a_link(app: Any, link: str, enter: Any) -> None:
    for left in ("4 more wrong dates", "3 more wrong dates", "2 more wrong dates", "1 more wrong date "):
        refused = enter(link, WRONG)
        assert refused.status_code == 422
        assert "This is not the birth date that goes with this link" in refused.text
        assert left in refused.text
    assert enter(link, {**RIGHT, "born_month": "13"}).status_code == 422  # no date: not counted
    locked = enter(link, WRONG)
    assert (locked.status_code, "This link is locked" in locked.text) == (410, True)
    assert enter(link, RIGHT).status_code == 410
    assert "This link is locked" in app.test_client().get(link).text


def test_digits_of_other_scripts_are_digits(link: str, enter: Any) -> None:
    typed = {"born_year": "١٩٨٧", "born_month": "٠٦", "born_day": "٥"}
    assert enter(link, typed).status_code == 303


def test_a_birth_date_needs_the_form_of_the_page(app: Any, link: str) -> None:
    refused = app.test_client().post(link, data=RIGHT)
    assert refused.status_code == 400
    assert "This page was open too long" in refused.text


def test_nobody_comes_in_over_http_from_elsewhere(app: Any, link: str) -> None:
    client = app.test_client()
    page = client.get(link, base_url="http://cards.example.gov")
    sent = client.post(link, data={**RIGHT, "csrf_token": token_of(page.text)}, base_url="http://cards.example.gov")
    assert (sent.status_code, "without https" in sent.text) == (403, True)


def test_over_https_cookies_are_secure(sending: Any, made: Any) -> None:
    client = sending.test_client()
    headers = {"Authorization": f"Bearer {made.token}"}
    body = made.octets(made.bundle(made.dose()))
    sent = client.post("/api/v1/records", data=body, content_type="application/fhir+json", headers=headers)
    path = sent.json["link"].removeprefix(AT)
    page = client.get(path, base_url=AT)
    done = client.post(path, data={**RIGHT, "csrf_token": token_of(page.text)}, base_url=AT)
    assert re.match(
        r"__Secure-visit=[A-Za-z0-9_-]{43}; Secure; HttpOnly; Path=/my; SameSite=Lax", done.headers["Set-Cookie"]
    )
    assert client.get("/my", base_url=AT).status_code == 200


def test_self_service_answers_everybody_alike(sending: Any, made: Any) -> None:
    client = sending.test_client()
    person = made.patient(telecom=[{"system": "email", "value": "w@mail.example"}])
    headers = {"Authorization": f"Bearer {made.token}"}
    body = made.octets(made.bundle(made.dose(), person=person))
    client.post("/api/v1/records", data=body, content_type="application/fhir+json", headers=headers)
    answers = []
    for name in (f"{made.given} {made.family}", "Nobody At All"):
        form = client.get("/find", base_url=AT).text
        typed = {"name": name, **RIGHT, "contact": "w@mail.example", "csrf_token": token_of(form)}
        sent = client.post("/find", data=typed, base_url=AT)
        shown = client.get(sent.headers["Location"], base_url=AT)
        answers.append((sent.status_code, sent.headers["Location"], len(sent.data), without_number(shown)))
    assert answers[0] == answers[1]
    assert answers[0][:2] == (303, "/find/sent")
    assert "w@mail.example" not in answers[0][3]


@pytest.mark.parametrize(
    ("lacking", "field"), [({"name": " "}, "name"), ({"born_day": "31"}, "born_day"), ({"contact": "x"}, "contact")]
)
def test_a_form_that_is_not_whole_says_what_to_mend(sending: Any, lacking: dict[str, str], field: str) -> None:
    client = sending.test_client()
    form = client.get("/find", base_url=AT).text
    typed = {"name": "A <b>", **RIGHT, "contact": "w@mail.example", **lacking, "csrf_token": token_of(form)}
    shown = client.post("/find", data=typed, base_url=AT)
    assert shown.status_code == 422
    assert f'href="#{field}"' in shown.text
    assert shown.text.count('href="#') == 2  # the skip link, and the one to mend
    assert "<b>" not in shown.text


def test_where_nothing_is_sent_the_page_says_so(app: Any) -> None:
    page = app.test_client().get("/find")
    assert "We send no messages yet" in page.text
    assert 'name="contact"' not in page.text


def test_renewing_has_one_answer(sending: Any) -> None:
    client = sending.test_client()
    form = client.get("/find", base_url=AT).text
    sent = client.post("/r/" + "A" * 43 + "/renew", data={"csrf_token": token_of(form)}, base_url=AT)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/find/sent")


def test_not_mine_asks_before_it_does_anything(app: Any) -> None:
    client = app.test_client()
    page = client.get("/n/" + "A" * 22)
    assert "Is this number or address not yours?" in page.text
    for data in ({"what": "not-mine"}, {"what": "no-more"}, {"List-Unsubscribe": "One-Click"}):
        done = client.post("/n/" + "A" * 22, data=data)
        assert (done.status_code, "Thank you" in done.text) == (200, True)
    assert client.post("/n/" + "A" * 22).status_code == 422
