"""A row of an import that waits: its cells in a form, checked again and recorded; or dropped with a reason."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.clinic_desk.mending import REASONS, Mending, RowToMend, UnknownReason
from issuer.clinic_desk.proposals import Fault
from issuer.intake.proposal import Finding
from issuer.intake.service import ClinicNotLive
from issuer.tables import column_of
from issuer.tables.books import UnknownRow
from issuer.tables.limits import MAX_CELL_CHARACTERS
from issuer.tables.rows import Row
from issuer.web.clinic_parts import ClinicParts
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from pages import Problem
from pages.problems import answer

WHY = (("", "Choose a reason"), *REASONS.items())


def add_row_views(blueprint: Blueprint, parts: ClinicParts, mending: Mending) -> None:
    """`/clinic/imports/{id}/rows/{row}` of the imports' pages."""

    @blueprint.errorhandler(UnknownRow)
    def gone(_: UnknownRow) -> Response:
        return answer(_waits_no_more())

    @blueprint.get("/<job_id>/rows/<int:row>")
    @rule("import.run")
    def ask_row(job_id: str, row: int) -> Response:
        one = mending.row(current_actor(), job_id, row)
        return _page(one, one.waiting.cells, mending.wrong_with(one))

    @blueprint.post("/<job_id>/rows/<int:row>")
    @rule("import.run")
    def mend_row(job_id: str, row: int) -> WerkzeugResponse:
        one = mending.row(current_actor(), job_id, row)
        cells = {header: text[:MAX_CELL_CHARACTERS] for header, text in one.typed(request.form).items()}
        try:
            wrong = mending.mend(current_actor(), one, cells, parts.clock())
        except ClinicNotLive:
            return answer(_not_live())
        return _page(one, cells, wrong, 422) if wrong else _back(job_id, row, "mended")

    @blueprint.post("/<job_id>/rows/<int:row>/drop")
    @rule("import.run")
    def drop_row(job_id: str, row: int) -> WerkzeugResponse:
        one = mending.row(current_actor(), job_id, row)
        try:
            mending.drop(current_actor(), job_id, row, request.form.get("reason", ""), parts.clock())
        except UnknownReason:
            why = [("reason", "Choose why the row is dropped: whoever sent the file will ask.")]
            return _page(one, one.waiting.cells, mending.wrong_with(one), 422, why)
        return _back(job_id, row, "dropped")

    def _page(
        one: RowToMend,
        cells: Mapping[str, str],
        wrong: Sequence[Finding],
        status: int = 200,
        dropping: Sequence[Fault] = (),
    ) -> Response:
        shown = one.cells(cells, tuple(wrong))
        page = render_template(
            "imports/row.html",
            job=one.job,
            row=one.waiting.row,
            cells=shown,
            beyond=one.beyond,
            whole=_of_the_whole_row(one, cells, wrong),
            errors=[*dropping] or [(cell.name, words) for cell in shown for words in cell.faults],
            again=status != 200 and not dropping,
            dropping=dict(dropping),
            reasons=WHY,
        )
        return make_response(page, status, {"Cache-Control": "no-store"})

    def _back(job_id: str, row: int, did: str) -> WerkzeugResponse:
        session["row"] = [did, row]
        return redirect(url_for("imports.run", job_id=job_id), 303)


def _of_the_whole_row(one: RowToMend, cells: Mapping[str, str], wrong: Sequence[Finding]) -> list[Finding]:
    """What is wrong and belongs to no column of the form."""
    used = {header for _, header in one.mapping.columns}
    row = Row(one.waiting.row, dict(cells))
    return [found for found in wrong if used.isdisjoint(column_of(found, row, one.mapping).split(", "))]


def _waits_no_more() -> Problem:
    return Problem(
        404,
        "row-waits-no-more",
        "This row does not wait any more",
        "Somebody mended or dropped it before, or it was deleted after 30 days.",
        "Go back to the import: the rows that still wait stand there.",
        lost="Nothing was recorded twice.",
    )


def _not_live() -> Problem:
    return Problem(
        409,
        "clinic-not-live",
        "This clinic may not record anything now",
        "The health department has not approved it, or has stopped it.",
        "Ask the health department. The row waits.",
        lost="Nothing was changed.",
    )
