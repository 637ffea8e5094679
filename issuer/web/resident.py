"""For residents: `/my`, their cards, and what they can take from them, for as long as their visit lasts.

A visit begins on the page of a link (`issuer.web.getting_in`), with the birth date. Nothing here is kept by a cache,
named after a person, or told to another site; the address of a page opens nothing to anybody else. It all works
without JavaScript, in every language of `issuer.web.languages`.
"""

from dataclasses import dataclass

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, session, url_for

from issuer.getting_in.results import Visitor
from issuer.presentation import CardView, Line
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.store import CardRevoked, StoredCard
from issuer.web.answers import card_file, file_answer, png_answer, svg_answer
from issuer.web.languages import marked as _
from issuer.web.languages import words
from issuer.web.resident_card import ReaderCard, reader_card
from issuer.web.resident_failures import SAFE, install_failures_in_words, private, visit_over
from issuer.web.rules import holder
from issuer.web.sessions import origin
from issuer.web.visits import PATH, Visits
from pages import Problem
from wallet_export.deep_link import apple_health_link
from wallet_export.print_page import PrintableCard, PrintLine, TypefacesMissing, print_pdf
from wallet_export.qr_image import qr_svg

HOLDER_ASKED = "requested"
"""Why a card is cancelled that its holder lost: a verifier is never told."""
IN_A_VISIT = "a visit, begun with a link and a birth date"


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the views work with."""

    service: IssuerService
    settings: Settings
    visits: Visits

    def visitor(self) -> Visitor:
        """Whose visit it is. Raises Problem."""
        found = self.visits.visitor()
        if found is None:
            raise visit_over()
        return found

    def stored(self) -> tuple[StoredCard, ...]:
        """All cards of the visitor, cancelled ones among them, unread."""
        who = self.visitor()
        return self.service.cards_of_person(who.person_id, self.visits.clock(), who.actor(origin()))

    def cards(self) -> list[ReaderCard]:
        """The same, read."""
        published = self.service.keys.published()
        return [reader_card(card, published) for card in self.stored()]

    def card(self, card_id: str) -> ReaderCard:
        """One card of the visitor that stands; the others stay unread. Raises Problem."""
        stored = next((card for card in self.stored() if card.id == card_id), None)
        if stored is None:
            raise _no_card()
        card = reader_card(stored, self.service.keys.published())
        if not card.view.stands:
            raise _cancelled()
        return card

    def picture(self, card: ReaderCard) -> str:
        """The code as a drawing for a page."""
        return qr_svg(card.view.jws, words(_("Code of the card: %(title)s")) % {"title": card.title})


def resident_blueprint(service: IssuerService, settings: Settings, visits: Visits) -> Blueprint:
    """Everything below `/my`."""
    blueprint = Blueprint("resident", __name__, url_prefix=PATH)
    install_failures_in_words(blueprint, "resident.cards_page")
    desk = _Desk(service, settings, visits)
    _add_pages(blueprint, desk)
    _add_files(blueprint, desk)
    _add_replacing(blueprint, desk)
    return blueprint


def _add_pages(blueprint: Blueprint, desk: _Desk) -> None:
    @blueprint.get("")
    @holder(IN_A_VISIT)
    def cards_page() -> Response:
        cards = desk.cards()
        standing = [card for card in cards if card.view.stands]
        page = render_template(
            "resident/cards.html",
            issuer=desk.settings.name,
            sample=desk.settings.sample,
            cards=standing,
            cancelled=[card.view for card in cards if not card.view.stands],
            apple={card.id: apple_health_link(card.view.jws) for card in standing},
            said=session.pop("said", ""),
            shares="my_shares.links" in current_app.view_functions,
        )
        return private(make_response(page))

    @blueprint.get("/cards/<card_id>")
    @holder(IN_A_VISIT)
    def show(card_id: str) -> Response:
        card = desk.card(card_id)
        page = render_template("resident/show.html", card=card, picture=desk.picture(card), sample=desk.settings.sample)
        return private(make_response(page))

    @blueprint.post("/leave")
    @holder("whoever has the cookie ends the visit; without one nothing happens")
    def leave() -> Response:
        desk.visits.end()
        return desk.visits.drop(make_response(redirect(url_for("getting_in.left"), 303)))


def _add_files(blueprint: Blueprint, desk: _Desk) -> None:
    @blueprint.get("/cards.smart-health-card")
    @holder(IN_A_VISIT)
    def all_as_file() -> Response:
        standing = [card.view.jws for card in desk.cards() if card.view.stands]
        if not standing:
            raise _cancelled()
        return card_file(standing)

    @blueprint.get("/cards/<card_id>.smart-health-card")
    @holder(IN_A_VISIT)
    def as_file(card_id: str) -> Response:
        return card_file([desk.card(card_id).view.jws])

    @blueprint.get("/cards/<card_id>/qr.png")
    @holder(IN_A_VISIT)
    def as_png(card_id: str) -> Response:
        return png_answer(desk.card(card_id).view)

    @blueprint.get("/cards/<card_id>/qr.svg")
    @holder(IN_A_VISIT)
    def as_svg(card_id: str) -> Response:
        return svg_answer(desk.card(card_id).view)

    @blueprint.get("/cards/<card_id>/card.pdf")
    @holder(IN_A_VISIT)
    def as_pdf(card_id: str) -> Response:
        printed = _printed(desk.card(card_id).view, desk.settings)
        return file_answer(printed, "application/pdf", ".pdf")


def _add_replacing(blueprint: Blueprint, desk: _Desk) -> None:
    @blueprint.get("/cards/<card_id>/replace")
    @holder(IN_A_VISIT)
    def ask_replace(card_id: str) -> Response:
        return private(make_response(render_template("resident/replace.html", card=desk.card(card_id))))

    @blueprint.post("/cards/<card_id>/replace")
    @holder(IN_A_VISIT)
    def replace(card_id: str) -> Response:
        card, who = desk.card(card_id), desk.visitor()
        try:
            desk.service.replace_card(card.id, HOLDER_ASKED, desk.visits.clock(), who.actor(origin()))
        except CardRevoked:  # somebody at the department was quicker
            raise _cancelled() from None
        session["said"] = "replaced"
        return make_response(redirect(url_for("resident.cards_page"), 303))


def _printed(card: CardView, settings: Settings) -> bytes:
    lines = tuple(PrintLine(line.what, line.date, _detail(line)) for line in card.lines)
    issued = card.issued_at.date()
    printable = PrintableCard(
        card.jws, settings.name, card.name, card.birth_date, lines, issued, settings.sample, card.title
    )
    try:
        return print_pdf([printable])
    except TypefacesMissing:
        raise _no_typefaces() from None


def _detail(line: Line) -> str:
    return " · ".join(part for part in (line.outcome, *line.details) if part)


def _no_card() -> Problem:
    return Problem(
        404,
        "no-such-card",
        _("There is no such card"),
        _("It is not among your cards, or another one took its place."),
        _("Go back to your cards."),
        lost=SAFE,
    )


def _cancelled() -> Problem:
    return Problem(
        410,
        "card-cancelled",
        _("This card was cancelled"),
        _("A cancelled card is refused when it is scanned, so we do not hand it out any more."),
        _("Go back to your cards to see why."),
    )


def _no_typefaces() -> Problem:
    return Problem(
        503,
        "typefaces-missing",
        _("The card cannot be printed here"),
        _("The typefaces for printing are not installed."),
        _("Save the picture or the file instead, and tell the people who run this service."),
        lost=SAFE,
    )
