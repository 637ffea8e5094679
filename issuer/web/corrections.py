"""A clinic's own records put right: found by the day they were recorded, shown with what they were, corrected, deleted.
The department looks through those of all clinics.

What is typed is shown beside what stands before anything is changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.clinic_desk.outcomes import marks_of, rules_of, told_of
from issuer.intake.proposal import Dose, Event, Outcome, Result
from issuer.intake.service import ClinicNotLive
from issuer.merging.comparison import name_in_words
from issuer.products import Catalog, builtin_catalog
from issuer.putting_right.corrections import (
    AT_ONCE,
    REASONS,
    ChangedMeanwhile,
    Corrections,
    Shown,
    UnknownReason,
    UnknownRecord,
)
from issuer.putting_right.marks import MARKS
from issuer.putting_right.words import details_of, differences, event_in_words
from issuer.rights import may
from issuer.web.login import see_other
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from pages import Problem
from pages.problems import answer

FIELDS: Mapping[str, str] = {
    "event.code": "product",
    "event.day": "day",
    "event.lot": "lot",
    "event.expires": "expires",
    "event.status": "status",
    "event.value": "result",
}
STATUSES = (("completed", "Given"), ("refused", "Not given: refused"), ("not-administered", "Not given"))
CHANGES = {
    "corrected": "Corrected",
    "deleted": "Deleted",
    "reinstated": "Given back",
    "withdrawn": "Taken back or put back by the health department",
    "recalled-lot": "Recalled, or taken out of a recall",
    "duplicate": "The same as another record",
    **REASONS,
}
"""Why a version is not so any more."""
MAX_HITS = 5


def corrections_blueprint(corrections: Corrections, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/corrections`."""
    blueprint = Blueprint("corrections", __name__, url_prefix="/corrections")
    catalog = builtin_catalog()

    @blueprint.errorhandler(UnknownRecord)
    def unknown(_: UnknownRecord) -> Response:
        words = "There is no such record, or another clinic recorded it: only that clinic can change it."
        todo = "Look for it among your clinic’s records, or ask the clinic that recorded it."
        return answer(Problem(404, "record-unknown", "We do not find this record", words, todo, lost=_NOTHING))

    @blueprint.errorhandler(ChangedMeanwhile)
    def changed(_: ChangedMeanwhile) -> Response:
        words = "Somebody else, or a program, changed this record since you opened it."
        todo = "Go back to the record, look at it as it stands now, and correct it if it is still wrong."
        return answer(Problem(409, "changed-meanwhile", "The record has changed", words, todo, lost=_NOTHING))

    @blueprint.errorhandler(ClinicNotLive)
    def not_live(_: ClinicNotLive) -> Response:
        words = "Your clinic is not approved, is suspended, or is held for a second look."
        todo = "Ask the health department. Then correct the record once more."
        return answer(
            Problem(409, "clinic-not-live", "Your clinic cannot change records now", words, todo, lost=_NOTHING)
        )

    @blueprint.get("")
    @rule("record.search")
    def listing() -> Response:
        today = clock().astimezone(UTC).date()
        since, until = _day(request.args.get("since"), today), _day(request.args.get("until"), today)
        first = max(0, request.args.get("first", 0, type=int))
        moments = [datetime.combine(day, time(), UTC) for day in (since, until + timedelta(days=1))]
        lines = corrections.listing(current_actor(), moments[0], moments[1], clock(), first)
        clinics, own = corrections.clinics(), current_actor().clinic_id
        return _page(
            "corrections/list.html",
            lines=lines,
            since=since,
            until=until,
            first=first,
            at_once=AT_ONCE,
            today=today,
            whose=clinics.get(own, "") if own else "",
            clinics={} if own else clinics,
        )

    @blueprint.get("/<record_id>")
    @rule("record.search")
    def one(record_id: str) -> Response:
        shown = corrections.show(current_actor(), record_id, clock())
        return _page(
            "corrections/one.html",
            shown=shown,
            names=corrections.names(one.changed_by for one in shown.versions),
            changed=_changes(shown),
            said=marks_of(list(dict.fromkeys((*shown.record.marks.split(), *_said(record_id, "codes"))))),
            rules=_said(record_id, "rules"),
            whose=shown.clinic_name,
            may_correct=may(current_actor(), "record.correct", shown.record.clinic_id),
        )

    @blueprint.get("/<record_id>/edit")
    @rule("record.correct")
    def ask(record_id: str) -> Response:
        shown = corrections.show(current_actor(), record_id, clock())
        return _form(shown, _typed(shown.event), {})

    @blueprint.post("/<record_id>/edit")
    @rule("record.correct")
    def correct(record_id: str) -> WerkzeugResponse:
        shown = corrections.show(current_actor(), record_id, clock())
        typed = {name: request.form.get(name, "").strip() for name in _typed(shown.event)}
        event, errors = _event(catalog, shown.event, typed)
        if errors or event is None:
            return _form(shown, typed, errors)
        if event == shown.event:
            return _form(shown, typed, {"": "Nothing is different from what stands. Change what is wrong."})
        if request.form.get("step") != "save":
            return _check(shown, typed, event, ())
        version = request.form.get("version", 0, type=int)
        confirmed = frozenset(request.form.getlist("confirmed"))
        done = corrections.correct(current_actor(), record_id, version, event, clock(), confirmed)
        if done.did == "asked":
            return _check(shown, typed, event, [one for one in done.findings if one.severity == "question"])
        if not done.accepted:
            return _form(shown, typed, _refused(done))
        codes = told_of([done]).get(done.record_id, [])
        session["corrected"] = {"record": record_id, "codes": codes, "rules": rules_of([done])}
        return see_other(url_for("corrections.one", record_id=record_id, done="corrected"))

    @blueprint.get("/<record_id>/delete")
    @rule("record.correct")
    def ask_delete(record_id: str) -> Response:
        return _delete_page(corrections.show(current_actor(), record_id, clock()), "")

    @blueprint.post("/<record_id>/delete")
    @rule("record.correct")
    def delete(record_id: str) -> WerkzeugResponse:
        version = request.form.get("version", 0, type=int)
        try:
            corrections.delete(current_actor(), record_id, version, request.form.get("reason", ""), clock())
        except UnknownReason:
            shown = corrections.show(current_actor(), record_id, clock())
            return _delete_page(shown, "Choose why it is deleted: the resident and the auditor will ask.")
        return see_other(url_for("corrections.one", record_id=record_id, done="deleted"))

    return blueprint


_NOTHING = "Nothing was changed."


def _said(record_id: str, what: str) -> Any:
    """What was said of a record when it was corrected: `codes` of findings, or the `rules` behind them."""
    kept = session.get("corrected", {})
    return kept.get(what, {}) if kept.get("record") == record_id else {}


def _page(template: str, status: int = 200, **values: Any) -> Response:
    page = render_template(
        template,
        done=request.args.get("done", ""),
        event_in_words=event_in_words,
        details_of=details_of,
        name_in_words=name_in_words,
        marks=MARKS,
        changes=CHANGES,
        **values,
    )
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(shown: Shown, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    status = 422 if errors else 200
    return _page("corrections/edit.html", status, shown=shown, typed=typed, errors=errors, statuses=STATUSES)


def _check(shown: Shown, typed: Mapping[str, str], event: Event, questions: Any) -> Response:
    compared = differences(shown.event, event)
    return _page("corrections/check.html", shown=shown, typed=typed, differences=compared, questions=questions)


def _delete_page(shown: Shown, error: str) -> Response:
    reasons = (("", "Choose a reason"), *REASONS.items())
    return _page("corrections/delete.html", 422 if error else 200, shown=shown, reasons=reasons, error=error)


def _changes(shown: Shown) -> list[tuple[Any, Any]]:
    """Each earlier version with what became of it, the newest first."""
    after = [shown.event, *(one.event for one in shown.versions)]
    return [(one, differences(one.event, later)) for one, later in zip(shown.versions, after, strict=False)]


def _refused(done: Outcome) -> dict[str, str]:
    wrong = [one for one in done.findings if one.severity == "error"] or list(done.findings)
    return {FIELDS.get(one.place, ""): f"{one.message} {one.remedy}" for one in wrong}


def _typed(event: Event) -> dict[str, str]:
    if isinstance(event, Result):
        return {"time": event.time, "result": event.value_code or event.quantity or event.text}
    status = "completed" if event.status == "completed" else event.not_done_reason or "not-administered"
    return {"product": event.code, "day": event.day, "lot": event.lot, "expires": event.expires, "status": status}


def _event(catalog: Catalog, was: Event, typed: Mapping[str, str]) -> tuple[Event | None, dict[str, str]]:
    if isinstance(was, Result):
        return _result(was, typed), {}
    code, error = _product(catalog, was, typed["product"])
    if error:
        return None, {"product": error}
    given = typed["status"] == "completed"
    return (
        replace(
            was,
            code=code,
            system=was.system if code == was.code else "http://hl7.org/fhir/sid/cvx",
            day=typed["day"],
            lot=typed["lot"],
            expires=typed["expires"],
            status="completed" if given else "not-done",
            not_done_reason="" if given else typed["status"],
        ),
        {},
    )


def _result(was: Result, typed: Mapping[str, str]) -> Result:
    """What was found, in the form it was sent in."""
    if was.value_code:
        return replace(was, time=typed["time"], value_code=typed["result"])
    if was.quantity:
        return replace(was, time=typed["time"], quantity=typed["result"])
    return replace(was, time=typed["time"], text=typed["result"])


def _product(catalog: Catalog, was: Dose, typed: str) -> tuple[str, str]:
    """(code, what is wrong). A name must name one product."""
    if typed == was.code or typed.isdigit():
        return typed, ""
    hits = catalog.search(typed)
    codes = dict.fromkeys(hit.code for hit in hits)
    exact = [hit.code for hit in hits if typed.casefold() in (hit.title.casefold(), hit.name.casefold())]
    if len(codes) == 1 or len(set(exact)) == 1:
        return (exact or list(codes))[0], ""
    if not hits:
        return "", "We know no product of this name. Type its name as on the vial, or its CVX code."
    named = "; ".join(f"{hit.title} is {hit.code}" for hit in hits[:MAX_HITS])
    return "", f"Several products have a name like this. Type the code of the right one: {named}."


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return otherwise
