"""The door's web app: pages and API over `verifier.check_all`. It has no database, no session and no cookie.

    app = create_app(Settings.from_environment(os.environ), registry_source, clock)

Nothing about a person is stored or logged: uploads stay in memory (`pages.InMemoryRequest`), log lines hold the route
and the status, and answers are sent with `Cache-Control: no-store`.
"""

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.middleware.proxy_fix import ProxyFix

import pages
from trust_registry import TrustRegistry
from verifier.settings import MAX_BODY_OCTETS, Settings
from verifier.web import api, scan, verdicts
from verifier.web.door import Door, install

MAX_FORM_MEMORY_OCTETS = 2 * 1024 * 1024
"""Of the fields of a form that are no files: what is typed, and the texts a camera found."""
MAX_FORM_PARTS = 500

_LINKS = (("Check a card", "/"), ("Picture or file", "/picture"), ("About", "/about"))


def create_app(
    settings: Settings, registry_source: Callable[[], TrustRegistry], clock: Callable[[], datetime]
) -> Flask:
    """The verifier as a WSGI application.

    Args:
        registry_source: answers the registry to judge with; called for each request, so a newer one counts at once.
        clock: answers the time with its zone.
    """
    app = Flask("verifier", static_folder="static", template_folder="templates")
    app.request_class = pages.InMemoryRequest
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_OCTETS,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_MEMORY_OCTETS,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
    )
    service = pages.Service(settings.name, links=_LINKS)
    metrics = pages.install(app, service=service, ready=[("registry", lambda: _fault(registry_source))])
    install(app, Door(settings, registry_source, clock, metrics))
    for blueprint in (scan.blueprint, verdicts.blueprint, api.blueprint):
        app.register_blueprint(blueprint)
    _limit(app, settings.rate)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    return app


def _fault(registry_source: Callable[[], TrustRegistry]) -> str | None:
    """Why cards cannot be judged. An expired registry can judge: its verdicts say that it is expired."""
    return None if len(registry_source()) else "the registry holds no issuer"


def _limit(app: Flask, rate: str) -> None:
    """Count checks by network address, in memory, in each process. Health checks and static files are not counted."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    limiter.limit(rate, override_defaults=False)(verdicts.blueprint)
    limiter.limit(rate, override_defaults=False)(api.blueprint)
