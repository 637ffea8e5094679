"""Other issuers' keys: what counts, what does not, and why."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from keys import NotAKeySet, examine_jwks, jwks_document, read_jwks
from keys.certificates import EXAMPLE_ISSUER, BadChain, check_path
from keys.private import PrivateKey

KEY = PrivateKey.generate()
GOOD = jwks_document([KEY.public])["keys"][0]
ISS = "https://issuer.example/shc"
START = datetime(2026, 1, 1, tzinfo=UTC)


def reason(member, iss=None) -> str:
    key_set = examine_jwks({"keys": [member]}, iss)
    assert key_set.keys == ()
    return key_set.left_out[0].reason


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"d": "AAAA"}, "private-key-published"),
        ({"kty": None}, "other-key-type"), ({"kty": "RSA"}, "other-key-type"),
        ({"crv": "P-384"}, "crv-not-p-256"), ({"use": "enc"}, "use-not-sig"), ({"alg": "ES384"}, "alg-not-es256"),
        ({"kid": 7}, "kid-missing"), ({"kid": "x"}, "kid-not-thumbprint"),
        ({"x": GOOD["x"][:-1]}, "coordinate-not-32-octets"), ({"x": GOOD["x"] + "A"}, "coordinate-not-32-octets"),
        ({"y": 5}, "coordinate-not-32-octets"), ({"x": GOOD["x"][:-1] + "="}, "coordinate-not-32-octets"),
        ({"x": "A" * 43}, "point-not-on-curve"),
        ({"crlVersion": "1"}, "crl-version-not-a-number"), ({"crlVersion": 0}, "crl-version-not-a-number"),
        ({"crlVersion": True}, "crl-version-not-a-number"),
        ({"x5c": "no"}, "x5c-unreadable"), ({"x5c": []}, "x5c-unreadable"), ({"x5c": ["AAAA"]}, "x5c-unreadable"),
    ],
)  # fmt: skip
def test_left_out(change, why):
    assert reason(GOOD | change) == why


@pytest.mark.parametrize("name", ["kty", "use", "alg", "crv", "kid", "x", "y"])
def test_every_member_is_needed(name):
    assert reason({key: value for key, value in GOOD.items() if key != name})


def test_one_bad_key_never_spoils_the_set():
    rsa = {"kty": "RSA", "kid": "other", "n": "AQAB", "e": "AQAB"}
    key_set = examine_jwks({"keys": [rsa, 5, GOOD, GOOD | {"extra": 1}, {"d": 1}], "more": True})
    assert [key.kid for key in key_set.keys] == [KEY.kid]
    assert [left.reason for left in key_set.left_out] == ["other-key-type", "not-an-object", "private-key-published"]
    assert [remark.reason for remark in key_set.remarks] == ["duplicate-kid"]


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b"{}", b'{"keys":5}', b'{"keys":null}', b"{" * 9000, "\ud800"])
def test_no_key_set(data):
    with pytest.raises(NotAKeySet):
        read_jwks(data)


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda i: st.lists(i, max_size=3) | st.dictionaries(st.sampled_from(sorted(GOOD)), i),
        max_leaves=10,
    )
)
def test_only_documented_errors(value):
    try:
        examine_jwks({"keys": [value, GOOD | {"x": value}, GOOD | {"x5c": value}]} if value else {"keys": value})
    except NotAKeySet:
        pass


def chain(leaf_key, iss: str | None, *, broken: bool = False, dns: bool = False, days: int = 365):
    """A leaf and its root."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    signer = ec.generate_private_key(ec.SECP256R1()) if broken else root_key
    names = ([x509.UniformResourceIdentifier(iss)] if iss else []) + ([x509.DNSName("a.example")] if dns else [])

    def certificate(subject, key, by, extensions):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root")]))
            .public_key(key)
            .serial_number(7)
            .not_valid_before(START)
            .not_valid_after(START + timedelta(days=days))
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(by, SHA256())

    leaf = certificate("Leaf", leaf_key, signer, [x509.SubjectAlternativeName(names)] if names else [])
    root = certificate("Root", root_key.public_key(), root_key, [x509.BasicConstraints(ca=True, path_length=None)])
    return [base64.b64encode(c.public_bytes(Encoding.DER)).decode() for c in (leaf, root)], root


def public(key: PrivateKey):
    return ec.EllipticCurvePublicNumbers(
        *(int.from_bytes(base64.urlsafe_b64decode(v + "=")) for v in (key.public.x, key.public.y)), ec.SECP256R1()
    ).public_key()


def test_a_good_chain_is_read_and_published_again():
    x5c, _ = chain(public(KEY), ISS)
    key_set = examine_jwks({"keys": [GOOD | {"x5c": x5c}]}, ISS)
    assert key_set.keys[0].x5c == tuple(x5c)
    assert jwks_document(key_set.keys)["keys"][0]["x5c"] == x5c


def test_chains_that_contradict_the_key():
    assert reason(GOOD | {"x5c": chain(public(PrivateKey.generate()), ISS)[0]}, ISS) == "x5c-other-key"
    assert reason(GOOD | {"x5c": chain(public(KEY), ISS, broken=True)[0]}, ISS) == "x5c-broken-chain"
    assert reason(GOOD | {"x5c": chain(public(KEY), None)[0]}, ISS) == "x5c-no-issuer-url"
    assert reason(GOOD | {"x5c": chain(public(KEY), ISS, dns=True)[0]}, ISS) == "x5c-no-issuer-url"
    assert reason(GOOD | {"x5c": chain(public(KEY), "https://other.example")[0]}, ISS) == "x5c-other-issuer"


def test_a_copied_example_is_ignored_and_remarked():
    key_set = examine_jwks({"keys": [GOOD | {"x5c": chain(public(KEY), EXAMPLE_ISSUER)[0]}]}, ISS)
    assert key_set.keys[0].x5c == ()
    assert key_set.remarks[0].reason == "x5c-example-issuer"


def test_a_path_to_an_anchor_at_the_time_of_issue():
    x5c, root = chain(public(KEY), ISS)
    check_path(x5c, [root], START + timedelta(days=9))
    check_path(x5c[:1], [root], START + timedelta(days=9))
    stranger = chain(public(KEY), ISS)[1]
    for anchors, at in (([root], START + timedelta(days=400)), ([stranger], START + timedelta(days=9)), ([], START)):
        with pytest.raises(BadChain):
            check_path(x5c, anchors, at)
