"""How a resident comes in: self-service (`/find`), the page of a link (`/r/{token}`, and `/c/{token}` of before), and
"this is not mine" (`/n/{token}`).

Opening a page changes nothing: mail scanners open links. Self-service has one answer for everybody, whatever we found.
"""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from issuer.getting_in.contacts import ContactBook
from issuer.getting_in.dates import birth_date_of
from issuer.getting_in.knocking import Knocks
from issuer.getting_in.results import Asked, Begun, NotIn, missing
from issuer.settings import Settings
from issuer.web.languages import marked as _
from issuer.web.languages import page_language, reader_language, words
from issuer.web.resident_failures import install_failures_in_words, private
from issuer.web.rules import holder, public
from issuer.web.sessions import form, origin
from issuer.web.visits import Visits
from pages import Problem

MAX_NAME = 200
MAX_CONTACT = 254
"""Characters of a field that are looked at: no name on record is longer, nor any address (RFC 5321)."""
RETRY_SECONDS = 3_600
"""After too many wrong birth dates from one network, the hour in which they are counted."""
BORN = ("born_day", "born_month", "born_year")
NEEDED = {
    "name": _("Enter your full name."),
    "birth_date": _("Enter your birth date: day, month and year in numbers."),
    "contact": _("Enter your mobile number or your e-mail address."),
}
WRONG_DATE = _("This is not the birth date that goes with this link. Check it and try again.")
OVER = {"unknown": 404, "used": 410, "expired": 410, "locked": 410}
"""Why a link opens nothing, and the status of its page."""
ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program sends by itself when its reader says "unsubscribe" (RFC 8058 section 3.2)."""


def getting_in_blueprint(
    settings: Settings, visits: Visits, knocks: Knocks, book: ContactBook, *, sends: bool
) -> Blueprint:
    """`/find`, `/r/{token}`, `/c/{token}`, `/n/{token}`, `/closed`.

    Args:
        sends: whether messages can be sent here; where not, the pages say that links are handed over in person.
    """
    blueprint = Blueprint("getting_in", __name__)
    install_failures_in_words(blueprint, "landing.home")
    blueprint.context_processor(lambda: {"issuer": settings.name, "sends": sends})
    _add_self_service(blueprint, visits.clock, knocks)
    _add_links(blueprint, visits)
    _add_stop(blueprint, visits.clock, book)
    return blueprint


def _add_self_service(blueprint: Blueprint, clock: Callable[[], datetime], knocks: Knocks) -> None:
    @blueprint.get("/find")
    @public("whoever looks for their own record asks for a link here")
    def ask() -> Response:
        return _ask_page(form(()), ())

    @blueprint.post("/find")
    @public("whoever looks for their own record asks for a link here; the answer is the same for everybody")
    def asked() -> Response:
        typed = form(("name", "contact", *BORN))
        wanted = Asked(
            typed["name"][:MAX_NAME].strip(),
            _birth_date(typed),
            typed["contact"][:MAX_CONTACT].strip(),
            reader_language().tag,
        )
        if lacking := missing(wanted):
            return _ask_page(typed, tuple(lacking))
        knocks.knock(wanted, clock(), origin())
        return make_response(redirect(url_for("getting_in.sent"), 303))

    @blueprint.get("/find/sent")
    @public("the one answer, whoever asked")
    def sent() -> Response:
        return _page("resident/sent.html")

    @blueprint.get("/closed")
    @public("where a visit that was ended leads; holds no data")
    def left() -> Response:
        return _page("resident/left.html")


def _add_links(blueprint: Blueprint, visits: Visits) -> None:
    @blueprint.get("/r/<token>")
    @blueprint.get("/c/<token>", endpoint="card_link")
    @holder("the unguessable link")
    def link(token: str) -> Response:
        look = visits.ways.look(token, visits.clock())
        return _born_page() if look.state == "ready" else _over_page(token, look.state, look.can_renew)

    @blueprint.get("/c/<token>/<path:rest>")
    @holder("the unguessable link")
    def old_page(token: str, **_rest: str) -> Response:
        return private(make_response(redirect(url_for("getting_in.card_link", token=token), 303)))

    @blueprint.post("/r/<token>")
    @blueprint.post("/c/<token>", endpoint="enter_card_link")
    @holder("the unguessable link, and the birth date")
    def enter(token: str) -> Response:
        visits.check_channel()
        done = visits.ways.enter(token, _birth_date(form(BORN)), visits.clock(), origin())
        if isinstance(done, Begun):
            return visits.put(private(make_response(redirect(url_for("resident.cards_page"), 303))), done)
        return _not_in(token, done)

    @blueprint.post("/r/<token>/renew")
    @holder("the unguessable link; the answer is the same for every one")
    def renew(token: str) -> Response:
        visits.ways.renew(token, visits.clock(), origin(), reader_language().tag)
        return make_response(redirect(url_for("getting_in.sent"), 303))


def _add_stop(blueprint: Blueprint, clock: Callable[[], datetime], book: ContactBook) -> None:
    @blueprint.get("/n/<token>")
    @holder("the link in every message")
    def ask_stop(**_token: str) -> Response:
        return _page("resident/stop.html")

    # No form token: a mail program sends this too, and whoever has the link may do nothing with it but this.
    @blueprint.post("/n/<token>")
    @public("the link in every message; a mail program sends this for its reader", machine=True)
    def stop(token: str) -> Response:
        one_click = request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]
        if one_click or request.form.get("what") == "no-more":
            book.no_more(token, clock())
        elif request.form.get("what") == "not-mine":
            book.not_mine(token, clock())
        else:
            return _page("resident/stop.html", 422)
        return _page("resident/stopped.html")


def _page(template: str, status: int = 200, **content: object) -> Response:
    return private(make_response(render_template(template, **content), status))


def _ask_page(typed: dict[str, str], lacking: tuple[str, ...]) -> Response:
    fields = {"birth_date": f"born_{_order()[0]}"}
    errors = [(fields.get(name, name), words(NEEDED[name])) for name in NEEDED if name in lacking]
    return _page("resident/ask.html", 422 if errors else 200, typed=typed, errors=errors)


def _born_page(error: str = "", tries_left: int = 0) -> Response:
    status = 422 if error else 200
    return _page("resident/birth_date.html", status, typed={}, error=error, tries_left=tries_left)


def _over_page(token: str, why: str, can_renew: bool) -> Response:
    return _page("resident/link_over.html", OVER[why], token=token, why=why, can_renew=can_renew)


def _not_in(token: str, done: NotIn) -> Response:
    """Why the birth date did not open the link, each with what helps."""
    if done.why == "not-a-date":
        return _born_page(words(NEEDED["birth_date"]))
    if done.why == "wrong-date":
        return _born_page(words(WRONG_DATE), done.tries_left)
    if done.why == "too-many":
        raise _too_many()
    return _over_page(token, done.why, done.can_renew)


def _birth_date(typed: dict[str, str]) -> str:
    return birth_date_of(typed["born_year"], typed["born_month"], typed["born_day"])


def _order() -> tuple[str, ...]:
    order = page_language()["order"]
    return order if isinstance(order, tuple) else ()


def _too_many() -> Problem:
    problem = Problem(
        429,
        "too-many-dates",
        _("Too many wrong birth dates"),
        _("They came from your network, perhaps not from you. We wait, so that nobody can guess."),
        _("Try again in an hour, or ask your clinic for a link in person."),
        lost=_("Your cards are safe."),
    )
    problem.retry_after = RETRY_SECONDS  # type: ignore[attr-defined]
    return problem
