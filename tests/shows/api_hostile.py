"""Bodies that no generator of good requests thinks of: nonsense, depth, size, marks that are not seen."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask

_DEEP = 5_000
_DEEP_RESOURCE: Any = {"resourceType": "Immunization"}
for _ in range(60):
    _DEEP_RESOURCE = {"resourceType": "Patient", "contained": [_DEEP_RESOURCE]}


def _patient(**more: Any) -> bytes:
    said = {"resourceType": "Patient", "name": [{"family": "A", "given": ["B"]}], "birthDate": "1950-01-01", **more}
    return json.dumps(said).encode()


def _dose(**more: Any) -> bytes:
    coding = {"system": "http://hl7.org/fhir/sid/cvx", "code": "208"}
    said = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [coding]},
        "patient": {"reference": "#p"},
        "contained": [{"id": "p", **json.loads(_patient())}],
        "occurrenceDateTime": "2021-01-01",
        **more,
    }
    return json.dumps(said).encode()


def _bundle(entry: Any) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entry}).encode()


HOSTILE: Mapping[str, bytes] = {
    "nothing": b"",
    "no JSON": b"MSH|^~\\&|",
    "cut off": b'{"resourceType":"Bundle","type":"batch","entry":[{',
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "not a number": b'{"resourceType":"Patient","multipleBirthInteger":NaN}',
    "a member twice": b'{"resourceType":"Patient","resourceType":"Bundle"}',
    "latin-1": b'{"resourceType":"Patient","name":[{"family":"M\xfcller"}]}',
    "UTF-16": _patient().decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + _patient(),
    "half a surrogate pair": b'{"resourceType":"Patient","name":[{"family":"\\ud800","given":["A"]}]}',
    "deep lists": b"[" * _DEEP + b"]" * _DEEP,
    "deep objects": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "deep resources": json.dumps(_DEEP_RESOURCE).encode(),
    "a huge number": b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5_000 + b"}",
    "a huge exponent": _dose().replace(b'"2021-01-01"', b"1e999999999"),
    "a large number": _patient(multipleBirthInteger=10**400),
    "a number for a text": _dose(lotNumber=7),
    "a null byte": _patient(name=[{"family": "A\x00", "given": ["B"]}]),
    "a null byte in an identifier": _dose(identifier=[{"system": "a\x00", "value": "b\x00"}]),
    "marks of direction": _dose(lotNumber="A\u202eB"),
    "a noncharacter": _dose(lotNumber="A\uffff\uffff1\uffff"),
    "a long text": _patient(name=[{"family": "A" * 100_000, "given": ["B"]}]),
    "more than it takes": _patient(text={"div": "x" * 1_100_000}),
    "many names": _patient(name=[{"family": f"A{n}", "given": ["B"]} for n in range(5_000)]),
    "many codes": _dose(vaccineCode={"coding": [{"system": "urn:x", "code": str(n)} for n in range(5_000)]}),
    "a type that is none": b'{"resourceType":["Patient"]}',
    "another type": b'{"resourceType":"Account"}',
    "entries that are none": _bundle([None, 7, "x", [], {}, {"resource": None}, {"resource": []}]),
    "requests that are none": _bundle([{"resource": {"resourceType": "Patient"}, "request": []}]),
    "a request with a list for a URL": _bundle([{"request": {"method": "DELETE", "url": ["Immunization/1"]}}]),
    "a reference that is none": _bundle(
        [{"request": {"method": "POST", "url": "Immunization"}, "resource": {**json.loads(_dose()), "patient": [7]}}]
    ),
    "a status that is none": _dose(status=["completed"]),
    "parameters that are none": b'{"resourceType":"Parameters","parameter":[{"name":["credentialType"]}]}',
    "the year nought": _dose(occurrenceDateTime="0000-00-00"),
    "markup": b"<Bundle xmlns='http://hl7.org/fhir'/>",
}
_TYPES = ("application/fhir+json", "application/json", "application/xml", "multipart/form-data", "")


def hostile(app: Flask, document: Mapping[str, Any], token: str) -> list[str]:
    """Send each to every operation that takes a body; where the answer is not as described."""
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    return list(_sent(client, document, headers))


def _sent(client: Any, document: Mapping[str, Any], headers: Mapping[str, str]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "requestBody" not in operation:
                continue
            place = path
            for parameter in operation.get("parameters", []):
                place = place.replace(f"{{{parameter['name']}}}", str(parameter.get("example", "unknown")))
            for number, (name, body) in enumerate(HOSTILE.items()):
                for kind in _TYPES[: 2 + number % 4]:
                    answer = client.open(place, method=method.upper(), data=body, headers=headers, content_type=kind)
                    described = operation["responses"].get(str(answer.status_code), {}).get("content", {})
                    if answer.status_code >= 500 or answer.mimetype not in described:
                        yield f"{method.upper()} {path}: {name} as {kind}: {answer.status_code} {answer.mimetype}"
