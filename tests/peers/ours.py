"""Cards as our issuer makes them, of every kind that another reader could stumble over. All persons are made up."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from cards import CardTooLarge
from cards.encoding import b64url_decode, deflate, inflate, write_json
from cards.shc.numeric import MAX_JWS_CHARACTERS
from issuer.fhir import read_bundle
from issuer.grouping import drafts_of
from issuer.issuance import Issuer
from issuer.records import IssuedCard, Record
from issuer.signing import signed_cards
from keys.private import PrivateKey

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ISS = "https://issuer.example/shc"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
NEARLY_FULL = 1185
"""Characters of a JWS that count as "near 1195"."""

NAMES: Mapping[str, Mapping[str, Any]] = {
    "latin with accents": {"family": "Ångström-Łukasiewicz", "given": ["Zoë", "D’Árcy"]},
    "arabic": {"family": "المنصوري", "given": ["ليلى", "عبد الرحمن"]},
    "devanagari": {"family": "श्रीवास्तव", "given": ["क्षितिज"]},
    "chinese": {"text": "歐陽娜娜", "family": "歐陽", "given": ["娜娜"]},
    "japanese": {"family": "髙橋", "given": ["さくら"]},
    "korean": {"family": "선우", "given": ["지아"]},
    "beyond the basic plane": {"family": "𠮷野", "given": ["𝓐𝓷𝓷𝓪"]},
    "escapes": {"family": 'O"Neil\\Smith / <b>&', "given": ["Tab\u00a0Bed"]},
}


@dataclass(frozen=True)
class Ours:
    """One card, and the text of the bundle that was signed."""

    name: str
    jws: str = field(repr=False)
    bundle: bytes = field(repr=False)
    rid: str = field(repr=False, default="")


@cache
def key() -> PrivateKey:
    """The same for the whole run; made for it, and worthless after."""
    return PrivateKey(ec.generate_private_key(ec.SECP256R1()))


@cache
def issuer() -> Issuer:
    return Issuer(ISS, key(), bytes(range(32)))


@cache
def cards() -> tuple[Ours, ...]:
    """Every kind."""
    return (
        *_ordinary(),
        *_named(),
        _of_all_sizes(_is_full, "near 1195 characters"),
        _of_all_sizes(_is_saved, "saved by zopfli"),
    )


@cache
def revoked() -> Ours:
    """A card whose `rid` stands in the revocation list."""
    return next(iter(_made("revoked", [dose("2021-01-01")])))


def patient(**more: Any) -> dict[str, Any]:
    base = {
        "resourceType": "Patient",
        "name": [{"family": "Anyperson", "given": ["Jane", "C."]}],
        "birthDate": "1961-01-20",
    }
    return base | more


def dose(date: str, code: str = "207", lot: str = "0000001", performer: str = "ABC General Hospital") -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": code, "display": "a vaccine"}]},
        "patient": {"reference": "urn:uuid:patient"},
        "occurrenceDateTime": date,
        "performer": [{"actor": {"display": performer}}],
        "lotNumber": lot,
    }


def result(**value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "meta": {"security": [{"system": "https://smarthealth.cards/ial", "code": "IAL2"}]},
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94558-4"}]},
        "subject": {"reference": "urn:uuid:patient"},
        "effectiveDateTime": "2021-02-17T10:30:00.500+05:30",
        "performer": [{"display": "ABC General Hospital"}],
        **value,
    }


def bundle_of(records: Sequence[Mapping[str, Any]], who: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """As a clinic sends it."""
    resources = [who or patient(), *records]
    entries = [{"fullUrl": f"urn:uuid:{n or 'patient'}", "resource": one} for n, one in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _ordinary() -> Iterator[Ours]:
    negative = {"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]}}
    yield from _made("two doses", [dose("2021-01-01"), dose("2021-01-29", lot="0000007")])
    yield from _made("one dose, date alone", [dose("2021-03")])
    yield from _made("laboratory result", [result(**negative)])
    yield from _made("laboratory value", [result(valueQuantity=_QUANTITY)])
    groups = [
        ("207", "2021-01-01"),
        ("03", "1962-03-04"),
        ("21", "1963-03-04"),
        ("10", "1961-06-01"),
        ("115", "2011-01-01"),
    ]
    yield from _made("several vaccine groups", [dose(date, code) for code, date in groups])


_QUANTITY = {"value": 1.5, "unit": "[IU]/mL", "system": "http://unitsofmeasure.org", "code": "[IU]/mL"}


def _named() -> Iterator[Ours]:
    for script, name in NAMES.items():
        yield from _made(f"name: {script}", [dose("2021-01-01")], patient(name=[dict(name)]))


def _made(name: str, records: Sequence[Mapping[str, Any]], who: Mapping[str, Any] | None = None) -> Iterator[Ours]:
    submission = read_bundle(write_json(bundle_of(records, who)), NOW)
    ids = itertools.count()
    made = signed_cards(submission, issuer(), key().public, lambda: f"{name} {next(ids)}", NOW)
    for title, issued in made:
        yield _ours(f"{name} ({title})" if len(made) > 1 else name, issued)


def _ours(name: str, issued: IssuedCard) -> Ours:
    return Ours(name, issued.jws, _payload(issued.jws), issued.rid)


def _payload(jws: str) -> bytes:
    return inflate(b64url_decode(jws.split(".")[1]))


def _of_all_sizes(wanted: Callable[[str], bool], name: str) -> Ours:
    """The first card that is wanted among some of growing size; lots are random, so that DEFLATE cannot shrink them."""
    for length, performer in itertools.product(range(20, 60), range(1, 17)):
        source = random.Random(length)
        lots = ["".join(source.choices(ALPHABET, k=length)) for _ in range(9)]
        records = [
            dose(f"2021-0{n}-01", lot=lot, performer="".join(source.choices(ALPHABET, k=performer)))
            for n, lot in enumerate(lots, 1)
        ]
        (draft,) = drafts_of(read_bundle(write_json(bundle_of(records)), NOW))
        try:
            issued = issuer().issue(Record(f"{name} {length} {performer}", draft.bundle()), NOW)
        except CardTooLarge:
            continue
        if wanted(issued.jws):
            return _ours(name, issued)
    raise LookupError(f"no card is {name}")


def _is_full(jws: str) -> bool:
    return NEARLY_FULL <= len(jws) <= MAX_JWS_CHARACTERS and not _is_saved(jws)


def _is_saved(jws: str) -> bool:
    """Whether zlib's best would have been too long."""
    deflated = b64url_decode(jws.split(".")[1])
    more = len(deflate(_payload(jws))) - len(deflated)
    return len(jws) + more * 4 // 3 > MAX_JWS_CHARACTERS
