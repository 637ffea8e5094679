"""Signed assertions: RS384 and ES384 by a registered key, and nothing else."""

import json

import pytest
from jwcrypto import jwk, jws

from keys.assertions import BadAssertion, check_key_set, verify_assertion

CLAIMS = b'{"iss":"a"}'
EC = jwk.JWK.generate(kty="EC", crv="P-384", kid="ec", use="sig")
RSA = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa")


def signed(key, alg, payload=CLAIMS, **header):
    token = jws.JWS(payload)
    token.allowed_algs = [alg]
    token.add_signature(key, None, json.dumps({"alg": alg, "kid": key.get("kid"), **header}))
    return token.serialize(compact=True)


def key_set(*keys, **changes):
    return json.dumps({"keys": [{**json.loads(key.export_public()), **changes} for key in keys]}).encode()


@pytest.mark.parametrize(("key", "alg"), [(EC, "ES384"), (RSA, "RS384")])
def test_both_ways(key, alg):
    assert verify_assertion(signed(key, alg), key_set(RSA, EC)) == CLAIMS
    assert check_key_set(key_set(key)) == 1


@pytest.mark.parametrize("alg", ["ES384", "RS384"])
def test_another_key_of_the_same_name(alg):
    kind = {"kty": "EC", "crv": "P-384"} if alg == "ES384" else {"kty": "RSA", "size": 2048}
    ours, theirs = jwk.JWK.generate(kid="k", **kind), jwk.JWK.generate(kid="k", **kind)
    with pytest.raises(BadAssertion):
        verify_assertion(signed(theirs, alg), key_set(ours))


def test_the_set_may_hold_two_keys_of_one_name_of_different_types():
    ec, rsa = jwk.JWK.generate(kty="EC", crv="P-384", kid="k"), jwk.JWK.generate(kty="RSA", size=2048, kid="k")
    assert verify_assertion(signed(rsa, "RS384"), key_set(ec, rsa)) == CLAIMS


def test_other_algorithms():
    p256 = jwk.JWK.generate(kty="EC", crv="P-256", kid="k")
    secret = jwk.JWK.generate(kty="oct", size=384, kid="k")
    with pytest.raises(BadAssertion):
        verify_assertion(signed(p256, "ES256"), key_set(p256))
    with pytest.raises(BadAssertion):
        verify_assertion(signed(RSA, "RS256"), key_set(RSA))
    with pytest.raises(BadAssertion):
        verify_assertion(signed(RSA, "PS384"), key_set(RSA))
    with pytest.raises(BadAssertion):
        verify_assertion(signed(secret, "HS384"), json.dumps({"keys": [json.loads(secret.export())]}).encode())


def test_no_signature_and_what_looks_like_one():
    head = "eyJhbGciOiJub25lIiwia2lkIjoiZWMifQ"
    good = signed(EC, "ES384").split(".")
    for text in (
        "",
        "a.b.c",
        f"{head}.e30.",
        ".".join(good[:2]) + ".",
        ".".join([good[0], "eyJpc3MiOiJiIn0", good[2]]),
        json.dumps({"payload": good[1], "protected": good[0], "signature": good[2]}),
        "\x00" * 40,
    ):
        with pytest.raises(BadAssertion):
            verify_assertion(text, key_set(EC))


def test_the_key_in_the_header_is_not_believed():
    stranger = jwk.JWK.generate(kty="EC", crv="P-384", kid="ec")
    token = signed(stranger, "ES384", jwk=json.loads(stranger.export_public()), jku="https://evil.example/jwks")
    with pytest.raises(BadAssertion):
        verify_assertion(token, key_set(EC))


@pytest.mark.parametrize(
    "changes",
    [{"use": "enc"}, {"alg": "ES512"}, {"key_ops": ["encrypt"]}, {"crv": "P-521"}, {"kid": 1}, {"kty": "OKP"}],
)
def test_keys_for_something_else(changes):
    with pytest.raises(BadAssertion):
        verify_assertion(signed(EC, "ES384"), key_set(EC, **changes))
    with pytest.raises(BadAssertion):
        check_key_set(key_set(EC, **changes))


def test_short_rsa_keys():
    short = jwk.JWK.generate(kty="RSA", size=1024, kid="short")
    with pytest.raises(BadAssertion):
        verify_assertion(signed(short, "RS384"), key_set(short))


def test_no_kid_names_no_key():
    nameless = jwk.JWK.generate(kty="EC", crv="P-384")
    token = jws.JWS(CLAIMS)
    token.allowed_algs = ["ES384"]
    token.add_signature(nameless, None, json.dumps({"alg": "ES384"}))
    with pytest.raises(BadAssertion):
        verify_assertion(token.serialize(compact=True), key_set(nameless))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"keys":{}}', b'{"keys":[1]}', b'{"keys":[]}', b'{"keys":[],"keys":[]}', b"\xff"]
)
def test_no_key_sets(data):
    with pytest.raises(BadAssertion):
        check_key_set(data)
    with pytest.raises(BadAssertion):
        verify_assertion(signed(EC, "ES384"), data)


def test_private_keys_are_not_registered():
    for key in (EC, RSA):
        with pytest.raises(BadAssertion):
            check_key_set(json.dumps({"keys": [json.loads(key.export())]}).encode())


def test_too_many_keys():
    with pytest.raises(BadAssertion):
        check_key_set(key_set(*[EC] * 21))
