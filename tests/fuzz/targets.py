"""What is fuzzed: each reader of strangers' octets, what it may raise, how long it may take and how much it may want.

`run` answers in a word what came of an input and raises only what is documented nowhere: that is a finding.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import cards
import keys
import verifier
from cards.encoding import read_json, write_json
from cards.shc.content import content_of
from cards.shc.file import read_file
from cards.shc.minimize import UnresolvedReference, minimize
from issuer.faults import InvalidBundle
from issuer.fhir import read_bundle
from tests.fuzz import cards_shaped, keys_shaped, pictures_shaped, world
from tests.fuzz.cards_shaped import SEPARATOR, Octets, octets_of, text_of
from trust_registry import NotADirectory, TrustRegistry
from trust_registry.reading import read_registry
from trust_registry.snapshot import BadRegistry, read_published
from verifier.image import UnreadablePicture, read_codes
from verifier.presentation import present
from verifier.verdict import Verdict

OUTCOMES = {"accepted", "rejected", "undecided"}


@dataclass(frozen=True)
class Target:
    """One reader."""

    name: str
    run: Callable[[bytes], str]
    seeds: Callable[[], Iterable[bytes]]
    mutate: Callable[[bytes, Random, Octets], bytes]
    shape: Callable[[Any], bytes]
    """An input about any JSON value."""
    seconds: float = 0.5
    """Processor time one call may take."""
    mebibytes: int = 128
    """By which one call may raise the memory of the process."""
    max_octets: int = 16_384
    share: float = 1.0
    """Of the time, relative to the others."""


def _read_card(octets: bytes) -> str:
    texts = text_of(octets).split(SEPARATOR)
    try:
        cards.read(texts if len(texts) > 1 else texts[0])
    except (cards.NotAHealthCard, cards.MalformedCard, cards.UnsupportedAlgorithm, cards.ChunksMissing) as error:
        return error.code
    return "read"


def _check(octets: bytes) -> str:
    """One card, or chunks; and the same texts as a pile. Neither ever raises; the page has words for each verdict."""
    texts = text_of(octets).split(SEPARATOR)
    verdict = verifier.check(texts if len(texts) > 1 else texts[0], world.registry(), world.NOW)
    for one in (verdict, *verifier.check_all(texts, world.registry(), world.NOW)):
        _must_be_a_verdict(one)
    return verdict.code or verdict.outcome


def _must_be_a_verdict(verdict: Verdict) -> None:
    assert verdict.outcome in OUTCOMES
    assert (verdict.code is None) == (verdict.outcome == "accepted")
    assert verdict.card is not None or verdict.outcome != "accepted"
    present(verdict, world.registry(), world.NOW)


def _read_crl(octets: bytes) -> str:
    try:
        crl = cards.read_crl(octets)
    except cards.MalformedCard as error:
        return error.code
    assert cards.read_crl(cards.shc.crl.crl_document(crl.kid, crl.ctr, crl.entries())).ctr == crl.ctr
    try:
        crl.check("abc", Decimal("1600000000.5"))
    except cards.Revoked as error:
        return error.code
    return "read"


def _examine_jwks(octets: bytes) -> str:
    try:
        found = keys.examine_jwks(octets, world.ISS)
    except keys.NotAKeySet:
        return "NotAKeySet"
    keys.jwks_document(found.keys)
    return found.left_out[0].reason if found.left_out else f"{min(2, len(found.keys))} keys"


def _directory(octets: bytes) -> str:
    try:
        registry = TrustRegistry.from_vci_snapshot(octets)
    except NotADirectory:
        return "NotADirectory"
    return registry.findings[0].reason if registry.findings else f"{min(2, len(registry))} issuers"


def _published(octets: bytes) -> str:
    try:
        read_published(text_of(octets), [world.key("publisher").public], world.NOW, 5)
    except BadRegistry as error:
        return str(error).split(":")[0].split(".")[0]
    return "read"


def _registry(octets: bytes) -> str:
    try:
        read_registry(octets, [world.key("publisher").public], world.NOW, 5)
    except (BadRegistry, NotADirectory) as error:
        return type(error).__name__
    return "read"


def _file(octets: bytes) -> str:
    try:
        return f"{min(3, len(read_file(text_of(octets))))} cards"
    except cards.MalformedCard as error:
        return error.code


def _picture(octets: bytes) -> str:
    try:
        return f"{min(2, len(read_codes(octets)))} codes"
    except UnreadablePicture as error:
        return error.code


def _bundle(octets: bytes) -> str:
    """What stands on a card is shown whatever it is; minimising refuses what leads nowhere."""
    try:
        bundle = read_json(octets)
    except cards.MalformedCard as error:
        return error.code
    if not isinstance(bundle, dict):
        return "no object"
    content_of(bundle)
    try:
        small = minimize(bundle)
    except UnresolvedReference:
        return "UnresolvedReference"
    assert content_of(small) is not None
    assert read_json(write_json(small)) == small
    return "minimised"


def _record(octets: bytes) -> str:
    try:
        read_bundle(octets, world.NOW)
    except InvalidBundle as error:
        return error.faults[0].code
    return "read"


def _card_seeds() -> list[bytes]:
    own = [vector["scanned"] for vector in world.OWN["vectors"]]
    texts = [one if isinstance(one, str) else SEPARATOR.join(one) for one in own]
    bundles = [seed for seed in _bundle_seeds() if len(seed) < 5000]
    texts += [cards_shaped.card_around(json.loads(seed), rid="abc") for seed in bundles[:1]]
    texts += [cards_shaped.digits(cards_shaped.card_around(json.loads(seed))) for seed in bundles[:6]]
    return [
        octets_of(text)
        for text in [*texts, *world.payloads("jws", "shc-qr", "smart-health-card-file")]
        if len(text) < 16_000
    ]


def _bundle_seeds() -> list[bytes]:
    made = [write_json(BUNDLE)]
    return made + [octets_of(text) for text in world.payloads("fhir-bundle") if len(text) < 16_000]


def _json_seeds(*kinds: str) -> Callable[[], list[bytes]]:
    return lambda: [octets_of(text) for text in world.payloads(*kinds)]


def _key_seeds() -> list[bytes]:
    own = [write_json({"keys": info["keys"]}) for info in (world.issuer_info(), *world.OWN["registry"]["issuerInfo"])]
    return own + _json_seeds("jwks")()


def _crl_seeds() -> list[bytes]:
    lists = [
        crl for info in (world.issuer_info(), *world.OWN["registry"]["issuerInfo"]) for crl in info.get("crls", [])
    ]
    return [write_json(crl) for crl in lists] + _json_seeds("crl")()


def _directory_seeds() -> list[bytes]:
    info = world.issuer_info()
    working_copy = {
        "entries": [{"iss": world.ISS, "name": "n", "keys": info["keys"], "confirmed_at": world.NOW.isoformat()}]
    }
    return [write_json({"issuerInfo": [info]}), write_json(world.OWN["registry"]), write_json(working_copy)]


def _file_seeds() -> list[bytes]:
    card = cards_shaped.card_around(BUNDLE)
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "verifiableCredential", "valueString": card}]}
    return [
        octets_of(cards_shaped.in_file([card])),
        write_json(parameters),
        *_json_seeds("smart-health-card-file", "fhir-parameters")(),
    ]


def _as_card(value: Any) -> bytes:
    """JSON from the generator as a card's bundle, as its entries, or as all of its claims."""
    if isinstance(value, list):
        value = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in value]}
    return octets_of(cards_shaped.card_around(value) if isinstance(value, dict) else cards_shaped.card_of(value))


def _in(name: str) -> Callable[[Any], bytes]:
    return lambda value: write_json(value if isinstance(value, dict) else {name: value})


def _as_published(value: Any) -> bytes:
    header = write_json({"alg": "ES256", "typ": "countersign-registry+jws", "kid": world.key("publisher").kid})
    content = {"number": 7, "iat": world.OWN["now"], "exp": world.OWN["now"], "issuers": value}
    return octets_of(cards_shaped.signed(header, write_json(content), "publisher"))


def _as_bundle(value: Any) -> bytes:
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

_PICTURE_MEBIBYTES = 700
"""40 megapixels take 160 MB in colours, each grey copy 40 MB, and the decoders of WebP and AVIF as much again."""

TARGETS = {
    target.name: target
    for target in (
        Target("cards.read", _read_card, _card_seeds, cards_shaped.mutate_card, _as_card, share=2),
        Target("verifier.check", _check, _card_seeds, cards_shaped.mutate_card, _as_card, share=3),
        Target("cards.read_crl", _read_crl, _crl_seeds, cards_shaped.mutate_document, _in("rids")),
        Target("keys.examine_jwks", _examine_jwks, _key_seeds, keys_shaped.mutate_keys, _in("keys")),
        Target("registry.directory", _directory, _directory_seeds, keys_shaped.mutate_keys, _in("issuerInfo"), share=2),
        Target(
            "registry.published",
            _published,
            lambda: [octets_of(world.published())],
            cards_shaped.mutate_published,
            _as_published,
        ),
        Target("registry.reading", _registry, _directory_seeds, keys_shaped.mutate_keys, _in("entries")),
        Target("shc.file", _file, _file_seeds, cards_shaped.mutate_document, _in("verifiableCredential")),
        Target("shc.bundle", _bundle, _bundle_seeds, cards_shaped.mutate_document, _as_bundle),
        Target("issuer.record", _record, _bundle_seeds, cards_shaped.mutate_document, _as_bundle),
        Target(
            "picture",
            _picture,
            pictures_shaped.pictures,
            pictures_shaped.mutate_picture,
            write_json,
            2,
            _PICTURE_MEBIBYTES,
            share=2,
        ),
        Target("pdf", _picture, pictures_shaped.pdfs, pictures_shaped.mutate_pdf, write_json, 2, _PICTURE_MEBIBYTES),
    )
}
