"""The doors of clinics' systems, put into an application: our own API, FHIR, HL7 over HTTPS and SOAP."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from flask import Flask, Request, g

from issuer.hl7.making import make_door
from issuer.hl7.sender import Sender
from issuer.service import HOUSE, IssuerService
from issuer.settings import Settings
from issuer.staff.attempts import TooManyAttempts
from issuer.staff.passwords import STANDARD, Cost
from issuer.staff.refusals import LoginRefused
from issuer.staff.systems import SoapLogins
from issuer.web.api import api_blueprint
from issuer.web.fhir import fhir_blueprint
from issuer.web.hl7 import hl7_blueprint
from issuer.web.openapi import openapi_blueprint
from issuer.web.sessions import current_actor, origin
from issuer.web.staff import StaffParts
from issuer.web.token import PATH

OWN_FACILITY = "COUNTERSIGN"
"""MSH-4 of whoever sends with the deployment's own token: its records belong to the deployment's own clinic."""

Clock = Callable[[], datetime]


def install_doors(
    app: Flask, service: IssuerService, settings: Settings, staff: StaffParts, clock: Clock, cost: Cost = STANDARD
) -> None:
    """Every route that a program asks with a token."""
    address, number = settings.address, _version()
    app.register_blueprint(api_blueprint(service, settings, clock))
    app.register_blueprint(
        fhir_blueprint(service, address, address + PATH, number, current_actor, lambda: g.scopes, clock)
    )
    app.register_blueprint(openapi_blueprint(address, settings.name, number))
    authenticate = _authenticate(service, settings, staff, clock, cost)
    app.register_blueprint(hl7_blueprint(make_door(service.intake), _sender_of(staff), clock, authenticate))


def _sender_of(staff: StaffParts) -> Callable[[Request], Sender]:
    """The rule has let a token in; whose facilities it may speak for is written with the system."""

    def sender(_: Request) -> Sender:
        actor = current_actor()
        if actor.role == "operator":
            return Sender(actor, {OWN_FACILITY: HOUSE}, g.scopes)
        found = staff.clients.client(actor.id.removeprefix("client:"))
        return Sender(actor, found.facilities if found else {}, g.scopes)

    return sender


def _authenticate(
    service: IssuerService, settings: Settings, staff: StaffParts, clock: Clock, cost: Cost
) -> Callable[[str, str, str], Sender | None]:
    @cache
    def logins() -> SoapLogins:  # its first hash costs as much as a login: nobody waits for it at the start
        sessions = staff.accounts.sessions
        return SoapLogins(staff.clients, sessions, settings.seal_secret, service.random, cost)

    def authenticate(username: str, password: str, facility: str) -> Sender | None:
        try:
            found = logins().client(username, password, origin(), clock())
        except (LoginRefused, TooManyAttempts):
            return None
        actor = staff.clients.actor_for(found, facility, origin())
        return Sender(actor, found.facilities, found.scopes) if actor else None

    return authenticate


@cache
def _version() -> str:
    try:
        return version("countersign")
    except PackageNotFoundError:
        return "0"
