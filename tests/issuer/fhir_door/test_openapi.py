"""The published description: every route of the API is in it, and nothing that is not there."""

import json
import re

from issuer.openapi import describe
from issuer.openapi.document import OPERATIONS

PREFIXES = ("/api/v1/", "/fhir", "/oauth/token", "/.well-known/", "/openapi.json")


def routes_of(app):
    return {
        (method.lower(), re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(PREFIXES)
    }


def test_no_route_is_missing_and_none_is_invented(world, app):
    """`app` is the whole issuer; `world` has the doors for systems."""
    assert routes_of(app) | routes_of(world.app) == {(one.method, one.path) for one in OPERATIONS}


def test_arguments_and_names(world):
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)
    for one in OPERATIONS:
        assert re.findall(r"{([a-z_]+)}", one.path) == list(one.arguments), one.path
        assert any(status < 300 for status in one.answers), one.id


def test_every_reference_leads_somewhere():
    document = describe("https://issuer.example", "Harbour Health", "0.1.0")
    schemas = set(document["components"]["schemas"])
    used = set(re.findall(r'"#/components/schemas/([A-Za-z0-9]+)"', json.dumps(document)))
    assert used == schemas


def test_it_is_published_for_anybody(world):
    answer = world.send("GET", "/openapi.json", token="")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.get_json()["openapi"] == "3.1.0"
    assert answer.get_json()["paths"]["/fhir/metadata"]["get"]["security"] == []
