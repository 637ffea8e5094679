"""For verifiers: the public keys and the revocation lists. Anybody may ask, from anywhere (requirements C2, D2)."""

from typing import Any

from flask import Blueprint, Response, request

from cards.encoding import write_json
from issuer.revocation import UnknownList
from issuer.service import IssuerService
from issuer.web.rules import public
from pages import Problem

MAX_AGE_SECONDS = 300
"""How long a verifier's cache may serve a list without asking: five minutes after a revocation all know it."""


def public_blueprint(service: IssuerService) -> Blueprint:
    """`/.well-known/jwks.json` and `/.well-known/crl/{kid}.json`."""
    blueprint = Blueprint("public", __name__)

    @blueprint.get("/.well-known/jwks.json")
    @public("keys are for every verifier", machine=True)
    def jwks() -> Response:
        return _published(service.jwks())

    @blueprint.get("/.well-known/crl/<kid>.json")
    @public("revocation lists are for every verifier", machine=True)
    def revocations(kid: str) -> Response:
        try:
            return _published(service.revocation_list(kid))
        except UnknownList:
            raise Problem(
                404,
                "no-such-key",
                "There is no such key",
                "This issuer has no key of that id.",
                "Take the id from the header of the card or from /.well-known/jwks.json.",
            ) from None

    return blueprint


def _published(document: dict[str, Any]) -> Response:
    """JSON for any origin, with an ETag: whoever has it already gets 304 and no body."""
    response = Response(write_json(document), content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    response.add_etag()
    response.make_conditional(request)
    return response
