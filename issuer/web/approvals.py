"""The administration of clinics: enter, approve by two, suspend, see how they stand."""

import json

from flask import Blueprint, make_response, render_template, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.rights import may
from issuer.staff.accounts import Accounts
from issuer.staff.people import NotAllowed, is_time_zone, plain_name
from issuer.store.staff_clinics import APPROVALS, ClinicStore, NotToApprove
from issuer.web.login import see_other
from issuer.web.rules import rule
from issuer.web.sessions import Sessions, current_actor, form

FIELDS = ("name", "public_name", "address", "time_zone", "contact")
MAX_REASON_CHARACTERS = 200
_ZONE = "Type the clinic’s time zone, like America/New_York: it says which day is today there."


def clinics_blueprint(
    accounts: Accounts, clinics: ClinicStore, sessions: Sessions, time_zone: str = "UTC"
) -> Blueprint:
    """Everything below `/clinics`.

    Args:
        time_zone: the department's, offered for a new clinic.
    """
    blueprint = Blueprint("clinics", __name__, url_prefix="/clinics")

    @blueprint.get("")
    @rule("clinic.apply")
    def all_of_them() -> str:
        return render_template("staff/clinics.html", clinics=clinics.clinics(current_actor()), needed=APPROVALS)

    @blueprint.get("/new")
    @rule("clinic.apply")
    def ask_new() -> str:
        return render_template(
            "staff/clinic_new.html", typed=dict.fromkeys(FIELDS, "") | {"time_zone": time_zone}, errors={}
        )

    @blueprint.post("/new")
    @rule("clinic.apply")
    def answer_new() -> WerkzeugResponse:
        typed = form(FIELDS)
        try:
            name, public_name = plain_name(typed["name"]), plain_name(typed["public_name"], "public_name")
            if not is_time_zone(typed["time_zone"].strip()):
                raise NotAllowed("time_zone", _ZONE)
            details = json.dumps({key: plain_name(typed[key], key) for key in FIELDS[2:] if typed[key].strip()})
        except NotAllowed as error:
            page = render_template("staff/clinic_new.html", typed=typed, errors={error.field_name: error.words})
            return make_response(page, 422)
        entered = clinics.enter(current_actor(), accounts.new_id(), name, public_name, details, sessions.clock())
        return see_other(url_for("clinics.one", clinic_id=entered.id))

    @blueprint.get("/<clinic_id>")
    @rule("clinic.apply")
    def one(clinic_id: str) -> str:
        return _page(clinic_id)

    @blueprint.post("/<clinic_id>/approve")
    @rule("clinic.approve")
    def approve(clinic_id: str) -> WerkzeugResponse:
        try:
            clinics.approve(current_actor(), clinic_id, sessions.clock())
        except NotToApprove as error:
            return make_response(_page(clinic_id, error.words), 409)
        return see_other(url_for("clinics.one", clinic_id=clinic_id))

    @blueprint.post("/<clinic_id>/suspend")
    @rule("clinic.approve")
    def suspend(clinic_id: str) -> WerkzeugResponse:
        reason = " ".join(form(("reason",))["reason"].split())[:MAX_REASON_CHARACTERS]
        if not reason:
            return make_response(_page(clinic_id, "Say why: the clinic will ask, and so will the auditor."), 422)
        clinics.suspend(current_actor(), clinic_id, reason, sessions.clock())
        return see_other(url_for("clinics.one", clinic_id=clinic_id))

    def _page(clinic_id: str, error: str = "") -> str:
        found = clinics.clinic(current_actor(), clinic_id)
        return render_template(
            "staff/clinic.html",
            clinic=found,
            details=json.loads(found.details),
            error=error,
            left=APPROVALS - len(found.approvals),
            may_approve=may(current_actor(), "clinic.approve", clinic_id),
        )

    return blueprint
