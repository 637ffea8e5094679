"""SMART Health Links under the fuzzers: readers, seeds, and mutators that look inside base64url and sealed files.

Sealed files are made here by hand, with the `cryptography` library alone: a slip of the code under test must not hide.
"""

import base64
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cards.shlink import LinkError, cards_of, make, open_file, read
from cards.shlink.addresses import is_fit
from cards.shlink.link import REMARKS, Link, is_link
from cards.shlink.manifest import read_request
from keys import jwe
from tests.fuzz import world
from tests.fuzz.cards_shaped import Octets, card_around, in_file, mutate_document, octets_of, text_of
from tests.fuzz.seeds import BUNDLE
from verifier.link_words import link_dict, link_line, of_error
from verifier.links import Answer, Asking, fetch, judge

KEY = bytes(range(32))
URL = "https://fuzz.example/" + "f" * 43
_HEADER = {"alg": "dir", "enc": "A256GCM", "cty": "application/smart-health-card"}
_LINKS = {flags: Link(URL, KEY, frozenset(flags)) for flags in ("", "U", "LP")}


def run_link(octets: bytes) -> str:
    """`read`: what is read keeps the rules, and is read again from what we make of it."""
    text = text_of(octets)
    link = _read(text)
    if isinstance(link, str):
        assert is_link(text) or link == "not-a-link"
        return link
    assert is_fit(link.url)
    assert len(link.key) == 32
    assert set(link.remarks) <= set(REMARKS)
    with suppress(ValueError):
        again = read(make(link.url, link.key, label=link.label, exp=link.exp, flags=link.flags))
        assert (again.url, again.key, again.label, again.exp, again.flags, again.remarks) == (
            *(link.url, link.key, link.label, link.exp, link.flags),
            (),
        )
    return link.remarks[0] if link.remarks else "read"


def _read(text: str) -> Link | str:
    """The link, or the code of its refusal."""
    try:
        return read(text)
    except LinkError as error:
        return error.code


def run_sealed(octets: bytes) -> str:
    """One sealed file."""
    try:
        opened = open_file(text_of(octets), KEY, jwe.unseal, None)
        return f"{min(2, len(cards_of(opened)))} cards" if opened.content_type == _HEADER["cty"] else "another type"
    except LinkError as error:
        return str(error)[:40]


def run_request(octets: bytes) -> str:
    """What a viewer asks a server of links."""
    try:
        asked = read_request(octets)
    except LinkError as error:
        return error.code
    assert asked.recipient
    assert asked.recipient.isprintable()
    return "read"


def run_behind(octets: bytes) -> str:
    """A whole conversation: the answers of a server in turn, files sealed with the link's key where they say so."""
    try:
        script = json.loads(octets)
    except (ValueError, RecursionError):
        return "no script"
    answers = iter(script if isinstance(script, list) else [script])
    flags = random_flags(octets)
    try:
        behind = fetch(_LINKS[flags], Asking("Fuzz", "1"), _Scripted(answers), jwe.unseal, world.NOW)
    except LinkError as error:
        of_error(error)
        return error.code
    judged = judge(behind, world.registry(), world.NOW)
    json.dumps(link_dict(behind))
    link_line(behind)
    return f"{flags}: {min(2, len(judged.verdicts))} cards, {min(2, len(behind.left_out))} left out"


def random_flags(octets: bytes) -> str:
    """One of the three ways, told by the input alone."""
    return ("", "U", "LP")[zlib.crc32(octets) % 3]


class _Scripted:
    """Answers in turn; then nobody is there any more."""

    def __init__(self, answers: Iterator[Any]) -> None:
        self._answers = answers

    def get(self, url: str, max_octets: int) -> Answer:
        assert is_fit(url)
        return self._next(direct=True)

    def post(self, url: str, body: bytes, max_octets: int) -> Answer:
        return self._next(direct=False)

    def _next(self, *, direct: bool) -> Answer:
        said = next(self._answers, {"status": 404})
        said = said if isinstance(said, dict) else {"body": said}
        status, retry, body = said.get("status", 200), said.get("retry"), _sealed_within(said.get("body"))
        octets = octets_of(body if isinstance(body, str) else json.dumps(body))
        return Answer(status if isinstance(status, int) else 200, octets, retry if isinstance(retry, str) else None)


def _sealed_within(body: Any) -> Any:
    """Every object with `seal` becomes the JWE it describes."""
    if isinstance(body, dict) and "seal" in body:
        header = body.get("header", _HEADER)
        return sealed(json.dumps(header).encode(), json.dumps(body["seal"]).encode())
    if isinstance(body, dict):
        return {name: _sealed_within(value) for name, value in body.items()}
    return [_sealed_within(one) for one in body] if isinstance(body, list) else body


def sealed(header: bytes, content: bytes, nonce: bytes = bytes(12)) -> str:
    """A JWE by hand; compressed where its header says so."""
    if b'"DEF"' in header:
        content = zlib.compress(content, 6, -15)
    first = _packed(header)
    both = AESGCM(KEY).encrypt(nonce, content, first.encode())
    return f"{first}..{_packed(nonce)}.{_packed(both[:-16])}.{_packed(both[-16:])}"


def mutate_link(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """A link whose JSON is changed; sometimes the text around it."""
    before, found, payload = octets.partition(b"shlink:/")
    if not found or random.random() < 0.15:
        return blindly(octets)
    changed = mutate_document(_unpacked(payload), random, blindly)
    before = random.choice((before, before, b"", b"https://v.example/#", b" "))
    return before + found + _packed(changed).encode()


def mutate_sealed(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """A sealed file whose header or content is changed, sealed again."""
    parts = octets.split(b".")
    if len(parts) != 5 or random.random() < 0.15:
        return blindly(octets)
    header, _, nonce, content, tag = map(_unpacked, parts)
    try:
        content = AESGCM(KEY).decrypt(nonce, content + tag, parts[0])
    except (InvalidTag, ValueError):
        return blindly(octets)
    if random.random() < 0.3:
        header = mutate_document(header, random, blindly)
    else:
        content = mutate_document(content, random, blindly)
    return sealed(header, content).encode()


def link_seeds() -> list[bytes]:
    made = [make(URL, KEY, label="Fuzz", exp=1_900_000_000, flags=flags) for flags in ("", "L", "LP", "U")]
    return [octets_of(text) for text in [*made, *world.payloads("shlink")]]


def sealed_seeds() -> list[bytes]:
    file = in_file([card_around(BUNDLE)]).encode()
    headers = (_HEADER, _HEADER | {"zip": "DEF"}, {"alg": "dir", "enc": "A256GCM"})
    return [sealed(json.dumps(header).encode(), file).encode() for header in headers]


def behind_seeds() -> list[bytes]:
    file = {"seal": json.loads(in_file([card_around(BUNDLE)]))}
    kind = {"contentType": _HEADER["cty"]}
    location = kind | {"location": "https://fuzz.example/1"}
    scripts: tuple[Any, ...] = (
        [{"body": {"files": [kind | {"embedded": file, "status": "can-change"}]}, "retry": "60"}],
        [{"body": {"files": [location, location]}}, {"body": file}, {"status": 404}, {"body": {"files": [location]}}],
        [{"body": file}],
        [{"status": 401, "body": {"remainingAttempts": 3}}],
        [{"status": 429, "retry": "Fri, 20 Nov 2026 12:01:00 GMT"}],
    )
    return [json.dumps(script).encode() for script in scripts]


def request_seeds() -> list[bytes]:
    return [b'{"recipient":"Fuzz","passcode":"1234","embeddedLengthMax":10000}', b'{"recipient":"Fuzz"}']


def as_link(value: Any) -> bytes:
    """Any JSON as a link's payload, or some of its members."""
    good = {"url": URL, "key": _packed(KEY)}
    return b"shlink:/" + _packed(json.dumps(good | value if isinstance(value, dict) else value).encode()).encode()


def as_sealed(value: Any) -> bytes:
    return sealed(json.dumps(_HEADER).encode(), json.dumps(value).encode()).encode()


def as_answer(value: Any) -> bytes:
    """Any JSON as an answer, or as the files of a manifest."""
    body = {"files": value} if isinstance(value, list) else value
    return json.dumps([{"body": body}]).encode()


def as_request(value: Any) -> bytes:
    return json.dumps({"recipient": "Fuzz"} | value if isinstance(value, dict) else value).encode()


def _packed(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _unpacked(text: bytes) -> bytes:
    with suppress(ValueError):
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    return text
