"""What fuzzing starts from, and how any JSON value becomes an input: seeds and shapes of the targets."""

import json
from collections.abc import Callable
from typing import Any

from cards.encoding import write_json
from tests.fuzz import cards_shaped, world
from tests.fuzz.cards_shaped import SEPARATOR, octets_of


def card_seeds() -> list[bytes]:
    own = [vector["scanned"] for vector in world.OWN["vectors"]]
    texts = [one if isinstance(one, str) else SEPARATOR.join(one) for one in own]
    bundles = [seed for seed in bundle_seeds() if len(seed) < 5000]
    texts += [cards_shaped.card_around(json.loads(seed), rid="abc") for seed in bundles[:1]]
    texts += [cards_shaped.digits(cards_shaped.card_around(json.loads(seed))) for seed in bundles[:6]]
    return [
        octets_of(text)
        for text in [*texts, *world.payloads("jws", "shc-qr", "smart-health-card-file")]
        if len(text) < 16_000
    ]


def bundle_seeds() -> list[bytes]:
    made = [write_json(BUNDLE)]
    return made + [octets_of(text) for text in world.payloads("fhir-bundle") if len(text) < 16_000]


def json_seeds(*kinds: str) -> Callable[[], list[bytes]]:
    return lambda: [octets_of(text) for text in world.payloads(*kinds)]


def key_seeds() -> list[bytes]:
    own = [write_json({"keys": info["keys"]}) for info in (world.issuer_info(), *world.OWN["registry"]["issuerInfo"])]
    return own + json_seeds("jwks")()


def crl_seeds() -> list[bytes]:
    lists = [
        crl for info in (world.issuer_info(), *world.OWN["registry"]["issuerInfo"]) for crl in info.get("crls", [])
    ]
    return [write_json(crl) for crl in lists] + json_seeds("crl")()


def directory_seeds() -> list[bytes]:
    info = world.issuer_info()
    working_copy = {
        "entries": [{"iss": world.ISS, "name": "n", "keys": info["keys"], "confirmed_at": world.NOW.isoformat()}]
    }
    return [write_json({"issuerInfo": [info]}), write_json(world.OWN["registry"]), write_json(working_copy)]


def file_seeds() -> list[bytes]:
    card = cards_shaped.card_around(BUNDLE)
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "verifiableCredential", "valueString": card}]}
    return [
        octets_of(cards_shaped.in_file([card])),
        write_json(parameters),
        *json_seeds("smart-health-card-file", "fhir-parameters")(),
    ]


def as_card(value: Any) -> bytes:
    """JSON from the generator as a card's bundle, as its entries, or as all of its claims."""
    if isinstance(value, list):
        value = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in value]}
    return octets_of(cards_shaped.card_around(value) if isinstance(value, dict) else cards_shaped.card_of(value))


def as_member(name: str) -> Callable[[Any], bytes]:
    return lambda value: write_json(value if isinstance(value, dict) else {name: value})


def as_published(value: Any) -> bytes:
    header = write_json({"alg": "ES256", "typ": "countersign-registry+jws", "kid": world.key("publisher").kid})
    content = {"number": 7, "iat": world.OWN["now"], "exp": world.OWN["now"], "issuers": value}
    return octets_of(cards_shaped.signed(header, write_json(content), "publisher"))


def as_bundle(value: Any) -> bytes:
    resources = value if isinstance(value, list) else [value]
    return write_json(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
    )


_PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "name": [{"family": "Any", "given": ["Jo"]}],
    "birthDate": "1961-01-20",
}
_DOSE = {
    "resourceType": "Immunization",
    "meta": {"security": [{"system": "https://smarthealth.cards/ial", "code": "IAL2"}]},
    "status": "completed",
    "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "207", "display": "d"}], "text": "t"},
    "patient": {"reference": "Patient/p"},
    "occurrenceDateTime": "2021-01-01",
    "performer": [{"actor": {"display": "Clinic"}}],
    "lotNumber": "1",
}
_RESULT = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "94558-4"}]},
    "subject": {"reference": "urn:uuid:p"},
    "effectivePeriod": {"start": "2021-02-17T10:00:00Z", "end": "2021-02-17T10:00:00Z"},
    "valueQuantity": {"value": 1.5, "comparator": "<", "unit": "mg"},
    "performer": [{"display": "Lab"}],
}
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"fullUrl": f"urn:uuid:{name}", "resource": one}
        for name, one in (("p", _PATIENT), ("1", _DOSE), ("2", _RESULT))
    ],
}
"""An invented person with a dose and a result, as a clinic would send it."""
