"""A resident's links on their own pages, `/my/links`: make one, show it, see who opened it, stop it.

A link is named after nobody in addresses: its id says nothing and opens nothing without the visit. Everything works
without JavaScript. Words are those of the reader's language (`issuer.web.languages`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.sharing import Answering, Held, Holding, NoSuchLink, NotShared, Wish
from issuer.sharing.answering import Count
from issuer.sharing.holding import Why, can_be_made
from issuer.web.languages import marked as _
from issuer.web.languages import words
from issuer.web.resident_failures import SAFE, install_failures_in_words, private, visit_over
from issuer.web.rules import holder
from issuer.web.sessions import origin
from issuer.web.sharing import sharing_blueprint
from pages import Problem
from wallet_export.link_image import link_svg

PATH = "/my/links"
LIFETIMES = (1, 7, 30, 90, 366)
"""Days that a link can be made for; a week stands chosen."""
STANDARD_DAYS = 7
_WHY = "a visit that began with a link and a birth date"

FAULTS: dict[Why, tuple[str, str]] = {
    "no-cards": ("card-1", _("Choose at least one card.")),
    "unknown-card": ("card-1", _("Your cards have changed meanwhile. Choose again.")),
    "label-too-long": ("label", _("Use at most 80 characters.")),
    "passcode-short": ("passcode", _("Use at least 4 characters, or leave it empty.")),
    "passcode-long": ("passcode", _("Use at most 32 characters.")),
    "direct-passcode": ("passcode", _("A link to a single file cannot have a passcode. Take away one of the two.")),
    "days": ("days", _("Choose when the link ends.")),
    "too-large": ("direct", _("There are too many cards for a single file.")),
    "too-many": ("make", _("You have many links already. Stop one that you no longer need, or wait until tomorrow.")),
    "no-https": ("make", _("Links cannot be made here: this service has no secure address (https) yet.")),
}
"""What is wrong -> the field to mend and words."""


class Visitor(Protocol):
    """Who is visiting: `issuer.getting_in` says so."""

    @property
    def person_id(self) -> str:
        """Whose record it is."""

    def actor(self, origin: str) -> Actor:
        """For the audit log."""


class Visits(Protocol):
    """Whose visit a request belongs to: `issuer.web.visits`."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time of the request."""

    def visitor(self) -> Visitor | None:
        """None where there is no visit, or it is over."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent."""

    titles: tuple[str, ...] = field(default=(), repr=False)
    label: str = field(default="", repr=False)
    passcode: str = field(default="", repr=False)
    days: int = STANDARD_DAYS
    follows: bool = False
    direct: bool = False


def my_shares_blueprint(holding: Holding, visits: Visits, time_zone: str) -> Blueprint:
    """Everything below `/my/links`.

    Args:
        time_zone: the department's, in which openings are told.
    """
    blueprint = Blueprint("my_shares", __name__, url_prefix=PATH)
    install_failures_in_words(blueprint, "my_shares.links")
    zone, clock = ZoneInfo(time_zone), visits.clock

    def visit() -> Visitor:
        found = visits.visitor()
        if found is None:
            raise visit_over()
        return found

    @blueprint.get("")
    @holder(_WHY)
    def links() -> Response:
        found = holding.of(visit().person_id, clock())
        standing = [one for one in found if one.status in ("open", "protected")]
        ended = [one for one in found if one not in standing]
        return _page("list", standing=standing, ended=ended, possible=can_be_made(holding.address))

    @blueprint.get("/new")
    @holder(_WHY)
    def new() -> Response:
        visitor = visit()
        titles = holding.offered(visitor.person_id, clock(), visitor.actor(origin()))
        return _form(titles, Typed(titles), None)

    @blueprint.post("")
    @holder(_WHY)
    def make() -> WerkzeugResponse:
        visitor, now, typed = visit(), clock(), _typed()
        actor = visitor.actor(origin())
        titles = holding.offered(visitor.person_id, now, actor)
        try:
            made = holding.make(visitor.person_id, _wish(typed, titles), now, actor)
        except NotShared as refused:
            return _form(titles, typed, refused.why)
        return redirect(url_for("my_shares.link", share_id=made), 303)

    @blueprint.get("/<share_id>")
    @holder(_WHY)
    def link(share_id: str) -> Response:
        visitor = visit()
        try:
            shown = holding.one(visitor.person_id, share_id, clock(), visitor.actor(origin()))
        except NoSuchLink:
            raise _no_such_link() from None
        code = Markup(link_svg(shown.text, words(_("Code of the link")))) if shown.text else ""  # noqa: S704 - our SVG
        openings = [(one, one.at.astimezone(zone).isoformat(timespec="seconds")) for one in shown.held.openings]
        return _page("one", shown=shown, one=shown.held, code=code, openings=openings)

    @blueprint.post("/<share_id>/stop")
    @holder(_WHY)
    def stop(share_id: str) -> WerkzeugResponse:
        visitor = visit()
        try:
            holding.stop(visitor.person_id, share_id, clock(), visitor.actor(origin()))
        except NoSuchLink:
            raise _no_such_link() from None
        return redirect(url_for("my_shares.link", share_id=share_id), 303)

    return blueprint


def _form(titles: tuple[str, ...], typed: Typed, why: Why | None) -> Response:
    errors = [(FAULTS[why][0], words(FAULTS[why][1]))] if why else []
    response = _page("new", titles=titles, typed=typed, errors=errors, lifetimes=LIFETIMES)
    response.status_code = 422 if why else 200
    return response


def _page(name: str, **values: object) -> Response:
    return private(make_response(render_template(f"shares/{name}.html", **values, opened=_opened)))


def _opened(one: Held) -> int:
    """How often it was opened, wrong passcodes and knocks at an ended link aside."""
    return sum(opening.what in ("manifest", "file") for opening in one.openings)


def _typed() -> Typed:
    sent = request.form
    days = sent.get("days", "")
    return Typed(
        tuple(sent.getlist("card")),
        sent.get("label", ""),
        sent.get("passcode", ""),
        int(days) if days in map(str, LIFETIMES) else 0,
        "follows" in sent,
        "direct" in sent,
    )


def _wish(typed: Typed, titles: tuple[str, ...]) -> Wish:
    """All cards ticked is everything, what comes later too; none ticked is no link at all. Raises NotShared."""
    if not typed.titles:
        raise NotShared("no-cards")
    wanted = () if set(typed.titles) == set(titles) else typed.titles
    return Wish(wanted, typed.label, typed.passcode, typed.days, typed.follows, typed.direct)


def _no_such_link() -> Problem:
    return Problem(
        404,
        "no-such-link",
        _("There is no such link"),
        _("It may have ended some time ago: links are deleted a month after their end."),
        _("Go to your links and choose one."),
        lost=SAFE,
    )


def install_shares(
    app: Flask, service: IssuerService, settings: Settings, visits: Visits, count: Count, clock: Callable[[], datetime]
) -> None:
    """Both sides of residents' links: where they lie (`/s`) and where their holders keep them (`/my/links`).

    Args:
        count: counts requests (`issuer.store.staff_sessions.SessionStore.count`).
    """
    address, vault = settings.address, settings.seal_secret
    app.register_blueprint(sharing_blueprint(Answering(service, address, vault, count), clock))
    app.register_blueprint(my_shares_blueprint(Holding(service, address, vault), visits, settings.time_zone))
