"""Who may come in at each route. A route without a rule keeps the service from starting.

    @blueprint.post("/records")
    @rule("record.write")                                        staff, by their role
    def record() -> Response: ...

    @bearer("record.write", scope="system/Immunization.c")       a clinic's system, by its token; may stand beside @rule
    @signed_in("one's own account")                              whoever is logged in
    @holder("the unguessable link")                              a resident
    @public("keys are for everybody")                            anybody; `machine=True`: no form, so no form token

The rule asks for the role. Whose clinic it is about is asked with the row in hand, by use cases and stores
(`issuer.rights.require`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, g, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.audit.entry import Entry
from issuer.rights import NAMES, Actor, Forbidden, Permission, may
from issuer.staff.bearer import Tokens
from issuer.staff.scopes import covers
from issuer.web.sessions import Sessions, csrf, origin
from pages import Problem
from pages.problems import answer, problem, wants_json

LOGIN_PATH = "/login"
CHALLENGE = 'Bearer realm="countersign"'
_ATTRIBUTE = "_issuer_rules"

View = TypeVar("View", bound=Callable[..., Any])
Kind = Literal["staff", "signed-in", "bearer", "holder", "public"]
Note = Callable[[Entry], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in."""

    kind: Kind
    permission: Permission | None = None
    scope: str = ""
    why: str = ""
    machine: bool = False
    """No form of a browser comes this way, so no form token is asked for."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route and its ways in."""

    endpoint: str
    path: str
    methods: tuple[str, ...]
    arguments: tuple[str, ...]
    rules: tuple[Rule, ...]


class RouteWithoutRule(Exception):
    """These endpoints have no rule: declare one beside each view."""


SHARED: Mapping[str, Rule] = {
    "health.healthz": Rule("public", why="whether the process answers; holds no data", machine=True),
    "health.readyz": Rule("public", why="whether what it needs is there; holds no data", machine=True),
    "health.metrics": Rule("public", why="counts by route; holds no data", machine=True),
}
"""Views of `pages`, which stands below the issuer and knows no rules."""
_FILES = Rule("public", why="files that every page loads", machine=True)


def rule(permission: Permission) -> Callable[[View], View]:
    """For staff whose role holds the permission, for some clinic at least."""
    return _mark(Rule("staff", permission))


def bearer(permission: Permission, *, scope: str = "") -> Callable[[View], View]:
    """For programs: an access token whose scopes cover this one, or the deployment's own token."""
    return _mark(Rule("bearer", permission, scope, machine=True))


def signed_in(why: str) -> Callable[[View], View]:
    """For whoever is logged in, whatever the role."""
    return _mark(Rule("signed-in", why=why))


def holder(why: str) -> Callable[[View], View]:
    """For whoever holds a resident's link; the view looks it up."""
    return _mark(Rule("holder", why=why))


def public(why: str, *, machine: bool = False) -> Callable[[View], View]:
    """For anybody."""
    return _mark(Rule("public", why=why, machine=machine))


def rules_of(app: Flask) -> tuple[Route, ...]:
    """Every route with its rules, in the order of the paths; `rules` is empty where there is none."""
    found = [
        Route(
            each.endpoint, each.rule, _methods(each.methods), tuple(sorted(each.arguments)), _rules(app, each.endpoint)
        )
        for each in app.url_map.iter_rules()
    ]
    return tuple(sorted(found, key=lambda route: (route.path, route.methods)))


def check_rules(app: Flask) -> None:
    """Raises RouteWithoutRule. Call it last when the application is made."""
    without = sorted({route.endpoint for route in rules_of(app) if not route.rules})
    if without:
        raise RouteWithoutRule(", ".join(without))


def install_rules(app: Flask, sessions: Sessions, tokens: Tokens, note: Note) -> None:
    """Ask the rule before each view. A refusal is a line in the audit log."""

    @app.before_request
    def ask() -> WerkzeugResponse | None:
        if request.endpoint is None:
            return None  # no such page: that is answered elsewhere
        rules = _rules(app, request.endpoint)
        if not rules:
            raise RouteWithoutRule(request.endpoint)
        return _enter(rules, sessions, tokens, note)

    @app.errorhandler(Forbidden)
    def forbidden(_: Forbidden) -> Response:
        if actor := g.get("actor"):
            note(_refused(actor, sessions))
        return answer(_not_yours())


def _enter(rules: tuple[Rule, ...], sessions: Sessions, tokens: Tokens, note: Note) -> WerkzeugResponse | None:
    """The way that fits what was sent: a token in the header, else a cookie, else whatever needs neither."""
    ways = {each.kind: each for each in rules}
    if "bearer" in ways and ("Authorization" in request.headers or len(ways) == 1):
        return _by_token(ways["bearer"], sessions, tokens, note)
    for kind in ("staff", "signed-in"):
        if kind in ways:
            return _by_cookie(ways[kind], sessions, note)
    if not rules[0].machine:
        csrf.protect()
    return None


def _by_token(way: Rule, sessions: Sessions, tokens: Tokens, note: Note) -> WerkzeugResponse | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = tokens.bearer(text.strip(), sessions.clock()) if scheme.lower() == "bearer" else None
    if found is None:
        return _no_token()
    g.actor, g.scopes = replace(found.actor, origin=origin()), found.scopes
    covered = found.scopes is None or not way.scope or covers(found.scopes, way.scope)
    if way.permission is None or not may(g.actor, way.permission) or not covered:
        note(_refused(g.actor, sessions))
        return _no_scope(way)
    return None


def _by_cookie(way: Rule, sessions: Sessions, note: Note) -> WerkzeugResponse | None:
    found = sessions.signed_in()
    if found is None or found.stage != "full":
        return log_in_first()
    g.actor = found.member.actor(origin())
    if way.permission is not None and not _may_somewhere(g.actor, way.permission):
        note(_refused(g.actor, sessions))
        raise _not_yours(g.actor)
    csrf.protect()
    return None


def _may_somewhere(actor: Actor, permission: Permission) -> bool:
    return may(actor, permission) or may(actor, permission, actor.clinic_id)


def _mark(added: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, (*getattr(view, _ATTRIBUTE, ()), added))
        return view

    return mark


def _rules(app: Flask, endpoint: str) -> tuple[Rule, ...]:
    if endpoint == "static" or endpoint.endswith(".static"):
        return (_FILES,)
    if endpoint in SHARED:
        return (SHARED[endpoint],)
    found: tuple[Rule, ...] = getattr(app.view_functions[endpoint], _ATTRIBUTE, ())
    return found


def _methods(methods: Any) -> tuple[str, ...]:
    return tuple(sorted(set(methods or ()) - {"HEAD", "OPTIONS"}))


def _refused(actor: Actor, sessions: Sessions) -> Entry:
    return Entry(sessions.clock(), actor, "access.refused", "route", request.endpoint or "", actor.clinic_id)


def log_in_first() -> WerkzeugResponse:
    """To the login page and back again; 401 for programs."""
    if wants_json():
        detail = "Nothing was recorded or shown. Log in, then send it again."
        return problem(401, "login-needed", "Log in first", detail)
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(f"{LOGIN_PATH}?{urlencode({'next': back})}" if back else LOGIN_PATH, 303)


def _not_yours(actor: Actor | None = None) -> Problem:
    who = f"You are logged in as {NAMES[actor.role].lower()}, and" if actor else "Your account, or its clinic,"
    return Problem(
        403,
        "not-your-role",
        "This is not open to you",
        f"{who} may not do this.",
        "If it belongs to your work, ask your clinic’s manager or the health department to change your role.",
        lost="Nothing was shown or changed.",
    )


def _no_token() -> Response:
    refused = problem(
        401,
        "token-missing",
        "This needs the clinic's token",
        "Nothing was recorded or shown. Send the header `Authorization: Bearer …` with a token of this service that"
        " has not ended.",
    )
    refused.headers["WWW-Authenticate"] = CHALLENGE
    return refused


def _no_scope(way: Rule) -> Response:
    refused = problem(
        403,
        "scope-missing",
        "This token does not reach that far",
        "Nothing was recorded or shown. Ask for a token with the scope in `scope`, and ask the health department to"
        " register it where it is not granted.",
        scope=way.scope,
    )
    refused.headers["WWW-Authenticate"] = f'{CHALLENGE}, error="insufficient_scope"'
    return refused
