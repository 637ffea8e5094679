"""The ledger of lots: a manager enters what came and what was thrown away, the department sees all and recalls.

A lot's number stands in no address: pages are found by the ledger's own id.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.fraud.entering import FIELDS, delivery_of, product_code
from issuer.fraud.ledger import AT_ONCE, Ledger
from issuer.fraud.lots import MovementKind, NotEntered, UnknownLot, checked_doses, checked_note
from issuer.putting_right.words import what_in_words
from issuer.rights import may
from issuer.web.login import see_other
from issuer.web.rules import rule
from issuer.web.sessions import current_actor, form
from pages import Problem
from pages.problems import answer

RECALL_FIELDS = ("code", "lot", "clinic_id", "reason")
MOVES: Mapping[MovementKind, str] = {"received": "Came", "wasted": "Thrown away"}


def lots_blueprint(ledger: Ledger, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/lots`."""
    blueprint = Blueprint("lots", __name__, url_prefix="/lots")

    @blueprint.errorhandler(UnknownLot)
    def unknown(_: UnknownLot) -> Response:
        words = "We know no lot of this address, or it is another clinic’s."
        return answer(Problem(404, "lot-unknown", "There is nothing here", words, "Go back to the list of lots."))

    @blueprint.get("")
    @rule("lot.manage")
    def all_of_them() -> Response:
        actor = current_actor()
        clinic_id = request.args.get("clinic", "")[:32]
        first = min(max(0, request.args.get("first", 0, type=int)), 1_000_000)
        return _page(
            "list.html",
            lots=ledger.lots(actor, clinic_id, first),
            clinics=[("", "All clinics"), *ledger.clinics(actor).items()],
            clinic_id=clinic_id,
            first=first,
            at_once=AT_ONCE,
            over_all=_over_all(),
        )

    @blueprint.get("/new")
    @rule("lot.manage")
    def ask_new() -> Response:
        return _new(dict.fromkeys(("clinic_id", *FIELDS), ""), {})

    @blueprint.post("/new")
    @rule("lot.manage")
    def answer_new() -> WerkzeugResponse:
        actor, now, typed = current_actor(), clock(), form(("clinic_id", *FIELDS))
        try:
            came = delivery_of(typed, now.date())
            lot_id = ledger.receive(actor, actor.clinic_id or typed["clinic_id"], came, now)
        except NotEntered as error:
            return _new(typed, {error.field_name: error.words}, 422)
        except UnknownLot:
            return _new(typed, {"clinic_id": "Choose the clinic to which the doses came."}, 422)
        return see_other(url_for("lots.one", lot_id=lot_id))

    @blueprint.get("/<lot_id>")
    @rule("lot.manage")
    def one(lot_id: str) -> Response:
        return _one(lot_id, {})

    @blueprint.post("/<lot_id>")
    @rule("lot.manage")
    def move(lot_id: str) -> WerkzeugResponse:
        typed = form(("kind", "doses", "note"))
        kind: MovementKind = "wasted" if typed["kind"] == "wasted" else "received"
        try:
            doses = checked_doses(typed["doses"], negative=True)
            ledger.move(current_actor(), lot_id, kind, doses, checked_note(typed["note"]), clock())
        except NotEntered as error:
            return _one(lot_id, {error.field_name: error.words}, 422, typed)
        return see_other(url_for("lots.one", lot_id=lot_id))

    @blueprint.get("/recalls")
    @rule("bulk.correct")
    def recalls() -> Response:
        return _recalls(dict.fromkeys(RECALL_FIELDS, ""), {})

    @blueprint.post("/recalls")
    @rule("bulk.correct")
    def recall() -> WerkzeugResponse:
        typed = form(RECALL_FIELDS)
        try:
            code = product_code(typed["code"])
            ledger.recall(current_actor(), code, typed["lot"], typed["clinic_id"], typed["reason"], clock())
        except NotEntered as error:
            return _recalls(typed, {error.field_name: error.words}, 422)
        except UnknownLot:
            return _recalls(typed, {"clinic_id": "Choose a clinic of the list, or all."}, 422)
        return see_other(url_for("lots.recalls"))

    @blueprint.post("/recalls/<recall_id>/lift")
    @rule("bulk.correct")
    def lift(recall_id: str) -> WerkzeugResponse:
        try:
            ledger.lift(current_actor(), recall_id, form(("reason",))["reason"], clock())
        except NotEntered as error:
            return _recalls(dict.fromkeys(RECALL_FIELDS, ""), {f"lift-{recall_id}": error.words}, 422)
        return see_other(url_for("lots.recalls"))

    def _new(typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> Response:
        actor = current_actor()
        clinics = [] if actor.clinic_id else [("", "Choose a clinic"), *ledger.clinics(actor).items()]
        return _page("new.html", status, typed=typed, errors=errors, clinics=clinics)

    def _one(
        lot_id: str, errors: Mapping[str, str], status: int = 200, typed: Mapping[str, str] | None = None
    ) -> Response:
        actor = current_actor()
        lot = ledger.lot(actor, lot_id)
        return _page(
            "one.html",
            status,
            lot=lot,
            errors=errors,
            typed=typed or {},
            moves=MOVES,
            names=ledger.names(each.actor for each in lot.movements),
            over_all=_over_all(),
        )

    def _recalls(typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> Response:
        actor = current_actor()
        found = ledger.recalls(actor)
        clinics = [("", "Wherever it went"), *ledger.clinics(actor).items()]
        names = ledger.names(who for each in found for who in (each.actor, each.lifted_by) if who)
        return _page("recalls.html", status, recalls=found, typed=typed, errors=errors, clinics=clinics, names=names)

    def _page(template: str, status: int = 200, **values: Any) -> Response:
        today = clock().date()
        page = render_template(f"lots/{template}", what_in_words=what_in_words, today=today, **values)
        response = make_response(page, status)
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def _over_all() -> bool:
    """Whether recalls and other clinics' lots are this person's business."""
    return may(current_actor(), "bulk.correct")
