"""The nurse's form: who is in the chair, what was given, what the rules ask, recorded. And the clinic's start page.

It works without JavaScript: each press sends the whole form and gets it back. With JavaScript the same views answer
the form's rows alone (`X-Part: rows`), and products as JSON for the field that is typed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.card_making import DoseTooLarge
from issuer.clinic_desk.asked import Asked
from issuer.clinic_desk.catalogue import OUTCOMES, Choice
from issuer.clinic_desk.day_list import DayList
from issuer.clinic_desk.drive import remembered
from issuer.clinic_desk.form_page import REASONS, FormPage, history_of, reason_of
from issuer.clinic_desk.outcomes import faults_of, questions_of, rules_of, told_of, unanswered
from issuer.clinic_desk.patient_form import PatientForm, Who, read_form
from issuer.clinic_desk.proposals import SOURCES, Desk, Reading, found_products, person_of, proposals_of
from issuer.clinic_desk.vials import Unscannable, put_vial
from issuer.db import StorageBusy, StorageFull
from issuer.intake.looking import IdentityIncomplete, ReasonMissing
from issuer.intake.service import ClinicNotLive, NotWhole, Submitted
from issuer.rights import may
from issuer.web.clinic_parts import ClinicParts
from issuer.web.rules import rule
from issuer.web.sessions import current_actor

Choices = Mapping[int, tuple[Choice, ...]]
SEXES = (("", "Not said"), ("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Unknown"))
_NOT_LIVE = "The health department has not approved this clinic, or has stopped it: nothing was recorded. Ask them."
_NO_STORE = "The records cannot be reached just now: nothing was recorded. Press “Record” again in a few seconds."
_TOO_LARGE = "One of these is too large for a card: nothing was recorded. Shorten its texts."


def clinic_blueprint(parts: ClinicParts, day_list: DayList, asked: Asked) -> Blueprint:
    """`/clinic`, `/clinic/form` and what its fields ask."""
    blueprint = Blueprint("clinic", __name__, url_prefix="/clinic")

    @blueprint.get("")
    @rule("record.write")
    def home() -> str:
        now = parts.clock()
        actor = current_actor()
        return render_template(
            "clinic/home.html",
            clinic=parts.clinic(),
            counts=day_list.counts(actor, parts.desk().today),
            entered=parts.just_recorded(actor, now),
            questions=asked.count(actor),
            may_import=may(actor, "import.run", actor.clinic_id),
            said=session.pop("said", ""),
        )

    @blueprint.get("/form")
    @rule("record.write")
    def form() -> str:
        desk, drive = parts.desk(), parts.drive()
        picked = request.args.get("roster", "")
        who = day_list.who(current_actor(), picked) if picked else None
        begun = PatientForm(
            who or Who(),
            (drive.first_row(desk.today.isoformat()),),
            drive.vaccinator,
            roster_id=picked if who else "",
        )
        return _page(FormPage(begun, focus="scan" if who else "family"))

    @blueprint.post("/form")
    @rule("record.write")
    def press() -> WerkzeugResponse:
        typed, desk = read_form(request.form), parts.desk()
        word, _, number = _pressed(typed).partition("-")
        if word == "record":
            return _record(typed, desk)
        sent, choices = found_products(typed, desk)
        if word == "open":
            return make_response(_page(replace(_opened(sent, desk), choices=choices)))
        page = _scanned(sent, desk) if word == "scan" else _changed(sent, choices, word, number, desk)
        page = replace(page, choices=choices)
        if request.headers.get("X-Part") == "rows":
            return make_response(render_template("clinic/rows.html", **_words(page)))
        return make_response(_page(page))

    @blueprint.get("/products")
    @rule("record.write")
    def products() -> Response:
        return _choices(parts.products.find(request.args.get("q", "")[:80]))

    @blueprint.get("/tests")
    @rule("record.write")
    def tests() -> Response:
        return _choices(parts.tests.find(request.args.get("q", "")[:80]))

    def _scanned(sent: PatientForm, desk: Desk) -> FormPage:
        try:
            vial = parts.scan(sent.scan, desk.today)
        except Unscannable as error:
            return FormPage(replace(sent, scan=""), faults=(("scan", str(error)),), said=str(error), focus="scan")
        put = put_vial(sent, vial, desk.today.isoformat())
        product = f"r{put.row}-product"
        faults = ((product, vial.remark),) if vial.remark else ()
        return FormPage(put.form, faults, said=put.said, focus="scan" if vial.code else product)

    def _opened(sent: PatientForm, desk: Desk) -> FormPage:
        actor, reason = current_actor(), reason_of(sent)
        faults: list[tuple[str, str]] = []
        person = person_of(sent.who, desk, faults)
        faults = [one for one in faults if not sent.who.chart]
        if not reason:
            faults.append(("reason", "Say why the history is opened: choose a reason, and say which if it is another."))
        if faults:
            return FormPage(sent, tuple(faults))
        try:
            found = parts.looking.history(actor, person, reason, parts.clock())
        except (ReasonMissing, IdentityIncomplete):
            return FormPage(sent, (("family", "A history needs the full name and the date of birth."),))
        history = history_of(found)
        person_id = found.person_id if history.kind == "one" else ""
        return FormPage(replace(sent, person_id=person_id), history=history, focus="history")

    def _record(sent: PatientForm, desk: Desk) -> WerkzeugResponse:
        reading = proposals_of(sent, desk)
        if reading.faults:
            return _answered(FormPage(reading.form, reading.faults, reading.choices))
        actor, now = current_actor(), parts.clock()
        tick = day_list.ticking(actor, reading.form.roster_id, now)
        try:
            done = parts.intake.submit(
                actor,
                actor.clinic_id,
                reading.proposals,
                now,
                door="form",
                ask=True,
                whole=True,
                sign=True,
                within=tick,
            )
        except NotWhole as refused:
            return _answered(_not_whole(refused, reading))
        except ClinicNotLive:
            return _answered(FormPage(reading.form, (("", _NOT_LIVE),)), 409)
        except DoseTooLarge:
            return _answered(FormPage(reading.form, (("", _TOO_LARGE),)))
        except (StorageBusy, StorageFull):
            return _answered(FormPage(reading.form, (("", _NO_STORE),)), 503)
        return _go_on(reading, done)

    def _go_on(reading: Reading, done: Submitted) -> WerkzeugResponse:
        now = parts.clock()
        drive = remembered(reading.form, {row.number: row.product for row in reading.form.rows})
        ids = [one.record_id for one in done.outcomes if one.record_id]
        parts.remember(drive, ids, told_of(done.outcomes), now)
        session["rules"] = rules_of(done.outcomes)
        if all(one.did == "unchanged" for one in done.outcomes):
            session["said"] = "unchanged"
        elif any(one.review for one in done.outcomes):
            session["said"] = "review"
        return redirect(url_for("clinic_patients.patient", person_id=done.outcomes[0].person_id), 303)

    def _answered(page: FormPage, status: int = 422) -> WerkzeugResponse:
        return make_response(_page(page), status)

    def _page(page: FormPage) -> str:
        now = parts.clock()
        entered = parts.just_recorded(current_actor(), now)
        return render_template("clinic/form.html", **_words(page), entered=entered)

    return blueprint


def _pressed(sent: PatientForm) -> str:
    """Which button; Enter without JavaScript presses the first one, which does what comes next."""
    word = request.form.get("do", "next")
    if word != "next":
        return word
    if sent.scan.strip():
        return "scan"
    return "find" if any(row.product and not row.chosen for row in sent.rows) else "record"


def _changed(found: PatientForm, choices: Choices, word: str, number: str, desk: Desk) -> FormPage:
    """A row more, a row less, or the products found for what was typed."""
    today = desk.today.isoformat()
    if word == "add":
        changed = found.with_row("result" if number == "result" else "dose", today)
        return FormPage(changed, said="A row was added.", focus=changed.rows[-1].name("product"))
    if word == "remove" and number.isdecimal():
        return FormPage(found.without_row(int(number), today), said="The row was removed.", focus="scan")
    faults = tuple(
        (row.name("product"), "We know nothing like this. Type another part of its name, the maker, or its code.")
        for row in found.rows
        if row.number in choices and not choices[row.number]
    )
    first = next((row.name("choice") for row in found.rows if choices.get(row.number)), "")
    return FormPage(found, faults, focus=first or found.rows[0].name("lot"))


def _not_whole(refused: NotWhole, reading: Reading) -> FormPage:
    questions = questions_of(refused.outcomes, reading.rows, reading.form)
    faults = faults_of(refused.outcomes, reading.rows)
    return FormPage(reading.form, (*faults, *unanswered(questions)), questions=questions)


def _words(page: FormPage) -> dict[str, object]:
    return {"page": page, "sexes": SEXES, "sources": SOURCES, "outcomes": OUTCOMES, "reasons": REASONS}


def _choices(found: Sequence[Choice]) -> Response:
    return jsonify(
        choices=[
            {"code": one.code, "name": one.name, "detail": one.detail, "manufacturer": one.manufacturer}
            for one in found
        ]
    )
