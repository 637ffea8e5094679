"""`/openapi.json`: what programs may ask, published for anybody."""

from flask import Blueprint, Response

from cards.encoding import write_json
from issuer.openapi import describe
from issuer.web.rules import public

PATH = "/openapi.json"


def openapi_blueprint(address: str, name: str, version: str) -> Blueprint:
    """The published description.

    Args:
        address: of the service, without a trailing slash. name: who runs it. version: of the software.
    """
    blueprint = Blueprint("openapi", __name__)
    document = write_json(describe(address, name, version))

    @blueprint.get(PATH)
    @public("a description of the interface; holds no data", machine=True)
    def openapi() -> Response:
        answer = Response(document, content_type="application/json")
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        answer.headers["Cache-Control"] = "public, max-age=300"
        return answer

    return blueprint
