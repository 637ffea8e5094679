"""The door's own findings, and which IssueType each of our codes is. Documented in docs/fhir.md.

Source of the types: FHIR R4 (4.0.1), value set issue-type.
"""

from collections.abc import Mapping
from typing import Literal

Severity = Literal["fatal", "error", "warning", "information"]

TYPES: Mapping[str, str] = {
    "json-malformed": "structure",
    "fhir-structure": "structure",
    "wrong-type": "structure",
    "empty-element": "structure",
    "not-a-bundle": "structure",
    "bundle-kind": "not-supported",
    "entry-empty": "required",
    "required-missing": "required",
    "entries-too-many": "too-long",
    "resource-left-out": "not-supported",
    "resource-unsupported": "not-supported",
    "method-unsupported": "not-supported",
    "content-type": "not-supported",
    "status-unknown": "code-invalid",
    "vaccine-unknown": "code-invalid",
    "vaccine-code-system": "code-invalid",
    "vaccine-code-form": "code-invalid",
    "vaccine-not-listed": "informational",
    "test-unknown": "informational",
    "test-code-form": "code-invalid",
    "test-code-mistyped": "code-invalid",
    "test-code-system": "code-invalid",
    "result-code-system": "code-invalid",
    "result-unknown": "informational",
    "no-vaccine": "code-invalid",
    "sex-form": "code-invalid",
    "evidence-unknown": "code-invalid",
    "hidden-character": "value",
    "text-too-long": "too-long",
    "reference-unresolved": "not-found",
    "reference-missing": "required",
    "person-unknown": "not-found",
    "record-unknown": "not-found",
    "record-deleted": "deleted",
    "nothing-to-change": "not-found",
    "not-found": "not-found",
    "not-own-record": "forbidden",
    "not-your-role": "forbidden",
    "scope-missing": "forbidden",
    "facility-not-yours": "forbidden",
    "clinic-not-live": "forbidden",
    "clinic-held": "forbidden",
    "token-missing": "login",
    "version-conflict": "conflict",
    "another-record-stands": "conflict",
    "person-mismatch": "conflict",
    "person-ambiguous": "multiple-matches",
    "patient-several": "multiple-matches",
    "full-url-repeated": "duplicate",
    "dose-repeated": "duplicate",
    "possible-duplicate": "duplicate",
    "record-unchanged": "informational",
    "message-id-reused": "informational",
    "storage-full": "no-store",
    "storage-busy": "transient",
    "no-signing-key": "transient",
    "card-unreadable": "exception",
    "parameter-unknown": "not-supported",
    "parameter-repeated": "duplicate",
    "method-not-allowed": "not-supported",
    "request-entity-too-large": "too-long",
    "content-too-large": "too-long",
    "internal-server-error": "exception",
    "bad-request": "structure",
    "not-your-patient": "forbidden",
    "person-moved": "conflict",
}
"""Our code -> IssueType. What is not named here is told by its ending, else it is a business rule."""
ENDINGS: Mapping[str, str] = {
    "-missing": "required",
    "-form": "value",
    "-range": "value",
    "-in-future": "value",
    "-too-large": "too-long",
    "-too-many": "too-long",
}

DOOR: Mapping[str, tuple[Severity, str, str]] = {
    "reference-unresolved": (
        "error",
        "The reference leads to no Patient that we know.",
        "Send the Patient with it (as an entry or contained), or refer to Patient/id as we gave it, or to one"
        " identifier.",
    ),
    "reference-missing": (
        "error",
        "It does not say whom it is about.",
        "Refer to a Patient of the bundle, to a contained one, to Patient/id as we gave it, or to one identifier.",
    ),
    "person-unknown": ("error", "There is no Patient with this id.", "Check the id; or send the Patient with it."),
    "person-mismatch": (
        "error",
        "The date of birth is not that of the person this was sent for.",
        "Check whose record it is.",
    ),
    "person-moved": (
        "error",
        "The record is about another person.",
        "A record stays with its person: delete this one, and send a new one for the right person.",
    ),
    "person-several": (
        "error",
        "The identifier belongs to several persons.",
        "Send the Patient with it: name and date of birth tell them apart.",
    ),
    "another-record-stands": (
        "error",
        "Another record says the same of this person, product and day.",
        "Correct or delete that one.",
    ),
    "record-unknown": ("error", "There is no record with this id.", "Check the id; send a new record by POST."),
    "record-deleted": ("error", "The record was deleted.", "Send it again by POST if it was deleted by mistake."),
    "not-own-record": (
        "error",
        "The record belongs to another clinic; only that clinic can see or change it here.",
        "Nothing was changed. Ask the clinic that recorded it, or the health department.",
    ),
    "version-conflict": (
        "error",
        "The record was changed since you read it.",
        "Nothing was changed. Read it again, and send your change with the ETag of that answer.",
    ),
    "version-form": (
        "error",
        "If-Match is not one weak ETag.",
        'Send it as our answer gave it, W/"3", or leave it out.',
    ),
    "id-mismatch": (
        "error",
        "The id of the resource is not the id in the address.",
        "Send the id of the address in the resource.",
    ),
    "resource-type": (
        "error",
        "The resource is not of the type in the address.",
        "Send it to the address of its type.",
    ),
    "resource-unsupported": (
        "error",
        "We do not keep resources of this type.",
        "Send Patient, Immunization or Observation, or a Bundle of them.",
    ),
    "resource-not-object": ("error", "This is not one FHIR resource.", "Send one JSON object with its resourceType."),
    "request-missing": (
        "error",
        "The entry does not say what is to be done with it.",
        "In a transaction or batch send request.method and request.url with each entry.",
    ),
    "method-unsupported": (
        "error",
        "We do not do this in a bundle.",
        "POST to Patient, Immunization or Observation; PUT and DELETE to Immunization/id or Observation/id.",
    ),
    "url-mismatch": (
        "error",
        "request.url does not go with the method and the resource.",
        "POST to the type of the resource; PUT and DELETE to Type/id.",
    ),
    "scope-missing": (
        "error",
        "Your token does not reach that far.",
        "Nothing was changed. Ask for a token with the scope that /fhir/metadata names for this.",
    ),
    "clinic-not-live": (
        "error",
        "Your clinic is not live: nothing was recorded.",
        "Ask the health department; send it again when the clinic is live.",
    ),
    "person-not-recorded": (
        "error",
        "The Patient it is about was refused.",
        "Mend the Patient's entry, and send both again.",
    ),
    "not-your-patient": (
        "error",
        "Your clinic has recorded nothing for this person.",
        "Nothing was shown. Record the dose or result first, or open the history in the clinic's pages.",
    ),
    "content-type": (
        "error",
        "We cannot read that kind of content.",
        "Nothing was recorded. Send application/fhir+json or application/json.",
    ),
    "parameters-missing": (
        "error",
        "This is not a Parameters resource.",
        "Send one JSON object with resourceType Parameters and a list parameter.",
    ),
    "parameter-form": (
        "error",
        "The parameter does not have the type the operation gives it.",
        "Send credentialType and credentialValueSet as valueUri, includeIdentityClaim as valueString, _since as"
        " valueDateTime.",
    ),
    "parameter-unknown": (
        "error",
        "The operation has no such parameter.",
        "It has credentialType, credentialValueSet, includeIdentityClaim and _since.",
    ),
    "parameter-repeated": ("error", "_since may be given once.", "Send the earliest of them."),
    "credential-type-missing": (
        "error",
        "credentialType is required and missing.",
        "Send at least one, such as Immunization or Observation.",
    ),
    "identity-claim-form": (
        "error",
        "An identity claim is no element of Patient.",
        "Send it as Patient.name or Patient.birthDate.",
    ),
    "since-form": (
        "error",
        "_since is no FHIR dateTime.",
        "Send YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz.",
    ),
    "card-too-large": (
        "error",
        "A single dose or result of this person does not fit one QR code.",
        "Shorten the name, the performer or the lot number.",
    ),
}
"""What only this door finds, and what it says in other words than the tables behind it."""
