"""Give a Flask application the shared pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from flask import Blueprint, Flask, Response
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import HTTPException

from pages import dates, headers, problems, requests
from pages.health import ReadyCheck, health_blueprint

JSON_PREFIXES = ("/api/",)
"""Below these an error is always a problem document."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the head of each page says: the service's name, its home, and links as (words, address)."""

    name: str
    home: str = "/"
    links: tuple[tuple[str, str], ...] = ()
    footer: tuple[tuple[str, str], ...] = ()


def install(
    app: Flask,
    *,
    service: Service,
    csp: Mapping[str, str] = MappingProxyType({}),
    ready: Sequence[ReadyCheck] = (),
    json_prefixes: Sequence[str] = JSON_PREFIXES,
) -> CollectorRegistry:
    """Templates, static files, headers, error pages, request numbers, health checks.

    Returns:
        The application's own registry of metrics: a service adds its counters to it.
    """
    registry = CollectorRegistry()
    app.config["PAGES_JSON_PREFIXES"] = tuple(json_prefixes)
    app.register_blueprint(_shared_files())
    app.register_blueprint(health_blueprint(ready, registry))
    app.register_error_handler(HTTPException, problems.answer)
    app.register_error_handler(Exception, problems.answer_unforeseen)
    app.add_template_filter(dates.in_words, "date_in_words")
    app.add_template_filter(dates.moment_in_words, "moment_in_words")
    app.context_processor(lambda: {"service": service})
    requests.count_requests(app, registry)

    @app.after_request
    def add_headers(response: Response) -> Response:
        return headers.secure(response, csp)

    return registry


def _shared_files() -> Blueprint:
    return Blueprint(
        "pages", __name__, template_folder="templates", static_folder="static", static_url_path="/assets/pages"
    )
