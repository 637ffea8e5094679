"""Keys and revocation lists for anybody."""

from typing import Any

from cards.shc.crl import read_crl
from keys import read_jwks


def test_keys_for_any_origin(app: Any) -> None:
    answer = app.test_client().get("/.well-known/jwks.json", headers={"Origin": "https://verifier.example"})
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b'"d"' not in answer.data
    assert [key.crl_version for key in read_jwks(answer.data)] == [1, 1]


def test_an_unchanged_answer_costs_nothing(app: Any, api: Any, made: Any) -> None:
    client = app.test_client()
    first = client.get("/.well-known/jwks.json")
    tag = first.headers["ETag"]
    again = client.get("/.well-known/jwks.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    issued = api.send(made.bundle(made.dose())).json
    api.post(f"/api/v1/cards/{issued['cards'][0]['id']}/revoke", reason="requested")
    changed = client.get("/.well-known/jwks.json", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_every_published_key_has_a_list_from_its_first_day(app: Any) -> None:
    client = app.test_client()
    for key in read_jwks(client.get("/.well-known/jwks.json").data):
        answer = client.get(f"/.well-known/crl/{key.kid}.json")
        crl = read_crl(answer.data)
        assert (crl.kid, crl.ctr, len(crl)) == (key.kid, key.crl_version, 0)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["ETag"]


def test_a_revoked_card_is_on_its_keys_list(app: Any, api: Any, made: Any) -> None:
    card = api.send(made.bundle(made.dose())).json["cards"][0]
    api.post(f"/api/v1/cards/{card['id']}/revoke", reason="requested")
    crl = read_crl(app.test_client().get(f"/.well-known/crl/{card['kid']}.json").data)
    assert (crl.ctr, len(crl)) == (2, 1)


def test_no_list_for_an_unknown_key(app: Any) -> None:
    for kid in ("nobody", "..%2f..%2fetc", "x" * 300):
        assert app.test_client().get(f"/.well-known/crl/{kid}.json").status_code == 404


def test_health_checks(app: Any) -> None:
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["checks"]) == (200, {"database": "ok", "signing-key": "ok"})
    assert b"countersign_http_requests" in client.get("/metrics").data
