"""The front page."""

from typing import Any

from flask import Flask

from issuer.app import create_app
from issuer.settings import Settings


def test_it_says_what_this_is(app: Any, made: Any) -> None:
    page = app.test_client().get("/")
    assert page.status_code == 200
    assert "Health cards from Harbour Health" in page.text
    assert made.iss in page.text
    assert "invented" not in page.text


def test_a_demonstration_says_so(sqlite_database: str, keystore: Any, made: Any, tmp_path: Any) -> None:
    settings = Settings(
        made.iss,
        "Demo",
        "http://127.0.0.1",
        sqlite_database,
        made.token,
        b"r" * 32,
        b"a" * 32,
        b"s" * 32,
        tmp_path,
        sample=True,
    )
    app: Flask = create_app(settings, keystore)
    assert "invented" in app.test_client().get("/").text


def test_making_an_application_opens_nothing(keystore: Any, made: Any, tmp_path: Any) -> None:
    settings = Settings(
        made.iss,
        "N",
        "http://x",
        f"sqlite:///{tmp_path / 'later.db'}",
        made.token,
        b"r" * 32,
        b"a" * 32,
        b"s" * 32,
        tmp_path,
    )
    app = create_app(settings, keystore)
    assert not (tmp_path / "later.db").exists()
    ready = app.test_client().get("/readyz")
    assert ready.status_code == 503
    assert "countersign db upgrade" in ready.json["checks"]["database"]
