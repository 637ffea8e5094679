"""The day's list: uploaded in the morning, ticked off during the day. Nothing of it is left the day after."""

import io
from collections.abc import Callable

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.clinic_desk.day_list import DayList, counted, matching
from issuer.clinic_desk.uploads import DATE_ORDERS, ListRead, NotAList, read_list
from issuer.store.rosters import EntryState, RosterStore, UnknownEntry
from issuer.tables import template
from issuer.web.clinic_parts import ClinicParts
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from pages import Problem

MAX_LIST_OCTETS = 8 * 1024 * 1024
"""Some thousand people with everything a spreadsheet adds."""
TEMPLATES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def roster_blueprint(
    parts: ClinicParts, day_list: DayList, rosters: RosterStore, new_id: Callable[[], str]
) -> Blueprint:
    """`/clinic/list`."""
    blueprint = Blueprint("roster", __name__, url_prefix="/clinic/list")

    @blueprint.url_value_preprocessor
    def allow_files(*_: object) -> None:
        request.max_content_length = MAX_LIST_OCTETS

    @blueprint.get("")
    @rule("roster.use")
    def day() -> str:
        return _page()

    @blueprint.post("")
    @rule("roster.use")
    def upload() -> WerkzeugResponse:
        file = request.files.get("file")
        order = request.form.get("date_order", "")
        try:
            read = read_list(io.BytesIO(file.read() if file else b""), order)
        except NotAList as error:
            return make_response(_page(errors=[(error.field_name, error.words)], order=order), 422)
        return _keep(read)

    @blueprint.post("/find")
    @rule("roster.use")
    def find() -> str:
        """A name does not go into an address: addresses are kept by browsers and proxies."""
        return _page(typed=request.form.get("q", "")[:80])

    @blueprint.post("/mark")
    @rule("roster.use")
    def mark() -> WerkzeugResponse:
        state: EntryState = "absent" if request.form.get("state") == "absent" else "waiting"
        try:
            day_list.mark(current_actor(), request.form.get("entry", "")[:64], state, parts.clock())
        except UnknownEntry:
            raise _gone() from None
        return redirect(url_for("roster.day"), 303)

    @blueprint.get("/template.<any(csv, xlsx):form>")
    @rule("roster.use")
    def list_template(form: str) -> WerkzeugResponse:
        answer = make_response(template("roster", "csv" if form == "csv" else "xlsx"))
        answer.headers["Content-Type"] = TEMPLATES[form]
        answer.headers["Content-Disposition"] = f'attachment; filename="list.{form}"'
        return answer

    def _keep(read: ListRead) -> WerkzeugResponse:
        actor, today = current_actor(), parts.desk().today
        if read.expected:
            rosters.add(actor, actor.clinic_id, new_id(), today.isoformat(), read.expected, parts.clock())
            session["listed"] = len(read.expected)
        if read.faults:
            return make_response(_page(faults=read.faults), 200 if read.expected else 422)
        return redirect(url_for("roster.day"), 303)

    def _page(errors: object = (), faults: object = (), order: str = "", typed: str = "") -> str:
        actor, desk = current_actor(), parts.desk()
        lines = day_list.lines(actor, desk.today)
        return render_template(
            "roster/day.html",
            today=desk.today.isoformat(),
            counts=counted(lines),
            lines=matching(lines, typed),
            typed=typed,
            errors=errors,
            faults=faults,
            order=order,
            orders=DATE_ORDERS,
            listed=session.pop("listed", 0),
        )

    return blueprint


def _gone() -> Problem:
    return Problem(
        404,
        "not-on-the-list",
        "This line is not on your list any more",
        "The list was of another day, or of another clinic.",
        "Go back to today’s list.",
        lost="Nothing was changed.",
    )
