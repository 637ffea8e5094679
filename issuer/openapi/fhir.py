"""The table of the FHIR server."""

from collections.abc import Mapping

from issuer.openapi.operations import FHIR_JSON, JSON, Answer, Operation, outcome, ref

_REFUSED: Mapping[int, Answer] = {
    400: outcome("The request, or a resource in it, is not well-formed FHIR."),
    401: outcome("There is no token, or it opens nothing.", "WWW-Authenticate"),
    403: outcome("Another clinic's record, a scope that is missing, or a clinic that is not live."),
    503: outcome("The records, or the signing key, cannot be reached just now."),
    507: outcome("There is no room left to save it."),
}
_BODY: Mapping[int, Answer] = {
    413: outcome("More than 1 MiB was sent."),
    415: outcome("Another content type than those named."),
    422: outcome("It breaks a rule; each issue names the element and says what to do."),
}
_ONE: Mapping[int, Answer] = {
    404: outcome("There is no such record."),
    409: outcome("Another record says the same."),
    412: outcome("The record was changed since it was read."),
}
_DONE = {FHIR_JSON: ref("OperationOutcome")}
_WHERE = ("Location",)
_VERSION = ("ETag", "Last-Modified")


def _create(kind: str) -> Operation:
    versioned = kind != "Patient"
    answers = {
        200: Answer("It was known before, or taken back; what was sent is so now.", _DONE, (), (*_WHERE, *_VERSION)),
        201: Answer("Recorded.", _DONE, (*_WHERE, *_VERSION) if versioned else _WHERE),
        404: outcome("There is nothing to take back."),
        409: outcome("Another record says the same."),
        **_REFUSED,
        **_BODY,
    }
    summary = "Record a person, or find them" if kind == "Patient" else f"Record one {kind}"
    return Operation("post", f"/fhir/{kind}", f"create{kind}", summary, "FHIR", answers, _body(kind))


def _of_event(kind: str) -> tuple[Operation, ...]:
    path, arguments = f"/fhir/{kind}/{{record_id}}", ("record_id",)
    changed = Answer("Changed.", _DONE, (), (*_WHERE, *_VERSION))
    return (
        _create(kind),
        Operation(
            "get", path, f"read{kind}", "Read a record of one's own clinic", "FHIR",
            {
                200: Answer("The record.", {FHIR_JSON: ref(f"{kind}Record")}, _VERSION),
                404: _ONE[404],
                410: outcome("The record was deleted."),
                **_REFUSED,
            },
            {}, arguments,
        ),
        Operation(
            "put", path, f"update{kind}", "Correct a record", "FHIR",
            {200: changed, **_ONE, **_REFUSED, **_BODY}, _body(kind), arguments, ("If-Match",),
        ),
        Operation(
            "delete", path, f"delete{kind}", "Delete a record", "FHIR",
            {200: changed, **_ONE, **_REFUSED, 422: outcome("A rule forbids it.")}, {}, arguments, ("If-Match",),
        ),
    )  # fmt: skip


def _body(kind: str) -> Mapping[str, object]:
    return {FHIR_JSON: ref(kind), JSON: ref(kind)}


FHIR: tuple[Operation, ...] = (
    Operation(
        "post", "/fhir", "bundle", "A transaction, batch or collection", "FHIR",
        {
            200: Answer("What became of each entry.", {FHIR_JSON: ref("ResponseBundle")}),
            404: outcome("A record of a transaction does not exist."),
            409: outcome("Another record says the same."),
            412: outcome("A record of a transaction was changed since it was read."),
            **_REFUSED,
            **_BODY,
        },
        _body("Bundle"),
    ),
    _create("Patient"),
    Operation(
        "post", "/fhir/Patient/{patient_id}/$health-cards-issue", "healthCardsIssue",
        "A person's SMART Health Cards", "FHIR",
        {
            200: Answer("The cards; no parameter where nothing matches.", {FHIR_JSON: ref("IssuedParameters")}),
            404: outcome("There is no such Patient."),
            **_REFUSED,
            **_BODY,
        },
        _body("Parameters"), ("patient_id",),
    ),
    *_of_event("Immunization"),
    *_of_event("Observation"),
    Operation("get", "/fhir/metadata", "capabilities", "The CapabilityStatement", "FHIR",
              {200: Answer("The statement.", {FHIR_JSON: ref("CapabilityStatement")})}, secured=False),
    Operation("get", "/fhir/.well-known/smart-configuration", "fhirSmartConfiguration", "The SMART configuration",
              "FHIR", {200: Answer("The document.", {JSON: ref("SmartConfiguration")})}, secured=False),
)  # fmt: skip
