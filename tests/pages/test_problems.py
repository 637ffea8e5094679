"""What happened, whether anything was lost, what to do: as a page or as a problem document; and no word too many."""

import errno
import logging

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

import pages
from pages.errors_in_words import WORDS

SECRET = "Amara Okonkwo-Lindqvist"


class _Status(HTTPException):
    def __init__(self, status: int) -> None:
        super().__init__("unused")
        self.code = status


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("example")
    pages.install(app, service=pages.Service("Example"))

    @app.route("/status/<int:status>", methods=["GET", "POST"])
    @app.route("/api/status/<int:status>", methods=["GET", "POST"])
    def status(status: int) -> str:
        raise _Status(status)

    @app.get("/fault")
    def fault() -> str:
        raise ValueError(SECRET)

    @app.get("/full")
    def full() -> str:
        raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/" + SECRET)

    @app.get("/refused")
    @app.get("/api/refused")
    def refused() -> str:
        raise pages.Problem(
            413, "too-many", "Too many", "That is too many.", "Send fewer.", lost="Nothing was kept.", limit=3
        )

    @app.get("/teapot")
    def teapot() -> str:
        abort(418)

    return app.test_client()


@pytest.mark.parametrize("status", sorted(WORDS))
def test_each_status_has_a_page_with_all_its_words(client: FlaskClient, status: int) -> None:
    answer = client.get(f"/status/{status}")
    words = WORDS[status]
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    for part in (words.title, words.detail, words.lost, words.todo):
        assert part
        assert part in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


@pytest.mark.parametrize("status", sorted(WORDS))
def test_each_status_is_a_problem_document_below_api(client: FlaskClient, status: int) -> None:
    answer = client.get(f"/api/status/{status}", headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    document = answer.get_json()
    assert document["status"] == status
    assert document["title"] == WORDS[status].title
    assert document["type"].endswith(document["code"])
    assert document["request_id"] == answer.headers["X-Request-ID"]


def test_no_page_blames_or_threatens() -> None:
    text = " ".join(" ".join((words.title, words.detail, words.lost, words.todo)) for words in WORDS.values()).lower()
    for word in ("invalid", "illegal", "unauthorized", "error occurred", "forbidden", "failed to"):
        assert word not in text


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("*/*", "text/html"),
        ("application/json", "application/problem+json"),
        ("application/problem+json, text/html;q=0.9", "application/problem+json"),
    ],
)
def test_the_accept_header_decides_elsewhere(client: FlaskClient, accept: str, mimetype: str) -> None:
    assert client.get("/nowhere", headers={"Accept": accept}).mimetype == mimetype


def test_a_views_own_problem(client: FlaskClient) -> None:
    page, document = client.get("/refused"), client.get("/api/refused").get_json()
    assert page.status_code == 413
    assert "Send fewer." in page.text
    assert document["code"] == "too-many"
    assert document["limit"] == 3
    assert document["detail"] == "That is too many. Nothing was kept. Send fewer."


def test_an_unforeseen_fault_says_nothing_of_what_it_was_about(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = client.get("/fault")
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert SECRET not in caplog.text.replace("raise ValueError(SECRET)", "")
    assert "ValueError" in caplog.text
    assert "test_problems.py" in caplog.text


def test_a_full_disk_is_said_to_be_one(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/full")
    assert answer.status_code == 507
    assert "not saved" in answer.text
    assert SECRET not in answer.text + caplog.text


def test_headers_that_belong_to_a_status(client: FlaskClient) -> None:
    assert "GET" in client.post("/healthz").headers["Allow"]
    assert client.get("/status/429").status_code == 429


def test_a_status_without_words_of_its_own(client: FlaskClient) -> None:
    answer = client.get("/teapot")
    assert answer.status_code == 418
    assert WORDS[400].title in answer.text
