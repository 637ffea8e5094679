"""The table of `/api/v1`, the token endpoint and what verifiers fetch."""

from collections.abc import Mapping

from issuer.openapi.operations import FHIR_JSON, JSON, Answer, Operation, problem, ref

_REFUSED: Mapping[int, Answer] = {
    400: problem("The request itself cannot be read."),
    401: problem("There is no token, or it opens nothing.", "WWW-Authenticate"),
    403: problem("The token does not reach that far, or the clinic is not live."),
    503: problem("The records, or the signing key, cannot be reached just now."),
    507: problem("There is no room left to save it."),
}
_BODY: Mapping[int, Answer] = {
    413: problem("More than 1 MiB was sent."),
    415: problem("Another content type than those named."),
}
_NONE: Mapping[int, Answer] = {404: problem("There is nothing with this id.")}
_GONE: Mapping[int, Answer] = {410: problem("The card was taken back.")}
_RECORD = {FHIR_JSON: ref("RecordBundle"), JSON: ref("RecordBundle")}
_REASON = {JSON: ref("Reason")}
_FILE = {"type": "string", "contentMediaType": "application/octet-stream"}


def _recorded(path: str, operation_id: str, summary: str, *arguments: str) -> Operation:
    answers = {
        200: Answer("It was on record before: its cards.", {JSON: ref("Issued")}),
        201: Answer("Recorded, and signed.", {JSON: ref("Issued")}),
        422: problem("The record cannot be certified: every fault, with its place and what to do."),
        **_REFUSED,
        **_BODY,
        **(_NONE if arguments else {}),
    }
    return Operation("post", path, operation_id, summary, "Records", answers, _RECORD, arguments)


def _of_card(ending: str, operation_id: str, summary: str, media_type: str) -> Operation:
    answers = {
        200: Answer("The file.", {media_type: _FILE}, ("Content-Disposition",)),
        **_REFUSED,
        **_NONE,
        **_GONE,
    }
    return Operation("get", f"/api/v1/cards/{{card_id}}{ending}", operation_id, summary, "Cards", answers, {},
                     ("card_id",))  # fmt: skip


def _taken_back(path: str, operation_id: str, summary: str, argument: str) -> Operation:
    answers = {
        200: Answer("The cards that were taken back.", {JSON: ref("Revoked")}),
        422: problem("The reason is not one we know."),
        **_REFUSED,
        **_BODY,
        **_NONE,
    }
    return Operation("post", path, operation_id, summary, "Cards", answers, _REASON, (argument,))


API: tuple[Operation, ...] = (
    _recorded("/api/v1/records", "record", "Record a bundle and issue its cards"),
    _recorded(
        "/api/v1/persons/{person_id}/records", "recordOfPerson", "The same for a person who is known", "person_id"
    ),
    Operation(
        "post",
        "/api/v1/persons/{person_id}/links",
        "makeLink",
        "A new link to a person's card page",
        "Persons",
        {201: Answer("The link; it is not shown again.", {JSON: ref("Link")}), **_REFUSED, **_NONE},
        {},
        ("person_id",),
    ),
    Operation(
        "get",
        "/api/v1/cards/{card_id}",
        "card",
        "One card",
        "Cards",
        {200: Answer("The card.", {JSON: ref("CardWithJws")}), **_REFUSED, **_NONE},
        {},
        ("card_id",),
    ),
    _of_card(".smart-health-card", "cardFile", "A card as a file to keep", "application/smart-health-card"),
    _of_card("/qr.png", "cardPicture", "A card's QR code as a picture", "image/png"),
    _of_card("/qr.svg", "cardDrawing", "A card's QR code as a drawing", "image/svg+xml"),
    _taken_back("/api/v1/cards/{card_id}/revoke", "revokeCard", "Take a card back", "card_id"),
    Operation(
        "post",
        "/api/v1/cards/{card_id}/replace",
        "replaceCard",
        "Take a card back and issue the same content anew",
        "Cards",
        {
            201: Answer("The new card.", {JSON: ref("Card")}),
            409: problem("The card was taken back before."),
            422: problem("The reason is not one we know."),
            **_REFUSED,
            **_BODY,
            **_NONE,
        },
        _REASON,
        ("card_id",),
    ),
    _taken_back("/api/v1/persons/{person_id}/revoke", "revokePerson", "Take all of a person's cards back", "person_id"),
)

_TOKEN_REFUSED = {JSON: ref("TokenRefused")}
_LIST = {
    200: Answer("The document.", {JSON: {"type": "object"}}, ("ETag", "Access-Control-Allow-Origin")),
    304: Answer("It has not changed."),
}
PUBLIC: tuple[Operation, ...] = (
    Operation(
        "post",
        "/oauth/token",
        "token",
        "An access token by SMART Backend Services",
        "Tokens",
        {
            200: Answer("The token.", {JSON: ref("Token")}),
            400: Answer("The request is not one we grant.", _TOKEN_REFUSED),
            401: Answer("The assertion does not prove who asks.", _TOKEN_REFUSED),
            429: Answer("Too many attempts from this network.", _TOKEN_REFUSED, ("Retry-After",)),
            413: problem("More was sent than a token request takes."),
            503: problem("The records cannot be reached just now."),
            507: problem("There is no room left to save it."),
        },
        {"application/x-www-form-urlencoded": ref("TokenRequest")},
        secured=False,
    ),
    Operation("get", "/.well-known/jwks.json", "keys", "The public keys", "Published",
              {**_LIST, 200: Answer("A JWK Set.", {JSON: ref("KeySet")}, ("ETag",))}, secured=False),
    Operation("get", "/.well-known/crl/{kid}.json", "revocations", "The revocation list of a key", "Published",
              {**_LIST, 200: Answer("The list.", {JSON: ref("RevocationList")}, ("ETag",)),
               404: Answer("There is no such key.", {"application/problem+json": ref("Problem"), "text/html": {}})},
              arguments=("kid",), secured=False),
    Operation("get", "/.well-known/smart-configuration", "smartConfiguration", "The SMART configuration", "Published",
              {200: Answer("The document.", {JSON: ref("SmartConfiguration")})}, secured=False),
)  # fmt: skip
