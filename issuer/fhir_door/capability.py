"""What this FHIR server can do, said to machines: CapabilityStatement and SMART configuration. Pure.

Sources: FHIR R4 (4.0.1) CapabilityStatement; SMART App Launch 2.2, "Conformance"; SMART Health Cards and Links 1.0.0,
"Discovery" (requirement F5).
"""

from collections.abc import Sequence
from typing import Any

from issuer.staff.assertions import ALGORITHMS
from issuer.staff.scopes import SUPPORTED

CHANGED = "2026-11-20"
"""When what is said here changed last."""
OPERATION = "http://hl7.org/fhir/uv/smart-health-cards-and-links/OperationDefinition/patient-i-health-cards-issue"
SMART_CAPABILITIES = ("health-cards", "client-confidential-asymmetric", "permission-v1", "permission-v2")
FORMATS = ("application/fhir+json", "application/json")
_EVENT_INTERACTIONS = ("create", "read", "update", "delete")
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SERVICES = "http://terminology.hl7.org/CodeSystem/restful-security-service"


def capability_statement(base: str, token_endpoint: str, name: str, version: str) -> dict[str, Any]:
    """The CapabilityStatement at `/fhir/metadata`.

    Args:
        base: address of the FHIR server.
        name: who runs the service. version: of the software.
    """
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": CHANGED,
        "publisher": name,
        "kind": "instance",
        "software": {"name": "Countersign", "version": version},
        "implementation": {"description": f"Vaccinations and test results for {name}", "url": base},
        "fhirVersion": "4.0.1",
        "format": list(FORMATS),
        "rest": [_rest(token_endpoint)],
    }


def smart_configuration(token_endpoint: str, scopes: Sequence[str] = SUPPORTED) -> dict[str, Any]:
    """The document at `/.well-known/smart-configuration`."""
    return {
        "token_endpoint": token_endpoint,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "scopes_supported": list(scopes),
        "response_types_supported": ["token"],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": list(SMART_CAPABILITIES),
    }


def _rest(token_endpoint: str) -> dict[str, Any]:
    return {
        "mode": "server",
        "documentation": "A transaction is recorded whole or not at all. Of a batch, or of a collection sent likewise,"
        " each entry is recorded by itself. One bundle may be about several persons, and has at most 500 entries."
        " Records are those of the sender's own clinic: there is no search. What is sent again changes nothing.",
        "security": {
            "cors": False,
            "service": [{"coding": [{"system": _SERVICES, "code": "SMART-on-FHIR"}]}],
            "description": "SMART Backend Services: private_key_jwt with RS384 or ES384. Creating needs the scope"
            " system/Type.c, correcting .u, deleting .d, reading .r; in a bundle each entry needs its own, or"
            " system/Bundle.c for whatever is created. $health-cards-issue needs system/Patient.r.",
            "extension": [{"url": _OAUTH_URIS, "extension": [{"url": "token", "valueUri": token_endpoint}]}],
        },
        "resource": [_patient(), _event("Immunization"), _event("Observation")],
        "interaction": [{"code": "transaction"}, {"code": "batch"}],
    }


def _patient() -> dict[str, Any]:
    return {
        "type": "Patient",
        "documentation": "A Patient who is known already is found by identifier, else by name, date of birth and"
        " contact, and updated: 200 instead of 201. There is no conditional create: what it is for happens anyhow.",
        "interaction": [{"code": "create"}],
        "versioning": "no-version",
        "conditionalCreate": False,
        "conditionalUpdate": False,
        "operation": [{"name": "health-cards-issue", "definition": OPERATION}],
    }


def _event(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "documentation": "Reading, correcting and deleting reach the clinic's own records only."
        " The status entered-in-error deletes. If-Match is honoured where it is sent.",
        "interaction": [{"code": code} for code in _EVENT_INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": False,
        "conditionalRead": "not-supported",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "logical", "local"],
    }
