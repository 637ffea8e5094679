"""Change a JSON text a little, so that it stays one (mostly) and says something nobody expected."""

import json
from collections import deque
from collections.abc import Iterator
from random import Random
from typing import Any

MAX_PLACES = 500
"""Members looked at; a larger document is changed near its beginning."""

_NAMES = (
    "iss nbf exp vc type rid credentialSubject fhirVersion fhirBundle resourceType entry resource fullUrl id meta"
    " security text name family given birthDate coding system code display reference vaccineCode occurrenceDateTime"
    " lotNumber performer actor status isSubpotent valueCodeableConcept valueQuantity valueString effectivePeriod start"
    " contained extension alg zip kid crit keys kty crv use x y d x5c crlVersion method ctr rids crls issuerInfo"
    " issuer website canonical_iss sample withdrawn lastRetrieved confirmed_at entries source number iat issuers typ"
    " verifiableCredential parameter valueString Parameters"
).split()
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 127, 2**31, 2**53, 2**63, 2**64, 10**15, -(10**15), 10**30, -(10**300)),
    *(1.5, -0.0, 1e-300, 1e300, 1600000000.5, "", " ", "0", "1", "-1", "a", "\u0000", "\u202e", "ﷺ", "é", "\uffff"),
    *("\uffff1.5\uffff", "true", "null", "resource:0", "resource:99", "#", "/_history/", "https://fuzz.example/shc"),
    *("https://[", "https://a:99999", "https://a/", "http://a", "//", "2021-02-30", "2021", "0000-00-00", "9" * 40),
    *("Bundle", "Patient", "Immunization", "Observation", "Parameters", "ES256", "none", "DEF", "rid", "sig", "P-256"),
    *(
        "https://smarthealth.cards#health-card",
        "A" * 43,
        "A" * 11,
        "A" * 25,
        "abc.99999999999999999999",
        "=",
        "é" * 300,
    ),
    *(
        [],
        {},
        [[]],
        [{}],
        {"": {}},
        [None],
        {"reference": "resource:0"},
        {"coding": [{}]},
        {"coding": {}},
        {"text": []},
    ),
)
_QUIRKS: tuple[tuple[bytes, bytes], ...] = (
    *((b":", b':NaN,"x":'), (b":", b':-Infinity,"y":'), (b":", b':1e99999999999999999999,"z":'), (b"}", b"")),
    (b"}", b"}}"),
    *((b"{", b'{"a":1,"a":2,'), (b"{", b"\xef\xbb\xbf{"), (b"[", b"[" * 70), (b",", b",,"), (b" ", b"\xc2\xa0")),
    *((b'"', b'"\\ud800'), (b'"', b'"\\u0000'), (b'"', b'"\x00'), (b'"', b'"\xff'), (b'"', b'"\\ud83d\\ude00')),
    *((b"1", b"1e999999"), (b"1", b"1E-99999999999"), (b"1", b"1." + b"1" * 5000), (b"1", b"9" * 5000), (b"1", b"01")),
    (b'"', b'"\xef\xbf\xbf'),
)  # fmt: skip
"""What to write in the place of what, and JSON is none any more, or one that readers disagree about."""


def mutate_json(octets: bytes, random: Random) -> bytes:
    """The text with one to four changes; what is no JSON comes back as it was."""
    try:
        document = [json.loads(octets)]
    except (ValueError, RecursionError):
        return octets
    for number in range(random.choice((1, 1, 1, 2, 4))):
        _change(document, random, may_grow=number == 0)
    return _written(document[0], random)


def _change(document: list[Any], random: Random, *, may_grow: bool) -> None:
    """One change. Lists grow once at most: what grows twice is soon larger than memory."""
    places = list(_places(document))
    holder, key = random.choice(places)
    value = holder[key]
    match random.randrange(9):
        case 0 | 1 | 2:
            holder[key] = random.choice(_VALUES)
        case 3 if holder is not document:
            del holder[key]
        case 4:
            other, name = random.choice(places)
            holder[key] = other[name]
        case 5:
            for _ in range(random.choice((1, 1, 2, 70))):
                value = random.choice(([value], {random.choice(_NAMES): value}))
            holder[key] = value
        case 6 if isinstance(value, dict):
            value[random.choice(_NAMES)] = random.choice(_VALUES)
        case 6 | 7 if isinstance(value, list) and may_grow:
            value.extend(value[: random.choice((1, 1, 20))] * random.choice((1, 2, 30)) or [random.choice(_VALUES)])
        case _:
            holder[key] = _scalar(value, random)


def _scalar(value: Any, random: Random) -> Any:
    if isinstance(value, str):
        place = random.randrange(len(value) + 1)
        letter = random.choice('aA0-_=. /:{"\\\u0660\u00e9\U0001f600\u0000')
        forms = (
            value + letter,
            value[:place],
            value[:place] + letter + value[place + 1 :],
            value * 3,
            f" {value}",
            [value],
        )
        return random.choice(forms)
    if isinstance(value, bool) or value is None:
        return random.choice(_VALUES)
    if isinstance(value, int | float):
        return random.choice((value + 1, -value, value * 1000, str(value)[:400], [value]))
    return random.choice(_VALUES)


def _places(document: list[Any]) -> Iterator[tuple[Any, Any]]:
    """(container, key) of everything in the document, breadth first."""
    waiting: deque[Any] = deque([document])
    count = 0
    while waiting and count < MAX_PLACES:
        holder = waiting.popleft()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            count += 1
            yield holder, key
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])


def _written(document: Any, random: Random) -> bytes:
    try:
        text = json.dumps(document, ensure_ascii=random.random() < 0.2, separators=(",", ":"))
    except (ValueError, RecursionError):
        return b"[]"
    octets = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.1:
        old, new = random.choice(_QUIRKS)
        parts = octets.split(old)
        if len(parts) > 1:
            place = random.randrange(1, len(parts))
            octets = old.join(parts[:place]) + new + old.join(parts[place:])
    return octets
