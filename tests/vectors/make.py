"""Write tests/vectors/vectors.json: our own cards, one defect each, with the verdict they must get.

    python tests/vectors/make.py

Signatures are deterministic and keys derived from fixed numbers, so that the file changes only where a vector does.
All persons are invented; the keys are worth nothing.
"""

import json
import zlib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cards.encoding import b64url_encode, write_json
from cards.shc import numeric
from keys import jwks_document
from keys.private import PrivateKey

NOW = 1_790_000_000
"""21 September 2026, 14:13:20 UTC."""
ISS, OTHER, SAMPLE = "https://issuer.example/shc", "https://other.example/shc", "https://spec.smarthealth.cards/ours"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def key(number: int) -> PrivateKey:
    return PrivateKey(ec.derive_private_key(number, ec.SECP256R1()))


KEY, OTHERS_KEY, FORGER, REVOKING, LISTLESS, STALE, GONE = (key(n) for n in range(1001, 1008))
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "fullUrl": "resource:0",
            "resource": {
                "resourceType": "Patient",
                "name": [{"family": "Muster", "given": ["Erika"]}],
                "birthDate": "1985-02-28",
            },
        },
        {
            "fullUrl": "resource:1",
            "resource": {
                "resourceType": "Immunization",
                "status": "completed",
                "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03"}]},
                "patient": {"reference": "resource:0"},
                "occurrenceDateTime": "2026-03-01",
            },
        },
    ],
}


def deflate(octets: bytes) -> bytes:
    return zlib.compress(octets, 9, -15)


def claims(**changes: Any) -> dict[str, Any]:
    vc = {
        "type": ["https://smarthealth.cards#health-card"],
        "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": BUNDLE},
    }
    whole = {"iss": ISS, "nbf": NOW - 86400, "vc": vc} | changes
    return {name: value for name, value in whole.items() if value is not None}


def vc(**changes: Any) -> dict[str, Any]:
    return {"vc": {name: value for name, value in (claims()["vc"] | changes).items() if value is not None}}


def jws(
    payload: dict[str, Any] | bytes | None = None,
    signer: PrivateKey = KEY,
    *,
    header: dict[str, Any] | bytes | None = None,
    compress: Any = deflate,
    signature: Any = lambda octets: octets,
) -> str:
    head = (
        header
        if isinstance(header, bytes)
        else write_json(
            {
                n: v
                for n, v in ({"alg": "ES256", "zip": "DEF", "kid": signer.kid} | (header or {})).items()
                if v is not None
            }
        )
    )
    body = payload if isinstance(payload, bytes) else write_json(payload or claims())
    signing_input = f"{b64url_encode(head)}.{b64url_encode(compress(body))}"
    return f"{signing_input}.{b64url_encode(signature(signer.sign(signing_input.encode())))}"


def parts_changed(text: str, part: int, change: Any) -> str:
    parts = text.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def der(signature: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


def high_s(signature: bytes) -> bytes:
    return signature[:32] + (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def other_spare_bits(part: str) -> str:
    """The same octets under another last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + alphabet[alphabet.index(part[-1]) ^ 1]


def revocable(rid: str, **more: Any) -> str:
    return jws(claims(**vc(rid=rid), **more), REVOKING)


def doubled(member: str) -> bytes:
    text = write_json(claims()).decode()
    return text.replace(f'"{member}":', f'"{member}":null,"{member}":', 1).encode()


def long_card() -> str:
    dose = BUNDLE["entry"][1]
    many = [
        dose
        | {
            "fullUrl": f"resource:{n}",
            "resource": dose["resource"] | {"lotNumber": b64url_encode(key(n).kid.encode())[:19]},
        }
        for n in range(1, 30)
    ]
    return jws(
        claims(
            vc=claims()["vc"]
            | {
                "credentialSubject": {
                    "fhirVersion": "4.0.1",
                    "fhirBundle": BUNDLE | {"entry": [BUNDLE["entry"][0], *many]},
                }
            }
        )
    )


def vectors() -> list[dict[str, Any]]:
    good, long = jws(), long_card()
    chunks = numeric.encode_chunks(long)
    rows: list[tuple[str, Any, str, str | None]] = [
        ("good", good, "accepted", None),
        ("good-as-digits", numeric.encode(good), "accepted", None),
        ("white-space-around", f" {good}\r\n", "accepted", None),
        ("high-s", jws(signature=high_s), "accepted", None),
        ("stored-deflate", jws(compress=lambda o: zlib.compress(o, 0, -15)), "accepted", None),
        ("unknown-types", jws(claims(**vc(type=["https://smarthealth.cards#health-card", "https://x.example#y"]))), "accepted", None),
        ("context-and-vc-type", jws(claims(**vc(**{"@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential", "https://smarthealth.cards#health-card"]}))), "accepted", None),
        ("fractional-nbf", jws(write_json(claims()).replace(str(NOW - 86400).encode(), b"1789913600.677")), "accepted", None),
        ("exp-ahead", jws(claims(exp=NOW + 10)), "accepted", None),
        ("nbf-within-clock-skew", jws(claims(nbf=NOW + 30)), "accepted", None),
        ("document-bundle", jws(claims(**vc(credentialSubject={"fhirVersion": "4.0.1", "fhirBundle": BUNDLE | {"type": "document"}}))), "accepted", None),
        ("extra-header-member", jws(header={"typ": "JWT"}), "accepted", None),
        ("chunks-in-order", chunks, "accepted", None),
        ("chunks-in-any-order", chunks[::-1], "accepted", None),
        ("chunk-seen-twice", [*chunks, chunks[0]], "accepted", None),
        ("file-with-one-card", json.dumps({"verifiableCredential": [good]}), "accepted", None),
        ("sample-issuer", jws(claims(iss=SAMPLE)), "accepted", None),
        ("alg-none", parts_changed(jws(header={"alg": "none"}), 2, lambda _: ""), "rejected", "unsupported-algorithm"),
        ("alg-hs256", jws(header={"alg": "HS256"}), "rejected", "unsupported-algorithm"),
        ("alg-missing", jws(header={"alg": None}), "rejected", "unsupported-algorithm"),
        ("zip-missing", jws(header={"zip": None}), "rejected", "unsupported-algorithm"),
        ("zip-other", jws(header={"zip": "GZ"}), "rejected", "unsupported-algorithm"),
        ("crit", jws(header={"crit": ["exp"]}), "rejected", "unsupported-algorithm"),
        ("kid-missing", jws(header={"kid": None}), "rejected", "malformed-card"),
        ("kid-number", jws(header={"kid": 7}), "rejected", "malformed-card"),
        ("header-duplicate-member", jws(header=b'{"alg":"none","alg":"ES256","zip":"DEF","kid":"x"}'), "rejected", "malformed-card"),
        ("header-array", jws(header=b'[]'), "rejected", "not-a-health-card"),
        ("jwk-in-header-of-forger", jws(signer=FORGER, header={"kid": KEY.kid, "jwk": jwks_document([FORGER.public])["keys"][0]}), "rejected", "bad-signature"),
        ("signed-by-forger", jws(signer=FORGER, header={"kid": KEY.kid}), "rejected", "bad-signature"),
        ("der-signature", jws(signature=der), "rejected", "bad-signature"),
        ("signature-63-octets", jws(signature=lambda s: s[:-1]), "rejected", "bad-signature"),
        ("signature-65-octets", jws(signature=lambda s: s + b"\0"), "rejected", "bad-signature"),
        ("signature-zero", jws(signature=lambda _: bytes(64)), "rejected", "bad-signature"),
        ("signature-swapped", jws(signature=lambda s: s[32:] + s[:32]), "rejected", "bad-signature"),
        ("signature-r-beyond-order", jws(signature=lambda s: b"\xff" * 32 + s[32:]), "rejected", "bad-signature"),
        ("signature-spare-bits", parts_changed(good, 2, other_spare_bits), "rejected", "bad-signature"),
        ("payload-of-another-card", ".".join([good.split(".")[0], jws(claims(nbf=NOW - 5)).split(".")[1], good.split(".")[2]]), "rejected", "bad-signature"),
        ("two-parts", good.rpartition(".")[0], "rejected", "malformed-card"),
        ("four-parts", good + ".AA", "rejected", "malformed-card"),
        ("base64-padding", parts_changed(good, 1, lambda p: p + "="), "rejected", "malformed-card"),
        ("base64-standard-alphabet", parts_changed(good, 1, lambda p: "+" + p[1:]), "rejected", "malformed-card"),
        ("base64-impossible-length", parts_changed(good, 1, lambda p: p[: len(p) - (len(p) - 1) % 4]), "rejected", "malformed-card"),
        ("deflate-zlib-wrapper", jws(compress=lambda o: zlib.compress(o, 9)), "rejected", "malformed-card"),
        ("deflate-none", jws(compress=lambda o: o), "rejected", "malformed-card"),
        ("deflate-truncated", jws(compress=lambda o: deflate(o)[:-4]), "rejected", "malformed-card"),
        ("deflate-trailing-octets", jws(compress=lambda o: deflate(o) + b"\0"), "rejected", "malformed-card"),
        ("deflate-bomb", jws(b" " * (1024 * 1024 + 1)), "rejected", "malformed-card"),
        ("json-duplicate-member", jws(doubled("nbf")), "rejected", "malformed-card"),
        ("json-nan", jws(write_json(claims()).replace(str(NOW - 86400).encode(), b"NaN")), "rejected", "malformed-card"),
        ("json-too-deep", jws(write_json(claims())[:-1] + b',"x":' + b"[" * 70 + b"]" * 70 + b"}"), "rejected", "malformed-card"),
        ("json-endlessly-deep", jws(b"[" * 100_000), "rejected", "malformed-card"),
        ("json-bom", jws(b"\xef\xbb\xbf" + write_json(claims())), "rejected", "malformed-card"),
        ("json-latin-1", jws(write_json(claims()).replace(b"Erika", b"\xc9rika")), "rejected", "malformed-card"),
        ("json-half-a-surrogate", jws(write_json(claims()).replace(b"Erika", b"\\ud800")), "rejected", "malformed-card"),
        ("json-array", jws(b"[]"), "rejected", "malformed-card"),
        ("json-trailing-text", jws(write_json(claims()) + b"{}"), "rejected", "malformed-card"),
        ("iss-missing", jws(claims(iss=None)), "rejected", "malformed-card"),
        ("iss-number", jws(claims(iss=7)), "rejected", "malformed-card"),
        ("iss-http", jws(claims(iss="http://issuer.example/shc")), "rejected", "malformed-card"),
        ("iss-trailing-slash", jws(claims(iss=ISS + "/")), "rejected", "malformed-card"),
        ("iss-query", jws(claims(iss=ISS + "?a=b")), "rejected", "malformed-card"),
        ("iss-fragment", jws(claims(iss=ISS + "#a")), "rejected", "malformed-card"),
        ("iss-user", jws(claims(iss="https://a:b@issuer.example/shc")), "rejected", "malformed-card"),
        ("iss-other-case", jws(claims(iss="https://ISSUER.example/shc")), "undecided", "untrusted-issuer"),
        ("iss-loopback", jws(claims(iss="https://127.0.0.1/shc")), "undecided", "untrusted-issuer"),
        ("iss-unknown", jws(claims(iss="https://unknown.example/shc"), FORGER), "undecided", "untrusted-issuer"),
        ("key-of-another-issuer", jws(claims(), OTHERS_KEY), "undecided", "unknown-key"),
        ("key-withdrawn", jws(claims(), GONE), "rejected", "withdrawn-key"),
        ("nbf-missing-iat-instead", jws(claims(nbf=None, iat=NOW - 5)), "rejected", "malformed-card"),
        ("nbf-text", jws(claims(nbf=str(NOW))), "rejected", "malformed-card"),
        ("nbf-true", jws(claims(nbf=True)), "rejected", "malformed-card"),
        ("nbf-huge", jws(write_json(claims()).replace(str(NOW - 86400).encode(), b"1e999999999")), "rejected", "malformed-card"),
        ("nbf-milliseconds", jws(claims(nbf=NOW * 1000)), "rejected", "not-yet-valid"),
        ("nbf-tomorrow", jws(claims(nbf=NOW + 86400)), "rejected", "not-yet-valid"),
        ("exp-passed", jws(claims(exp=NOW - 1)), "rejected", "expired"),
        ("exp-before-nbf", jws(claims(exp=NOW - 90000)), "rejected", "malformed-card"),
        ("exp-text", jws(claims(exp=str(NOW + 9))), "rejected", "malformed-card"),
        ("vc-missing", jws(claims(vc=None)), "rejected", "malformed-card"),
        ("type-missing", jws(claims(**vc(type=["https://smarthealth.cards#immunization"]))), "rejected", "not-a-health-card"),
        ("type-text", jws(claims(**vc(type="https://smarthealth.cards#health-card"))), "rejected", "not-a-health-card"),
        ("bundle-as-text", jws(claims(**vc(credentialSubject={"fhirVersion": "4.0.1", "fhirBundle": json.dumps(BUNDLE)}))), "rejected", "malformed-card"),
        ("bundle-missing", jws(claims(**vc(credentialSubject={"fhirVersion": "4.0.1"}))), "rejected", "malformed-card"),
        ("fhir-version-missing", jws(claims(**vc(credentialSubject={"fhirBundle": BUNDLE}))), "rejected", "malformed-card"),
        ("rid-too-long", jws(claims(**vc(rid="a" * 25))), "rejected", "malformed-card"),
        ("rid-revoked", revocable("AAAAAAAAAAA"), "rejected", "revoked"),
        ("rid-other-case", revocable("AAAAAAAAAAa"), "accepted", None),
        ("rid-revoked-before-time", revocable("timed", nbf=NOW - 101), "rejected", "revoked"),
        ("rid-at-the-very-time", revocable("timed", nbf=NOW - 100), "accepted", None),
        ("rid-just-before-the-time", jws(write_json(claims(**vc(rid="timed"))).replace(str(NOW - 86400).encode(), f"{NOW - 101}.9999999999".encode()), REVOKING), "rejected", "revoked"),
        ("rid-after-the-time", revocable("timed", nbf=NOW - 99), "accepted", None),
        ("rid-in-another-keys-list", jws(claims(**vc(rid="AAAAAAAAAAA"))), "accepted", None),
        ("rid-listed-in-a-stale-list", jws(claims(**vc(rid="BAAAAAAAAAA")), STALE), "rejected", "revoked"),
        ("list-missing", jws(claims(**vc(rid="AAAAAAAAAAA")), LISTLESS), "undecided", "revocation-list-missing"),
        ("list-stale", jws(claims(**vc(rid="AAAAAAAAAAA")), STALE), "undecided", "revocation-list-stale"),
        ("digits-odd", numeric.encode(good)[:-1], "rejected", "malformed-card"),
        ("digits-none", "shc:/", "rejected", "malformed-card"),
        ("digits-pair-above-77", numeric.encode(good)[:-2] + "78", "rejected", "malformed-card"),
        ("digits-arabic-indic", numeric.encode(good).replace("5", "٥"), "rejected", "malformed-card"),
        ("digits-letter", numeric.encode(good)[:-1] + "a", "rejected", "malformed-card"),
        ("digits-inner-space", numeric.encode(good)[:9] + " " + numeric.encode(good)[9:], "rejected", "malformed-card"),
        ("prefix-without-slash", numeric.encode(good).replace("shc:/", "shc:"), "rejected", "malformed-card"),
        ("prefix-two-slashes", numeric.encode(good).replace("shc:/", "shc://"), "rejected", "malformed-card"),
        ("chunk-missing", chunks[:-1], "undecided", "chunks-missing"),
        ("chunk-alone", chunks[0], "undecided", "chunks-missing"),
        ("chunk-index-beyond-total", [chunks[0], chunks[1].replace("shc:/2/", "shc:/3/")], "rejected", "malformed-card"),
        ("chunk-totals-differ", [chunks[0], chunks[1].replace("/2/2/", "/2/3/")], "rejected", "malformed-card"),
        ("chunk-place-claimed-twice", [chunks[0], chunks[0][:-2] + "00", *chunks[1:]], "rejected", "malformed-card"),
        ("chunk-zero-based", [c.replace("shc:/1/", "shc:/0/") for c in chunks], "rejected", "malformed-card"),
        ("file-empty-list", '{"verifiableCredential":[]}', "rejected", "malformed-card"),
        ("file-text-instead-of-list", json.dumps({"verifiableCredential": good}), "rejected", "malformed-card"),
        ("file-number-in-list", '{"verifiableCredential":[7]}', "rejected", "malformed-card"),
        ("empty", "", "rejected", "not-a-health-card"),
        ("web-address", "https://www.example.org/", "rejected", "not-a-health-card"),
        ("smart-health-link", "shlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUub3JnIn0", "rejected", "not-a-health-card"),
        ("hc1", "HC1:NCFOXN", "rejected", "not-a-health-card"),
    ]  # fmt: skip
    return [{"id": i, "scanned": s, "outcome": o, "code": c} for i, s, o, c in rows]


def registry() -> dict[str, Any]:
    listed = [key.public for key in (KEY, REVOKING, LISTLESS, STALE)]
    versions = {REVOKING.kid: 3, LISTLESS.kid: 1, STALE.kid: 2}
    crls = [
        {"kid": REVOKING.kid, "method": "rid", "ctr": 3, "rids": ["AAAAAAAAAAA", f"timed.{NOW - 100}"]},
        {"kid": STALE.kid, "method": "rid", "ctr": 1, "rids": ["BAAAAAAAAAA"]},
    ]
    info = [
        {
            "issuer": {"iss": ISS, "name": "Example Clinic"},
            "keys": jwks_document(listed, versions)["keys"],
            "crls": crls,
        },
        {"issuer": {"iss": OTHER, "name": "Other Clinic"}, "keys": jwks_document([OTHERS_KEY.public])["keys"]},
        {"issuer": {"iss": SAMPLE, "name": "Sample issuer"}, "keys": jwks_document([KEY.public])["keys"]},
    ]
    return {"issuerInfo": info}


def document() -> dict[str, Any]:
    return {"now": NOW, "withdrawn": [GONE.kid], "registry": registry(), "vectors": vectors()}


if __name__ == "__main__":
    path = Path(__file__).with_name("vectors.json")
    path.write_text(json.dumps(document(), indent=1, ensure_ascii=True) + "\n", "utf-8")
