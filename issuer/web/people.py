"""The administration of staff: a manager for the own clinic, the department for all."""

from collections.abc import Sequence

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.rights import NAMES, Actor, Role
from issuer.staff.accounts import Accounts
from issuer.staff.people import (
    CLINIC_ROLES,
    STAFF_ROLES,
    Clinic,
    Member,
    NewMember,
    NotAllowed,
    plain_login,
    plain_name,
)
from issuer.staff.refusals import LoginTaken
from issuer.store.staff_clinics import ClinicStore
from issuer.web.login import see_other
from issuer.web.rules import rule
from issuer.web.sessions import Sessions, current_actor, form

FIELDS = ("login", "name", "role", "clinic_id")


def people_blueprint(accounts: Accounts, clinics: ClinicStore, sessions: Sessions, address: str) -> Blueprint:
    """Everything below `/people`."""
    blueprint = Blueprint("people", __name__, url_prefix="/people")
    staff = accounts.staff

    @blueprint.get("")
    @rule("staff.manage")
    def everybody() -> str:
        actor = current_actor()
        names = {clinic.id: clinic.name for clinic in clinics.clinics(actor)}
        return render_template("staff/people.html", members=staff.members(actor), clinics=names, roles=NAMES)

    @blueprint.get("/new")
    @rule("staff.manage")
    def ask_new() -> str:
        return _form(clinics, current_actor(), dict.fromkeys(FIELDS, ""))

    @blueprint.post("/new")
    @rule("staff.manage")
    def answer_new() -> WerkzeugResponse:
        actor, typed, now = current_actor(), form(FIELDS), sessions.clock()
        token, link = accounts.setup_link(now)
        try:
            new = NewMember(
                accounts.new_id(), plain_login(typed["login"]), plain_name(typed["name"]), *_place(actor, typed)
            )
            member = staff.add(actor, new, link, now)
        except NotAllowed as error:
            return make_response(_form(clinics, actor, typed, {error.field_name: error.words}), 422)
        except LoginTaken:
            taken = {"login": "Somebody has this login already. Choose another."}
            return make_response(_form(clinics, actor, typed, taken), 422)
        return make_response(_link_page(member, address, token), 201)

    @blueprint.get("/<staff_id>")
    @rule("staff.manage")
    def one(staff_id: str) -> str:
        return _person(clinics, current_actor(), staff.managed(current_actor(), staff_id))

    @blueprint.post("/<staff_id>")
    @rule("staff.manage")
    def change(staff_id: str) -> WerkzeugResponse:
        actor, typed = current_actor(), form(("name", "role", "clinic_id"))
        member = staff.managed(actor, staff_id)
        try:
            role, clinic_id = _place(actor, typed)
            staff.change(actor, staff_id, plain_name(typed["name"]), role, clinic_id, sessions.clock())
        except NotAllowed as error:
            return make_response(_person(clinics, actor, member, {error.field_name: error.words}), 422)
        return see_other(url_for("people.everybody"))

    @blueprint.post("/<staff_id>/deactivate")
    @rule("staff.manage")
    def deactivate(staff_id: str) -> WerkzeugResponse:
        actor = current_actor()
        try:
            staff.deactivate(actor, staff_id, sessions.clock())
        except NotAllowed as error:
            page = _person(clinics, actor, staff.managed(actor, staff_id), {"": error.words})
            return make_response(page, 422)
        return see_other(url_for("people.everybody"))

    @blueprint.post("/<staff_id>/reset")
    @rule("staff.manage")
    def reset(staff_id: str) -> WerkzeugResponse:
        actor, now = current_actor(), sessions.clock()
        member = staff.managed(actor, staff_id)
        token, link = accounts.setup_link(now)
        try:
            staff.reset(actor, staff_id, link, now)
        except NotAllowed as error:
            return make_response(_person(clinics, actor, member, {"": error.words}), 422)
        return make_response(_link_page(member, address, token))

    return blueprint


def _place(actor: Actor, typed: dict[str, str]) -> tuple[Role, str]:
    """The role and clinic chosen; a manager's people belong to the manager's clinic."""
    if typed["role"] not in STAFF_ROLES:
        raise NotAllowed("role", "Choose one of the roles.")
    role = typed["role"]
    return role, actor.clinic_id or (typed["clinic_id"] if role in CLINIC_ROLES else "")


def _roles(actor: Actor) -> list[tuple[str, str]]:
    offered: Sequence[Role] = CLINIC_ROLES if actor.clinic_id else STAFF_ROLES
    return [(role, NAMES[role]) for role in offered]


def _choices(found: Sequence[Clinic]) -> list[tuple[str, str]]:
    return [("", "No clinic: works for all of them"), *((clinic.id, clinic.name) for clinic in found)]


def _form(clinics: ClinicStore, actor: Actor, typed: dict[str, str], errors: dict[str, str] | None = None) -> str:
    return render_template(
        "staff/person_new.html",
        typed=typed,
        errors=errors or {},
        roles=_roles(actor),
        clinics=[] if actor.clinic_id else _choices(clinics.clinics(actor)),
    )


def _person(clinics: ClinicStore, actor: Actor, member: Member, errors: dict[str, str] | None = None) -> str:
    typed = {name: request.form.get(name, getattr(member, name)) for name in ("name", "role", "clinic_id")}
    return render_template(
        "staff/person.html",
        member=member,
        typed=typed,
        errors=errors or {},
        roles=_roles(actor),
        role=NAMES[member.role],
        own=actor.id == f"staff:{member.id}",
        clinics=[] if actor.clinic_id else _choices(clinics.clinics(actor)),
    )


def _link_page(member: Member, address: str, token: str) -> str:
    return render_template("staff/link.html", member=member, link=f"{address}/setup/{token}")
