"""What a request gets that cannot be answered: a page for people, `application/problem+json` (RFC 9457) for programs.

Both say what happened, whether anything was lost, and what to do. Neither repeats what was sent, and the log holds the
kind of an unforeseen exception and where it came from, never its message: libraries put values into messages.
"""

import logging
import traceback
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge, TooManyRequests

from pages.errors_in_words import WORDS, Words
from pages.uploads import drain

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:countersign:problem:"
"""RFC 9457 section 3.1.1: an identifier; it need not be fetched."""

_log = logging.getLogger("countersign.errors")


class Problem(HTTPException):
    """Why this request is refused. `code` is stable; the texts never repeat what was sent.

    `lost` says whether anything was lost; `todo` what the person can do.
    """

    def __init__(
        self, status: int, code: str, title: str, detail: str, todo: str = "", *, lost: str = "", **extra: Any
    ) -> None:
        super().__init__(description=detail)
        self.code = status
        self.problem_code = code
        self.words = Words(title, detail, lost, todo)
        self.extra = extra


def problem(status: int, code: str, title: str, detail: str, **extra: Any) -> Response:
    """An answer of type `application/problem+json` with the members of RFC 9457, `code`, and what `extra` adds."""
    members = {"type": TYPE_PREFIX + code, "title": title, "status": status, "detail": detail, "code": code, **extra}
    if "request_id" in g:
        members.setdefault("request_id", g.request_id)
    response = jsonify(members)
    response.status_code = status
    response.mimetype = PROBLEM_JSON
    return response


def wants_json() -> bool:
    """Whether a program asks: by the path, else by what it accepts."""
    if request.path.startswith(tuple(current_app.config["PAGES_JSON_PREFIXES"])):
        return True
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json", PROBLEM_JSON], default="text/html")
    return best != "text/html" and accepted[best] > accepted["text/html"]


def answer(error: HTTPException) -> Response:
    """The page or the document for an error that Flask, Werkzeug or a view raised."""
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())
    status = error.code or 500
    response = _document(error, status) if wants_json() else _page(error, status)
    _finish(error, response)
    return response


def answer_unforeseen(error: Exception) -> Response:
    """A fault of ours: logged by kind and place, answered as 500 without saying more (507 where the disk is full)."""
    frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
    _log.error("unforeseen %s, request %s\n%s", type(error).__name__, g.get("request_id", "-"), frames)
    full = isinstance(error, OSError) and error.errno in _DISK_IS_FULL
    return answer(InsufficientStorage() if full else _status(500))


class InsufficientStorage(HTTPException):
    """507: no room left to store it (RFC 4918 section 11.5)."""

    code = 507
    description = WORDS[507].detail


_DISK_IS_FULL = frozenset({28, 122})  # ENOSPC, EDQUOT on Linux


def _status(status: int) -> HTTPException:
    error = HTTPException(description=WORDS[status].detail)
    error.code = status
    return error


def _words(error: HTTPException, status: int) -> Words:
    if isinstance(error, Problem):
        return error.words
    return WORDS.get(status) or WORDS[500 if status >= 500 else 400]


def _document(error: HTTPException, status: int) -> Response:
    words = _words(error, status)
    code = error.problem_code if isinstance(error, Problem) else _phrase(status).lower().replace(" ", "-")
    extra = error.extra if isinstance(error, Problem) else {}
    detail = " ".join(part for part in (words.detail, words.lost, words.todo) if part)
    return problem(status, code, words.title, detail, **extra)


def _page(error: HTTPException, status: int) -> Response:
    page = render_template("pages/error.html", status=status, words=_words(error, status))
    return make_response(page, status)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "error"


def _finish(error: HTTPException, response: Response) -> None:
    """What the status asks for: Allow (405), Retry-After (429, 503); 413 ends the connection."""
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    elif isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = "60"
    if isinstance(error, RequestEntityTooLarge):
        drain(request)
        response.headers["Connection"] = "close"
