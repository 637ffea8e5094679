"""Put the issuer together: settings, keys and a clock in, a Flask application out. Importing it runs nothing."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import pages
from issuer.db import open_engine
from issuer.fhir import MAX_BUNDLE_OCTETS
from issuer.getting_in.contacts import ContactBook
from issuer.getting_in.knocking import Knocks
from issuer.getting_in.setting import make_setting
from issuer.getting_in.ways import Ways
from issuer.intake.service import Intake
from issuer.keyring import Keyring
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.staff.assertions import Fetch
from issuer.staff.passwords import STANDARD, Cost
from issuer.store import Store
from issuer.web.answers import install_failures
from issuer.web.desks import install_desks
from issuer.web.doors import install_doors
from issuer.web.getting_in import getting_in_blueprint
from issuer.web.landing import landing_blueprint
from issuer.web.languages import install_languages
from issuer.web.my_shares import install_shares
from issuer.web.navigation import start_of
from issuer.web.public import public_blueprint
from issuer.web.resident import resident_blueprint
from issuer.web.rules import check_rules
from issuer.web.staff import Outside, StaffSettings, install_staff
from issuer.web.uploading import UploadingRequest
from issuer.web.visits import Visits
from keys.assertions import check_key_set, verify_assertion
from keys.store import KeyStore

if TYPE_CHECKING:
    from sqlalchemy import Engine


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def make_service(
    settings: Settings, keystore: KeyStore, random: Callable[[int], bytes] = secrets.token_bytes
) -> IssuerService:
    """The use cases behind the pages. The schema is the command line's business (`issuer.db.upgrade`)."""
    return _service(settings, keystore, random, open_engine(settings.database_url))


def _service(settings: Settings, keystore: KeyStore, random: Callable[[int], bytes], engine: "Engine") -> IssuerService:
    return IssuerService(
        settings.iss, Keyring(keystore), settings.rid_secret, Store(engine), settings.link_days, random, settings.name
    )


def no_fetch(_: str) -> bytes:
    """Without a guarded way out, key sets by address stay unread. Raises OSError."""
    raise OSError("this process asks nobody")


def make_intake(settings: Settings, keystore: KeyStore, random: Callable[[int], bytes] = secrets.token_bytes) -> Intake:
    """The way in for doors without pages: the HL7 listener, workers."""
    return make_service(settings, keystore, random).intake


def create_app(
    settings: Settings,
    keystore: KeyStore,
    clock: Callable[[], datetime] = utc_now,
    random: Callable[[int], bytes] = secrets.token_bytes,
    fetch: Fetch = no_fetch,
    cost: Cost = STANDARD,
) -> Flask:
    """The service. It opens the database at the first request, and says on `/readyz` whether it can work.

    Args:
        fetch: gets a clinic system's key set from a public https address, with limits.
        cost: of hashing a password.
    """
    app = Flask("issuer", static_url_path="/assets/issuer")
    app.request_class = UploadingRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BUNDLE_OCTETS
    app.config["IMPORTS_FOLDER"] = settings.imports
    engine = open_engine(settings.database_url)
    service = _service(settings, keystore, random, engine)
    app.extensions["issuer"] = service
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    pages.install(
        app,
        service=pages.Service(settings.name),
        ready=_ready_checks(service),
        json_prefixes=("/api/", "/fhir", "/hl7", "/soap", "/oauth/", "/s/"),
    )
    install_failures(app)
    outside = Outside(clock, random, verify_assertion, fetch, check_key_set)
    chosen = StaffSettings(
        settings.name,
        settings.address,
        settings.seal_secret,
        settings.api_token,
        settings.oidc,
        cost,
        start_of,
        settings.time_zone,
    )
    staff = install_staff(app, engine, chosen, outside)
    app.register_blueprint(landing_blueprint(settings))
    app.register_blueprint(public_blueprint(service))
    setting = make_setting(settings, engine, random, settings.messages)
    visits = Visits(Ways(setting), clock, settings.address)
    install_languages(app, secure=visits.secure)
    app.register_blueprint(resident_blueprint(service, settings, visits))
    sends = bool(setting.channels)
    app.register_blueprint(getting_in_blueprint(settings, visits, Knocks(setting), ContactBook(setting), sends=sends))
    install_shares(app, service, settings, visits, staff.accounts.sessions.count, clock)
    install_doors(app, service, settings, staff, clock, cost)
    install_desks(app, service, settings, staff, engine, clock)
    check_rules(app)
    return app


def _ready_checks(service: IssuerService) -> list[tuple[str, Callable[[], str | None]]]:
    def database() -> str | None:
        return None if service.store.is_current() else "the schema is not the newest: run `countersign db upgrade`"

    def signing_key() -> str | None:
        return None if service.keys.active() else "no active key"

    return [("database", database), ("signing-key", signing_key)]
