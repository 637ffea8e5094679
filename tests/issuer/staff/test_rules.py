"""A rule for each route; and every route asked by every role, for the own clinic and another."""

from typing import Any

import pytest
from flask import Flask, jsonify

from issuer.rights import Actor, require
from issuer.staff.people import ClientDetails
from issuer.web.rules import RouteWithoutRule, bearer, check_rules, holder, public, rule, rules_of, signed_in
from issuer.web.sessions import current_actor
from tests.issuer.staff.rights_matrix import Person, SampleMissing, counts, unexpected, walk

OPERATOR = Actor("operator", "operator")
ENDS_SESSION = ("login.logout", "account.end_sessions")


def test_a_route_without_a_rule_does_not_start() -> None:
    app = Flask("x", static_folder=None)

    @app.get("/fine")
    @public("why not")
    def fine() -> str:
        return ""

    check_rules(app)

    @app.get("/forgotten")
    def forgotten() -> str:
        return ""

    with pytest.raises(RouteWithoutRule, match="forgotten"):
        check_rules(app)


def test_a_route_added_later_is_shut(local_town: Any) -> None:
    @local_town.app.get("/forgotten")
    def forgotten() -> str:
        return "health data"

    answer = local_town.app.test_client().get("/forgotten")
    assert answer.status_code == 500
    assert b"health data" not in answer.data


def test_every_route_says_why_or_what(local_town: Any) -> None:
    routes = rules_of(local_town.app)
    assert len(routes) > 30
    for route in routes:
        for each in route.rules:
            assert each.permission or each.why, route.endpoint


def door(app: Flask) -> None:
    """Routes as other doors write them."""

    @app.get("/persons/<clinic_id>/records")
    @rule("record.search")
    @bearer("record.search", scope="system/Immunization.s")
    def records(clinic_id: str) -> Any:
        require(current_actor(), "record.search", clinic_id)
        return jsonify(actor=current_actor().role)

    @app.post("/persons/<clinic_id>/records")
    @rule("record.write")
    @bearer("record.write", scope="system/Immunization.c")
    def record(clinic_id: str) -> Any:
        require(current_actor(), "record.write", clinic_id)
        return jsonify({})

    @app.get("/mine")
    @signed_in("one's own")
    def mine() -> str:
        return ""

    @app.get("/c/<token>")
    @holder("the link")
    def cards(token: str) -> str:
        return ""


def test_both_ways_into_one_route(local_town: Any) -> None:
    town = local_town
    door(town.app)
    here = town.clinic("Harbour Clinic")
    town.ready("vera", "vaccinator", here)
    browser = town.browser("vera")
    path = f"/persons/{here}/records"
    assert browser.get(path).get_json() == {"actor": "vaccinator"}
    assert browser.client.post(path).status_code == 400  # a cookie needs the form token
    assert browser.client.post(path, headers={"X-CSRFToken": browser.token("/account")}).status_code == 200
    token = {"Authorization": f"Bearer {'t' * 40}"}
    assert town.app.test_client().get(path, headers=token).get_json() == {"actor": "operator"}
    assert town.app.test_client().post(path, headers=token).status_code == 200  # a token needs none
    # A header that opens nothing does not fall back to the cookie.
    assert browser.get(path, headers={"Authorization": "Bearer x"}).status_code == 401
    asked = town.app.test_client().get(path, headers={"Accept": "application/json"})
    assert (asked.status_code, asked.get_json()["code"]) == (401, "login-needed")


def people_of(town: Any, here: str) -> list[Person]:
    """One of each role, nobody, and tokens with and without scopes."""
    people = [person("nobody", None, town.app.test_client())]
    for role in ("vaccinator", "manager", "department", "helpdesk", "auditor"):
        town.ready(f"{role}1", role, here if role in ("vaccinator", "manager") else "")
        client = town.browser(f"{role}1").client
        people.append(person(role, role, client))
    people.append(person("token:operator", "operator", town.app.test_client(), f"Bearer {'t' * 40}"))
    made = town.parts.clients.add(OPERATOR, "d" * 32, here, ClientDetails("EHR"), town.now)
    scopes = ("system/Immunization.cruds",)
    town.parts.clients.put_token(made, hash_of("system-token"), scopes, town.now.replace(year=2030), "", town.now)
    people.append(person("token:system", "system", town.app.test_client(), "Bearer system-token"))
    return people


def hash_of(text: str) -> str:
    from issuer.staff.tokens import digest

    return digest(text)


def person(who: str, role: Any, client: Any, authorization: str = "") -> Person:
    headers = {"Authorization": authorization} if authorization else {}

    def csrf() -> str:
        if authorization:
            return ""
        text: str = client.get("/login").get_data(as_text=True)
        return text.partition('name="csrf_token" value="')[2].partition('"')[0]

    return Person(who, role, client, headers, csrf)


def samples_of(town: Any, here: str, there: str) -> dict[str, dict[str, str]]:
    samples = {}
    for where, clinic_id in (("own", here), ("other", there)):
        member = town.person(f"sample-{where}", "vaccinator", clinic_id)
        client = town.parts.clients.add(OPERATOR, where.rjust(32, "0"), clinic_id, ClientDetails("EHR"), town.now)
        samples[where] = {
            "clinic_id": clinic_id,
            "staff_id": member.id,
            "client_id": client.id,
            "credential_id": "x",
            "session_id": "x",
            "token": "x" * 43,
            "filename": "passkey.js",
            "pages.static.filename": "pages.css",
        }
    return samples


def test_all_routes_by_all_roles_for_the_own_and_another_clinic(local_town: Any) -> None:
    town = local_town
    door(town.app)
    here, there = town.clinic("Harbour Clinic"), town.clinic("Hill Clinic")
    people = people_of(town, here)
    rows = walk(town.app, people, samples_of(town, here, there), ENDS_SESSION)  # type: ignore[arg-type]
    assert unexpected(town.app, rows) == []
    figures = counts(rows)
    assert figures["people"] == 8
    assert figures["refused"] > 50
    assert figures["in"] > 50
    assert figures["log-in-first"] > 50


def test_the_matrix_sees_a_view_that_forgets_to_ask(local_town: Any) -> None:
    """The test of the test: a hole in the own-clinic check, and a rule for the wrong role, are both found."""
    town = local_town

    @town.app.get("/hole/<clinic_id>")
    @rule("record.search")
    def hole(clinic_id: str) -> str:
        return "another clinic's records"

    here, there = town.clinic("Harbour Clinic"), town.clinic("Hill Clinic")
    rows = walk(town.app, people_of(town, here), samples_of(town, here, there), ENDS_SESSION)  # type: ignore[arg-type]
    found = {(kind, row.endpoint, row.who) for kind, row in unexpected(town.app, rows)}
    assert found == {("too much", "hole", "vaccinator"), ("too much", "hole", "manager")}


def test_an_argument_without_a_sample_stops_the_walk(local_town: Any) -> None:
    with pytest.raises(SampleMissing):
        walk(local_town.app, [], {"own": {}, "other": {}})
