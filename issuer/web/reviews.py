"""The department's pages about persons: who may be one, side by side; merges done, each with its undo."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.merging.comparison import name_in_words
from issuer.merging.parting import NotUndoable, UnknownMerge
from issuer.merging.service import AlreadyDecided, Merging, UnknownReview
from issuer.putting_right.words import details_of, event_in_words, reasons_in_words
from issuer.web.login import see_other
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from pages import Problem
from pages.problems import answer

_TAGS: Mapping[str, str] = {"same": "tag--done", "similar": "", "differs": "tag--fault", "one": ""}


def reviews_blueprint(merging: Merging, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/reviews` and `/merges`."""
    blueprint = Blueprint("reviews", __name__)

    @blueprint.errorhandler(UnknownReview)
    @blueprint.errorhandler(UnknownMerge)
    def unknown(_: Exception) -> Response:
        return _answer(404, "There is nothing here", "We know no review or merge with this address.", "")

    @blueprint.errorhandler(AlreadyDecided)
    def decided(_: AlreadyDecided) -> Response:
        words = "Somebody decided meanwhile, or the two are one person by now."
        return _answer(409, "This was decided already", words, "Go back to the list: it shows how things stand.")

    @blueprint.errorhandler(NotUndoable)
    def not_undoable(_: NotUndoable) -> Response:
        words = (
            "It was undone before, or the person was put together with somebody else since, or it is so long ago that"
            " how the two were before is not kept any more."
        )
        return _answer(
            409, "This cannot be undone", words, "If there is a later merge of this person, undo that first."
        )

    @blueprint.get("/reviews")
    @rule("review.decide")
    def waiting() -> Response:
        actor = current_actor()
        apart = merging.kept_apart(actor)
        return _page(
            "reviews/list.html",
            reviews=merging.open_reviews(actor),
            apart=apart,
            names=merging.names(one.decided_by or "" for one in apart),
        )

    @blueprint.get("/reviews/<review_id>")
    @rule("review.decide")
    def one(review_id: str) -> Response:
        shown = merging.review(current_actor(), review_id, clock())
        return _page("reviews/one.html", shown=shown)

    @blueprint.post("/reviews/<review_id>/merge")
    @rule("review.decide")
    def merge(review_id: str) -> WerkzeugResponse:
        merging.merge(current_actor(), review_id, request.form.get("survivor", ""), clock())
        return see_other(url_for("reviews.merges", done="merged"))

    @blueprint.post("/reviews/<review_id>/apart")
    @rule("review.decide")
    def keep_apart(review_id: str) -> WerkzeugResponse:
        merging.keep_apart(current_actor(), review_id, clock())
        return see_other(url_for("reviews.waiting", done="apart"))

    @blueprint.post("/reviews/<review_id>/again")
    @rule("review.decide")
    def ask_again(review_id: str) -> WerkzeugResponse:
        merging.ask_again(current_actor(), review_id, clock())
        return see_other(url_for("reviews.one", review_id=review_id))

    @blueprint.get("/merges")
    @rule("review.decide")
    def merges() -> Response:
        lines = merging.merges(current_actor())
        people = merging.names({who for line in lines for who in (line.merged_by, line.undone_by) if who})
        return _page("reviews/merges.html", merges=lines, names=people)

    @blueprint.post("/merges/<merge_id>/undo")
    @rule("review.decide")
    def undo(merge_id: str) -> WerkzeugResponse:
        merging.undo(current_actor(), merge_id, clock())
        return see_other(url_for("reviews.merges", done="undone"))

    return blueprint


def _page(template: str, **values: Any) -> Response:
    words = {"event_in_words": event_in_words, "details_of": details_of, "reasons_in_words": reasons_in_words}
    page = render_template(
        template, done=request.args.get("done", ""), tags=_TAGS, name_in_words=name_in_words, **words, **values
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(status: int, title: str, detail: str, todo: str) -> Response:
    return answer(Problem(status, "review-state", title, detail, todo, lost="Nothing was changed."))
