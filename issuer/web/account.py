"""One's own account: second factor, passkeys, password, sessions.

Whoever is logged in types the password once more before a factor changes: an unlocked screen is not its owner.
"""

from flask import Blueprint, Response, jsonify, make_response, render_template, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.staff import second_factor
from issuer.staff.passkeys import PasskeyRefused, registration_options
from issuer.staff.passwords import PasswordRefused
from issuer.staff.people import NotAllowed, SignedIn, plain_name
from issuer.staff.refusals import LoginRefused, NoSession
from issuer.staff.tokens import Unsealable
from issuer.web.factor_picture import factor_svg
from issuer.web.login import CHALLENGE, WRONG_CODE, LoginParts, passkey_response, see_other
from issuer.web.rules import LOGIN_PATH, public, signed_in
from issuer.web.sessions import form, origin
from pages import Problem

WRONG_PASSWORD = "This is not your password."  # noqa: S105 words for people
ONLY_WAY_IN = "Set up codes from a phone first: this passkey is your only way in."
OWN = "one's own account"
SETTING_UP = "the first login sets the second factor up; the view asks for its session"


def account_blueprint(parts: LoginParts) -> Blueprint:
    """Everything below `/account`."""
    blueprint = Blueprint("account", __name__, url_prefix="/account")
    accounts, sessions = parts.accounts, parts.sessions

    @blueprint.get("")
    @signed_in(OWN)
    def overview() -> str:
        return _overview(parts, _me())

    @blueprint.get("/second-factor")
    @public(SETTING_UP)
    def ask_factor() -> str:
        return _factor_page(parts, _setting_up())

    @blueprint.post("/second-factor")
    @public(SETTING_UP)
    def answer_factor() -> WerkzeugResponse:
        found, typed, now = _setting_up(), form(("secret", "code", "password")), sessions.clock()
        try:
            secret = accounts.shown_totp(typed["secret"])
            _confirm(parts, found, typed["password"])
            codes = accounts.set_totp(found.member, secret, typed["code"], origin(), now)
        except (Unsealable, ValueError):
            return make_response(_factor_page(parts, found), 422)
        except LoginRefused:
            page = _factor_page(parts, found, typed["secret"], ("password", WRONG_PASSWORD))
            return make_response(page, 422)
        except second_factor.WrongCode:
            return make_response(_factor_page(parts, found, typed["secret"], ("code", WRONG_CODE)), 422)
        return _codes_shown(parts, found, codes)

    @blueprint.post("/passkeys/options")
    @public(SETTING_UP)
    def passkey_options() -> Response:
        found = _setting_up()
        session[CHALLENGE] = accounts.challenge(sessions.clock())
        known = tuple(each[0] for each in accounts.factors.passkeys(found.member.id))
        member = found.member
        challenge = session[CHALLENGE].encode()
        return jsonify(registration_options(parts.site, member.id, member.login, member.name, known, challenge))

    @blueprint.post("/passkeys")
    @public(SETTING_UP)
    def add_passkey() -> WerkzeugResponse:
        found, given, now = _setting_up(), passkey_response(), sessions.clock()
        challenge, name = session.pop(CHALLENGE, ""), str(given.pop("name", "") or "Passkey")
        try:
            _confirm(parts, found, str(given.pop("password", "")))
            named = plain_name(name)
            accounts.add_passkey(found.member, parts.site, given, challenge, named, origin(), now)
        except (PasskeyRefused, LoginRefused, NotAllowed):
            raise _passkey_not_kept() from None
        return _after_passkey(parts, found)

    @blueprint.post("/passkeys/<credential_id>/remove")
    @signed_in(OWN)
    def remove_passkey(credential_id: str) -> WerkzeugResponse:
        found = _me()
        if found.member.passkeys == 1 and not found.member.has_totp:
            return make_response(_overview(parts, found, ONLY_WAY_IN), 409)
        accounts.factors.remove_passkey(found.member, credential_id, origin(), sessions.clock())
        return see_other(url_for("account.overview"))

    @blueprint.get("/password")
    @signed_in(OWN)
    def ask_password() -> str:
        return render_template("staff/password.html", errors={})

    @blueprint.post("/password")
    @signed_in(OWN)
    def answer_password() -> WerkzeugResponse:
        typed = form(("old", "new"))
        try:
            accounts.change_password(_me(), typed["old"], typed["new"], origin(), sessions.clock())
        except LoginRefused:
            return make_response(render_template("staff/password.html", errors={"old": WRONG_PASSWORD}), 422)
        except PasswordRefused as error:
            return make_response(render_template("staff/password.html", errors={"new": error.words}), 422)
        return see_other(url_for("account.overview"))

    @blueprint.post("/sessions/<session_id>/end")
    @signed_in(OWN)
    def end_session(session_id: str) -> WerkzeugResponse:
        found = _me()
        accounts.sessions.end(found.member, session_id, origin(), sessions.clock())
        return see_other(LOGIN_PATH if session_id == found.session.id else url_for("account.overview"))

    @blueprint.post("/sessions/end")
    @signed_in(OWN)
    def end_sessions() -> WerkzeugResponse:
        accounts.sessions.end_all(_me().member, origin(), sessions.clock())
        return sessions.drop(see_other(LOGIN_PATH))

    def _me() -> SignedIn:
        return sessions.member_at("full")

    def _setting_up() -> SignedIn:
        found = sessions.member_at("setup", "full")
        if found.stage == "setup" and (found.member.has_totp or found.member.passkeys):
            raise NoSession  # it was set up meanwhile: log in with it
        return found

    return blueprint


def _confirm(parts: LoginParts, found: SignedIn, password: str) -> None:
    """Somebody logged in types the password again; on the first day it was typed a moment ago. Raises LoginRefused."""
    if found.stage == "full":
        parts.accounts.confirm(found.member, password, origin(), parts.sessions.clock())


def _overview(parts: LoginParts, found: SignedIn, error: str = "") -> str:
    member = found.member
    return render_template(
        "staff/account.html",
        member=member,
        current=found.session.id,
        error=error,
        sessions=parts.accounts.sessions.of(member.id, parts.sessions.clock()),
        passkeys=parts.accounts.factors.passkeys(member.id),
        codes_left=parts.accounts.factors.recovery_codes_left(member.id),
    )


def _factor_page(parts: LoginParts, found: SignedIn, shown: str = "", error: tuple[str, str] = ("", "")) -> str:
    """The same secret again where the code was mistyped: the phone has it already."""
    secret, sealed = (parts.accounts.shown_totp(shown), shown) if shown else parts.accounts.new_totp()
    uri = second_factor.otpauth_uri(secret, found.member.login, parts.site.name)
    return render_template(
        "staff/factor.html",
        picture=factor_svg(uri, "The code for your authenticator app"),
        to_type=second_factor.secret_to_type(secret),
        sealed=sealed,
        first=found.stage == "setup",
        error={error[0]: error[1]} if error[0] else {},
    )


def _codes_shown(parts: LoginParts, found: SignedIn, codes: tuple[str, ...]) -> WerkzeugResponse:
    page = make_response(render_template("staff/recovery.html", codes=codes, go=_start(parts, found)))
    if found.stage == "full":
        return page
    opened = parts.accounts.finish_setup(parts.sessions.token(), origin(), parts.sessions.clock())
    return parts.sessions.put(page, opened)


def _after_passkey(parts: LoginParts, found: SignedIn) -> Response:
    if found.stage == "full":
        return jsonify(go=url_for("account.overview"))
    opened = parts.accounts.finish_setup(parts.sessions.token(), origin(), parts.sessions.clock())
    return parts.sessions.put(jsonify(go=_start(parts, found)), opened)


def _start(parts: LoginParts, found: SignedIn) -> str:
    return parts.start(found.member.role)


def _passkey_not_kept() -> Problem:
    return Problem(
        422,
        "passkey-not-kept",
        "This passkey was not added",
        "It took too long, it is here already, or the password was not yours.",
        "Try once more.",
        lost="Nothing was changed.",
    )
