"""Manifests and requests: both directions, strictly where it matters."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.encoding import write_json
from cards.shlink import (
    MalformedManifest,
    MalformedRequest,
    ManifestFile,
    ManifestRequest,
    TooMuchBehindLink,
)
from cards.shlink.manifest import (
    HEALTH_CARDS,
    MAX_FILES,
    MAX_MANIFEST_OCTETS,
    MAX_REQUEST_OCTETS,
    STATUSES,
    manifest_document,
    media_type,
    one_line,
    read_manifest,
    read_request,
    request_document,
)

FILE = {"contentType": HEALTH_CARDS, "embedded": "a.b.c.d.e"}
PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=50)


@given(PRINTABLE, st.none() | st.text(st.characters(codec="utf-8"), max_size=100), st.none() | st.integers(0, 10**9))
def test_requests_round_trip(recipient, passcode, longest):
    asked = ManifestRequest(recipient, passcode, longest)
    assert read_request(request_document(asked)) == asked


FILES = st.builds(
    ManifestFile,
    st.sampled_from([HEALTH_CARDS, "application/fhir+json", "application/pdf"]),
    st.none(),
    st.text("abc.", min_size=1, max_size=9),
    st.sampled_from([None, *STATUSES]),
    st.none() | st.just("2026-11-20T12:00:00Z"),
    st.none() | st.just("4.0.1"),
) | st.builds(ManifestFile, st.just(HEALTH_CARDS), st.just("https://f.example/1?sig=abc"))


@given(st.lists(FILES, max_size=5))
def test_manifests_round_trip(files):
    assert list(read_manifest(manifest_document(files))) == files


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda one: (
            st.lists(one)
            | st.dictionaries(
                st.sampled_from(["files", "contentType", "location", "embedded", "recipient", "passcode"]), one
            )
        ),
        max_leaves=9,
    ).map(write_json)
)
def test_only_documented_errors(octets):
    for reader in (read_manifest, read_request):
        with suppress(MalformedManifest, MalformedRequest):
            reader(octets)


@pytest.mark.parametrize(
    "manifest",
    [
        b"", b"<html>", b"[]", b"{}", b'{"files":{}}', b'{"files":null}', {"files": [1]}, {"files": [{}]},
        {"files": [{"contentType": HEALTH_CARDS}]}, {"files": [FILE | {"contentType": None}]}, {"files": [FILE | {"embedded": 1}]},
        {"files": [FILE | {"location": "http://f.example/"}]}, {"files": [FILE | {"location": "file:///x"}]}, {"files": [FILE | {"location": 1}]},
    ],
)  # fmt: skip
def test_what_is_no_manifest(manifest):
    with pytest.raises(MalformedManifest):
        read_manifest(manifest if isinstance(manifest, bytes) else write_json(manifest))


def test_too_much():
    with pytest.raises(TooMuchBehindLink):
        read_manifest(write_json({"files": [FILE] * (MAX_FILES + 1)}))
    with pytest.raises(TooMuchBehindLink):
        read_manifest(b" " * (MAX_MANIFEST_OCTETS + 1))
    assert len(read_manifest(write_json({"files": [FILE] * MAX_FILES}))) == MAX_FILES
    assert read_manifest(b'{"files":[]}') == ()


def test_what_helps_only_is_left_out_where_it_is_of_no_use():
    (file,) = read_manifest(
        write_json(
            {"files": [FILE | {"status": "later", "lastUpdated": 5, "fhirVersion": "4" * 99, "x": []}], "list": {}}
        )
    )
    assert file == ManifestFile(HEALTH_CARDS, None, "a.b.c.d.e")
    (file,) = read_manifest(write_json({"files": [FILE | {"status": "no-longer-valid"}]}))
    assert file.status == "no-longer-valid"


def test_media_types():
    assert media_type("Application/SMART-health-card; charset=utf-8") == HEALTH_CARDS
    assert media_type("smart-health-card") == HEALTH_CARDS


@pytest.mark.parametrize(
    "request_body",
    [
        b"", b"[]", b"{}", {"recipient": ""}, {"recipient": " \n\t"}, {"recipient": 5}, {"recipient": "a", "passcode": 5},
        {"recipient": "a", "passcode": "x" * 129}, {"recipient": "a", "embeddedLengthMax": -1}, {"recipient": "a", "embeddedLengthMax": 1.5},
        {"recipient": "a", "embeddedLengthMax": True}, {"recipient": "a", "embeddedLengthMax": "9"}, {"recipient": "x" * MAX_REQUEST_OCTETS},
    ],
)  # fmt: skip
def test_what_is_no_request(request_body):
    with pytest.raises(MalformedRequest):
        read_request(request_body if isinstance(request_body, bytes) else json.dumps(request_body).encode())


def test_who_asks_is_one_bounded_line_without_tricks():
    assert one_line("Dr.\r\nX-Evil: 1\x1b[2J \u202e abc") == "Dr. X-Evil: 1 [2J abc"
    assert len(one_line("x" * 999)) == 200
    assert read_request(write_json({"recipient": " School\nnurse ", "other": 1})).recipient == "School nurse"


def test_nothing_secret_is_in_a_repr():
    assert "4815" not in repr(ManifestRequest("a", "4815"))
    assert "secret" not in repr(ManifestFile(HEALTH_CARDS, "https://secret.example/", "secret"))
