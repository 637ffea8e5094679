"""For clinics' programs: records in, cards out, cards back. Every answer needs the bearer token."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, g, jsonify, request, url_for

from cards import MalformedCard
from cards.encoding import read_json
from issuer.faults import InvalidBundle
from issuer.intake.service import ClinicNotLive
from issuer.presentation import CardView, view_of
from issuer.revocation import REASONS, UnknownReason
from issuer.service import Issued, IssuerService, UnknownCard
from issuer.settings import Settings
from issuer.staff.scopes import covers
from issuer.store import CardRevoked, StoredCard
from issuer.web.answers import card_file, png_answer, svg_answer
from issuer.web.rules import bearer
from issuer.web.sessions import current_actor
from pages import Problem, problem

PREFIX = "/api/v1"
BUNDLE_TYPES = ("application/fhir+json", "application/json")
JSON_TYPES = ("application/json",)

Clock = Callable[[], datetime]


def api_blueprint(service: IssuerService, settings: Settings, clock: Clock) -> Blueprint:
    """Everything below `/api/v1`."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)

    @blueprint.errorhandler(InvalidBundle)
    def invalid(error: InvalidBundle) -> Response:
        return problem(
            422,
            "record-not-certifiable",
            "The record cannot be certified",
            "Nothing was recorded. Mend what `faults` says, and send it again.",
            faults=[asdict(fault) for fault in error.in_order()],
        )

    @blueprint.errorhandler(ClinicNotLive)
    def not_live(error: ClinicNotLive) -> Response:
        detail = "Nothing was recorded. Ask the health department; send it again when the clinic is live."
        return problem(403, error.code, "Your clinic cannot record anything now", detail)

    @blueprint.errorhandler(UnknownCard)
    def unknown(_: UnknownCard) -> Response:
        return problem(404, "not-found", "There is nothing with this id", "Nothing was changed. Check the id.")

    @blueprint.errorhandler(CardRevoked)
    def revoked_before(_: CardRevoked) -> Response:
        detail = "Nothing was changed. A card that was taken back is not replaced; send the corrected record."
        return problem(409, "card-revoked", "This card was taken back before", detail)

    @blueprint.errorhandler(UnknownReason)
    def unknown_reason(_: UnknownReason) -> Response:
        detail = "Nothing was revoked. Send a JSON object with `reason`, one of the codes in `reasons`."
        return problem(422, "reason-unknown", "The reason is not one we know", detail, reasons=dict(REASONS))

    @blueprint.post("/records")
    @bearer("record.write", scope="system/Patient.c")
    def record() -> Response:
        return _issued(service.record_and_issue(_body(BUNDLE_TYPES), clock(), None, current_actor()), clock())

    @blueprint.post("/persons/<person_id>/records")
    @bearer("record.write", scope="system/Patient.c")
    def record_of_person(person_id: str) -> Response:
        body, actor = _body(BUNDLE_TYPES), current_actor()
        return _issued(service.record_and_issue(body, clock(), person_id, actor), clock())

    @blueprint.post("/persons/<person_id>/links")
    @bearer("card.issue", scope="system/Patient.r")
    def link(person_id: str) -> Response:
        service.check_own(current_actor(), person_id)
        answer = jsonify(person_id=person_id, **_link(person_id, clock()))
        answer.status_code = 201
        return answer

    @blueprint.get("/cards/<card_id>")
    @bearer("card.issue", scope="system/Patient.r")
    def card(card_id: str) -> Response:
        found = _own(card_id)
        # Seen as a page would show it: the signature holds, or nothing is handed out.
        return jsonify({**_card(found), "jws": view_of(found, service.keys.published()).jws})

    @blueprint.get("/cards/<card_id>.smart-health-card")
    @bearer("card.issue", scope="system/Patient.r")
    def card_as_file(card_id: str) -> Response:
        return card_file([_standing(card_id).jws])

    @blueprint.get("/cards/<card_id>/qr.png")
    @bearer("card.issue", scope="system/Patient.r")
    def card_as_png(card_id: str) -> Response:
        return png_answer(_standing(card_id))

    @blueprint.get("/cards/<card_id>/qr.svg")
    @bearer("card.issue", scope="system/Patient.r")
    def card_as_svg(card_id: str) -> Response:
        return svg_answer(_standing(card_id))

    @blueprint.post("/cards/<card_id>/revoke")
    @bearer("card.revoke", scope="system/Patient.u")
    def revoke_card(card_id: str) -> Response:
        _own(card_id)
        return _revoked(service.revoke_card(card_id, _reason(), clock(), current_actor()))

    @blueprint.post("/cards/<card_id>/replace")
    @bearer("card.revoke", scope="system/Patient.u")
    def replace_card(card_id: str) -> Response:
        _own(card_id)
        answer = jsonify(_card(service.replace_card(card_id, _reason(), clock(), current_actor())))
        answer.status_code = 201
        return answer

    @blueprint.post("/persons/<person_id>/revoke")
    @bearer("card.revoke", scope="system/Patient.u")
    def revoke_person(person_id: str) -> Response:
        service.check_own(current_actor(), person_id)
        return _revoked(service.revoke_person(person_id, _reason(), clock(), current_actor()))

    def _own(card_id: str) -> StoredCard:
        found = service.card(card_id)
        service.check_own(current_actor(), found.person_id)
        return found

    def _standing(card_id: str) -> CardView:
        card = view_of(_own(card_id), service.keys.published())
        if not card.stands:
            raise Problem(410, "card-revoked", "This card was taken back", "It is not handed out any more.")
        return card

    def _issued(issued: Issued, now: datetime) -> Response:
        answer = jsonify(
            person_id=issued.person_id,
            record_id=issued.record_id,
            cards=[_card(card) for card in issued.cards],
            warnings=[asdict(fault) for fault in issued.warnings],
            left_out=list(issued.left_out),
            **(_link(issued.person_id, now) if _may_read() else {}),
        )
        answer.status_code = 201 if issued.is_new else 200
        return answer

    def _link(person_id: str, now: datetime) -> dict[str, str]:
        token = service.make_link(person_id, now)
        ends = now + timedelta(days=settings.link_days)
        return {"link": f"{settings.address}/c/{token}", "link_ends_at": ends.isoformat()}

    return blueprint


def _may_read() -> bool:
    """A link opens all of a person's cards: whoever may only record gets none."""
    return g.scopes is None or covers(g.scopes, "system/Patient.r")


def _body(types: tuple[str, ...]) -> bytes:
    if request.mimetype not in types:
        raise Problem(
            415,
            "content-type",
            "We cannot read that kind of content",
            f"The content type must be {' or '.join(types)}.",
            "Send the same content with the right content type.",
            lost="Nothing was recorded.",
        )
    return request.get_data(cache=False)


def _reason() -> str:
    try:
        content = read_json(_body(JSON_TYPES))
    except MalformedCard:
        raise UnknownReason from None
    reason = content.get("reason") if isinstance(content, dict) else None
    return reason if isinstance(reason, str) else ""


def _revoked(cards: tuple[StoredCard, ...]) -> Response:
    return jsonify(revoked=[_card(card) for card in cards])


def _card(card: StoredCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "person_id": card.person_id,
        "records": [ref.split(".")[0] for ref in card.holds.split() if "." in ref],
        "title": card.title,
        "kid": card.kid,
        "issued_at": card.issued_at.isoformat(),
        "revoked_at": card.revoked_at.isoformat() if card.revoked_at else None,
        "revoked_reason": card.revoked_reason,
        "replaces": card.replaces,
        "url": url_for("api.card", card_id=card.id),
    }
