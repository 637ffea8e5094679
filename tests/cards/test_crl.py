"""Revocation lists: strictly before, unrounded, case sensitive."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import CardRevocationList, MalformedCard, Revoked, read_crl
from cards.encoding import b64url_encode, write_json
from cards.shc.crl import crl_document

RIDS = st.sets(st.binary(min_size=8, max_size=8).map(b64url_encode), max_size=30)
LONGER = st.text("ABCabc019-_", min_size=1, max_size=24).filter(lambda rid: len(rid) != 11)


def revoked(crl: CardRevocationList, rid: str, nbf=0) -> bool:
    try:
        crl.check(rid, nbf)
    except Revoked:
        return True
    return False


@given(RIDS, st.sets(LONGER, max_size=5), RIDS)
def test_what_is_listed_is_revoked_and_nothing_else(listed, longer, others):
    crl = read_crl(write_json(crl_document("k", 1, [*listed, *longer])))
    assert all(revoked(crl, rid) for rid in listed | longer)
    assert not any(revoked(crl, rid) for rid in others - listed)
    assert len(crl) == len(listed) + len(longer)
    assert set(crl.entries()) == listed | longer


@given(st.integers(1, 10**11), st.decimals(0, 10**11, allow_nan=False, places=9))
def test_a_time_revokes_strictly_older_cards(time, nbf):
    crl = CardRevocationList("k", 1, [f"AAAAAAAAAAA.{time}"])
    assert revoked(crl, "AAAAAAAAAAA", nbf) == (nbf < time)


def test_nbf_is_never_rounded():
    crl = CardRevocationList("k", 1, ["r.1790000000"])
    assert not revoked(crl, "r", 1790000000)
    assert revoked(crl, "r", Decimal("1789999999.9999999999999"))
    assert not revoked(crl, "r", Decimal("1790000000.0000000000001"))


def test_case_matters_and_spare_bits_make_another_rid():
    crl = CardRevocationList("k", 1, ["AAAAAAAAAAA", "AAAAAAAAAAB"])
    assert revoked(crl, "AAAAAAAAAAA")
    assert revoked(crl, "AAAAAAAAAAB")
    assert not revoked(crl, "AAAAAAAAAAa")
    assert not revoked(crl, "AAAAAAAAAAC")


@pytest.mark.parametrize(
    "change",
    [
        {"ctr": "1"}, {"ctr": 0}, {"ctr": True}, {"ctr": 1.0}, {"ctr": None}, {"kid": None}, {"kid": 5}, {"kid": ""},
        {"method": "hash-fhir"}, {"method": None}, {"rids": None}, {"rids": "AAAA"}, {"rids": [7]}, {"rids": ["a" * 25]},
        {"rids": ["a=="]}, {"rids": ["a.b"]}, {"rids": ["a.1.2"]}, {"rids": ["ä"]}, {"rids": [""]}, {"rids": ["a.٥"]},
        {"rids": ["AAAAAAAAAAA", "AAAAAAAAAAA"]}, {"rids": ["AAAAAAAAAAA", "AAAAAAAAAAA.5"]}, {"rids": ["a.1", "a.2"]},
    ],
)  # fmt: skip
def test_refuses(change):
    with pytest.raises(MalformedCard):
        read_crl({"kid": "k", "method": "rid", "ctr": 1, "rids": []} | change)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"kid":"k","kid":"k"}', "nonsense"])
def test_refuses_what_is_no_list(data):
    with pytest.raises(MalformedCard):
        read_crl(data)


@pytest.mark.parametrize("filler", [b"[],", b"{},", b"1,", b"1.5,", b'{"a":1},'])
def test_a_large_text_that_is_no_list_is_refused_at_once(filler):
    hostile = b'{"kid":"k","method":"rid","ctr":1,"rids":[' + filler * 1_000_000 + b'"a"]}'
    start = time.process_time()
    with pytest.raises(MalformedCard):
        read_crl(hostile)
    assert time.process_time() - start < 1
