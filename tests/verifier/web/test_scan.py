"""The scanner's page, its worker, and the ways in without a camera."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.e2e.guests import NOW, World
from verifier.app import create_app
from verifier.settings import Settings


def test_the_scanner_may_use_camera_and_wasm_and_nothing_inline(client: FlaskClient) -> None:
    answer = client.get("/")
    assert "'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert "onclick" not in answer.text


@pytest.mark.parametrize("path", ["/picture", "/about", "/nowhere"])
def test_no_other_page_may(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert "wasm-unsafe-eval" not in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_worker_lives_under_its_own_policy(client: FlaskClient) -> None:
    with client.get("/scan/worker.js") as answer:
        assert answer.mimetype == "text/javascript"
        assert "script-src 'self' 'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]


def test_no_cookie_is_set_anywhere(client: FlaskClient, world: World) -> None:
    for answer in (client.get("/"), client.get("/picture"), client.post("/verdict", data={"text": "x"})):
        assert "Set-Cookie" not in answer.headers


def test_without_javascript_the_first_button_leads_to_the_upload(client: FlaskClient) -> None:
    text = client.get("/").text
    assert '<a id="no-script" class="button button--big" href="/picture">' in text
    assert 'id="begin" class="button button--big" type="button" hidden' in text


def test_each_page_says_how_old_the_list_is(client: FlaskClient, world: World) -> None:
    assert "list number 7 of 19 November 2026, good until 27 November 2026" in client.get("/").text
    old = world.registry(expires=timedelta(days=-9))
    outdated = create_app(Settings(), lambda: old, lambda: NOW).test_client()
    assert "out of date for 9 days" in outdated.get("/").text
    assert "out of date for 9 days" in outdated.get("/about").text


def test_without_a_registry_nothing_is_judged(world: World) -> None:
    def broken() -> object:
        raise OSError("/srv/registry.jws: Amara")

    client = create_app(Settings(), broken, lambda: NOW).test_client()  # type: ignore[arg-type]
    assert client.get("/readyz").status_code == 503
    assert client.get("/").status_code == 503
    answer = client.post("/api/v1/verify", json={"qr": list(world.cards["accepted"])})
    assert answer.status_code == 503
    assert answer.get_json()["code"] == "registry-unavailable"
    assert "Amara" not in answer.text


def test_ready(client: FlaskClient) -> None:
    assert client.get("/readyz").get_json() == {"status": "ready", "checks": {"registry": "ok"}}
