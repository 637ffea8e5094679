"""The administration of clinics' systems: register, keys, scopes, facilities, the secret for SOAP shown once."""

from dataclasses import dataclass

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.rights import Actor
from issuer.staff.passwords import Cost
from issuer.staff.people import Client, NotAllowed
from issuer.staff.scopes import SUPPORTED
from issuer.staff.systems import CheckKeys, facilities_as_lines, new_soap_secret, read_details
from issuer.staff.tokens import Random, new_id
from issuer.store.staff_clients import ClientStore, NameTaken
from issuer.store.staff_clinics import ClinicStore
from issuer.web.login import see_other
from issuer.web.rules import rule
from issuer.web.sessions import Sessions, current_actor, form

FIELDS = ("name", "jwks", "jwks_uri", "facilities", "certificate", "active")
TAKEN = {"certificate": "Another system has this certificate. Each system needs one of its own."}


@dataclass(frozen=True, slots=True)
class SystemParts:
    """What these pages work with."""

    clients: ClientStore
    clinics: ClinicStore
    sessions: Sessions
    check_keys: CheckKeys
    random: Random
    cost: Cost


def systems_blueprint(parts: SystemParts) -> Blueprint:
    """Everything below `/systems`."""
    blueprint = Blueprint("systems", __name__, url_prefix="/systems")
    clients, clock = parts.clients, parts.sessions.clock

    @blueprint.get("")
    @rule("client.manage")
    def all_of_them() -> str:
        actor = current_actor()
        names = {clinic.id: clinic.name for clinic in parts.clinics.clinics(actor)}
        return render_template("staff/systems.html", clients=clients.clients(actor), clinics=names)

    @blueprint.get("/new")
    @rule("client.manage")
    def ask_new() -> str:
        return _form(parts, current_actor(), dict.fromkeys(FIELDS, ""), ())

    @blueprint.post("/new")
    @rule("client.manage")
    def answer_new() -> WerkzeugResponse:
        actor, typed, scopes = current_actor(), form(FIELDS) | {"active": "1"}, _scopes()
        clinic_id = actor.clinic_id or request.form.get("clinic_id", "")
        try:
            if not clinic_id:
                raise NotAllowed("clinic_id", "Choose the clinic this system belongs to.")
            details = read_details(typed, scopes, clinic_id, parts.check_keys)
            made = clients.add(actor, new_id(parts.random), clinic_id, details, clock())
        except NotAllowed as error:
            return make_response(_form(parts, actor, typed, scopes, {error.field_name: error.words}), 422)
        except NameTaken:
            return make_response(_form(parts, actor, typed, scopes, TAKEN), 422)
        return see_other(url_for("systems.one", client_id=made.id))

    @blueprint.get("/<client_id>")
    @rule("client.manage")
    def one(client_id: str) -> str:
        found = clients.managed(current_actor(), client_id)
        return _page(found, _typed(found), found.scopes)

    @blueprint.post("/<client_id>")
    @rule("client.manage")
    def change(client_id: str) -> WerkzeugResponse:
        actor, typed, scopes = current_actor(), form(FIELDS), _scopes()
        found = clients.managed(actor, client_id)
        try:
            clients.change(actor, client_id, read_details(typed, scopes, found.clinic_id, parts.check_keys), clock())
        except NotAllowed as error:
            return make_response(_page(found, typed, scopes, {error.field_name: error.words}), 422)
        except NameTaken:
            return make_response(_page(found, typed, scopes, TAKEN), 422)
        return see_other(url_for("systems.one", client_id=client_id))

    @blueprint.post("/<client_id>/secret")
    @rule("client.manage")
    def new_secret(client_id: str) -> WerkzeugResponse:
        actor = current_actor()
        found = clients.managed(actor, client_id)
        username = found.soap_username or f"system-{client_id}"
        secret, hashed = new_soap_secret(parts.random, parts.cost)
        clients.set_soap(actor, client_id, username, hashed, clock())
        return make_response(render_template("staff/secret.html", client=found, username=username, secret=secret))

    return blueprint


def _scopes() -> tuple[str, ...]:
    return tuple(name for name in request.form.getlist("scope") if name in SUPPORTED)


def _typed(found: Client) -> dict[str, str]:
    return {
        "name": found.name,
        "jwks": found.jwks,
        "jwks_uri": found.jwks_uri,
        "facilities": facilities_as_lines(found),
        "certificate": found.certificate,
        "active": "1" if found.active else "",
    }


def _form(
    parts: SystemParts,
    actor: Actor,
    typed: dict[str, str],
    scopes: tuple[str, ...],
    errors: dict[str, str] | None = None,
) -> str:
    choices = [] if actor.clinic_id else [(clinic.id, clinic.name) for clinic in parts.clinics.clinics(actor)]
    return render_template(
        "staff/system_new.html",
        typed=typed,
        chosen=scopes,
        supported=SUPPORTED,
        errors=errors or {},
        clinics=choices,
        clinic_id=request.form.get("clinic_id", ""),
    )


def _page(found: Client, typed: dict[str, str], scopes: tuple[str, ...], errors: dict[str, str] | None = None) -> str:
    return render_template(
        "staff/system.html", client=found, typed=typed, chosen=scopes, supported=SUPPORTED, errors=errors or {}
    )
