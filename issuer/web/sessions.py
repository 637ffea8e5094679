"""Cookies: the one that says who is logged in, and the page's own (form tokens, a login under way at a provider).

The session cookie holds 256 random bits and nothing else; what it opens stands in the store. Over https it is called
`__Host-session` (sent to this host only, over https only, RFC 6265bis section 4.1.3.2); plain http is served to this
machine alone.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf  # type: ignore[import-untyped]
from markupsafe import Markup

from issuer.rights import Actor
from issuer.staff.accounts import Accounts
from issuer.staff.people import ABSOLUTE_LIMIT, Opened, SignedIn
from issuer.staff.refusals import NoSession
from issuer.staff.tokens import derived
from pages import Problem
from pages.problems import answer

LOOPBACK = ("localhost", "127.0.0.1", "::1")

csrf = CSRFProtect()
"""Asked by `issuer.web.rules` for whatever a browser may send with its cookies; bearer tokens need none."""


class Sessions:
    """Who a browser is, by its cookie."""

    def __init__(self, accounts: Accounts, clock: Callable[[], datetime], address: str) -> None:
        self.accounts = accounts
        self.clock = clock
        self.secure = urlsplit(address).scheme == "https"
        self.cookie = "__Host-session" if self.secure else "session"

    def token(self) -> str:
        """The cookie's text; "" where there is none."""
        return request.cookies.get(self.cookie, "")

    def signed_in(self) -> SignedIn | None:
        """Whose session it is, of any stage; looked up once a request."""
        if "signed_in" not in g:
            try:
                g.signed_in = self.accounts.session(self.token(), self.clock())
            except NoSession:
                g.signed_in = None
        found: SignedIn | None = g.signed_in
        return found

    def member_at(self, *stages: str) -> SignedIn:
        """Whose session it is, where it is at one of these stages. Raises NoSession."""
        found = self.signed_in()
        if found is None or found.stage not in stages:
            raise NoSession
        return found

    def put(self, response: Response, opened: Opened) -> Response:
        """Hand the new session over. The old form token ends with the old session."""
        self.check_channel()
        session.clear()
        response.set_cookie(
            self.cookie,
            opened.token,
            max_age=int(ABSOLUTE_LIMIT.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="Lax",
        )
        return response

    def drop(self, response: Response) -> Response:
        """Forget who it was."""
        session.clear()
        response.delete_cookie(self.cookie, path="/", secure=self.secure, httponly=True, samesite="Lax")
        return response

    def check_channel(self) -> None:
        """Nobody logs in over http but on this very machine. Raises Problem."""
        if self.secure or (urlsplit(f"//{request.host}").hostname or "") in LOOPBACK:
            return
        raise Problem(
            403,
            "https-needed",
            "Nobody logs in here without https",
            "This service was reached over http, where everybody on the way can read a password.",
            "Tell the people who run this service to give it an https address.",
            lost="Nothing was changed.",
        )


def install_sessions(app: Flask, sessions: Sessions, secret: bytes) -> None:
    """The page's own cookie, form tokens, and `{{ csrf_field() }}` for every form."""
    app.secret_key = derived(secret, "page")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-page" if sessions.secure else "page",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_SECURE=sessions.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # `issuer.web.rules` asks, once it knows that cookies were believed
        WTF_CSRF_SSL_STRICT=False,  # our own Referrer-Policy keeps the Referer away that this would look at
        WTF_CSRF_TIME_LIMIT=int(ABSOLUTE_LIMIT.total_seconds()),
    )
    csrf.init_app(app)
    app.jinja_env.globals["csrf_field"] = csrf_field
    app.register_error_handler(CSRFError, _form_ended)


def csrf_field() -> Markup:
    """The hidden field of each form that changes something."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def current_actor() -> Actor:
    """Who acts in this request, and from where; set by the rule of the route."""
    actor: Actor = g.actor
    return actor


def origin() -> str:
    """The address this request came from."""
    return request.remote_addr or ""


def form(names: Sequence[str]) -> dict[str, str]:
    """Fields of the form as they were typed; "" where one is missing."""
    return {name: request.form.get(name, "") for name in names}


def local_path(path: str) -> str:
    """Where to go after the login: a path of this service, or the start."""
    parts = urlsplit(path)
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return path if fine and path.isprintable() and "\\" not in path else ""


def _form_ended(_: Any) -> Response:
    return answer(
        Problem(
            400,
            "form-ended",
            "This page was open too long",
            "The form does not belong to your session any more, so we did not act on it.",
            "Go back, load the page again, and send the form once more.",
            lost="Nothing was saved or changed.",
        )
    )
