"""What it means to a person when a session, a link or somebody is not there, or too much was tried."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.staff.attempts import TooManyAttempts
from issuer.staff.refusals import LinkEnded, NoSession, UnknownClient, UnknownClinic, UnknownMember
from issuer.web.rules import log_in_first
from pages import Problem
from pages.problems import answer


def install_staff_failures(app: Flask, clock: Callable[[], datetime]) -> None:
    """One answer for each."""

    @app.errorhandler(NoSession)
    def no_session(_: NoSession) -> WerkzeugResponse:
        return log_in_first()

    @app.errorhandler(TooManyAttempts)
    def too_many(error: TooManyAttempts) -> Response:
        return answer(_too_many(error, clock()))

    @app.errorhandler(LinkEnded)
    def link_ended(_: LinkEnded) -> Response:
        return answer(_link_ended())

    for kind in (UnknownMember, UnknownClient, UnknownClinic):
        app.register_error_handler(kind, lambda _: answer(_nothing_here()))


def _too_many(error: TooManyAttempts, now: datetime) -> Problem:
    seconds = max(1, int((error.until - now).total_seconds()))
    problem = Problem(
        429,
        "too-many-attempts",
        "Too many attempts",
        "Somebody, perhaps not you, tried too often. We look at no attempt for a while.",
        f"Try again in {-(-seconds // 60)} minutes, or use your passkey.",
        lost="Nothing was changed. Your account is safe.",
    )
    problem.retry_after = seconds  # type: ignore[attr-defined]
    return problem


def _link_ended() -> Problem:
    return Problem(
        404,
        "setup-link-ended",
        "This link opens nothing",
        "It may be mistyped, it may have been used, or it may have ended: it lasts three days and opens once.",
        "If you chose a password already, log in with it. If not, ask whoever sent the link for a new one.",
        lost="Nothing was lost.",
    )


def _nothing_here() -> Problem:
    return Problem(
        404,
        "not-found",
        "There is nothing here with this id",
        "It may belong to another clinic, or the address may be mistyped.",
        "Go back to the list.",
        lost="Nothing was changed.",
    )
