"""`/healthz` (the process answers), `/readyz` (what it needs is there), `/metrics` (counts for Prometheus)."""

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

ReadyCheck = tuple[str, Callable[[], str | None]]
"""A name, and what answers None when all is well, else a reason in words without data."""


def health_blueprint(ready: Sequence[ReadyCheck], registry: CollectorRegistry) -> Blueprint:
    """The three addresses that machines ask."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        faults = {name: reason for name, check in ready if (reason := _run(check)) is not None}
        names = {name: faults.get(name, "ok") for name, _ in ready}
        return jsonify(status="not ready" if faults else "ready", checks=names), 503 if faults else 200

    @blueprint.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _run(check: Callable[[], str | None]) -> str | None:
    """A check that raises is a check that failed; its message stays inside (libraries put values into messages)."""
    try:
        return check()
    except Exception as error:
        return f"the check itself failed ({type(error).__name__})"
