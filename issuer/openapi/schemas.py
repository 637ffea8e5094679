"""Schemas of what is sent and answered, JSON Schema 2020-12. Requests are described as far as it helps to send them;
answers exactly.

Source of the resources: FHIR R4 (4.0.1), reduced to the elements that are read here. What else FHIR allows is allowed.
"""

from typing import Any

from cards.shc.profiles import Severity
from issuer.openapi.operations import ID_PATTERN, ref
from issuer.revocation import REASONS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 250}
URI: Schema = {"type": "string", "minLength": 1, "maxLength": 250, "pattern": r"^\S+$"}
DATE: Schema = {"type": "string", "pattern": r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$"}
MOMENT: Schema = {
    "type": "string",
    "pattern": r"^20[0-2][0-9]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    r"T[01][0-9]:[0-5][0-9]:[0-5][0-9](Z|[+-]0[0-9]:00)$",
}
INSTANT: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {"type": "string", "pattern": ID_PATTERN}


def object_of(required: str = "", /, closed: bool = False, **members: Schema) -> Schema:
    """An object; `required` names members, separated by spaces."""
    said: Schema = {"type": "object", "properties": members}
    if required:
        said["required"] = required.split()
    if closed:
        said["additionalProperties"] = False
    return said


def list_of(items: Schema, least: int = 0) -> Schema:
    """An array."""
    return {"type": "array", "items": items} | ({"minItems": least} if least else {})


def resource(kind: str, required: str = "", closed: bool = False, **members: Schema) -> Schema:
    """A FHIR resource."""
    return object_of(f"resourceType {required}".strip(), closed, resourceType={"const": kind}, **members)


def _codes(*systems: str) -> Schema:
    system: Schema = {"enum": list(systems)} if systems else URI
    return object_of("coding", coding=list_of(object_of("system code", system=system, code=TEXT), 1))


_CVX, _LOINC, _SNOMED = "http://hl7.org/fhir/sid/cvx", "http://loinc.org", "http://snomed.info/sct"
_IDENTIFIER = object_of("value", system=URI, value=TEXT)
_REFERENCE = object_of(reference=TEXT, identifier=_IDENTIFIER, display=TEXT)
_NAME = object_of("family given", family=TEXT, given=list_of(TEXT, 1), prefix=list_of(TEXT, 1), suffix=list_of(TEXT, 1))
_TELECOM = object_of(system={"enum": ["phone", "email", "sms"]}, value=TEXT)

_PATIENT = resource(
    "Patient",
    "name birthDate",
    id=ID,
    identifier=list_of(_IDENTIFIER, 1),
    name=list_of(_NAME, 1),
    birthDate=DATE,
    gender={"enum": ["male", "female", "other", "unknown"]},
    telecom=list_of(_TELECOM, 1),
    address=list_of(object_of(line=list_of(TEXT, 1), city=TEXT, state=TEXT, postalCode=TEXT, country=TEXT), 1),
    multipleBirthInteger={"type": "integer", "minimum": 1, "maximum": 12},
    deceasedBoolean={"type": "boolean"},
)
_IMMUNIZATION = resource(
    "Immunization",
    "status vaccineCode patient occurrenceDateTime",
    id=ID,
    identifier=list_of(_IDENTIFIER, 1),
    status={"enum": ["completed", "not-done", "entered-in-error"]},
    statusReason=_codes(),
    vaccineCode=_codes(_CVX, _SNOMED),
    patient=_REFERENCE,
    occurrenceDateTime=DATE,
    primarySource={"type": "boolean"},
    lotNumber=TEXT,
    expirationDate=DATE,
    performer=list_of(object_of("actor", actor=object_of(display=TEXT)), 1),
    isSubpotent={"type": "boolean"},
)
_OBSERVATION = resource(
    "Observation",
    "status code subject effectiveDateTime",
    id=ID,
    identifier=list_of(_IDENTIFIER, 1),
    status={
        "enum": "registered preliminary final amended corrected cancelled entered-in-error unknown".split(),
    },
    code=_codes(_LOINC),
    subject=_REFERENCE,
    effectiveDateTime=MOMENT,
    valueCodeableConcept=_codes(_SNOMED),
    valueQuantity=object_of("value", value={"type": "number"}, unit=TEXT, system=URI, code=TEXT),
    performer=list_of(object_of(display=TEXT), 1),
)
_RECORDED = {"anyOf": [ref("Patient"), ref("Immunization"), ref("Observation")]}
_REQUEST = object_of("method url", method={"enum": ["POST", "PUT", "DELETE"]}, url=TEXT, ifMatch=TEXT)
_ENTRY = object_of(fullUrl=URI, resource=_RECORDED, request=_REQUEST)
_PARAMETER = object_of(
    "name",
    name={"enum": ["credentialType", "credentialValueSet", "includeIdentityClaim", "_since"]},
    valueUri=URI,
    valueString=TEXT,
    valueDateTime=DATE,
)
_ISSUE = object_of(
    "severity code diagnostics",
    True,
    severity={"enum": ["fatal", "error", "warning", "information"]},
    code={"type": "string", "pattern": "^[a-z-]+$"},
    details=object_of(
        "coding text",
        True,
        coding=list_of(object_of("system code", True, system=URI, code=TEXT), 1),
        text={"type": "string"},
    ),
    diagnostics={"type": "string"},
    expression=list_of({"type": "string"}, 1),
)
_RESPONSE = object_of(
    "status",
    True,
    status={"type": "string", "pattern": "^[2-5][0-9][0-9] "},
    location=URI,
    etag={"type": "string", "pattern": '^W/"[0-9]+"$'},
    lastModified=INSTANT,
    outcome=ref("OperationOutcome"),
)
_META = object_of("versionId lastUpdated", versionId=TEXT, lastUpdated=INSTANT)
_OUT = object_of(
    "name",
    True,
    name={"enum": ["verifiableCredential", "resourceLink"]},
    valueString={"type": "string"},
    part=list_of(object_of("name", True, name=TEXT, valueInteger={"type": "integer"}, valueUri=URI), 3),
)

_TEXTS = list_of({"type": "string"})
_SEVERITIES: list[Severity] = ["error", "warning"]
_FAULT = object_of(
    "path code severity message remedy", True,
    path={"type": "string"}, code=TEXT, severity={"enum": _SEVERITIES}, message=TEXT, remedy=TEXT,
)  # fmt: skip
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}
_CARD = {
    "id": ID, "person_id": ID, "records": list_of(ID), "title": TEXT, "kid": TEXT, "issued_at": INSTANT,
    "revoked_at": _MAYBE_TEXT, "revoked_reason": _MAYBE_TEXT, "replaces": _MAYBE_TEXT, "url": TEXT,
}  # fmt: skip
_CARD_MEMBERS = " ".join(_CARD)

SCHEMAS: dict[str, Schema] = {
    "Patient": _PATIENT,
    "Immunization": _IMMUNIZATION,
    "Observation": _OBSERVATION,
    "Bundle": resource(
        "Bundle",
        "type entry",
        type={"enum": ["transaction", "batch", "collection"]},
        identifier=_IDENTIFIER,
        entry={**list_of(_ENTRY, 1), "maxItems": 500},
    ),
    "RecordBundle": resource(
        "Bundle",
        "type entry",
        type={"enum": ["collection", "document", "transaction", "batch"]},
        entry={**list_of(object_of("resource", fullUrl=URI, resource=_RECORDED), 1), "maxItems": 500},
    ),
    "Parameters": resource("Parameters", "parameter", parameter=list_of(_PARAMETER, 1)),
    "OperationOutcome": resource("OperationOutcome", "issue", True, issue=list_of(_ISSUE, 1)),
    "ResponseBundle": resource(
        "Bundle",
        "type entry",
        True,
        type={"enum": ["transaction-response", "batch-response"]},
        entry=list_of(object_of("response", True, response=_RESPONSE), 1),
    ),
    "IssuedParameters": resource("Parameters", "", True, parameter=list_of(_OUT, 1)),
    "ImmunizationRecord": resource(
        "Immunization",
        "id meta status vaccineCode patient occurrenceDateTime primarySource",
        id=ID,
        meta=_META,
        status={"enum": ["completed", "not-done"]},
        vaccineCode={"type": "object"},
        patient=object_of("reference", True, reference=TEXT),
        occurrenceDateTime=TEXT,
        primarySource={"type": "boolean"},
    ),
    "ObservationRecord": resource(
        "Observation",
        "id meta status code subject",
        id=ID,
        meta=_META,
        status={"enum": ["final", "amended", "corrected"]},
        code={"type": "object"},
        subject=object_of("reference", True, reference=TEXT),
    ),
    "CapabilityStatement": resource(
        "CapabilityStatement", "status date kind fhirVersion format rest", fhirVersion={"const": "4.0.1"}
    ),
    "SmartConfiguration": object_of(
        "token_endpoint capabilities scopes_supported grant_types_supported",
        token_endpoint=URI,
        capabilities=_TEXTS,
        scopes_supported=_TEXTS,
        grant_types_supported=_TEXTS,
    ),
    "Problem": object_of(
        "type title status detail code",
        type=URI,
        title=TEXT,
        status={"type": "integer", "minimum": 400, "maximum": 599},
        detail={"type": "string"},
        code=TEXT,
        faults=list_of(_FAULT),
        reasons={"type": "object", "additionalProperties": {"type": "string"}},
        request_id=TEXT,
    ),
    "Reason": object_of("reason", reason={"enum": list(REASONS)}),
    "Link": object_of("person_id link link_ends_at", True, person_id=ID, link=URI, link_ends_at=INSTANT),
    "Card": object_of(_CARD_MEMBERS, True, **_CARD),
    "CardWithJws": object_of(f"{_CARD_MEMBERS} jws", True, **_CARD, jws={"type": "string"}),
    "Revoked": object_of("revoked", True, revoked=list_of(ref("Card"))),
    "Issued": object_of(
        "person_id record_id cards warnings left_out link link_ends_at", True,
        person_id=ID, record_id=ID, cards=list_of(ref("Card")), warnings=list_of(_FAULT), left_out=_TEXTS,
        link=URI, link_ends_at=INSTANT,
    ),
    "TokenRequest": object_of(
        "grant_type scope client_assertion_type client_assertion",
        grant_type={"const": "client_credentials"},
        scope={"type": "string"},
        client_assertion_type={"const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
        client_assertion={"type": "string"},
    ),
    "Token": object_of(
        "access_token token_type expires_in scope", True,
        access_token=TEXT, token_type={"const": "bearer"}, expires_in={"type": "integer"}, scope={"type": "string"},
    ),
    "TokenRefused": object_of(
        "error error_description", True, error=TEXT, error_description={"type": "string"}
    ),
    "KeySet": object_of("keys", True, keys=list_of(object_of("kty kid", kty=TEXT, kid=TEXT))),
    "RevocationList": object_of(
        "kid method ctr rids", True,
        kid=TEXT, method=TEXT, ctr={"type": "integer", "minimum": 1}, rids=_TEXTS,
    ),
}  # fmt: skip
