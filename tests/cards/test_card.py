"""Signing and reading cards: round trips, size, time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cards
from cards.encoding import b64url_encode
from cards.shc import numeric
from cards.shc.card import is_issuer_url, sign
from cards.shc.content import content_of
from keys.private import PrivateKey

KEY = PrivateKey.generate()
ISS = "https://issuer.example/shc"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def bundle(doses: int = 1, lot=lambda n: f"L{n}") -> dict:
    patient = {"resourceType": "Patient", "name": [{"family": "Muster", "given": ["Erika"]}], "birthDate": "1985-02-28"}
    dose = {"resourceType": "Immunization", "status": "completed", "patient": {"reference": "resource:0"}}
    code = {"vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03"}]}}
    entries = [
        dose | code | {"occurrenceDateTime": f"2020-01-{n % 28 + 1:02}", "lotNumber": lot(n)} for n in range(doses)
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"resource:{n}", "resource": r} for n, r in enumerate([patient, *entries])],
    }


@given(TEXT, st.integers(0, 2**33), st.none() | st.just("abcdefghijk"))
def test_what_is_signed_is_what_is_read(name, nbf, rid):
    content = bundle()
    content["entry"][0]["resource"]["name"] = [{"text": name}]
    jws = sign(KEY, iss=ISS, nbf=nbf, bundle=content, rid=rid)
    card = cards.read(numeric.encode(jws)).verify(KEY.public)
    assert (card.iss, card.kid, card.nbf, card.rid, card.bundle) == (ISS, KEY.kid, nbf, rid, content)


def test_signing_again_gives_the_same_octets():
    assert sign(KEY, iss=ISS, nbf=5, bundle=bundle()) == sign(KEY, iss=ISS, nbf=5, bundle=bundle())


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.sampled_from(["-", "A", "_", "0", "."]))
def test_no_changed_character_survives(place, mark):
    jws = sign(KEY, iss=ISS, nbf=5, bundle=bundle())
    place %= len(jws)
    changed = jws[:place] + mark + jws[place + 1 :]
    if changed == jws:
        return
    with pytest.raises(cards.CardError):
        cards.read(changed).verify(KEY.public)


def test_an_unverified_card_shows_nothing_of_the_person():
    card = cards.read(sign(KEY, iss=ISS, nbf=5, bundle=bundle()))
    assert {name for name in dir(card) if not name.startswith("_")} == {"iss", "kid", "verify"}
    assert "Muster" not in repr(card) + str(card)
    assert "Muster" not in repr(card.verify(KEY.public))


def test_a_card_that_just_misses_one_code_is_saved_by_zopfli():
    saved = refused = 0
    for doses in range(30, 42):
        content = bundle(doses, lambda n: f"{n * 7919 % 9973:04}X{n}")
        plain = sign(KEY, iss=ISS, nbf=5, bundle=content, any_size=True)
        if len(plain) <= numeric.MAX_JWS_CHARACTERS:
            continue
        try:
            saved += numeric.qr_version(sign(KEY, iss=ISS, nbf=5, bundle=content)) <= 22
        except cards.CardTooLarge:
            refused += 1
    assert saved > 0
    assert refused > 0


def test_too_large_a_card_is_refused_or_goes_into_a_file():
    content = bundle(60, lambda n: b64url_encode(f"{n * 7919}-{n}".encode())[:19])
    with pytest.raises(cards.CardTooLarge):
        sign(KEY, iss=ISS, nbf=5, bundle=content)
    assert (
        len(cards.read(sign(KEY, iss=ISS, nbf=5, bundle=content, any_size=True)).verify(KEY.public).bundle["entry"])
        == 61
    )


@pytest.mark.parametrize(
    ("nbf", "exp", "error"),
    [
        (0, None, None),
        (59, None, None),
        (61, None, cards.NotYetValid),
        (-10, 0, None),
        (-10, -1, cards.Expired),
        (10**12, None, cards.NotYetValid),
    ],
)
def test_time(nbf, exp, error):
    at = int(NOW.timestamp())
    card = cards.read(sign(KEY, iss=ISS, nbf=at + nbf, exp=None if exp is None else at + exp, bundle=bundle())).verify(
        KEY.public
    )
    if error is None:
        card.check_valid_at(NOW)
        return
    with pytest.raises(error):
        card.check_valid_at(NOW)


@pytest.mark.parametrize(
    "iss", ["https://a.example", "https://a.example/b/c", "https://a.example:8443/b", "https://[2001:db8::1]/x"]
)
def test_issuer_urls(iss):
    assert is_issuer_url(iss)


@pytest.mark.parametrize(
    "iss",
    ["", "http://a.example", "https://", "https://a.example/", "https://a.example?b", "https://a.example#b", "https://u@a.example",
     "https://a.example:0", "https://a.example:x", "https://a b.example", "https://a.exämple", "https://a.example\\b", "HTTPS://a.example",
     "https://a.example/" + "b" * 600],
)  # fmt: skip
def test_no_issuer_urls(iss):
    assert not is_issuer_url(iss)


@given(
    st.recursive(
        st.none() | st.text(max_size=4) | st.integers(),
        lambda i: (
            st.lists(i, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["entry", "resource", "resourceType", "name", "vaccineCode", "coding", "performer", "valueQuantity"]
                ),
                i,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_content_is_read_from_anything_without_an_error(value):
    content_of({"entry": value if isinstance(value, list) else [value]})
    for kind in ("Patient", "Immunization", "Observation"):
        if isinstance(value, dict):
            content_of({"entry": [{"resource": value | {"resourceType": kind}}]})
