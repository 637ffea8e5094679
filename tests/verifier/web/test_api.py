"""POST /api/v1/verify: 200 whatever the cards, problem documents for what is no request."""

import pytest
from flask.testing import FlaskClient

from tests.e2e.guests import BIRTH_DATE, NAME, World
from verifier.web.inputs import MAX_CODES

ADDRESS = "/api/v1/verify"


def test_one_verdict_a_card(client: FlaskClient, world: World) -> None:
    names = ("accepted", "revoked", "foreign", "wifi", "malformed", "sample")
    answer = client.post(ADDRESS, json={"qr": [world.cards[name][0] for name in names]})
    assert answer.status_code == 200
    document = answer.get_json()
    assert [(verdict["outcome"], verdict["code"]) for verdict in document["verdicts"]] == [
        ("accepted", None),
        ("rejected", "revoked"),
        ("undecided", "untrusted-issuer"),
        ("rejected", "not-a-health-card"),
        ("rejected", "malformed-card"),
        ("accepted", None),
    ]
    assert [verdict["sample"] for verdict in document["verdicts"]] == [False] * 5 + [True]
    assert document["registry"]["number"] == 7
    assert document["registry"]["expires"] == "2026-11-27T12:00:00+00:00"


def test_what_stands_in_a_verdict(client: FlaskClient, world: World) -> None:
    verdict = client.post(ADDRESS, json={"qr": list(world.cards["accepted"])}).get_json()["verdicts"][0]
    assert verdict["issuer"] == {"iss": world.health.iss, "name": world.health.name}
    assert verdict["card"]["persons"] == [{"name": NAME, "birth_date": BIRTH_DATE}]
    assert [dose["codes"][0]["code"] for dose in verdict["card"]["doses"]] == ["208", "208"]
    assert verdict["card"]["doses"][0]["groups"] == ["COVID-19"]
    assert verdict["reason"].endswith("Compare the name and birth date with a photo ID.")


def test_nobody_before_the_signature_held(client: FlaskClient, world: World) -> None:
    answer = client.post(ADDRESS, json={"qr": [world.cards[name][0] for name in ("tampered", "foreign")]})
    assert NAME not in answer.text
    assert [verdict["card"] for verdict in answer.get_json()["verdicts"]] == [None, None]


def test_chunks_become_one_verdict(client: FlaskClient, world: World) -> None:
    answer = client.post(ADDRESS, json={"qr": list(reversed(world.cards["chunked"]))})
    assert [verdict["outcome"] for verdict in answer.get_json()["verdicts"]] == ["accepted"]


def test_a_file_without_cards_gives_no_verdicts(client: FlaskClient) -> None:
    answer = client.post(ADDRESS, json={"qr": ['{"resourceType": "Parameters"}']})
    assert (answer.status_code, answer.get_json()["verdicts"]) == (200, [])


def test_warnings_stand_beside_the_outcome(client: FlaskClient, world: World) -> None:
    names = ("accepted", "warned", "tampered")
    verdicts = client.post(ADDRESS, json={"qr": [world.cards[name][0] for name in names]}).get_json()["verdicts"]
    assert [verdict["warnings"] for verdict in verdicts] == [
        [],
        ["Dose 1 of 2 was entered by mistake and does not count."],
        [],
    ]
    assert verdicts[1]["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed-json"),
        (b"[]", "application/json", 400, "malformed-request"),
        (b'{"qr": "shc:/1"}', "application/json", 400, "malformed-request"),
        (b'{"qr": []}', "application/json", 400, "malformed-request"),
        (b'{"qr": [1]}', "application/json", 400, "malformed-request"),
        (b'{"codes": ["shc:/1"]}', "application/json", 400, "malformed-request"),
        (b'{"qr": ["x"]}', "text/plain", 415, "not-json"),
        (b"[" * 100_000, "application/json", 400, "malformed-json"),
        (b'{"qr": ["' + b"5" * 1_000_001 + b'"]}', "application/json", 413, "too-many-codes"),
        (b'{"qr": [' + b'"x",' * MAX_CODES + b'"x"]}', "application/json", 413, "too-many-codes"),
    ],
    ids=["cut", "list", "text", "empty", "number", "name", "type", "deep", "long", "many"],
)
def test_errors_of_the_request(client: FlaskClient, body: bytes, content_type: str, status: int, code: str) -> None:
    answer = client.post(ADDRESS, data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    document = answer.get_json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["title"]
    assert document["detail"]


def test_other_methods_and_sizes(client: FlaskClient) -> None:
    answer = client.get(ADDRESS)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"
    assert answer.mimetype == "application/problem+json"
    answer = client.post(ADDRESS, data=bytes(26 * 1024 * 1024), content_type="application/json")
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"
