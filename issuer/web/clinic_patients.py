"""The patient in the chair, recorded: cards on screen and for the printer, a link for the phone, undo for a minute."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.clinic_desk.patients import AtDesk, NotHere, TooLateToUndo
from issuer.clinic_desk.printing import printable
from issuer.intake.service import ClinicNotLive
from issuer.web.answers import file_answer
from issuer.web.clinic_parts import ClinicParts
from issuer.web.factor_picture import factor_svg
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from pages import Problem
from wallet_export.print_page import TypefacesMissing, print_pdf
from wallet_export.qr_image import qr_svg


def clinic_patients_blueprint(parts: ClinicParts) -> Blueprint:
    """`/clinic/patients/{id}` and `/clinic/undo`."""
    blueprint = Blueprint("clinic_patients", __name__, url_prefix="/clinic")

    @blueprint.get("/patients/<person_id>")
    @rule("card.issue")
    def patient(person_id: str) -> Response:
        return _shown(_at_desk(person_id))

    @blueprint.post("/patients/<person_id>/link")
    @rule("card.issue")
    def link(person_id: str) -> Response:
        patient = _at_desk(person_id)
        token = parts.patients.link(current_actor(), person_id, parts.clock())
        return _shown(patient, f"{parts.address}/c/{token}")

    @blueprint.get("/patients/<person_id>/cards.pdf")
    @rule("card.issue")
    def cards_pdf(person_id: str) -> Response:
        patient = _at_desk(person_id, printed=True)
        if not patient.cards:
            raise _no_card()
        try:
            pages = print_pdf([printable(card, parts.issuer_name, parts.sample) for card in patient.cards])
        except TypefacesMissing:
            raise _no_typefaces() from None
        return file_answer(pages, "application/pdf", ".pdf", shown=True)

    @blueprint.post("/undo")
    @rule("record.correct")
    def undo() -> WerkzeugResponse:
        try:
            undone = parts.patients.undo(current_actor(), request.form.get("record", "")[:32], parts.clock())
        except TooLateToUndo:
            raise _too_late() from None
        except NotHere:
            raise _nobody() from None
        except ClinicNotLive:
            raise _not_live() from None
        session["said"] = "undone"
        if parts.patients.has_other(current_actor(), undone.person_id):
            return redirect(url_for("clinic_patients.patient", person_id=undone.person_id), 303)
        return redirect(url_for("clinic.home"), 303)

    def _at_desk(person_id: str, *, printed: bool = False) -> AtDesk:
        try:
            return parts.patients.at_desk(current_actor(), person_id, parts.clock(), printed=printed)
        except NotHere:
            raise _nobody() from None

    def _shown(patient: AtDesk, address: str = "") -> Response:
        now = parts.clock()
        entered = parts.just_recorded(current_actor(), now)
        page = render_template(
            "clinic/patient.html",
            patient=patient,
            issuer=parts.issuer_name,
            sample=parts.sample,
            cards=[(card, qr_svg(card.jws, f"SMART Health Card code: {card.title}")) for card in patient.cards],
            entered=[one for one in entered if one.person_id == patient.person_id],
            others=[one for one in entered if one.person_id != patient.person_id],
            said=session.pop("said", ""),
            rules=session.get("rules", {}),
            link=address,
            link_picture=factor_svg(address, "Code of the link to the patient’s card page") if address else "",
        )
        return make_response(page)

    return blueprint


def _nobody() -> Problem:
    return Problem(
        404,
        "not-this-clinics",
        "This clinic has no record of this patient",
        "Cards are shown for patients that your clinic has recorded something for.",
        "Open the form, type the patient’s name and date of birth, and open the history with a reason.",
        lost="Nothing was shown or changed.",
    )


def _no_card() -> Problem:
    return Problem(
        404,
        "no-card",
        "There is no card to print",
        "What is on record for this patient may not stand on a card, or was taken back.",
        "Go back to the patient’s page: it says why.",
        lost="Nothing was changed.",
    )


def _no_typefaces() -> Problem:
    return Problem(
        503,
        "typefaces-missing",
        "The card cannot be printed here",
        "The typefaces for printing are not installed.",
        "Hand the link to the patient’s phone instead, and tell the people who run this service.",
        lost="The record and its cards are safe.",
    )


def _too_late() -> Problem:
    return Problem(
        409,
        "too-late-to-undo",
        "The minute to undo this is over",
        "It was recorded more than a minute ago, or it was changed since.",
        "Correct or delete it with a reason instead: its cards are then made anew.",
        lost="Nothing was changed.",
    )


def _not_live() -> Problem:
    return Problem(
        409,
        "clinic-not-live",
        "This clinic may not record or change anything now",
        "The health department has not approved it, or has stopped it.",
        "Ask the health department.",
        lost="Nothing was changed.",
    )
