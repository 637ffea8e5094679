"""Put people and rights into an application: stores, sessions, pages of login and administration, the rules.

parts = install_staff(app, engine, StaffSettings(...), Outside(clock, random, verify, fetch, check_keys))
... register every other blueprint ...
check_rules(app)                       # RouteWithoutRule
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask
from sqlalchemy import Engine

from issuer.rights import Role
from issuer.staff.accounts import Accounts
from issuer.staff.assertions import Fetch, Verify
from issuer.staff.bearer import Tokens
from issuer.staff.oidc import OidcSettings
from issuer.staff.passkeys import Site
from issuer.staff.passwords import STANDARD, Cost
from issuer.staff.systems import CheckKeys
from issuer.staff.tokens import Random
from issuer.store.audit import append as append_audit
from issuer.store.staff import Append, StaffStore
from issuer.store.staff_clients import ClientStore
from issuer.store.staff_clinics import ClinicStore
from issuer.store.staff_factors import FactorStore
from issuer.store.staff_sessions import SessionStore
from issuer.web.account import account_blueprint
from issuer.web.approvals import clinics_blueprint
from issuer.web.login import LoginParts, login_blueprint
from issuer.web.people import people_blueprint
from issuer.web.provider import Provider
from issuer.web.rules import install_rules
from issuer.web.sessions import Sessions, install_sessions
from issuer.web.staff_failures import install_staff_failures
from issuer.web.systems import SystemParts, systems_blueprint
from issuer.web.token import PATH, TokenParts, token_blueprint


def account_page(_: Role) -> str:
    """Where work begins when nobody says otherwise."""
    return "/account"


@dataclass(frozen=True, slots=True)
class StaffSettings:
    """An operator's choices that concern people."""

    name: str
    address: str
    """Where people and systems reach the service, without trailing slash."""
    secret: bytes = field(repr=False)
    """Seals TOTP secrets and signs form tokens; 32 octets, kept for ever: a new one ends every second factor."""
    api_token: str = field(repr=False)
    oidc: OidcSettings | None = None
    cost: Cost = STANDARD
    start: Callable[[Role], str] = account_page
    time_zone: str = "UTC"
    """The department's."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The world, as arguments."""

    clock: Callable[[], datetime]
    random: Random
    verify: Verify
    fetch: Fetch
    check_keys: CheckKeys
    append: Append = append_audit


@dataclass(frozen=True, slots=True)
class StaffParts:
    """What other doors need: who acts with a token, which system sent a message, which clinics there are."""

    accounts: Accounts
    clinics: ClinicStore
    clients: ClientStore
    sessions: Sessions
    tokens: Tokens


def make_accounts(engine: Engine, secret: bytes, random: Random, cost: Cost = STANDARD) -> Accounts:
    """The use cases of people, for the command line too."""
    return Accounts(StaffStore(engine), FactorStore(engine), SessionStore(engine), secret, random, cost)


def install_staff(app: Flask, engine: Engine, settings: StaffSettings, outside: Outside) -> StaffParts:
    """Stores, cookies, rules and pages. Call `pages.install` first, `check_rules` last."""
    append = outside.append
    staff, factors = StaffStore(engine, append), FactorStore(engine, append)
    accounts = Accounts(staff, factors, SessionStore(engine, append), settings.secret, outside.random, settings.cost)
    clients, clinics = ClientStore(engine, append), ClinicStore(engine, append)
    sessions = Sessions(accounts, outside.clock, settings.address)
    tokens = Tokens(clients, settings.api_token)
    install_sessions(app, sessions, settings.secret)
    install_staff_failures(app, outside.clock)
    install_rules(app, sessions, tokens, staff.note)
    parts = StaffParts(accounts, clinics, clients, sessions, tokens)
    _register(app, parts, settings, outside)
    return parts


def _register(app: Flask, parts: StaffParts, settings: StaffSettings, outside: Outside) -> None:
    accounts, sessions = parts.accounts, parts.sessions
    provider = Provider(app, settings.oidc) if settings.oidc else None
    login = LoginParts(accounts, sessions, Site.of(settings.address, settings.name), provider, settings.start)
    systems = SystemParts(parts.clients, parts.clinics, sessions, outside.check_keys, outside.random, settings.cost)
    token = TokenParts(
        parts.clients,
        accounts.sessions,
        outside.verify,
        outside.fetch,
        settings.address + PATH,
        settings.secret,
        outside.random,
        outside.clock,
    )
    app.register_blueprint(login_blueprint(login))
    app.register_blueprint(account_blueprint(login))
    app.register_blueprint(people_blueprint(accounts, parts.clinics, sessions, settings.address))
    app.register_blueprint(clinics_blueprint(accounts, parts.clinics, sessions, settings.time_zone))
    app.register_blueprint(systems_blueprint(systems))
    app.register_blueprint(token_blueprint(token))
