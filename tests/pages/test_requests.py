"""The access log names routes, never paths; request numbers are taken over where harmless; counts are by route."""

import json
import logging

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

import pages
from pages.requests import ACCESS_LOG

SECRET = "a-link-nobody-may-guess"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("example")
    pages.install(app, service=pages.Service("Example"), ready=[("disk", lambda: None)])

    @app.route("/cards/<link>", methods=["GET", "POST"])
    def card(link: str) -> str:
        return request.get_data(as_text=True)

    return app.test_client()


def test_a_line_holds_the_route_and_not_the_path_the_query_or_the_body(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, ACCESS_LOG)
    client.post(f"/cards/{SECRET}?name={SECRET}", data=SECRET, headers={"User-Agent": SECRET, "Referer": SECRET})
    client.get(f"/nowhere/{SECRET}")
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == ACCESS_LOG]
    assert [line["route"] for line in lines] == ["/cards/<link>", "unmatched"]
    assert [line["status"] for line in lines] == [200, 404]
    assert SECRET not in caplog.text


def test_metrics_count_routes_and_never_paths(client: FlaskClient) -> None:
    client.get(f"/cards/{SECRET}")
    client.open(f"/{SECRET}", method="BREW")
    text = client.get("/metrics").text
    assert 'countersign_http_requests_total{method="GET",route="/cards/<link>",status="200"} 1.0' in text
    assert 'method="other",route="unmatched"' in text
    assert SECRET not in text


def test_two_applications_count_apart() -> None:
    for _ in range(2):
        pages.install(Flask("example"), service=pages.Service("Example"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abcd-1234.efgh", True), ("x" * 65, False), ("short", False), ("with space here", False), ("", False)],
)
def test_a_number_from_a_proxy_is_kept_where_it_is_harmless(client: FlaskClient, given: str, kept: bool) -> None:
    answered = client.get("/cards/x", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (answered == given) is kept
    assert len(answered) >= 8
