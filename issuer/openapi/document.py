"""The tables as one OpenAPI 3.1 document."""

from collections.abc import Sequence
from typing import Any

from issuer.openapi.api import API, PUBLIC
from issuer.openapi.fhir import FHIR
from issuer.openapi.operations import ID_PATTERN, JSON, KID_PATTERN, Answer, Operation
from issuer.openapi.schemas import SCHEMAS

SELF = Operation(
    "get", "/openapi.json", "description", "This document", "Published",
    {200: Answer("The document.", {JSON: {"type": "object"}})}, secured=False,
)  # fmt: skip
OPERATIONS: tuple[Operation, ...] = (*FHIR, *API, *PUBLIC, SELF)
_WORDS = (
    "What programs may ask of this issuer. Refusals below /fhir are OperationOutcomes, all others problem documents"
    " (RFC 9457); both say what is wrong, where, and what to do, and repeat nothing that was sent."
)


def describe(address: str, name: str, version: str, operations: Sequence[Operation] = OPERATIONS) -> dict[str, Any]:
    """The document.

    Args:
        address: of the service, without a trailing slash.
    """
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": version, "description": _WORDS, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": address}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token of /oauth/token, or the token of the deployment.",
                }
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": one.id,
        "summary": one.summary,
        "tags": [one.tag],
        "responses": {str(status): _answer(answer) for status, answer in sorted(one.answers.items())},
    }
    parameters = [_argument(name) for name in one.arguments] + [_header(name) for name in one.headers]
    if parameters:
        said["parameters"] = parameters
    if one.body:
        said["requestBody"] = {"required": True, "content": {kind: {"schema": s} for kind, s in one.body.items()}}
    if not one.secured:
        said["security"] = []
    return said


def _answer(answer: Answer) -> dict[str, Any]:
    said: dict[str, Any] = {"description": answer.words}
    if answer.content:
        said["content"] = {kind: {"schema": schema} for kind, schema in answer.content.items()}
    headers = {name: {"required": True, "schema": {"type": "string"}} for name in answer.headers}
    headers |= {name: {"schema": {"type": "string"}} for name in answer.sometimes}
    if headers:
        said["headers"] = headers
    return said


def _argument(name: str) -> dict[str, Any]:
    pattern = KID_PATTERN if name == "kid" else ID_PATTERN
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string", "pattern": '^W/"[0-9]{1,9}"$'}}
