"""Every answer carries the headers; a route gets more only by saying so."""

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

import pages


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("example")
    pages.install(app, service=pages.Service("Example"), csp={"connect-src": "'self' https://peer.example"})

    @app.get("/plain")
    def plain() -> str:
        return "plain"

    @app.get("/camera")
    @pages.policy(script_src="'self' 'wasm-unsafe-eval'", permissions="camera=(self)")
    def camera() -> str:
        return "camera"

    @app.get("/jwks")
    def jwks() -> Response:
        response = Response("{}")
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return app.test_client()


@pytest.mark.parametrize("path", ["/plain", "/camera", "/nowhere", "/healthz", "/assets/pages/pages.css"])
def test_every_answer_is_guarded(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    csp = headers["Content-Security-Policy"]
    assert "default-src 'self'" in csp
    assert "frame-ancestors 'none'" in csp
    assert "object-src 'none'" in csp
    assert "unsafe-inline" not in csp
    assert "'unsafe-eval'" not in csp
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Request-ID"]


def test_only_the_marked_route_gets_wasm_and_camera(client: FlaskClient) -> None:
    plain, camera = client.get("/plain").headers, client.get("/camera").headers
    assert "wasm-unsafe-eval" not in plain["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval'" in camera["Content-Security-Policy"]
    assert "camera=()" in plain["Permissions-Policy"]
    assert "camera=(self)" in camera["Permissions-Policy"]
    assert "microphone=()" in camera["Permissions-Policy"]


def test_a_service_may_add_to_the_policy(client: FlaskClient) -> None:
    assert "connect-src 'self' https://peer.example" in client.get("/plain").headers["Content-Security-Policy"]


def test_pages_are_not_stored_and_a_view_may_say_otherwise(client: FlaskClient) -> None:
    assert client.get("/plain").headers["Cache-Control"] == "no-store"
    assert client.get("/jwks").headers["Cache-Control"] == "public, max-age=3600"
    assert client.get("/jwks").headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_hsts_over_https_only(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/plain").headers
    assert (
        "max-age=31536000" in client.get("/plain", base_url="https://door.example").headers["Strict-Transport-Security"]
    )


def test_static_files_are_asked_for_again_by_their_tag(client: FlaskClient) -> None:
    with client.get("/assets/pages/pages.css") as first:
        assert first.headers["Cache-Control"] == "no-cache"
    with client.get("/assets/pages/pages.css", headers={"If-None-Match": first.headers["ETag"]}) as second:
        assert second.status_code == 304
