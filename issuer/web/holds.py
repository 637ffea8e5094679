"""Clinics held for a second look, for the department; and announced drives, for clinics and the department."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.fraud.cases import UnknownHold
from issuer.fraud.deciding import Cases, Drives
from issuer.fraud.drives import MARGIN, NotToDecide, UnknownDrive, checked_announcement
from issuer.fraud.lots import NotEntered
from issuer.fraud.rules import TITLES, in_words
from issuer.rights import may
from issuer.web.login import see_other
from issuer.web.rules import rule
from issuer.web.sessions import current_actor, form
from pages import Problem
from pages.problems import answer

DRIVE_FIELDS = ("clinic_id", "starts", "ends", "doses", "note")


def holds_blueprint(cases: Cases, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/holds`."""
    blueprint = Blueprint("holds", __name__, url_prefix="/holds")

    @blueprint.errorhandler(UnknownHold)
    def unknown(_: UnknownHold) -> Response:
        words = "We know no held clinic of this address."
        return answer(Problem(404, "hold-unknown", "There is nothing here", words, "Go back to the list."))

    @blueprint.get("")
    @rule("hold.decide")
    def all_of_them() -> Response:
        found = cases.all(current_actor())
        return _page("list.html", holds=found, titles=TITLES, names=cases.names(one.decided_by for one in found))

    @blueprint.get("/<hold_id>")
    @rule("hold.decide")
    def one(hold_id: str) -> Response:
        return _one(hold_id, {})

    @blueprint.post("/<hold_id>/go-on")
    @rule("hold.decide")
    def go_on(hold_id: str) -> WerkzeugResponse:
        return _decide(hold_id, "go_on")

    @blueprint.post("/<hold_id>/take-back")
    @rule("hold.decide")
    def take_back(hold_id: str) -> WerkzeugResponse:
        return _decide(hold_id, "take_back")

    def _decide(hold_id: str, how: str) -> WerkzeugResponse:
        decide = cases.go_on if how == "go_on" else cases.take_back
        try:
            decide(current_actor(), hold_id, form(("reason",))["reason"], clock())
        except NotEntered as error:
            return _one(hold_id, {f"reason-{how}": error.words}, 422)
        except NotToDecide as error:
            return _one(hold_id, {"": error.words}, 409)
        return see_other(url_for("holds.one", hold_id=hold_id))

    def _one(hold_id: str, errors: Mapping[str, str], status: int = 200) -> Response:
        found = cases.one(current_actor(), hold_id)
        until = found.opened_at.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return _page(
            "one.html",
            status,
            hold=found,
            errors=errors,
            reasons=[(*in_words(each), each.about) for each in found.reasons],
            names=cases.names((found.decided_by,)),
            may_take_back=may(current_actor(), "bulk.correct"),
            moments=(found.since.strftime("%Y-%m-%dT%H:%M"), until.strftime("%Y-%m-%dT%H:%M")),
        )

    return blueprint


def drives_blueprint(drives: Drives, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/drives`."""
    blueprint = Blueprint("drives", __name__, url_prefix="/drives")

    @blueprint.errorhandler(UnknownDrive)
    def unknown(_: UnknownDrive) -> Response:
        words = "We know no drive of this address, or it is another clinic’s."
        return answer(Problem(404, "drive-unknown", "There is nothing here", words, "Go back to the list of drives."))

    @blueprint.errorhandler(NotToDecide)
    def decided(error: NotToDecide) -> Response:
        lost = "Nothing was changed."
        return answer(Problem(409, "decided-before", "This is not open any more", error.words, "", lost=lost))

    @blueprint.get("")
    @rule("lot.manage")
    def all_of_them() -> Response:
        return _list({})

    @blueprint.get("/new")
    @rule("lot.manage")
    def ask_new() -> Response:
        return _new(dict.fromkeys(DRIVE_FIELDS, ""), {})

    @blueprint.post("/new")
    @rule("lot.manage")
    def answer_new() -> WerkzeugResponse:
        actor, now, typed = current_actor(), clock(), form(DRIVE_FIELDS)
        clinic_id = actor.clinic_id or typed["clinic_id"]
        try:
            zone = drives.zone(actor, clinic_id)
            said = checked_announcement(typed["starts"], typed["ends"], typed["doses"], typed["note"], zone, now)
            drives.announce(actor, clinic_id, said, now)
        except NotEntered as error:
            return _new(typed, {error.field_name: error.words}, 422)
        except UnknownDrive:
            return _new(typed, {"clinic_id": "Choose the clinic whose drive it is."}, 422)
        return see_other(url_for("drives.all_of_them"))

    @blueprint.post("/<drive_id>/confirm")
    @rule("hold.decide")
    def confirm(drive_id: str) -> WerkzeugResponse:
        drives.confirm(current_actor(), drive_id, clock())
        return see_other(url_for("drives.all_of_them"))

    @blueprint.post("/<drive_id>/decline")
    @rule("hold.decide")
    def decline(drive_id: str) -> WerkzeugResponse:
        try:
            drives.decline(current_actor(), drive_id, form(("reason",))["reason"], clock())
        except NotEntered as error:
            return _list({f"decline-{drive_id}": error.words}, 422)
        return see_other(url_for("drives.all_of_them"))

    @blueprint.post("/<drive_id>/cancel")
    @rule("lot.manage")
    def cancel(drive_id: str) -> WerkzeugResponse:
        drives.cancel(current_actor(), drive_id, clock())
        return see_other(url_for("drives.all_of_them"))

    def _list(errors: Mapping[str, str], status: int = 200) -> Response:
        actor = current_actor()
        found = drives.all(actor)
        return _page(
            "drives.html",
            status,
            drives=found,
            errors=errors,
            now=clock(),
            held=drives.held(actor),
            own=bool(actor.clinic_id),
            may_confirm=may(actor, "hold.decide"),
            names=drives.names(who for each in found for who in (each.announced_by, each.decided_by) if who),
        )

    def _new(typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> Response:
        actor = current_actor()
        clinics = drives.clinics(actor)
        zone = str(drives.zone(actor, actor.clinic_id)) if actor.clinic_id else ""
        return _page(
            "announce.html",
            status,
            typed=typed,
            errors=errors,
            clinics=[] if actor.clinic_id else [("", "Choose a clinic"), *clinics.items()],
            zone=zone,
            margin=round(100 * MARGIN),
        )

    return blueprint


def _page(template: str, status: int = 200, **values: Any) -> Response:
    response = make_response(render_template(f"holds/{template}", **values), status)
    response.headers["Cache-Control"] = "no-store"
    return response
