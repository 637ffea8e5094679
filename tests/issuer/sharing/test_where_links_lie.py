"""`/s/TOKEN` over HTTP: CORS, no cookies, the same 404 for whatever does not open, limits, a page for browsers."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from cards import shlink
from cards.shlink.files import cards_of, open_file
from issuer.db import open_engine
from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.sharing import Holding, Wish
from issuer.sharing.answering import PER_LINK
from keys import jwe
from tests.issuer.sharing.site import make_site

HOLDER = Actor("resident", "system")
PUBLIC = "https://health.example"


@pytest.fixture
def site(local_service: IssuerService, sqlite_database: str, settings: Settings, clock: Any) -> Iterator[Flask]:
    engine = open_engine(sqlite_database)
    yield make_site(replace(settings, address=PUBLIC), local_service, engine, clock)
    engine.dispose()


@pytest.fixture
def person(local_service: IssuerService, made: Any) -> str:
    return local_service.record_and_issue(made.octets(made.bundle(made.dose())), made.now).person_id


@pytest.fixture
def holding(local_service: IssuerService, settings: Settings) -> Holding:
    return Holding(local_service, PUBLIC, settings.seal_secret)


def shared(holding: Holding, person: str, now: Any, **wish: Any) -> shlink.Link:
    return shlink.read(holding.one(person, holding.make(person, Wish(**wish), now, HOLDER), now, HOLDER).text)


def path_of(link: shlink.Link) -> str:
    return link.url.removeprefix(PUBLIC)


def ask(client: Any, link: shlink.Link | str, **asked: Any) -> Any:
    path = link if isinstance(link, str) else path_of(link)
    return client.post(path, json={"recipient": "Viewer", **asked}, headers={"Origin": "https://viewer.example"})


def test_a_viewer_on_another_site_gets_the_manifest_and_the_file(
    site: Flask, holding: Holding, person: str, made: Any
) -> None:
    link, client = shared(holding, person, made.now), site.test_client()
    preflight = client.options(path_of(link), headers={"Origin": "https://viewer.example"})
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert preflight.headers["Access-Control-Allow-Headers"] == "Content-Type"
    answer = ask(client, link, embeddedLengthMax=0)
    (file,) = shlink.read_manifest(answer.data)
    path = str(file.location).removeprefix(PUBLIC)
    located = client.get(path)
    assert located.content_type == "application/jose"
    assert len(cards_of(open_file(located.text, link.key, jwe.unseal, None))) == 1
    for one in (preflight, answer, located, client.options(path)):
        assert one.headers["Access-Control-Allow-Origin"] == "*"
        assert one.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Access-Control-Allow-Credentials" not in one.headers
        assert "Set-Cookie" not in one.headers
        assert one.headers["Cache-Control"] == "no-store" or one.status_code == 204


def test_what_does_not_open_looks_alike(site: Flask, holding: Holding, person: str, made: Any) -> None:
    client = site.test_client()
    stopped = shared(holding, person, made.now)
    (held,) = holding.of(person, made.now)
    holding.stop(person, held.share.id, made.now, HOLDER)
    answers = [
        ask(client, stopped),
        ask(client, "/s/" + "A" * 43),
        ask(client, "/s/short"),
        client.get(path_of(stopped) + "?recipient=Viewer"),
        client.get("/s/" + "A" * 43 + "?recipient=Viewer"),
        client.get(path_of(stopped) + "/0/AAAA"),
        client.get("/s/unknown", headers={"Accept": "application/json"}),
    ]
    seen = set()
    for one in answers:
        headers = {name: value for name, value in one.headers.items() if name != "X-Request-ID"}
        seen.add((one.status_code, one.data, json.dumps(headers, sort_keys=True)))
    assert len(seen) == 1
    assert (answers[0].status_code, answers[0].json) == (404, {"error": "link-ended"})


def test_a_browser_reads_what_it_is_and_nothing_is_counted(
    site: Flask, holding: Holding, person: str, made: Any
) -> None:
    client, link = site.test_client(), shared(holding, person, made.now, direct=True)
    pages = [client.get(path, headers={"Accept": "text/html"}) for path in (path_of(link), "/s/" + "A" * 43)]
    assert [one.status_code for one in pages] == [200, 200]
    assert pages[0].data == pages[1].data
    assert "shlink:/" in pages[0].text
    assert "Set-Cookie" not in pages[0].headers
    client.head(path_of(link) + "?recipient=Scanner")  # a mail scanner
    assert holding.of(person, made.now)[0].openings == ()
    arabic = client.get("/s/x", headers={"Accept": "text/html", "Accept-Language": "ar"})
    assert 'dir="rtl"' in arabic.text


def test_a_direct_file(site: Flask, holding: Holding, person: str, made: Any) -> None:
    link = shared(holding, person, made.now, direct=True)
    answer = site.test_client().get(path_of(link) + "?recipient=Viewer%20%F0%9F%98%80")
    assert answer.content_type == "application/jose"
    assert len(cards_of(open_file(answer.text, link.key, jwe.unseal, None))) == 1
    assert holding.of(person, made.now)[0].openings[0].recipient == "Viewer 😀"


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 20_000, b'{"recipient":"x","passcode":1}', b"\xff\xfe"])
def test_what_is_no_request_is_400_and_not_counted(
    site: Flask, holding: Holding, person: str, made: Any, body: bytes
) -> None:
    link = shared(holding, person, made.now, passcode="481516")
    answer = site.test_client().post(path_of(link), data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert holding.of(person, made.now)[0].remaining == 10


def test_a_loop_is_stopped_and_told_when_to_come_back(site: Flask, holding: Holding, person: str, made: Any) -> None:
    link, client = shared(holding, person, made.now), site.test_client()
    statuses = [ask(client, link).status_code for _ in range(PER_LINK)]
    assert set(statuses) == {200}
    answer = ask(client, link)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert ask(client, shared(holding, person, made.now)).status_code == 200  # another link opens


def test_wrong_passcodes(site: Flask, holding: Holding, person: str, made: Any) -> None:
    link, client = shared(holding, person, made.now, passcode="481516"), site.test_client()
    answer = ask(client, link, passcode="1")
    assert (answer.status_code, answer.json) == (401, {"remainingAttempts": 9})
    assert "WWW-Authenticate" not in answer.headers
    assert ask(client, link, passcode="481516").status_code == 200


def test_nothing_of_a_link_stands_in_a_log(
    site: Flask, holding: Holding, person: str, made: Any, caplog: pytest.LogCaptureFixture
) -> None:
    link, client = shared(holding, person, made.now, label="Zarubabel"), site.test_client()
    with caplog.at_level(logging.DEBUG):
        (file,) = shlink.read_manifest(ask(client, link, recipient="Quintavalle", embeddedLengthMax=0).data)
        client.get(str(file.location).removeprefix(PUBLIC))
        client.get(path_of(link) + "?recipient=Quintavalle")
    token = link.url.rsplit("/", 1)[1]
    assert "/s/<token>" in caplog.text
    for mark in (token, "Quintavalle", "Zarubabel", str(file.location).rsplit("/", 1)[1], made.family):
        assert mark not in caplog.text
    metrics = client.get("/metrics").text
    assert token not in metrics
