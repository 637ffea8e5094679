"""Files of many rows: uploaded, their columns confirmed, started; progress, stop, go on, what failed, results.

A clinic brings its own in. The department, which has no clinic, sees all of them: how far, what failed, the results.

Everything works without JavaScript; with it the figures of a running import come by themselves.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import IO

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.bulk.beginning import begin
from issuer.bulk.results import write_result_list, write_rows_to_mend
from issuer.clinic_desk.mending import Mending
from issuer.clinic_desk.proposals import Fault
from issuer.clinic_desk.runs import Figures, failures_of, figures_of, state_words
from issuer.clinic_desk.uploads import (
    DATE_ORDERS,
    FIXED,
    NotAList,
    TableSeen,
    check_mapping,
    in_words,
    mapping_of,
    see_table,
)
from issuer.rights import Actor, may
from issuer.store.imports import ImportStore
from issuer.tables import COLUMNS, ColumnMapping, TableRefused, template
from issuer.tables.books import Job, Signing, UnknownJob
from issuer.tables.limits import MAX_FILE_BYTES
from issuer.tables.mapping import fingerprint
from issuer.tables.results import Form
from issuer.web.clinic_parts import ClinicParts
from issuer.web.import_files import UploadFolder, UploadGone
from issuer.web.import_rows import add_row_views
from issuer.web.roster import TEMPLATES
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from pages import Problem
from pages.problems import answer

SHOWN_ROWS = 50
"""Of those that wait, and of those of which something is said; the files have all."""
USES = {"dose": "Vaccinations", "result": "Test results", "roster": "Day’s list"}


@dataclass(frozen=True, slots=True)
class ImportParts:
    """What the pages of imports work with."""

    imports: ImportStore
    folder: UploadFolder
    new_id: Callable[[], str]
    wake: Callable[[str, int], None] | None = None
    """Told a job and its number of chunks, where workers have to be told."""


def imports_blueprint(parts: ClinicParts, own: ImportParts) -> Blueprint:
    """`/clinic/imports`."""
    blueprint = Blueprint("imports", __name__, url_prefix="/clinic/imports")

    @blueprint.url_value_preprocessor
    def allow_files(*_: object) -> None:
        if request.endpoint == "imports.upload":
            request.max_content_length = MAX_FILE_BYTES

    @blueprint.errorhandler(UnknownJob)
    def unknown(_: UnknownJob) -> Response:
        return answer(_no_such_import())

    add_row_views(blueprint, parts, Mending(own.imports, parts.intake))

    @blueprint.get("")
    @rule("import.see")
    def runs() -> str:
        return _list_page()

    @blueprint.get("/template-<any(dose, result):use>.<any(csv, xlsx):form>")
    @rule("import.run")
    def import_template(use: str, form: str) -> WerkzeugResponse:
        octets = template("dose" if use == "dose" else "result", _form(form))
        return _file(io.BytesIO(octets), f"{use}s.{form}", TEMPLATES[form])

    @blueprint.post("")
    @rule("import.run")
    def upload() -> WerkzeugResponse:
        clinic = parts.clinic()
        file = request.files.get("file")
        if file is None or not file.filename:
            return make_response(_list_page([("file", "Choose a CSV or XLSX file.")]), 422)
        upload_id = own.new_id()
        own.folder.keep(clinic.id, upload_id, file.save, parts.clock())
        try:
            with own.folder.opened(clinic.id, upload_id) as kept:
                see_table(kept)
        except TableRefused as error:
            own.folder.drop(clinic.id, upload_id)
            return make_response(_list_page([("file", f"{error.message} {error.remedy}")]), 422)
        return redirect(url_for("imports.columns", upload_id=upload_id), 303)

    @blueprint.get("/new/<upload_id>")
    @rule("import.run")
    def columns(upload_id: str) -> str:
        seen, known = _seen(upload_id)
        return _columns_page(upload_id, seen, seen.mapping, known=known)

    @blueprint.post("/new/<upload_id>")
    @rule("import.run")
    def start(upload_id: str) -> WerkzeugResponse:
        actor, clinic = current_actor(), parts.clinic()
        seen, _ = _seen(upload_id)
        mapping = seen.mapping
        try:
            mapping = mapping_of(request.form, seen.head)
            check_mapping(mapping, seen)
        except NotAList as error:
            page = _columns_page(upload_id, seen, mapping, [(error.field_name, error.words)])
            return make_response(page, 422)
        try:
            path = own.folder.begun(clinic.id, upload_id, seen.head.kind)
        except UploadGone:
            raise _no_such_upload() from None
        signing: Signing = "now" if request.form.get("signing") == "now" else "on-demand"
        now = parts.clock()
        try:
            job_id = begin(
                own.imports,
                actor,
                clinic.id,
                path,
                mapping,
                signing,
                own.new_id,
                now,
                own.wake,
            )
        except TableRefused as error:
            own.folder.drop(clinic.id, upload_id)
            return make_response(_list_page([("file", f"{error.message} {error.remedy}")]), 422)
        own.imports.remember(actor, clinic.id, fingerprint(seen.head.header), mapping, now)
        return redirect(url_for("imports.run", job_id=job_id), 303)

    @blueprint.get("/<job_id>")
    @rule("import.see")
    def run(job_id: str) -> str:
        actor = current_actor()
        job = own.imports.job(actor, job_id)
        [(_, figures, words)] = _far(actor, [job])
        waiting = own.imports.waiting(actor, job_id, limit=SHOWN_ROWS)
        noted = own.imports.waiting(actor, job_id, limit=SHOWN_ROWS, state="noted")
        return render_template(
            "imports/run.html",
            job=job,
            figures=figures,
            words=words,
            failures=failures_of(waiting, job.mapping),
            remarks=failures_of(noted, job.mapping),
            given_up=own.imports.given_up(actor, job_id),
            shown=SHOWN_ROWS,
            clinic=_clinic_names(actor).get(job.clinic_id, ""),
            may_run=may(actor, "import.run", job.clinic_id),
            settled=session.pop("row", ()),
        )

    @blueprint.get("/<job_id>/state.json")
    @rule("import.see")
    def state(job_id: str) -> Response:
        actor = current_actor()
        [(job, figures, words)] = _far(actor, [own.imports.job(actor, job_id)])
        return jsonify(state=job.state, words=words, done=figures.done, rows=figures.rows, parts=figures.said)

    @blueprint.post("/<job_id>/stop")
    @rule("import.run")
    def stop(job_id: str) -> WerkzeugResponse:
        own.imports.stop(current_actor(), job_id, parts.clock())
        return redirect(url_for("imports.run", job_id=job_id), 303)

    @blueprint.post("/<job_id>/go-on")
    @rule("import.run")
    def go_on(job_id: str) -> WerkzeugResponse:
        job = own.imports.resume(current_actor(), job_id, parts.clock())
        if own.wake is not None:
            own.wake(job_id, sum(count for name, count in job.chunks.items() if name == "waiting"))
        return redirect(url_for("imports.run", job_id=job_id), 303)

    @blueprint.get("/<job_id>/results.<any(csv, xlsx):form>")
    @rule("import.see")
    def results(job_id: str, form: str) -> WerkzeugResponse:
        actor, kind = current_actor(), _form(form)
        target = own.folder.written(lambda file: write_result_list(own.imports, actor, job_id, file, kind))
        return _file(target, f"results.{form}", TEMPLATES[form])

    @blueprint.get("/<job_id>/rows-to-mend.<any(csv, xlsx):form>")
    @rule("import.run")
    def rows_to_mend(job_id: str, form: str) -> WerkzeugResponse:
        actor, kind = current_actor(), _form(form)
        target = own.folder.written(lambda file: write_rows_to_mend(own.imports, actor, job_id, file, kind))
        return _file(target, f"rows-to-mend.{form}", TEMPLATES[form])

    def _seen(upload_id: str) -> tuple[TableSeen, bool]:
        actor, clinic = current_actor(), parts.clinic()
        try:
            with own.folder.opened(clinic.id, upload_id) as file:
                seen = see_table(file)
        except (UploadGone, TableRefused):
            raise _no_such_upload() from None
        remembered = own.imports.remembered(actor, clinic.id, fingerprint(seen.head.header))
        return (replace(seen, mapping=remembered), True) if remembered else (seen, False)

    def _far(actor: Actor, jobs: Sequence[Job]) -> list[tuple[Job, Figures, str]]:
        """Jobs with their figures, and how each stands in words."""
        rows, now = own.imports.rows_by_state(actor, jobs), parts.clock()
        found = [(job, figures_of(job, now, rows[job.id])) for job in jobs]
        return [(job, figures, state_words(job, figures.waiting)) for job, figures in found]

    def _clinic_names(actor: Actor) -> dict[str, str]:
        """For whoever sees the imports of several clinics."""
        return {} if actor.clinic_id else {one.id: one.name for one in parts.clinics.clinics(actor)}

    def _list_page(errors: Sequence[Fault] = ()) -> str:
        actor = current_actor()
        return render_template(
            "imports/runs.html",
            jobs=_far(actor, own.imports.jobs(actor, actor.clinic_id)),
            clinics=_clinic_names(actor),
            may_run=bool(actor.clinic_id) and may(actor, "import.run", actor.clinic_id),
            errors=errors,
            uses=USES,
        )

    def _columns_page(
        upload_id: str,
        seen: TableSeen,
        mapping: ColumnMapping,
        errors: Sequence[Fault] = (),
        known: bool = False,
    ) -> str:
        chosen = {header: name for name, header in mapping.columns}
        return render_template(
            "imports/columns.html",
            upload_id=upload_id,
            seen=seen,
            chosen=chosen,
            mapping=mapping,
            fixed=dict(mapping.fixed),
            fixed_names=[(name, in_words(name).capitalize()) for name in FIXED],
            options=[("", "Not used"), *((name, in_words(name)) for name in COLUMNS)],
            orders=DATE_ORDERS,
            errors=errors,
            known=known,
            signing=request.form.get("signing", "on-demand"),
        )

    return blueprint


def _form(name: str) -> Form:
    return "csv" if name == "csv" else "xlsx"


def _file(octets: IO[bytes], name: str, kind: str) -> WerkzeugResponse:
    return send_file(octets, mimetype=kind, as_attachment=True, download_name=name, max_age=None)


def _no_such_import() -> Problem:
    return Problem(
        404,
        "no-such-import",
        "There is no such import",
        "It is another clinic’s, or it was deleted: files and rows that wait are kept for 30 days.",
        "Go back to your files.",
        lost="What was recorded stays recorded.",
    )


def _no_such_upload() -> Problem:
    return Problem(
        404,
        "upload-gone",
        "This file is not here any more",
        "It was started before, or it waited for more than a day.",
        "Look at your files: if its import is not there, upload it again.",
        lost="Nothing was recorded from it twice.",
    )
