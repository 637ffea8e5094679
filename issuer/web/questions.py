"""What the rules asked about records that machines sent: answered here, or the record is corrected or deleted."""

from dataclasses import replace

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.clinic_desk.asked import Asked, changed
from issuer.clinic_desk.catalogue import OUTCOMES
from issuer.clinic_desk.correcting import row_of
from issuer.clinic_desk.form_page import FormPage
from issuer.clinic_desk.names import shown_name
from issuer.clinic_desk.outcomes import faults_of
from issuer.clinic_desk.patient_form import PatientForm, read_form
from issuer.clinic_desk.patients import NotHere
from issuer.clinic_desk.proposals import SOURCES, event_of, found_products
from issuer.intake.held import HeldPerson
from issuer.intake.proposal import Event
from issuer.intake.service import ClinicNotLive, NotWhole
from issuer.web.clinic_parts import ClinicParts
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from pages import Problem


def questions_blueprint(parts: ClinicParts, asked: Asked) -> Blueprint:
    """`/clinic/questions`."""
    blueprint = Blueprint("questions", __name__, url_prefix="/clinic/questions")

    @blueprint.get("")
    @rule("question.answer")
    def open_questions() -> str:
        waiting, count = asked.waiting(current_actor())
        said = session.pop("answered", "")
        return render_template("questions/open.html", waiting=waiting, count=count, said=said)

    @blueprint.post("")
    @rule("question.answer")
    def answer() -> WerkzeugResponse:
        actor, now = current_actor(), parts.clock()
        record_id, code = request.form.get("record", "")[:32], request.form.get("code", "")[:40]
        try:
            if request.form.get("do") == "delete":
                asked.delete(actor, record_id, now)
                session["answered"] = "deleted"
            else:
                asked.right(actor, record_id, code, now)
                session["answered"] = "right"
        except NotHere:
            raise _answered_before() from None
        except (NotWhole, ClinicNotLive):
            raise _not_changed() from None
        return redirect(url_for("questions.open_questions"), 303)

    @blueprint.get("/<record_id>/correct")
    @rule("question.answer")
    def correct(record_id: str) -> str:
        person, event = _record(record_id)
        form = PatientForm(rows=(row_of(event, parts.desk().zone),))
        return _correct_page(record_id, person, FormPage(form, focus="r1-product"))

    @blueprint.post("/<record_id>/correct")
    @rule("question.answer")
    def put_right(record_id: str) -> WerkzeugResponse:
        person, before = _record(record_id)
        sent, desk = read_form(request.form), parts.desk()
        found, choices = found_products(replace(sent, rows=sent.rows[:1]), desk)
        faults: list[tuple[str, str]] = []
        event = event_of(found.rows[0], found, desk, choices, faults)
        if request.form.get("do", "").startswith("find") or event is None or event.kind != before.kind:
            page = FormPage(found, tuple(faults), choices)
            return make_response(_correct_page(record_id, person, page), 422 if faults else 200)
        try:
            asked.correct(current_actor(), record_id, changed(before, event), parts.clock())
        except NotHere:
            raise _answered_before() from None
        except NotWhole as refused:
            refusals = faults_of(refused.outcomes[-1:], (found.rows[0].number,))
            page = FormPage(found, refusals or (("", "Nothing was changed: it was refused."),))
            return make_response(_correct_page(record_id, person, page), 422)
        except ClinicNotLive:
            raise _not_changed() from None
        session["answered"] = "corrected"
        return redirect(url_for("questions.open_questions"), 303)

    def _record(record_id: str) -> tuple[HeldPerson, Event]:
        try:
            _, person, event = asked.record(current_actor(), record_id)
        except NotHere:
            raise _answered_before() from None
        return person, event

    def _correct_page(record_id: str, person: HeldPerson, page: FormPage) -> str:
        return render_template(
            "questions/correct.html",
            record_id=record_id,
            name=shown_name(person.demographics),
            birth_date=person.demographics.birth_date,
            page=page,
            sources=SOURCES,
            outcomes=OUTCOMES,
        )

    return blueprint


def _answered_before() -> Problem:
    return Problem(
        404,
        "no-such-question",
        "There is no such question any more",
        "Somebody of your clinic answered it before, or the record was deleted.",
        "Go back to the questions.",
        lost="Nothing was changed just now.",
    )


def _not_changed() -> Problem:
    return Problem(
        409,
        "not-changed",
        "The record could not be changed",
        "The clinic may not change anything now, or the record was changed meanwhile.",
        "Go back to the questions and look at it again; ask the health department if your clinic is stopped.",
        lost="Nothing was changed.",
    )
