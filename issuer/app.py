"""Put the issuer together: settings, keys and a clock in, a Flask application out. Importing it runs nothing."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask

import pages
from issuer.db import open_engine
from issuer.fhir import MAX_BUNDLE_OCTETS
from issuer.intake.service import Intake
from issuer.keyring import Keyring
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.store import Store
from issuer.web.answers import install_failures
from issuer.web.api import api_blueprint
from issuer.web.landing import landing_blueprint
from issuer.web.public import public_blueprint
from issuer.web.resident import resident_blueprint
from keys.store import KeyStore


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def make_service(
    settings: Settings, keystore: KeyStore, random: Callable[[int], bytes] = secrets.token_bytes
) -> IssuerService:
    """The use cases behind the pages. The schema is the command line's business (`issuer.db.upgrade`)."""
    store = Store(open_engine(settings.database_url))
    return IssuerService(
        settings.iss, Keyring(keystore), settings.rid_secret, store, settings.link_days, random, settings.name
    )


def make_intake(
    settings: Settings, keystore: KeyStore, random: Callable[[int], bytes] = secrets.token_bytes
) -> Intake:
    """The way in for doors without pages: the HL7 listener, workers."""
    return make_service(settings, keystore, random).intake


def create_app(
    settings: Settings,
    keystore: KeyStore,
    clock: Callable[[], datetime] = utc_now,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Flask:
    """The service. It opens the database at the first request, and says on `/readyz` whether it can work."""
    app = Flask("issuer", static_url_path="/assets/issuer")
    app.request_class = pages.InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BUNDLE_OCTETS
    service = make_service(settings, keystore, random)
    app.extensions["issuer"] = service
    pages.install(app, service=pages.Service(settings.name), ready=_ready_checks(service))
    install_failures(app)
    app.register_blueprint(landing_blueprint(settings))
    app.register_blueprint(public_blueprint(service))
    app.register_blueprint(api_blueprint(service, settings, clock))
    app.register_blueprint(resident_blueprint(service, settings, clock))
    return app


def _ready_checks(service: IssuerService) -> list[tuple[str, Callable[[], str | None]]]:
    def database() -> str | None:
        return None if service.store.is_current() else "the schema is not the newest: run `countersign db upgrade`"

    def signing_key() -> str | None:
        return None if service.keys.active() else "no active key"

    return [("database", database), ("signing-key", signing_key)]
