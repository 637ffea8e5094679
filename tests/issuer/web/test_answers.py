"""What a failing disk, a busy database and a missing key mean to whoever asked."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import pages
from issuer.app import create_app
from issuer.db import StorageBusy, StorageFull
from issuer.settings import Settings
from issuer.signing import UnreadableCard
from issuer.web.answers import install_failures
from keys.store import KeyStoreError


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (StorageFull("x"), 507, "storage-full"),
        (StorageBusy("x"), 503, "storage-busy"),
        (UnreadableCard("x"), 500, "card-unreadable"),
        (KeyStoreError("x"), 503, "no-signing-key"),
    ],
)
def test_each_failure_says_that_nothing_was_recorded(failure: Exception, status: int, code: str) -> None:
    app = Flask("failing")
    pages.install(app, service=pages.Service("Harbour Health"))
    install_failures(app)

    @app.get("/api/fail")
    @app.get("/fail")
    def fail() -> str:
        raise failure

    answer = app.test_client().get("/api/fail")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.json["code"] == code
    assert "Nothing was recorded" in answer.json["detail"]
    assert ("Retry-After" in answer.headers) == (code == "storage-busy")
    page = app.test_client().get("/fail")
    assert page.status_code == status
    assert "Nothing was recorded" in page.text


def test_a_database_out_of_reach(keystore: Any, made: Any, tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path / 'nowhere' / 'issuer.db'}"
    settings = Settings(made.iss, "N", "http://x", nowhere, made.token, b"r" * 32, b"a" * 32, b"s" * 32, tmp_path)
    app = create_app(settings, keystore, lambda: made.now)
    headers = {"Authorization": f"Bearer {made.token}"}
    answer = app.test_client().post("/api/v1/records", json=made.bundle(made.dose()), headers=headers)
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "storage-busy", "5")
    assert app.test_client().get("/c/" + "A" * 43).status_code == 503
    assert app.test_client().get("/.well-known/jwks.json").status_code == 503
    assert app.test_client().get("/readyz").status_code == 503
    assert app.test_client().get("/").status_code == 200


def test_no_key_to_sign_with(app: Any, api: Any, keystore: Any, made: Any) -> None:
    for key in keystore.published():
        keystore.retire(key.kid, made.now)
    answer = api.send(made.bundle(made.dose()))
    assert (answer.status_code, answer.json["code"]) == (503, "no-signing-key")
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.json["checks"]["database"]) == (503, "ok")
    assert app.extensions["issuer"].store.counts()["record"] == 0
