"""`make show-api`: schemathesis against the published OpenAPI: no 500, nothing but what is described.

EXAMPLES   generated requests an operation (200), beside the examples and the boundary cases
SEED       of the generated requests; another each time where it is not set
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, request

from tests.serving import served
from tests.shows.api_examples import examples_of
from tests.shows.api_hostile import HOSTILE, hostile

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
    "ignored_auth",
)
PREFIXES = ("/api/v1", "/fhir", "/oauth/token", "/.well-known", "/openapi.json")
MAY_STAY_UNANSWERED = frozenset({"POST /oauth/token"})
"""Nobody generates a signed assertion: its refusals are what is looked at here (tests/issuer/staff has the rest)."""
_METHODS = ("get", "post", "put", "delete")


@dataclass
class Seen:
    """What was answered, by operation and status."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)

    def watch(self, app: Flask) -> None:
        @app.after_request
        def count(answer: Any) -> Any:
            if request.url_rule is not None and request.url_rule.rule.startswith(PREFIXES):
                name = f"{request.method} {request.url_rule.rule}"
                self.statuses.setdefault(name, Counter())[answer.status_code] += 1
            return answer

    def requests(self) -> int:
        return sum(sum(one.values()) for one in self.statuses.values())

    def answered(self, operation: str) -> bool:
        """Whether it did what it is for at least once."""
        return any(status < 400 for status in self.statuses.get(operation, ()))


def with_examples(document: Mapping[str, Any], examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The description with what is really there as examples: ids, and bodies that are accepted.

    Args:
        examples: by operationId: "path" with the arguments, "body" with what is sent.
    """
    told = deepcopy(dict(document))
    for methods in told["paths"].values():
        for operation in methods.values():
            known = examples.get(operation["operationId"], {})
            if "body" in known:  # a generated version is hardly ever the right one, and 412 comes before the body
                operation["parameters"] = [one for one in operation.get("parameters", []) if one["in"] == "path"]
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] in known.get("path", {}):
                    parameter["example"] = known["path"][parameter["name"]]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                if "body" in known:
                    content["example"] = known["body"]
    return told


def served_part(app: Flask, document: Mapping[str, Any]) -> dict[str, Any]:
    """The description without what this application does not serve; that the whole issuer serves all of it is tested
    in tests/issuer/fhir_door."""
    there = {rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    return {**document, "paths": {path: said for path, said in document["paths"].items() if path in there}}


def operations_of(document: Mapping[str, Any]) -> list[str]:
    """`POST /fhir/Patient`, with the arguments as Flask writes them."""
    return [
        f"{method.upper()} {path.replace('{', '<').replace('}', '>')}"
        for path, methods in document["paths"].items()
        for method in _METHODS
        if method in methods
    ]


def examine(app: Flask, token: str, number: int, seed: str = "", phases: str = "") -> tuple[dict[str, Any], bool]:
    """Run schemathesis against an application that has served nothing yet; figures, and whether it found nothing."""
    seen = Seen()
    seen.watch(app)
    examples = examples_of(app, token)
    document = with_examples(served_part(app, app.test_client().get("/openapi.json").get_json()), examples)
    seen.statuses.clear()
    undescribed = hostile(app, document, token)
    with served(app) as address, tempfile.TemporaryDirectory() as folder:
        described = Path(folder, "openapi.json")
        described.write_text(json.dumps({**document, "servers": [{"url": address}]}), "utf-8")
        command = _command(described, address, token, number, seed, phases)
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    wanted = [one for one in operations_of(document) if one not in MAY_STAY_UNANSWERED]
    never = [one for one in wanted if not seen.answered(one)]
    for name in sorted(seen.statuses):
        print(f"{name:58} " + "  ".join(f"{status}: {n}" for status, n in sorted(seen.statuses[name].items())))
    if ended.returncode:
        print(ended.stdout[-12000:], ended.stderr[-4000:])
    for one in undescribed:
        print(f"hostile body answered otherwise than described: {one}")
    for one in never:
        print(f"never answered but by a refusal: {one}")
    broken = sum(count for one in seen.statuses.values() for status, count in one.items() if status in (500, 502))
    figures = {
        "operations": len(operations_of(document)),
        "requests": seen.requests(),
        "server_errors": broken,
        "never_answered": len(never),
        "hostile_bodies": len(HOSTILE),
        "hostile_undescribed": len(undescribed),
        "examples": number,
        "checks": len(CHECKS),
    }
    return figures, ended.returncode == 0 and not (broken or never or undescribed)


def _command(described: Path, address: str, token: str, number: int, seed: str, phases: str) -> list[str]:
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", str(described), "--url", address,
        "--header", f"Authorization:Bearer {token}", "--checks", ",".join(CHECKS), "--max-examples", str(number),
        "--phases", phases or "examples,coverage,fuzzing", "--mode", "all", "--continue-on-failure", "--no-color",
        "--warnings", "off", "--generation-database", "none", "--suppress-health-check", "all", "--workers", "1",
    ]  # fmt: skip
    return command + (["--seed", seed] if seed else [])


def show() -> tuple[dict[str, Any], bool]:
    from countersign.clock import utc_now
    from countersign.commands.run import set_up
    from countersign.deployment import Deployment
    from issuer.app import create_app
    from issuer.settings import from_environ

    with tempfile.TemporaryDirectory() as folder:
        environ = {"COUNTERSIGN_ISSUER_NAME": "Sample County Health Department", "COUNTERSIGN_SAMPLE": "1"}
        deployment = Deployment(Path(folder), environ)
        set_up(deployment)
        settings = from_environ({"COUNTERSIGN_ISS": deployment.iss} | environ, deployment.folder)
        app = create_app(settings, deployment.card_keys(), utc_now)
        number = int(os.environ.get("EXAMPLES", "200"))
        return examine(app, settings.api_token, number, os.environ.get("SEED", ""))
