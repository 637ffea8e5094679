"""What fuzzing found, and what was found by asking how a fuzzer's input could hurt most: each stays mended."""

import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from cards import MalformedCard
from cards.encoding import read_json, write_json
from cards.shc.content import content_of
from cards.shc.minimize import minimize
from keys import examine_jwks
from keys.jose import sign_document
from tests.fuzz import world
from tests.fuzz.keys_shaped import with_certificates
from tests.fuzz.pictures_shaped import pdf_of_size, png_part
from trust_registry import TrustRegistry
from trust_registry.snapshot import TYPE, BadRegistry, read_published
from verifier.image import MAX_SIDE, UnreadablePicture, read_codes

HALF_A_SECOND = 0.5
BUSY = 4
"""Instruments of the suite and neighbours on the machine make processor time dearer than it is."""
MANY = 19 << 20
"""Octets of a file just below the limit."""


def seconds_of(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


# ---- Certificates -----------------------------------------------------------------------------------------------

EC_KEY, OTHER_KEY = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0204")
ON_P256, ON_NOTHING = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d030177")
ALTERNATIVE_NAME, BASIC_CONSTRAINTS = bytes.fromhex("0603551d11"), bytes.fromhex("0603551d13")


@pytest.mark.parametrize(
    ("place", "old", "new", "reason"),
    [
        (0, EC_KEY, OTHER_KEY, "x5c-unreadable"),
        (0, ON_P256, ON_NOTHING, "x5c-unreadable"),
        (1, EC_KEY, OTHER_KEY, "x5c-broken-chain"),
        (1, ON_P256, ON_NOTHING, "x5c-broken-chain"),
        (0, bytes.fromhex("a003020102"), bytes.fromhex("a003020107"), "x5c-unreadable"),
        (0, ALTERNATIVE_NAME, BASIC_CONSTRAINTS, "x5c-broken-chain"),
    ],
    ids=["leaf-algorithm", "leaf-curve", "authority-algorithm", "authority-curve", "version", "extension"],
)
def test_a_certificate_nobody_can_use_costs_its_key_and_no_more(
    place: int, old: bytes, new: bytes, reason: str
) -> None:
    """It raised UnsupportedAlgorithm through `from_vci_snapshot`: one bad entry took the whole list with it."""
    spoilt = with_certificates(world.issuer_info(), place, old, new)
    assert [left.reason for left in examine_jwks({"keys": spoilt["keys"]}, world.ISS).left_out] == [reason]
    good = spoilt | {"issuer": {"iss": "https://good.example", "name": "Good"}, "keys": _plain_key()}
    registry = TrustRegistry.from_vci_snapshot({"issuerInfo": [spoilt, good]})
    assert [len(issuer.keys) for issuer in registry] == [0, 1]


def _plain_key() -> list[dict[str, Any]]:
    return [{name: value for name, value in world.issuer_info()["keys"][0].items() if name != "x5c"}]


# ---- JSON -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("withdrawn", [5, [[]], None, {"a": 1}, [{}]])
def test_a_signed_registry_with_a_strange_withdrawn(withdrawn: Any) -> None:
    """It raised TypeError past `BadRegistry`."""
    issuers = [{"iss": world.ISS, "name": "n", "keys": [], "withdrawn": withdrawn}]
    content = {"number": 7, "iat": world.OWN["now"], "exp": world.OWN["now"] + 9, "issuers": issuers}
    text = sign_document(write_json(content), world.key("publisher"), TYPE)
    publishers = [world.key("publisher").public]
    if isinstance(withdrawn, dict):
        assert len(read_published(text, publishers, world.NOW)) == 1
    else:
        with pytest.raises(BadRegistry):
            read_published(text, publishers, world.NOW)


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("time", [10**15, 2**63, 10**30, -1, 1.5, "1", None])
def test_a_signed_registry_with_an_impossible_time(name: str, time: Any) -> None:
    """Beyond the system's calendar it raised OSError."""
    content = {"number": 7, "iat": world.OWN["now"], "exp": world.OWN["now"] + 9, "issuers": []} | {name: time}
    text = sign_document(write_json(content), world.key("publisher"), TYPE)
    with pytest.raises(BadRegistry):
        read_published(text, [world.key("publisher").public], world.NOW)


@pytest.mark.parametrize(
    "bundle",
    [
        {"entry": None},
        {"entry": 5},
        {"entry": {"a": 1}},
        {"entry": [None, 1, "a", []]},
        {"entry": [{"resource": "text"}]},
        {"entry": [{"resource": ["text"]}]},
        {"entry": [{"resource": {"meta": "text"}}]},
        {"entry": [{"resource": {"meta": ["text"]}}]},
    ],
)
def test_a_bundle_of_the_wrong_shape_is_minimised_to_nothing(bundle: dict[str, Any]) -> None:
    """It raised AttributeError or TypeError."""
    assert all(not entry["resource"] for entry in minimize(bundle)["entry"])
    content_of(bundle)


@pytest.mark.parametrize("text", ["\uffff1.5\uffff", "\uffff\uffff1\uffff\uffff", "\uffff", '"\uffff1'])
def test_a_text_between_noncharacters_stays_a_text(text: str) -> None:
    """Beside a fractional number it was written as a number: what was signed was not what was checked."""
    document = {"text": text, "number": Decimal("1.50"), text: [Decimal("-1E-7")]}
    assert read_json(write_json(document)) == document


HOSTILE_JSON = {
    "lists": b"[" + b"[]," * 340_000 + b"0]",
    "objects": b"[" + b'{"":0},' * 148_000 + b"0]",
    "deep-lists": b"[" * 60 + b"[]," * 340_000 + b"0" + b"]" * 60,
    "fractions": b"[" + b"0.1," * 260_000 + b"0]",
    "brackets-in-a-text": b'["' + b"[" * 1_040_000 + b'"]',
    "backslashes": b'["' + b"\\\\[" * 340_000 + b'"]',
    "open-texts": b'["' + b'["\\' * 260_000,
    "long-number": b"[" + b"9" * 1_040_000 + b"]",
    "long-fraction": b"[0." + b"1" * 1_040_000 + b"]",
    "surrogates": b'["' + b"\\ud83d\\ude00" * 86_000 + b'"]',
}
"""A megabyte each, what a card may inflate to."""


@pytest.mark.parametrize("name", HOSTILE_JSON)
def test_a_megabyte_of_hostile_json_takes_no_long_time(name: str) -> None:
    def read() -> None:
        try:
            read_json(HOSTILE_JSON[name])
        except MalformedCard:
            return

    assert seconds_of(read) < HALF_A_SECOND * BUSY


@pytest.mark.parametrize("name", ["brackets-in-a-text", "backslashes", "open-texts"])
def test_looking_for_depth_wants_no_memory(name: str) -> None:
    """The regular expression remembered every character of a text: 1 MB of them took 94 MB."""
    tracemalloc.start()
    try:
        read_json(HOSTILE_JSON[name])
    except MalformedCard:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 20 << 20


# ---- Pictures ---------------------------------------------------------------------------------------------------


def _saved(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, kind)
    return out.getvalue()


def _png_full_of(kind: bytes, body: bytes = b"") -> bytes:
    whole, part = _saved("PNG"), png_part(kind, body)
    return whole[:33] + part * (MANY // len(part)) + whole[33:]


def _jpeg_full_of(segment: bytes) -> bytes:
    whole = _saved("JPEG")
    return whole[:2] + segment * (MANY // len(segment)) + whole[2:]


def _gif_full_of(octets: bytes, head: bytes = b"") -> bytes:
    whole = _saved("GIF")
    place = whole.index(b"\x2c", 13 + (3 << ((whole[10] & 7) + 1)))
    return whole[:place] + head + octets * ((MANY - 2000) // len(octets)) + b"\0" + whole[place:]


FULL_OF = {
    "png-unknown": lambda: _png_full_of(b"abCd"),
    "png-text": lambda: _png_full_of(b"tEXt", b"a\0b"),
    "png-profile": lambda: _png_full_of(b"iCCP", b"a\0\0" + zlib.compress(b"x" * 900_000)),
    "png-data": lambda: _png_full_of(b"IDAT"),
    "jpeg-application": lambda: _jpeg_full_of(b"\xff\xe5\x00\x02"),
    "jpeg-comment": lambda: _jpeg_full_of(b"\xff\xfe\x00\x02"),
    "jpeg-exif": lambda: _jpeg_full_of(b"\xff\xe1\x00\x08Exif\0\0"),
    "jpeg-fill": lambda: _jpeg_full_of(b"\xff"),
    "gif-comment": lambda: _gif_full_of(b"\x01a", b"\x21\xfe"),
    "gif-nothing": lambda: _gif_full_of(b"\x00"),
}


@pytest.mark.parametrize("name", FULL_OF)
def test_a_picture_that_is_all_headers(name: str) -> None:
    """They took up to 43 seconds and 820 MB."""
    picture = FULL_OF[name]()

    def refused() -> None:
        with pytest.raises(UnreadablePicture) as caught:
            read_codes(picture)
        assert caught.value.code == "damaged-picture"

    assert seconds_of(refused) < HALF_A_SECOND * BUSY


def test_a_large_good_png_in_small_pieces_is_read() -> None:
    """As libpng writes it: 8 kB of data a piece, here 18 MB of them."""
    side = 4400
    rows = zlib.compress(bytes(side + 1) * side, 0)
    head = struct.pack(">II5B", side, side, 8, 0, 0, 0, 0)
    pieces = [png_part(b"IDAT", rows[start : start + 8192]) for start in range(0, len(rows), 8192)]
    picture = b"\x89PNG\r\n\x1a\n" + png_part(b"IHDR", head) + b"".join(pieces) + png_part(b"IEND", b"")
    octets = len(picture)
    assert octets > MANY - (1 << 20)
    assert read_codes(picture) == []


def test_a_picture_with_a_side_longer_than_the_reader_takes() -> None:
    """zxing-cpp's ValueError came through."""
    out = io.BytesIO()
    Image.new("1", (8, MAX_SIDE + 1)).save(out, "PNG")
    with pytest.raises(UnreadablePicture) as caught:
        read_codes(out.getvalue())
    assert caught.value.code == "picture-too-many-pixels"


@pytest.mark.parametrize("size", [(40_000, 20), (20, 40_000), (MAX_SIDE, 1), (1, 1)])
def test_a_strip_is_looked_at(size: tuple[int, int]) -> None:
    """Enlarged for the second look it grew beyond what the reader takes."""
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    assert read_codes(out.getvalue()) == []


@pytest.mark.parametrize("size", [b"200000 10", b"10 200000", b"0 0", b"-5 -5", b"1e30 1e30"])
def test_a_pdf_with_a_page_of_any_shape(size: bytes) -> None:
    """A page that is drawn as a strip of 70,000 pixels raised ValueError."""
    assert read_codes(pdf_of_size(size)) == []
