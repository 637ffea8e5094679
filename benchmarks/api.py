"""What others need to measure the same: an issuer, records, a loaded registry.

issuer = make_issuer("https://issuer.example/shc")
record = records_of(BUNDLE)[0]
jws = issuer.issue(record, now).jws
registry = registry_of(issuer, issuers=10_000, rids=1_000_000)
verifier.check(cards.shc.numeric.encode(jws), registry, now)
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cards.encoding import b64url_encode, write_json
from cards.shc.crl import CardRevocationList
from cards.shc.numeric import encode
from issuer.fhir import read_bundle
from issuer.grouping import drafts_of
from issuer.issuance import Issuer
from issuer.records import Record
from keys import PublicKey
from keys.private import PrivateKey
from trust_registry import Entry, TrustRegistry

__all__ = ["BUNDLE", "encode", "make_issuer", "public_key_of", "records_of", "registry_of"]

_PUBLIC: dict[int, PublicKey] = {}


def _dose(date: str, lot: str) -> dict[str, Any]:
    coding = {"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}
    return {
        "resource": {
            "resourceType": "Immunization",
            "status": "completed",
            "vaccineCode": {"coding": [coding]},
            "patient": {"reference": "urn:uuid:patient"},
            "occurrenceDateTime": date,
            "performer": [{"actor": {"display": "ABC General Hospital"}}],
            "lotNumber": lot,
        }
    }


BUNDLE: Mapping[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "fullUrl": "urn:uuid:patient",
            "resource": {
                "resourceType": "Patient",
                "name": [{"family": "Anyperson", "given": ["Jane", "C."]}],
                "birthDate": "1961-01-20",
            },
        },
        {"fullUrl": "urn:uuid:1", **_dose("2021-01-01", "0000001")},
        {"fullUrl": "urn:uuid:2", **_dose("2021-01-29", "0000007")},
    ],
}
"""One invented person with two doses: the size of card that most people carry."""


def make_issuer(iss: str) -> Issuer:
    """An issuer with a fresh key and a fixed rid secret."""
    key = PrivateKey.generate()
    issuer = Issuer(iss, key, bytes(32))
    _PUBLIC[id(issuer)] = key.public
    return issuer


def public_key_of(issuer: Issuer) -> PublicKey:
    """The public half of an issuer that `make_issuer` made."""
    return _PUBLIC[id(issuer)]


def records_of(bundle: Mapping[str, Any]) -> list[Record]:
    """The checked, minimised records of a FHIR bundle, one a card."""
    submission = read_bundle(write_json(bundle), datetime.now(UTC))
    drafts = drafts_of(submission)
    return [Record(f"card-{number}", draft.bundle(), draft.title) for number, draft in enumerate(drafts)]


def registry_of(issuer: Issuer, issuers: int = 1, rids: int = 0) -> TrustRegistry:
    """A registry of `issuers` issuers, `issuer` among them; its key has a revocation list of `rids` random entries."""
    key, source = public_key_of(issuer), random.Random(7)
    crls = ()
    if rids:
        crls = (CardRevocationList(key.kid, 1, {b64url_encode(source.randbytes(8)) for _ in range(rids)}),)
    own = Entry(issuer.iss, "The issuer measured", keys=(key,), crls=crls)
    others = (
        Entry(f"https://issuer-{number}.example/shc", f"Issuer {number}", keys=(PrivateKey.generate().public,))
        for number in range(issuers - 1)
    )
    return TrustRegistry(entry.trusted() for entry in (*others, own))
