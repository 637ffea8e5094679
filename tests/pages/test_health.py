"""/healthz answers while the process does; /readyz only when what it needs is there."""

from flask import Flask

import pages

SECRET = "password-of-the-database"


def _app(*answers: object) -> Flask:
    def check_of(answer: object) -> pages.health.ReadyCheck:
        def check() -> str | None:
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[return-value]

        return (f"check-{id(answer)}", check)

    app = Flask("example")
    pages.install(app, service=pages.Service("Example"), ready=[check_of(answer) for answer in answers])
    return app


def test_ready() -> None:
    client = _app(None, None).test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200


def test_not_ready_says_why() -> None:
    answer = _app(None, "the registry holds no issuer").test_client().get("/readyz")
    assert answer.status_code == 503
    assert "the registry holds no issuer" in answer.get_json()["checks"].values()


def test_a_check_that_raises_does_not_tell_its_message() -> None:
    answer = _app(RuntimeError(SECRET)).test_client().get("/readyz")
    assert answer.status_code == 503
    assert "RuntimeError" in answer.text
    assert SECRET not in answer.text
