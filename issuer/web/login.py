"""Logging in and out: password and code, passkey, an OpenID Connect provider, the one-time link of the first day.

It all works without JavaScript but for passkeys, which a browser offers to scripts only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.rights import Role
from issuer.staff.accounts import Accounts
from issuer.staff.oidc import NobodyOfOurs
from issuer.staff.passkeys import MAX_RESPONSE_OCTETS, Site, login_options
from issuer.staff.passwords import PasswordRefused
from issuer.staff.people import Opened
from issuer.staff.refusals import LoginRefused
from issuer.staff.tokens import digest
from issuer.web.provider import Provider, ProviderFailed
from issuer.web.rules import LOGIN_PATH, public, signed_in
from issuer.web.sessions import Sessions, form, local_path, origin
from pages import Problem
from pages.problems import answer as problem_page

WRONG = "This login and password do not belong together."
WRONG_CODE = "This code is not the one of now, or it was used before. Wait for the next one, and type it in."
CHALLENGE = "passkey_challenge"


@dataclass(frozen=True, slots=True)
class LoginParts:
    """What the pages of a login work with."""

    accounts: Accounts
    sessions: Sessions
    site: Site
    provider: Provider | None
    start: Callable[[Role], str]
    """Where somebody of a role begins to work."""


def login_blueprint(parts: LoginParts) -> Blueprint:
    """`/login`, `/logout` and `/setup/{token}`."""
    blueprint = Blueprint("login", __name__)
    accounts, sessions = parts.accounts, parts.sessions

    @blueprint.errorhandler(ProviderFailed)
    def provider_failed(_: ProviderFailed) -> Response:
        return problem_page(_provider_failed())

    @blueprint.get(LOGIN_PATH)
    @public("this is where one says who one is")
    def ask() -> str:
        session["next"] = local_path(request.args.get("next", ""))
        return _login_page(parts)

    @blueprint.post(LOGIN_PATH)
    @public("this is where one says who one is")
    def answer() -> WerkzeugResponse:
        sessions.check_channel()
        typed = form(("login", "password"))
        try:
            opened = accounts.by_password(
                typed["login"], typed["password"], origin(), sessions.clock(), sessions.token()
            )
        except LoginRefused:
            return make_response(_login_page(parts, typed["login"], WRONG), 401)
        return _go_on(parts, opened)

    @blueprint.get(f"{LOGIN_PATH}/code")
    @public("the password was right; the second factor is asked for")
    def ask_code() -> str:
        sessions.member_at("code")
        return render_template("staff/code.html", error="")

    @blueprint.post(f"{LOGIN_PATH}/code")
    @public("the password was right; the second factor is asked for")
    def answer_code() -> WerkzeugResponse:
        try:
            opened = accounts.by_code(sessions.token(), form(("code",))["code"], origin(), sessions.clock())
        except LoginRefused:
            return make_response(render_template("staff/code.html", error=WRONG_CODE), 401)
        return _go_on(parts, opened)

    @blueprint.post(f"{LOGIN_PATH}/passkey/options")
    @public("a passkey names its owner")
    def passkey_options() -> Response:
        sessions.check_channel()
        session[CHALLENGE] = accounts.challenge(sessions.clock())
        return jsonify(login_options(parts.site, session[CHALLENGE].encode()))

    @blueprint.post(f"{LOGIN_PATH}/passkey")
    @public("a passkey names its owner")
    def passkey() -> WerkzeugResponse:
        sessions.check_channel()
        given, now = passkey_response(), sessions.clock()
        challenge = session.pop(CHALLENGE, "")
        try:
            opened = accounts.by_passkey(parts.site, given, challenge, origin(), now, sessions.token())
        except LoginRefused:
            raise _passkey_refused() from None
        return sessions.put(jsonify(go=_next(parts, opened)), opened)

    @blueprint.get(f"{LOGIN_PATH}/provider")
    @public("the login at the provider begins here")
    def to_provider() -> WerkzeugResponse:
        sessions.check_channel()
        return _provider(parts).begin(parts.site.origin + url_for("login.from_provider"))

    @blueprint.get(f"{LOGIN_PATH}/provider/back")
    @public("the login at the provider ends here; its code is checked")
    def from_provider() -> WerkzeugResponse:
        try:
            claimed = _provider(parts).finish()
            opened = accounts.by_provider(claimed, origin(), sessions.clock(), sessions.token())
        except NobodyOfOurs:
            raise _nobody_of_ours() from None
        return _go_on(parts, opened)

    @blueprint.post("/logout")
    @signed_in("one's own session")
    def logout() -> Response:
        found = sessions.member_at("full")
        accounts.sessions.end(found.member, found.session.id, origin(), sessions.clock())
        return sessions.drop(see_other(LOGIN_PATH))

    @blueprint.get("/setup/<token>")
    @public("whoever holds the one-time link chooses a password with it")
    def ask_setup(token: str) -> Response:
        member = accounts.staff.by_link(digest(token), sessions.clock())
        return make_response(render_template("staff/first.html", member=member, error=""))

    @blueprint.post("/setup/<token>")
    @public("whoever holds the one-time link chooses a password with it")
    def answer_setup(token: str) -> WerkzeugResponse:
        sessions.check_channel()
        now = sessions.clock()
        try:
            opened = accounts.by_link(token, form(("password",))["password"], origin(), now, sessions.token())
        except PasswordRefused as error:
            member = accounts.staff.by_link(digest(token), now)
            return make_response(render_template("staff/first.html", member=member, error=error.words), 422)
        return _go_on(parts, opened)

    return blueprint


def passkey_response() -> dict[str, Any]:
    """What the script sent of `navigator.credentials`. Raises Problem."""
    if (request.content_length or 0) <= MAX_RESPONSE_OCTETS:
        found = request.get_json(silent=True)
        if isinstance(found, dict):
            return found
    raise _passkey_refused()


def _login_page(parts: LoginParts, login: str = "", error: str = "") -> str:
    return render_template(
        "staff/login.html", login=login, error=error, provider=parts.provider is not None, service_name=parts.site.name
    )


def _go_on(parts: LoginParts, opened: Opened) -> Response:
    """To the second factor, to its set-up, or to work; with the new session in the cookie."""
    target = _next(parts, opened)
    wanted = session.get("next", "")
    response = parts.sessions.put(see_other(target), opened)
    if opened.stage != "full":
        session["next"] = wanted
    return response


def _next(parts: LoginParts, opened: Opened) -> str:
    if opened.stage == "code":
        return url_for("login.ask_code")
    if opened.stage == "setup":
        return url_for("account.ask_factor")
    member = parts.accounts.staff.member(opened.staff_id)
    return local_path(session.get("next", "")) or (parts.start(member.role) if member else LOGIN_PATH)


def see_other(target: str) -> Response:
    """To another page, by GET."""
    return Response(status=303, headers={"Location": target})


def _provider(parts: LoginParts) -> Provider:
    if parts.provider is None:
        raise Problem(
            404,
            "no-provider",
            "There is no other way to log in here",
            "This service knows no OpenID Connect provider.",
            "Log in with your password or your passkey.",
        )
    return parts.provider


def _passkey_refused() -> Problem:
    return Problem(
        401,
        "passkey-refused",
        "This passkey did not let you in",
        "It is not one we know, or it took too long.",
        "Try once more, or log in with your password.",
        lost="Nothing was changed.",
    )


def _provider_failed() -> Problem:
    return Problem(
        502,
        "provider-failed",
        "The login at the other service did not come back whole",
        "It was broken off, took too long, or its answer did not hold.",
        "Begin again from the login page. If it happens twice, tell the people who run this service.",
        lost="Nothing was changed.",
    )


def _nobody_of_ours() -> Problem:
    return Problem(
        403,
        "no-account",
        "You have no account here",
        "The other service knows you, but nobody here is kept under your verified e-mail address.",
        "Ask your clinic’s manager or the health department to add you.",
        lost="Nothing was changed.",
    )
