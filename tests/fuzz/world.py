"""What the fuzzed readers are given to believe in: keys, a registry, a clock. The same in every run."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from keys import jwks_document
from keys.private import PrivateKey
from trust_registry import Entry, TrustRegistry
from trust_registry.snapshot import publish

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "vectors"
OWN = json.loads((ROOT / "tests" / "vectors" / "vectors.json").read_text("utf-8"))
NOW = datetime.fromtimestamp(OWN["now"], UTC)
ISS = "https://fuzz.example/shc"

_SECRETS = {"issuer": 0x1C0DE, "publisher": 0x2C0DE}


@cache
def key(name: str) -> PrivateKey:
    """ "issuer" signs the cards, "publisher" the registry. Worthless: the secret stands above."""
    return PrivateKey(ec.derive_private_key(_SECRETS[name], ec.SECP256R1()))


@cache
def registry() -> TrustRegistry:
    """The issuers of our own vectors, and the one whose key the mutators sign with."""
    return TrustRegistry.from_vci_snapshot({"issuerInfo": [*OWN["registry"]["issuerInfo"], issuer_info()]})


def issuer_info() -> dict[str, Any]:
    """The fuzzer's issuer as a directory lists it, with a certificate and a revocation list."""
    public = key("issuer").public
    jwk = jwks_document([public], {public.kid: 1})["keys"][0] | {"x5c": chain()}
    crl = {"kid": public.kid, "method": "rid", "ctr": 1, "rids": ["MKyCxh7p6uQ", "abc.1600000000"]}
    return {"issuer": {"iss": ISS, "name": "Fuzz"}, "keys": [jwk], "crls": [crl]}


def published() -> str:
    """A registry as its publisher signs it."""
    public = key("issuer").public
    entry = Entry(ISS, "Fuzz", "https://fuzz.example", keys=(public,), withdrawn=frozenset({"k"}), confirmed_at=NOW)
    return publish([entry], key("publisher"), number=7, now=NOW, lifetime=timedelta(days=7))


@cache
def chain() -> list[str]:
    """A leaf with the issuer's URL, signed by an authority: `x5c`. Signed deterministically."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fuzz")])
    authority = ec.derive_private_key(0x3C0DE, ec.SECP256R1())
    leaf_key = ec.derive_private_key(_SECRETS["issuer"], ec.SECP256R1())
    address = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(ISS)])
    leaf = _certificate(name, leaf_key.public_key(), 1).add_extension(address, critical=False)
    root = _certificate(name, authority.public_key(), 2)
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = [one.sign(authority, SHA256(), ecdsa_deterministic=True) for one in (leaf, root)]
    return [base64.b64encode(one.public_bytes(Encoding.DER)).decode("ascii") for one in signed]


def _certificate(name: x509.Name, public: ec.EllipticCurvePublicKey, serial: int) -> x509.CertificateBuilder:
    dates = NOW - timedelta(days=1), NOW + timedelta(days=700)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public).serial_number(serial)
    return builder.not_valid_before(dates[0]).not_valid_after(dates[1])


@cache
def shared_vectors() -> list[dict[str, Any]]:
    """The published vectors, where they stand beside the project; else none."""
    path = SHARED / "vectors.json"
    return list(json.loads(path.read_text("utf-8"))) if path.exists() else []


def payloads(*kinds: str) -> list[str]:
    """The texts of the published vectors of these kinds; the parts of a card in several codes in one text."""
    found = [vector["payload"] for vector in shared_vectors() if vector["kind"] in kinds]
    return [_as_text(payload) for payload in found if payload]


def _as_text(payload: Any) -> str:
    if isinstance(payload, str):
        return payload
    return "\x1e".join(payload) if isinstance(payload, list) else json.dumps(payload)
