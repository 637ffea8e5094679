"""The department's pages for many records at once: find, look at the figures, take back, watch, put back.

What is looked for is sent in the body of the request: a lot or a vaccinator's name stands in no address.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.putting_right.marks import MARKS, Mark
from issuer.putting_right.searching import Preview, PreviewChanged, Search, SearchTooWide
from issuer.putting_right.withdrawing import (
    AT_ONCE,
    BUDGET,
    ReasonMissing,
    StillRunning,
    UnknownWithdrawal,
    Withdrawals,
)
from issuer.putting_right.words import KINDS, what_in_words
from issuer.web.login import see_other
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from pages import Problem
from pages.problems import answer

FIELDS = ("clinic_id", "vaccinator", "lot", "code", "what", "since", "until")
SHOWN = 50
"""Records of a preview that are shown; the figures count all."""
STATES = {
    "waiting": "Waits",
    "withdrawn": "Taken back",
    "skipped": "Left as it was",
    "restoring": "To be put back",
    "restored": "Put back",
}


class _Unreadable(ValueError):
    """A moment was typed that is none."""


def withdrawals_blueprint(withdrawals: Withdrawals, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/withdrawals`."""
    blueprint = Blueprint("withdrawals", __name__, url_prefix="/withdrawals")

    @blueprint.errorhandler(UnknownWithdrawal)
    def unknown(_: UnknownWithdrawal) -> Response:
        return answer(
            Problem(404, "withdrawal-unknown", "There is nothing here", "We know no withdrawal of this address.")
        )

    @blueprint.get("")
    @rule("bulk.correct")
    def all_of_them() -> Response:
        found = withdrawals.all(current_actor())
        names = withdrawals.names(one.asked_by for one in found)
        return _page("list.html", withdrawals=found, names=names, clinics=withdrawals.clinics(current_actor()))

    @blueprint.get("/find")
    @rule("bulk.correct")
    def ask() -> Response:
        return _form(dict.fromkeys(FIELDS, "") | {"what": "recorded"}, "")

    @blueprint.post("/find")
    @rule("bulk.correct")
    def find() -> Response:
        typed = _typed()
        try:
            found = withdrawals.find(current_actor(), _search(typed), clock())
        except (SearchTooWide, _Unreadable) as error:
            return _form(typed, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return _preview(typed, found)

    @blueprint.post("")
    @rule("bulk.correct")
    def take_back() -> WerkzeugResponse:
        typed, mark = _typed(), request.form.get("mark", "")
        reason = request.form.get("reason", "")
        try:
            search = _search(typed)
            search.check()
        except (SearchTooWide, _Unreadable) as error:
            return _form(typed, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        if mark not in MARKS or not reason.strip():
            errors = {} if mark in MARKS else {"mark": "Choose what is wrong with them."}
            if not reason.strip():
                errors["reason"] = "Say why: residents, clinics and the auditor will ask."
            return _preview(typed, withdrawals.find(current_actor(), search, clock()), errors, 422)
        try:
            done = withdrawals.take_back(
                current_actor(), search, cast(Mark, mark), reason, clock(), request.form.get("digest", "")
            )
        except PreviewChanged:
            found = withdrawals.find(current_actor(), search, clock())
            words = "Records or cards came or went since you looked. Nothing was taken back: look at the new figures."
            return _preview(typed, found, {"": words}, 409)
        return _further(done)

    @blueprint.get("/<withdrawal_id>")
    @rule("bulk.correct")
    def one(withdrawal_id: str) -> Response:
        return _one(withdrawal_id, {})

    @blueprint.post("/<withdrawal_id>/stop")
    @rule("bulk.correct")
    def stop(withdrawal_id: str) -> WerkzeugResponse:
        withdrawals.stop(current_actor(), withdrawal_id, clock())
        return see_other(url_for("withdrawals.one", withdrawal_id=withdrawal_id))

    @blueprint.post("/<withdrawal_id>/go-on")
    @rule("bulk.correct")
    def go_on(withdrawal_id: str) -> WerkzeugResponse:
        withdrawals.go_on(current_actor(), withdrawal_id, clock())
        return _further(withdrawal_id)

    @blueprint.post("/<withdrawal_id>/restore")
    @rule("bulk.correct")
    def restore(withdrawal_id: str) -> WerkzeugResponse:
        chosen = request.form.getlist("record") if request.form.get("which") == "chosen" else None
        if chosen == []:
            return _one(withdrawal_id, {"records": "Tick the records to be put back, or put all of them back."}, 422)
        try:
            withdrawals.restore(current_actor(), withdrawal_id, request.form.get("reason", ""), clock(), chosen)
        except ReasonMissing:
            return _one(withdrawal_id, {"reason": "Say why they are put back."}, 422)
        except StillRunning:
            return _one(
                withdrawal_id, {"": "It is still being worked on. Stop it first, or wait until it is done."}, 409
            )
        return _further(withdrawal_id)

    def _further(withdrawal_id: str) -> WerkzeugResponse:
        """What a short while can do is done at once; the rest goes on behind the page."""
        withdrawals.work(clock, BUDGET, withdrawal_id)
        return see_other(url_for("withdrawals.one", withdrawal_id=withdrawal_id))

    def _form(typed: Mapping[str, str], error: str) -> Response:
        clinics = [("", "Any clinic"), *withdrawals.clinics(current_actor()).items()]
        return _page("find.html", 422 if error else 200, typed=typed, error=error, clinics=clinics)

    def _preview(
        typed: Mapping[str, str], found: Preview, errors: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        clinics = withdrawals.clinics(current_actor())
        said = {name: request.form.get(name, "") for name in ("mark", "reason")}
        marks = (("", "Choose what is wrong"), *_CHOICES.items())
        return _page(
            "preview.html", status, typed=typed, found=found, errors=errors or {}, clinics=clinics, said=said,
            marks=marks, shown=SHOWN,
        )  # fmt: skip

    def _one(withdrawal_id: str, errors: Mapping[str, str], status: int = 200) -> Response:
        actor = current_actor()
        found = withdrawals.one(actor, withdrawal_id)
        first = max(0, request.args.get("first", 0, type=int))
        return _page(
            "one.html",
            status,
            one=found,
            errors=errors,
            names=withdrawals.names((found.asked_by, found.restored_by)),
            clinics=withdrawals.clinics(actor),
            records=withdrawals.records(actor, withdrawal_id, first),
            states=withdrawals.states(actor, withdrawal_id),
            first=first,
            at_once=AT_ONCE,
            minutes_left=_minutes_left(found.left, found.records_per_second),
        )

    return blueprint


_CHOICES: Mapping[str, str] = {
    "withdrawn": "They were not given as recorded: wrong dose, wrong dilution, never given",
    "recalled-lot": "The lot was recalled",
}


def _page(template: str, status: int = 200, **values: Any) -> Response:
    words = {"what_in_words": what_in_words, "kinds": KINDS, "marks_in_words": MARKS, "state_words": STATES}
    response = make_response(render_template(f"corrections/withdrawals/{template}", **words, **values), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in FIELDS}


def _search(typed: Mapping[str, str]) -> Search:
    return Search(
        typed["clinic_id"],
        typed["vaccinator"],
        typed["lot"],
        typed["code"],
        _moment(typed["since"]),
        _moment(typed["until"]),
        "given" if typed["what"] == "given" else "recorded",
    )


def _moment(text: str) -> datetime | None:
    """A moment in UTC, as a browser's field gives it. Raises _Unreadable."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise _Unreadable("a moment is written as 2026-11-20T08:00") from None


def _minutes_left(left: int, rate: float) -> int | None:
    return None if not rate or not left else max(1, round(left / rate / 60))
