"""What goes wrong on a resident's page, in the reader's language: what happened, whether anything was lost, what to do.

The texts are those of `Problem`, marked for the catalogs here; whatever else fails gets one of the four pages below.
Programs get the documents that they get everywhere (RFC 9457).
"""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException

from issuer.db import StorageBusy, StorageFull
from issuer.signing import UnreadableCard
from issuer.web.answers import BUSY_RETRY_SECONDS
from issuer.web.languages import marked as _
from issuer.web.languages import page_language
from keys.store import KeyStoreError
from pages import Problem
from pages.problems import answer, answer_unforeseen, wants_json

SAFE = _("Your cards are safe.")
NOTHING = _("Nothing was saved or changed.")


def install_failures_in_words(blueprint: Blueprint, next_step: str) -> None:
    """Pages for everything that fails below this blueprint.

    Args:
        next_step: the endpoint that the page's one button leads to, where a problem names none.
    """

    def shown(problem: Problem) -> Response:
        return private(problem_page(problem, next_step))

    def http(error: HTTPException) -> Response:
        if error.response is not None or (error.code or 500) < HTTPStatus.BAD_REQUEST:
            return answer(error)
        return shown(error if isinstance(error, Problem) else _of_status(error))

    def unforeseen(error: Exception) -> Response:
        noted = answer_unforeseen(error)  # the line in the log, and what programs get
        return noted if wants_json() else shown(_fault(noted.status_code))

    blueprint.register_error_handler(HTTPException, http)
    blueprint.register_error_handler(CSRFError, lambda _: shown(_form_ended()))
    kinds: list[tuple[type[Exception], Callable[[], Problem]]] = [
        (StorageBusy, _busy),
        (StorageFull, lambda: _fault(HTTPStatus.INSUFFICIENT_STORAGE)),
        (UnreadableCard, lambda: _fault(HTTPStatus.INTERNAL_SERVER_ERROR)),
        (KeyStoreError, lambda: _fault(HTTPStatus.SERVICE_UNAVAILABLE)),
    ]
    for kind, make in kinds:
        blueprint.register_error_handler(kind, _handler(shown, make))
    blueprint.register_error_handler(Exception, unforeseen)
    blueprint.context_processor(page_language)


def problem_page(problem: Problem, next_step: str) -> Response:
    """The page of a problem, or its document for a program. `next_step` among its extras is the button's endpoint."""
    step = problem.extra.pop("next_step", next_step)
    if wants_json():
        return answer(problem)
    page = render_template("resident/problem.html", words=problem.words, next_step=step)
    response = make_response(page, problem.code)
    if retry_after := getattr(problem, "retry_after", None):
        response.headers["Retry-After"] = str(retry_after)
    return response


def private(response: Response) -> Response:
    """Kept by no cache, told to no other site, listed by no search."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _handler(shown: Callable[[Problem], Response], make: Callable[[], Problem]) -> Callable[[Exception], Response]:
    return lambda _: shown(make())


def _of_status(error: HTTPException) -> Problem:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return _fault(status) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _unread(status)


def _unread(status: int) -> Problem:
    return Problem(
        status,
        "request-unread",
        _("We could not read that"),
        _("Something in the address or the form did not arrive as we expected."),
        _("Go back, check what you entered, and send it again."),
        lost=NOTHING,
    )


def _form_ended() -> Problem:
    return Problem(
        400,
        "form-ended",
        _("This page was open too long"),
        _("Its form has ended, or your browser keeps no cookies for this page, so we did not act on it."),
        _("Go back, load the page again, and send the form once more. Allow cookies for this page."),
        lost=NOTHING,
    )


def _busy() -> Problem:
    problem = Problem(
        503,
        "storage-busy",
        _("We cannot reach your cards just now"),
        _("Too much is asked of this service at this moment."),
        _("Try again in a minute."),
        lost=SAFE,
    )
    problem.retry_after = BUSY_RETRY_SECONDS  # type: ignore[attr-defined]
    return problem


def _fault(status: int) -> Problem:
    return Problem(
        status,
        "our-fault",
        _("Something went wrong on our side"),
        _("It is our fault, not yours, and it has been noted."),
        _("Try again. If it happens twice, tell us the request number below."),
        lost=SAFE,
    )


def visit_over() -> Problem:
    """Nobody is in: the visit was closed, or was left alone too long."""
    return Problem(
        401,
        "visit-over",
        _("Your cards are closed"),
        _("You closed them, or did not use them for a while."),
        _("Have a new link sent to you."),
        lost=SAFE,
        next_step="getting_in.ask",
    )
