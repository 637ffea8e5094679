"""Bulk exports and searches, which need two people and a reason; and the public page that counts them.

What is looked for is sent in the body of the request and kept with it: it stands in no address.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.fraud.criteria import KINDS, REASONS, Criteria, Kind, read_criteria
from issuer.fraud.entering import product_code
from issuer.fraud.lots import NotEntered
from issuer.fraud.requests import PAGE_ROWS, WITHIN, NotNow, Requests, UnknownRequest
from issuer.putting_right.words import what_in_words
from issuer.web.login import see_other
from issuer.web.rules import public, rule
from issuer.web.sessions import current_actor, form
from pages import Problem
from pages.dates import moment_in_words
from pages.problems import answer

FIELDS = ("kind", "clinic_id", "code", "lot", "since", "until", "reason_code", "reason")


def exports_blueprint(requests: Requests, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/exports`, and `/transparency`."""
    blueprint = Blueprint("exports", __name__)

    @blueprint.errorhandler(UnknownRequest)
    def unknown(_: UnknownRequest) -> Response:
        words = "We know no export or search of this address."
        return answer(Problem(404, "export-unknown", "There is nothing here", words, "Go back to the list."))

    @blueprint.errorhandler(NotNow)
    def not_now(error: NotNow) -> Response:
        words, lost = error.words, "Nothing was given out or changed."
        return answer(Problem(409, "not-now", "This is not open to you now", words, "", lost=lost))

    @blueprint.get("/transparency")
    @public("how often many records were looked through, and why: no one's data")
    def transparency() -> str:
        return render_template("exports/transparency.html", numbers=requests.numbers(), kinds=KINDS, reasons=REASONS)

    @blueprint.get("/exports")
    @rule("bulk.export")
    def all_of_them() -> Response:
        actor = current_actor()
        found = requests.all(actor)
        names = requests.names(who for each in found for who in (each.asked_by, each.decided_by) if who)
        return _page("list.html", requests=found, names=names, state_of=_state_of, now=clock())

    @blueprint.get("/exports/new")
    @rule("bulk.export")
    def ask_new() -> Response:
        return _new(dict.fromkeys(FIELDS, "") | {"kind": "search"}, {})

    @blueprint.post("/exports/new")
    @rule("bulk.export")
    def answer_new() -> WerkzeugResponse:
        typed = form(FIELDS)
        kind: Kind = "export" if typed["kind"] == "export" else "search"
        try:
            asked = _criteria(typed)
            request_id = requests.ask(current_actor(), kind, asked, typed["reason_code"], typed["reason"], clock())
        except NotEntered as error:
            return _new(typed, {error.field_name: error.words}, 422)
        return see_other(url_for("exports.one", request_id=request_id))

    @blueprint.get("/exports/<request_id>")
    @rule("bulk.export")
    def one(request_id: str) -> Response:
        return _one(request_id, {})

    @blueprint.post("/exports/<request_id>/agree")
    @rule("bulk.export")
    def agree(request_id: str) -> WerkzeugResponse:
        try:
            requests.agree(current_actor(), request_id, clock())
        except NotNow as error:
            return _one(request_id, {"": error.words}, 409)
        return see_other(url_for("exports.one", request_id=request_id))

    @blueprint.post("/exports/<request_id>/decline")
    @rule("bulk.export")
    def decline(request_id: str) -> WerkzeugResponse:
        try:
            requests.decline(current_actor(), request_id, form(("reason",))["reason"], clock())
        except NotEntered as error:
            return _one(request_id, {error.field_name: error.words}, 422)
        except NotNow as error:
            return _one(request_id, {"": error.words}, 409)
        return see_other(url_for("exports.one", request_id=request_id))

    @blueprint.post("/exports/<request_id>/file")
    @rule("bulk.export")
    def file(request_id: str) -> WerkzeugResponse:
        rows = requests.run_export(current_actor(), request_id, clock())
        response = Response(stream_with_context(rows), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="records.csv"'
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.post("/exports/<request_id>/rows")
    @rule("bulk.export")
    def rows(request_id: str) -> WerkzeugResponse:
        after = request.form.get("after", "")[:32]
        number = min(max(0, request.form.get("number", 0, type=int)), 1_000_000_000)
        found = requests.run_search(current_actor(), request_id, clock(), after)
        return _page("rows.html", rows=found, request_id=request_id, number=number, at_once=PAGE_ROWS)

    def _new(typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> Response:
        clinics = [("", "Any clinic"), *requests.clinics(current_actor()).items()]
        reasons = [("", "Choose a reason"), *REASONS.items()]
        return _page("new.html", status, typed=typed, errors=errors, clinics=clinics, reason_choices=reasons)

    def _one(request_id: str, errors: Mapping[str, str], status: int = 200) -> Response:
        actor, now = current_actor(), clock()
        found = requests.one(actor, request_id)
        return _page(
            "one.html",
            status,
            one=found,
            errors=errors,
            state=_state_of(found, now),
            asked=_in_words(read_criteria(found.criteria), requests.clinics(actor)),
            names=requests.names((found.asked_by, found.decided_by)),
            mine=found.asked_by == actor.id,
            runs_until=found.decided_at + WITHIN if found.decided_at else None,
        )

    return blueprint


def _state_of(found: Any, now: datetime) -> str:
    """The state of a request as a page shows it: what nobody ran in time is over."""
    if found.state == "agreed" and found.decided_at + WITHIN < now:
        return "over"
    return str(found.state)


def _page(template: str, status: int = 200, **values: Any) -> Response:
    words = {"kinds": KINDS, "reasons": REASONS, "what_in_words": what_in_words}
    response = make_response(render_template(f"exports/{template}", **words, **values), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _criteria(typed: Mapping[str, str]) -> Criteria:
    """What is looked for. Raises NotEntered."""
    code = product_code(typed["code"]) if typed["code"].strip() else ""
    return Criteria(
        typed["clinic_id"].strip(),
        code,
        typed["lot"].strip(),
        _moment(typed["since"], "since"),
        _moment(typed["until"], "until"),
    )


def _in_words(asked: Criteria, clinics: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is looked for, as rows of (what, which)."""
    rows = [
        ("Clinic", clinics.get(asked.clinic_id, "A clinic we do not know") if asked.clinic_id else ""),
        ("Product", f"{what_in_words('immunization', asked.code)} ({asked.code})" if asked.code else ""),
        ("Lot", asked.lot),
        ("Recorded from", moment_in_words(asked.since) if asked.since else ""),
        ("Recorded before", moment_in_words(asked.until) if asked.until else ""),
    ]
    return [(what, which) for what, which in rows if which]


def _moment(text: str, name: str) -> datetime | None:
    """A moment in UTC, as a browser's field gives it. Raises NotEntered."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)
    except ValueError:
        raise NotEntered(name, "Write a moment as 2026-11-20T08:00.") from None
