"""The scanner and its two other ways in: a picture or file, and typing. And what the colours mean."""

from flask import Blueprint, Response, current_app, render_template

from pages import policy
from verifier.presentation import registry_state
from verifier.web.door import current_door

blueprint = Blueprint("scan", __name__)

_WASM = "'self' 'wasm-unsafe-eval'"
"""zxing-wasm is compiled in the browser; nothing else may be (stack P19)."""


@blueprint.get("/")
@policy(script_src=_WASM, worker_src="'self'", media_src="'self' blob:", permissions="camera=(self)")
def start() -> str:
    """The scanner: one button, then the camera."""
    door = current_door()
    state = registry_state(door.registry(), door.now())
    return render_template("scan/scan.html", registry=state, clear_seconds=door.settings.clear_seconds)


@blueprint.get("/scan/worker.js")
@policy(script_src=_WASM)
def worker() -> Response:
    """The scanner's worker. A worker lives under the policy of its own answer, so it is no plain static file."""
    response = current_app.send_static_file("scan-worker.js")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/picture")
def picture() -> str:
    """Upload or typing: works without a camera and without JavaScript."""
    return render_template("scan/picture.html", faults=(), fault_field="")


@blueprint.get("/about")
def about() -> str:
    """What the colours mean, what is kept (nothing), and how old the list of issuers is."""
    door = current_door()
    return render_template("scan/about.html", registry=registry_state(door.registry(), door.now()))
