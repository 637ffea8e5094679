"""Strict readers: what one of them takes, every other reader takes the same way."""

import base64
import json
import zlib
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import MalformedCard
from cards.encoding import (
    MAX_JSON_DEPTH,
    b64url_decode,
    b64url_encode,
    deflate,
    deflate_smallest,
    inflate,
    read_card_json,
    read_json,
    write_json,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.binary(max_size=300))
def test_base64url_round_trip_and_only_one_spelling(octets):
    text = b64url_encode(octets)
    assert text == base64.urlsafe_b64encode(octets).decode().rstrip("=")
    assert b64url_decode(text) == octets


@given(st.text(max_size=12))
def test_base64url_takes_only_what_it_would_write(text):
    try:
        octets = b64url_decode(text)
    except MalformedCard:
        return
    assert b64url_encode(octets) == text


@pytest.mark.parametrize("text", ["A", "AAAAA", "AA==", "A+", "A/", "A\n", " AA", "AB", "AAB", "ÄA", "٥٥"])
def test_base64url_refuses(text):
    with pytest.raises(MalformedCard):
        b64url_decode(text)


@given(st.binary(max_size=5000))
def test_deflate_is_raw_and_complete(octets):
    assert zlib.decompress(deflate(octets), -15) == octets
    assert inflate(deflate(octets)) == octets


def test_the_fitted_window_costs_no_octet():
    text = json.dumps([{"resource": {"n": n, "lot": f"LOT{n * 7919}"}} for n in range(60)]).encode()
    assert len(deflate(text)) <= len(zlib.compress(text, 9, -15))


def test_zopfli_is_smaller_and_still_deflate():
    text = json.dumps([{"resource": {"n": n, "lot": f"LOT{n * 7919}"}} for n in range(60)]).encode()
    assert inflate(deflate_smallest(text)) == text
    assert len(deflate_smallest(text)) < len(deflate(text))


@given(st.binary(min_size=1, max_size=200), st.binary(min_size=1, max_size=5))
def test_inflate_refuses_trailing_and_truncated_streams(octets, more):
    stream = deflate(octets)
    for broken in (stream + more, stream[:-1]):
        with pytest.raises(MalformedCard):
            inflate(broken)


def test_inflate_stops_at_its_limit():
    bomb = zlib.compress(bytes(50_000_000), 9, -15)
    with pytest.raises(MalformedCard, match="limit"):
        inflate(bomb)
    assert inflate(deflate(bytes(100)), limit=100) == bytes(100)
    with pytest.raises(MalformedCard):
        inflate(deflate(bytes(101)), limit=100)


@given(JSON)
def test_json_round_trip(value):
    assert read_json(write_json(value)) == value


def test_json_keeps_numbers_as_they_were_written():
    text = b'{"a":1.50,"b":[0.1000,12345678901234567890.5],"c":7}'
    value = read_json(text)
    assert value["a"] == Decimal("1.50")
    assert write_json(value) == text


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"\xef\xbb\xbf{}",
        b"\xff",
        b'"\\ud800"',
        b'{"\\udfff":1}',
        b"[1,]",
        b"{} {}",
        b"",
        b"'a'",
        b"9" * 5000,
        b"[" * (MAX_JSON_DEPTH + 1) + b"]" * (MAX_JSON_DEPTH + 1),
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
    ],
)
def test_json_refuses(text):
    for read in (read_json, read_card_json):
        with pytest.raises(MalformedCard):
            read(text)


def test_json_depth_counts_brackets_outside_texts_only():
    assert read_json(b"[" * MAX_JSON_DEPTH + b"]" * MAX_JSON_DEPTH)
    assert read_json(write_json(["[" * 500, '"[' * 100]))
    assert len(read_json(b"[" + b"[]," * 500 + b"[]]")) == 501


@given(
    JSON | st.floats(allow_nan=False, allow_infinity=False) | st.lists(st.floats(allow_nan=False, allow_infinity=False))
)
def test_the_quick_way_reads_what_the_slow_way_reads(value):
    for text in (write_json(value), json.dumps(value).encode(), orjson_text(value)):
        if text is not None:
            assert json.loads(write_json(read_card_json(text))) == json.loads(write_json(read_json(text)))


def orjson_text(value):
    try:
        return orjson.dumps(value)
    except TypeError:  # whole numbers beyond 64 bits
        return None


@given(
    st.decimals(-(10**12), 10**12, allow_nan=False, places=12) | st.decimals(-(10**12), 10**12, allow_nan=False),
    st.integers(-(10**12), 10**12),
)
def test_a_number_lies_on_the_same_side_of_every_whole_number(number, whole):
    for text in (f"[{number:f}]", f"[{whole}.{'9' * 20}]", f"[{whole}.{'0' * 20}1]", f"[{float(number)!r}]"):
        (read,), exact = read_card_json(text.encode()), Decimal(text[1:-1])
        for bound in (whole, int(number), int(number) + 1, whole + 1):
            assert (read < bound, read == bound) == (exact < bound, exact == bound)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_the_quick_writer_writes_what_json_writes(value: object) -> None:
    try:
        plain = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:
        with pytest.raises(ValueError):
            write_json(value)
    else:
        assert write_json(value) == plain


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [{"a": float("-inf")}]])
def test_what_is_no_number_is_not_written(value: object) -> None:
    with pytest.raises(ValueError):
        write_json(value)
