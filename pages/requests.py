"""Request numbers, the access log and the counts.

A line names the route's template, never the path, the query or the body: a path can hold the
unguessable link of somebody's card, and a query anything.
"""

import json
import logging
import re
import time
import uuid

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

ACCESS_LOG = "countersign.access"
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
"""What we take over from a proxy; anything else could smuggle lines into a log."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger(ACCESS_LOG)


def count_requests(app: Flask, registry: CollectorRegistry) -> None:
    """Number each request, count it by route and status, and write one line of JSON about it."""
    counted = Counter(
        "countersign_http_requests", "Answered requests", ["method", "route", "status"], registry=registry
    )
    lasted = Histogram("countersign_http_request_seconds", "Time to answer", ["route"], registry=registry)

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        g.request_began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("request_began", time.perf_counter())
        method, route = _method(), _route()
        counted.labels(method, route, str(response.status_code)).inc()
        lasted.labels(route).observe(seconds)
        response.headers["X-Request-ID"] = g.get("request_id", "-")
        _log.info("%s", _line(method, route, response.status_code, seconds))
        return response


def _method() -> str:
    return request.method if request.method in _METHODS else "other"


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "unmatched"


def _line(method: str, route: str, status: int, seconds: float) -> str:
    members = {"request": g.get("request_id", "-"), "method": method, "route": route, "status": status}
    return json.dumps({**members, "ms": round(seconds * 1000, 1)})
