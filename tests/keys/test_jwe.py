"""Sealed files: round trips, every member of the header, bombs, changed octets, another library's and the specification's."""

import os
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.encoding import b64url_decode, b64url_encode, write_json
from cards.shlink import UnreadableFile, cards_of, open_file, seal_cards
from cards.shlink.files import MAX_OPENED_OCTETS, MAX_SEALED_OCTETS, Opened
from cards.shlink.manifest import FHIR, HEALTH_CARDS
from keys.jwe import MAX_COMPRESSED_OCTETS, seal, unseal

KEY, OTHER = bytes(range(32)), bytes(32)
LIMIT = 100_000


def sealed(content: bytes, header: dict | bytes, key: bytes = KEY, nonce: bytes = bytes(12)) -> str:
    """A JWE by hand: what jwcrypto would not make."""
    first = b64url_encode(header if isinstance(header, bytes) else write_json(header))
    both = AESGCM(key).encrypt(nonce, content, first.encode())
    return f"{first}..{b64url_encode(nonce)}.{b64url_encode(both[:-16])}.{b64url_encode(both[-16:])}"


HEADER = {"alg": "dir", "enc": "A256GCM", "cty": HEALTH_CARDS}


@given(st.binary(min_size=1, max_size=2000), st.booleans(), st.binary(min_size=32, max_size=32))
@settings(max_examples=50)
def test_round_trip(content, compress, key):
    text = seal(content, key, FHIR, compress=compress)
    assert unseal(text, key, LIMIT) == Opened(content, FHIR)
    with pytest.raises(UnreadableFile):
        unseal(text, bytes([key[0] ^ 1]) + key[1:], LIMIT)


def test_every_seal_has_a_nonce_of_its_own():
    texts = {seal(b"x", KEY, FHIR).split(".")[2] for _ in range(200)}
    assert len(texts) == 200
    assert {len(b64url_decode(nonce)) for nonce in texts} == {12}


def test_our_seal_is_opened_by_hand():
    header, _, nonce, content, tag = seal(b"hello", KEY, HEALTH_CARDS).split(".")
    assert b64url_decode(header) == write_json(HEADER)
    assert (
        AESGCM(KEY).decrypt(b64url_decode(nonce), b64url_decode(content) + b64url_decode(tag), header.encode())
        == b"hello"
    )


def test_what_is_made_by_hand_is_opened():
    assert unseal(sealed(b"hello", HEADER), KEY, LIMIT) == Opened(b"hello", HEALTH_CARDS)
    assert (
        unseal(sealed(b"hello", HEADER | {"kid": "k", "jku": "https://x.example/", "unknown": [1]}), KEY, LIMIT).content
        == b"hello"
    )
    deflated = zlib.compress(b"hello" * 99, 9, -15)
    assert unseal(sealed(deflated, HEADER | {"zip": "DEF"}), KEY, LIMIT).content == b"hello" * 99


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"}, {"alg": "A256KW"}, {"alg": "A256GCMKW"}, {"alg": "PBES2-HS256+A128KW", "p2c": 10**9, "p2s": "AAAA"}, {"alg": None},
        {"enc": "A128GCM"}, {"enc": "A256CBC-HS512"}, {"enc": None}, {"zip": "GZIP"}, {"zip": None}, {"zip": 1},
        {"cty": 5}, {"cty": None}, {"crit": ["exp"]}, {"crit": []},
    ],
)  # fmt: skip
def test_another_header_is_refused(header):
    with pytest.raises(UnreadableFile):
        unseal(sealed(b"hello", HEADER | header), KEY, LIMIT)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b"x",
        b'{"alg":"dir","alg":"dir","enc":"A256GCM"}',
        b'{"alg":"dir","enc":"A256GCM","x":"' + b"x" * 1024 + b'"}',
    ],
)
def test_a_header_with_two_readings_or_none(header):
    with pytest.raises(UnreadableFile):
        unseal(sealed(b"hello", header), KEY, LIMIT)


def test_every_changed_character_is_noticed():
    text = seal(b"hello", KEY, FHIR)
    for place, mark in enumerate(text):
        for other in "AB.":
            if other != mark:
                with pytest.raises(UnreadableFile):
                    unseal(text[:place] + other + text[place + 1 :], KEY, LIMIT)


@given(st.text(max_size=60) | st.text('ey.AB=_-+/{}"', max_size=80))
def test_only_one_error_whatever_comes(text):
    with pytest.raises(UnreadableFile) as caught:
        unseal(text, KEY, LIMIT)
    assert len(text) < 12 or text not in str(caught.value)


def test_other_serialisations_are_refused():
    first, _, nonce, content, tag = sealed(b"hello", HEADER).split(".")
    json_form = write_json({"protected": first, "iv": nonce, "ciphertext": content, "tag": tag}).decode()
    for text in (
        json_form,
        f"{first}.AAAA.{nonce}.{content}.{tag}",
        f"{first}..{nonce}.{content}.{tag}.",
        f" {first}..{nonce}.{content}.{tag}",
        f"{first}..{nonce}.{content}.{tag}=",
    ):
        with pytest.raises(UnreadableFile):
            unseal(text, KEY, LIMIT)


def test_bombs():
    """64 MiB in 64 kB; and more than jwcrypto inflates at all."""
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9, -15)
    for content in (
        bomb,
        zlib.compress(bytes(LIMIT + 1), 9, -15),
        zlib.compress(os.urandom(MAX_COMPRESSED_OCTETS), 9, -15),
    ):
        with pytest.raises(UnreadableFile):
            unseal(sealed(content, HEADER | {"zip": "DEF"}), KEY, LIMIT)
    exactly = zlib.compress(bytes(LIMIT), 9, -15)
    assert len(unseal(sealed(exactly, HEADER | {"zip": "DEF"}), KEY, LIMIT).content) == LIMIT
    cut = zlib.compress(b"hello" * 99, 9, -15)[:-3]
    with pytest.raises(UnreadableFile):
        unseal(sealed(cut, HEADER | {"zip": "DEF"}), KEY, LIMIT)


def test_large_files():
    assert len(unseal(seal(bytes(MAX_OPENED_OCTETS), KEY, FHIR), KEY, MAX_OPENED_OCTETS).content) == MAX_OPENED_OCTETS
    with pytest.raises(UnreadableFile):
        unseal(seal(bytes(LIMIT + 1), KEY, FHIR), KEY, LIMIT)
    with pytest.raises(UnreadableFile):
        unseal("e." * MAX_SEALED_OCTETS, KEY, LIMIT)


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(31), bytes(33)])
def test_keys_of_another_length(key):
    with pytest.raises(UnreadableFile):
        unseal(sealed(b"hello", HEADER), key, LIMIT)
    with pytest.raises(UnreadableFile):
        seal(b"hello", key, FHIR)


def test_files_of_cards():
    text = seal_cards(["a.b.c", "d.e.f"], KEY, seal)
    assert cards_of(open_file(f" {text}\n", KEY, unseal, HEALTH_CARDS)) == ["a.b.c", "d.e.f"]
    assert open_file(text, KEY, unseal, None).content_type == HEALTH_CARDS
    with pytest.raises(UnreadableFile):
        open_file(text, KEY, unseal, FHIR)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"verifiableCredential":["a.b.c"]}', HEALTH_CARDS),
        (b'{"resourceType":"Bundle"}', FHIR),
        (b'{"x":1}', None),
        (b"[]", None),
    ],
)
def test_a_direct_file_without_a_type_is_told_by_what_it_is(content, kind):
    assert open_file(sealed(content, {"alg": "dir", "enc": "A256GCM"}), KEY, unseal, None).content_type == kind


@pytest.mark.parametrize(
    "content", [b"x", b"\xff", b"[]", b"{}", b'{"verifiableCredential":[]}', b'{"verifiableCredential":[1]}']
)
def test_files_that_hold_no_cards(content):
    with pytest.raises(UnreadableFile):
        cards_of(open_file(seal(content, KEY, HEALTH_CARDS), KEY, unseal, HEALTH_CARDS))


def test_a_type_without_application_is_the_same_type():
    assert open_file(sealed(b"{}", HEADER | {"cty": "smart-health-card"}), KEY, unseal, HEALTH_CARDS).content == b"{}"
