"""`POST /api/v1/verify`: the verdicts as JSON, for a venue's own software.

    {"qr": ["shc:/5676…", …]}  →  200 {"verdicts": [{"outcome": "accepted", …}], "registry": {…}}

200 whatever the cards: a bad card is a verdict, not a bad request. Errors of the request are problem documents
(RFC 9457). Chunks of one card become one verdict.
"""

from flask import Blueprint, Response, jsonify, request

from pages import Problem
from verifier.presentation import as_dict
from verifier.web.door import current_door
from verifier.web.inputs import codes_of_json

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.post("/verify")
def verify() -> Response:
    """One verdict a card, in the order of the first code of each."""
    if not request.is_json:
        raise Problem(
            415, "not-json", "We take JSON here", "The body is not sent as application/json.", "Send it as such."
        )
    judged = current_door().judge(codes_of_json(request.get_data(), "qr"))
    registry = judged.registry
    return jsonify(
        verdicts=[as_dict(verdict) for verdict in judged.verdicts],
        registry={
            "issuers": len(registry),
            "number": registry.number,
            "issued": registry.issued_at.isoformat() if registry.issued_at else None,
            "expires": registry.expires_at.isoformat() if registry.expires_at else None,
        },
    )
