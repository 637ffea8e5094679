"""For residents: the card page behind an unguessable link, and what one can take from it.

A link that never was and one that has ended get the same answer. Nothing here is kept by a cache, named after a person,
or told to another site. It all works without JavaScript.
"""

from flask import Blueprint, Response, make_response, render_template

from issuer.presentation import CardView, Line, view_of
from issuer.service import IssuerService, UnknownCard
from issuer.settings import Settings
from issuer.web.answers import card_file, file_answer, png_answer, svg_answer
from issuer.web.api import Clock
from issuer.web.rules import holder
from pages import Problem
from wallet_export.deep_link import apple_health_link
from wallet_export.print_page import PrintableCard, PrintLine, TypefacesMissing, print_pdf
from wallet_export.qr_image import qr_svg


def resident_blueprint(service: IssuerService, settings: Settings, clock: Clock) -> Blueprint:
    """Everything below `/c/{token}`."""
    blueprint = Blueprint("resident", __name__, url_prefix="/c/<token>")

    @blueprint.get("")
    @holder("the unguessable link")
    def card_page(token: str) -> Response:
        cards = _cards(token)
        standing = [card for card in cards if card.stands]
        page = render_template(
            "resident/cards.html",
            token=token,
            issuer=settings.name,
            sample=settings.sample,
            cards=[(card, qr_svg(card.jws, f"SMART Health Card code: {card.title}")) for card in standing],
            cancelled=[card for card in cards if not card.stands],
            apple={card.id: apple_health_link(card.jws) for card in standing},
        )
        return _private(make_response(page))

    @blueprint.get("/cards/<card_id>")
    @holder("the unguessable link")
    def show(token: str, card_id: str) -> Response:
        card = _card(token, card_id)
        picture = qr_svg(card.jws, f"SMART Health Card code: {card.title}")
        page = render_template("resident/show.html", token=token, card=card, picture=picture, sample=settings.sample)
        return _private(make_response(page))

    @blueprint.get("/cards.smart-health-card")
    @holder("the unguessable link")
    def all_as_file(token: str) -> Response:
        standing = [card.jws for card in _cards(token) if card.stands]
        if not standing:
            raise _cancelled()
        return card_file(standing)

    @blueprint.get("/cards/<card_id>.smart-health-card")
    @holder("the unguessable link")
    def as_file(token: str, card_id: str) -> Response:
        return card_file([_card(token, card_id).jws])

    @blueprint.get("/cards/<card_id>/qr.png")
    @holder("the unguessable link")
    def as_png(token: str, card_id: str) -> Response:
        return png_answer(_card(token, card_id))

    @blueprint.get("/cards/<card_id>/qr.svg")
    @holder("the unguessable link")
    def as_svg(token: str, card_id: str) -> Response:
        return svg_answer(_card(token, card_id))

    @blueprint.get("/cards/<card_id>/card.pdf")
    @holder("the unguessable link")
    def as_pdf(token: str, card_id: str) -> Response:
        return file_answer(_printed(_card(token, card_id)), "application/pdf", ".pdf")

    def _cards(token: str) -> list[CardView]:
        try:
            stored = service.cards_by_link(token, clock())
        except UnknownCard:
            raise _ended() from None
        published = service.keys.published()
        return [view_of(card, published) for card in stored]

    def _card(token: str, card_id: str) -> CardView:
        card = next((card for card in _cards(token) if card.id == card_id), None)
        if card is None:
            raise _ended()
        if not card.stands:
            raise _cancelled()
        return card

    def _printed(card: CardView) -> bytes:
        lines = tuple(PrintLine(line.what, line.date, _detail(line)) for line in card.lines)
        printable = PrintableCard(
            card.jws,
            settings.name,
            card.name,
            card.birth_date,
            lines,
            card.issued_at.date(),
            settings.sample,
            card.title,
        )
        try:
            return print_pdf([printable])
        except TypefacesMissing:
            raise Problem(
                503,
                "typefaces-missing",
                "The card cannot be printed here",
                "The typefaces for printing are not installed.",
                "Save the picture or the file instead, and tell the people who run this service.",
                lost="Your card is safe.",
            ) from None

    return blueprint


def _detail(line: Line) -> str:
    return " · ".join(part for part in (line.outcome, *line.details) if part)


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _ended() -> Problem:
    return Problem(
        404,
        "link-ended",
        "This link opens nothing",
        "It may be mistyped, or it may have ended: links to health cards do not last for ever.",
        "Check that you have the whole link. If so, ask whoever sent it for a new one.",
        lost="Your cards are safe.",
    )


def _cancelled() -> Problem:
    return Problem(
        410,
        "card-cancelled",
        "This card was cancelled",
        "A cancelled card is refused when it is scanned, so we do not hand it out any more.",
        "Go back to your cards to see why, and ask the issuer for a new one.",
    )
