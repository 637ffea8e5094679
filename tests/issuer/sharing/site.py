"""An issuer application with residents' links, for tests of its pages: real parts, and visits that a test hands out."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import trustme
from flask import Blueprint, Flask, request
from sqlalchemy import Engine
from werkzeug.serving import make_server

import pages
from issuer.app import no_fetch
from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.web.answers import install_failures
from issuer.web.landing import landing_blueprint
from issuer.web.languages import install_languages
from issuer.web.my_shares import install_shares
from issuer.web.public import public_blueprint
from issuer.web.rules import check_rules, public
from issuer.web.staff import Outside, StaffSettings, install_staff
from issuer.web.uploading import UploadingRequest
from keys.assertions import check_key_set, verify_assertion
from tests.serving import POLL_SECONDS, STOP_SECONDS, Talks, handler_of, whole

HOST: Final = "localhost"


@dataclass(frozen=True)
class Visiting:
    """Somebody whose visit a test began."""

    person_id: str

    def actor(self, origin: str) -> Actor:
        return Actor("resident", "system", "", origin)


@dataclass
class HandedOut:
    """Visits by their cookie."""

    clock: Callable[[], datetime]
    known: dict[str, Visiting] = field(default_factory=dict)

    def visitor(self) -> Visiting | None:
        return self.known.get(request.cookies.get("visit", ""))


def make_site(settings: Settings, service: IssuerService, engine: Engine, clock: Callable[[], datetime]) -> Flask:
    """The application; `app.extensions["visits"]` are its visits."""
    app = Flask("issuer", static_url_path="/assets/issuer")
    app.request_class = UploadingRequest
    pages.install(app, service=pages.Service(settings.name), json_prefixes=("/api/", "/s/"))
    install_failures(app)
    install_languages(app, secure=True)
    outside = Outside(clock, service.random, verify_assertion, no_fetch, check_key_set)
    chosen = StaffSettings(settings.name, settings.address, settings.seal_secret, settings.api_token)
    staff = install_staff(app, engine, chosen, outside)
    visits = app.extensions["visits"] = HandedOut(clock)
    app.register_blueprint(landing_blueprint(settings))
    app.register_blueprint(public_blueprint(service))
    app.register_blueprint(_way_in())
    install_shares(app, service, settings, visits, staff.accounts.sessions.count, clock)
    check_rules(app)
    return app


def _way_in() -> Blueprint:
    """Where a page leads whose visit is over."""
    blueprint = Blueprint("getting_in", __name__)

    @blueprint.get("/ask")
    @public("stands for the way in")
    def ask() -> str:
        return "ask"

    return blueprint


@contextmanager
def served_by_https(authority: trustme.CA, application: Callable[[str], Flask]) -> Iterator[str]:
    """The address of an application that has to know its own, until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    talks, late = Talks(), _Late()
    server = make_server(
        "127.0.0.1", 0, whole(late), threaded=True, request_handler=handler_of(talks), ssl_context=context
    )
    address = f"https://{HOST}:{server.port}"
    late.app = application(address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join(STOP_SECONDS)
        talks.finish()
        server.server_close()


class _Late:
    """An application that is made once its address is known."""

    app: Any = None

    def __call__(self, environ: Any, start: Any) -> Any:
        return self.app(environ, start)
