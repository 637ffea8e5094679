"""`POST /verdict`: judge what the camera, the keyboard or an upload brought, and show the answer.

The scanner sends `{"codes": ["…"]}` and gets the part of the page it puts on the screen; a form gets a whole page.
What was scanned travels in the body, never in an address.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from verifier.intake import from_typing
from verifier.presentation import present, present_nothing, registry_state, tally
from verifier.web.door import Judged, current_door
from verifier.web.inputs import MAX_FILES, Received, codes_of_json, from_files

blueprint = Blueprint("verdicts", __name__)


@blueprint.get("/verdict")
def nothing_kept() -> AnyResponse:
    """Somebody reloads or bookmarks the answer: nothing was kept, so start again."""
    return redirect(url_for("scan.start"), 303)


@blueprint.post("/verdict")
def verdict() -> Response:
    """The answer to whatever was sent."""
    if request.is_json:
        return _part(current_door().judge(codes_of_json(request.get_data(), "codes")))
    files = [file for file in request.files.getlist("file") if file.filename]
    if len(files) > MAX_FILES:
        return _ask_again((f"These are {len(files)} files; send up to {MAX_FILES} at a time.",), "file")
    received = from_files(files, current_door().pictures.read_codes)
    texts = [*from_typing(request.form.get("text", "")), *received.texts]
    if not texts:
        nothing = received.faults or ("Choose a picture or file, or type a code.",)
        return _ask_again(nothing, "file" if received.faults or not request.form.get("text") else "text")
    return _page(current_door().judge(texts), received)


def _part(judged: Judged) -> Response:
    return make_response(render_template("verdicts/answer.html", **_shown(judged)))


def _page(judged: Judged, received: Received) -> Response:
    return make_response(render_template("verdicts/page.html", faults=received.faults, **_shown(judged)))


def _shown(judged: Judged) -> dict[str, object]:
    shown = [present(verdict, judged.registry, judged.now) for verdict in judged.verdicts] or [present_nothing()]
    return {
        "verdicts": shown,
        "tally": tally(shown),
        "registry": registry_state(judged.registry, judged.now),
        "clear_seconds": current_door().settings.clear_seconds,
    }


def _ask_again(faults: tuple[str, ...], field: str) -> Response:
    return make_response(render_template("scan/picture.html", faults=faults, fault_field=field), 422)
