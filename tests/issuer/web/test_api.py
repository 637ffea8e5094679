"""The API for clinics' programs."""

import json
from typing import Any

import pytest

import cards
from cards import read_crl
from cards.shc.file import read_file
from issuer.fhir import MAX_BUNDLE_OCTETS
from keys import read_jwks

PROBLEM = "application/problem+json"
ADDRESSES = [
    ("POST", "/api/v1/records"),
    ("POST", "/api/v1/persons/x/records"),
    ("POST", "/api/v1/persons/x/links"),
    ("POST", "/api/v1/persons/x/revoke"),
    ("POST", "/api/v1/cards/x/revoke"),
    ("POST", "/api/v1/cards/x/replace"),
    ("GET", "/api/v1/cards/x"),
    ("GET", "/api/v1/cards/x.smart-health-card"),
    ("GET", "/api/v1/cards/x/qr.png"),
    ("GET", "/api/v1/cards/x/qr.svg"),
]


def test_a_record_comes_back_as_cards_and_a_link(api: Any, app: Any, made: Any) -> None:
    answer = api.send(made.bundle(made.dose(), made.result()))
    assert answer.status_code == 201
    content = answer.json
    assert content["link"].startswith("http://127.0.0.1:8000/c/")
    assert content["link_ends_at"] == "2027-02-18T12:00:00+00:00"
    assert [card["title"] for card in content["cards"]] == [
        "COVID-19",
        "COVID-19 nucleic acid test, respiratory specimen",
    ]
    assert content["warnings"] == []
    card = api.get(content["cards"][0]["url"]).json
    assert card["id"] == content["cards"][0]["id"]
    key = read_jwks(app.test_client().get("/.well-known/jwks.json").data)
    kid = cards.read(card["jws"]).kid
    assert cards.read(card["jws"]).verify(next(one for one in key if one.kid == kid)).iss == made.iss


def test_the_same_record_again_is_answered_with_200(api: Any, made: Any) -> None:
    first = api.send(made.bundle(made.dose()))
    again = api.send(made.bundle(made.dose()), content_type="application/json; charset=utf-8")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["cards"] == first.json["cards"]
    # A program that lost the first answer still gets a link; the first one goes on opening the page.
    assert again.json["link"] != first.json["link"]


def test_faults_come_with_their_paths_and_remedies(api: Any, app: Any, made: Any) -> None:
    bad = made.bundle(made.dose(status="not-done"), made.dose("10", "2031-01-01", lotNumber="Lot 12"))
    answer = api.send(bad)
    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    assert answer.json["code"] == "record-not-certifiable"
    assert [(fault["path"], fault["code"], fault["severity"]) for fault in answer.json["faults"]] == [
        ("Bundle.entry[1].resource.status", "status-not-completed", "error"),
        ("Bundle.entry[2].resource.occurrenceDateTime", "date-in-future", "error"),
        ("Bundle.entry[2].resource.lotNumber", "lot-number-words", "warning"),
    ]
    assert all(fault["message"] and fault["remedy"] for fault in answer.json["faults"])
    for word in (made.family, made.given, made.born):
        assert word not in answer.text


def test_warnings_and_what_was_left_out_are_told(api: Any, made: Any) -> None:
    content = api.send(
        made.bundle(made.dose("213", note=[{"text": "cried"}]), person=made.patient(gender="female"))
    ).json
    assert [fault["code"] for fault in content["warnings"]] == ["vaccine-unspecified"]
    assert content["left_out"] == ["Bundle.entry[0].resource.gender", "Bundle.entry[1].resource.note"]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer ",
        "Bearer " + "t" * 39,
        "Bearer " + "t" * 41,
        "Basic " + "t" * 40,
        "t" * 40,
        "Bearer \udcff",
    ],
)
def test_nothing_without_the_token(app: Any, method: str, address: str, header: str | None) -> None:
    headers = {"Authorization": header} if header is not None else {}
    try:
        answer = app.test_client().open(address, method=method, headers=headers)
    except UnicodeEncodeError:
        pytest.skip("the test client itself cannot send this header")
    assert (answer.status_code, answer.content_type) == (401, PROBLEM)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_api_address_is_in_the_list_above(app: Any) -> None:
    rules = {
        (method, rule.rule.replace("<person_id>", "x").replace("<card_id>", "x"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert rules == set(ADDRESSES)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/fhir+xml", "multipart/form-data", ""])
def test_other_kinds_of_content_are_refused(api: Any, made: Any, kind: str) -> None:
    answer = api.send(made.bundle(made.dose()), content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (415, "content-type")


def test_a_body_beyond_the_limit_is_refused(api: Any) -> None:
    answer = api.send(b" " * (MAX_BUNDLE_OCTETS + 1))
    assert (answer.status_code, answer.content_type) == (413, PROBLEM)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b"\xff", b"[" * 5000, b'{"a":NaN}'])
def test_what_is_no_bundle_gets_a_fault(api: Any, body: bytes) -> None:
    answer = api.send(body)
    assert answer.status_code == 422
    assert next(fault["code"] for fault in answer.json["faults"]) in ("json-malformed", "not-a-bundle")


def test_a_card_and_a_person_are_revoked(api: Any, app: Any, made: Any) -> None:
    content = api.send(made.bundle(made.dose(), made.dose("10"))).json
    first, second = content["cards"]
    one = api.post(f"/api/v1/cards/{first['id']}/revoke", reason="entered-in-error")
    assert (one.status_code, [card["id"] for card in one.json["revoked"]]) == (200, [first["id"]])
    assert one.json["revoked"][0]["revoked_reason"] == "entered-in-error"
    rest = api.post(f"/api/v1/persons/{content['person_id']}/revoke", reason="wrong-person")
    assert [card["id"] for card in rest.json["revoked"]] == [second["id"]]
    again = api.post(f"/api/v1/persons/{content['person_id']}/revoke", reason="wrong-person")
    assert (again.status_code, again.json["revoked"]) == (200, [])
    assert len(read_crl(app.test_client().get(f"/.well-known/crl/{first['kid']}.json").data)) == 2


@pytest.mark.parametrize("body", [{}, {"reason": "because"}, {"reason": 5}, []])
def test_a_reason_has_to_be_one_of_the_list(api: Any, made: Any, body: Any) -> None:
    card = api.send(made.bundle(made.dose())).json["cards"][0]
    answer = api.client.post(f"/api/v1/cards/{card['id']}/revoke", json=body, headers=api.headers)
    assert (answer.status_code, answer.json["code"]) == (422, "reason-unknown")
    assert "entered-in-error" in answer.json["reasons"]
    assert api.get(card["url"]).json["revoked_at"] is None


def test_unknown_ids_are_404(api: Any, made: Any) -> None:
    assert api.get("/api/v1/cards/x").json["code"] == "not-found"
    assert api.post("/api/v1/cards/x/revoke", reason="requested").status_code == 404
    assert api.post("/api/v1/persons/x/revoke", reason="requested").status_code == 404
    assert api.post("/api/v1/persons/x/links").status_code == 404
    assert api.send(made.bundle(made.dose()), "/api/v1/persons/x/records").status_code == 404
    assert api.get("/api/v1/nothing").status_code == 404


def test_a_known_persons_next_record(api: Any, made: Any) -> None:
    first = api.send(made.bundle(made.dose())).json
    more = api.send(made.bundle(made.dose("10")), f"/api/v1/persons/{first['person_id']}/records")
    assert (more.status_code, more.json["person_id"]) == (201, first["person_id"])


def test_a_new_link_for_a_person(api: Any, made: Any, app: Any) -> None:
    content = api.send(made.bundle(made.dose())).json
    answer = api.post(f"/api/v1/persons/{content['person_id']}/links")
    assert answer.status_code == 201
    assert app.test_client().get(answer.json["link"].removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_a_card_in_its_forms(api: Any, made: Any) -> None:
    card = api.send(made.bundle(made.dose())).json["cards"][0]
    jws = api.get(card["url"]).json["jws"]
    file = api.get(f"{card['url']}.smart-health-card")
    assert (file.content_type, read_file(file.text)) == ("application/smart-health-card", [jws])
    assert api.get(f"{card['url']}/qr.png").data.startswith(b"\x89PNG")
    assert api.get(f"{card['url']}/qr.svg").text.startswith("<svg")
    api.post(f"{card['url']}/revoke", reason="requested")
    for form in (".smart-health-card", "/qr.png", "/qr.svg"):
        assert api.get(card["url"] + form).status_code == 410
    assert api.get(card["url"]).json["revoked_reason"] == "requested"


def test_an_answer_is_kept_by_nobody(api: Any, made: Any) -> None:
    answer = api.send(made.bundle(made.dose()))
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.data)["person_id"]


def test_cards_of_a_withdrawn_key_are_not_handed_out(api: Any, made: Any, keystore: Any) -> None:
    card = api.send(made.bundle(made.dose())).json["cards"][0]
    keystore.compromise(card["kid"], made.now)
    for form in (".smart-health-card", "/qr.png", "/qr.svg"):
        assert api.get(card["url"] + form).status_code == 410
