"""Where residents' SMART Health Links lie: `/s/TOKEN`. For viewers anywhere, without cookies.

`POST` gets the manifest, `GET …?recipient=…` the file of a direct link, `GET …/NUMBER/TICKET` a file that a manifest
named. Whoever opens the address in a browser reads what it is: the same page for every address, and nothing is looked
up. Viewers run in browsers on other sites, so every answer allows any origin (CORS); none carries a cookie or believes
one. The token stands in no log: the access log names the route only.

Source: SMART Health Cards and Links 1.0.0, "SMART Health Links"; requirements G5 to G13.
"""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from cards.shlink import serving
from cards.shlink.manifest import MAX_REQUEST_OCTETS
from cards.shlink.serving import Answer
from issuer.db import StorageBusy
from issuer.sharing.answering import Answering
from issuer.sharing.holding import PATH
from issuer.web.languages import page_language
from issuer.web.rules import public
from issuer.web.sessions import origin

BUSY_SECONDS = 5
"""When the database is locked a viewer is told to come back, rather than that the link has ended."""
_WHY = "whoever has the link, and its passcode where it has one"


def sharing_blueprint(answering: Answering, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/s`."""
    blueprint = Blueprint("sharing", __name__, url_prefix=PATH)

    def route(path: str, method: str) -> Callable[..., Callable[..., Response]]:
        return blueprint.route(path, methods=[method], provide_automatic_options=False)

    @route("/<token>", "POST")
    @public(_WHY, machine=True)
    def manifest(token: str) -> Response:
        request.max_content_length = MAX_REQUEST_OCTETS
        try:
            body = request.get_data(cache=False)
        except RequestEntityTooLarge:
            return _sent(serving.malformed())
        return _answered(lambda: answering.manifest(token, body, origin(), clock()))

    @route("/<token>", "GET")
    @public(_WHY, machine=True)
    def direct(token: str) -> Response:
        recipient = request.args.get("recipient", "")
        if recipient and request.method == "GET":
            return _answered(lambda: answering.direct(token, recipient, origin(), clock()))
        if request.accept_mimetypes.accept_html:
            return make_response(render_template("shares/what_this_is.html", **page_language()))
        return _sent(serving.ended())

    @route("/<token>/<number>/<ticket>", "GET")
    @public("a file's address of five minutes, out of a manifest", machine=True)
    def file(token: str, number: str, ticket: str) -> Response:
        return _answered(lambda: answering.file(token, number, ticket, origin(), clock()))

    @route("/<token>", "OPTIONS")
    @public("browsers ask before they ask", machine=True)
    def preflight(**_: str) -> Response:
        return _sent(serving.preflight())

    @route("/<token>/<number>/<ticket>", "OPTIONS")
    @public("browsers ask before they ask", machine=True)
    def preflight_of_file(**_: str) -> Response:
        return _sent(serving.preflight())

    @blueprint.after_request
    def to_anybody(response: Response) -> Response:
        """Failures too: a viewer in a browser could not even read that it has to wait."""
        response.headers.setdefault("Access-Control-Allow-Origin", "*")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return blueprint


def _answered(ask: Callable[[], Answer]) -> Response:
    try:
        return _sent(ask())
    except StorageBusy:
        return _sent(serving.too_often(BUSY_SECONDS))


def _sent(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
