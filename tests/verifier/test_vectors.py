"""Every vector, our own and the published ones, gets the verdict it must get."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import verifier
from tests.shows import vectors as show
from trust_registry import TrustRegistry
from trust_registry.directory import read_snapshot

OWN = json.loads((Path(__file__).parents[1] / "vectors" / "vectors.json").read_text("utf-8"))
NOW = datetime.fromtimestamp(OWN["now"], UTC)


@pytest.fixture(scope="module")
def registry() -> TrustRegistry:
    entries, findings = read_snapshot(OWN["registry"])
    assert not findings
    return TrustRegistry(replace(entry, withdrawn=frozenset(OWN["withdrawn"])).trusted() for entry in entries)


@pytest.mark.parametrize("vector", OWN["vectors"], ids=lambda vector: vector["id"])
def test_our_own_vectors_one_defect_each(vector, registry):
    verdict = verifier.check(vector["scanned"], registry, NOW)
    assert (verdict.outcome, verdict.code) == (vector["outcome"], vector["code"])
    assert verdict.sample == (vector["id"] == "sample-issuer")


def test_the_file_of_vectors_is_what_its_maker_makes():
    from tests.vectors import make

    assert json.loads(json.dumps(make.document())) == OWN


def test_nothing_of_a_card_is_shown_before_its_signature_held(registry):
    for vector in OWN["vectors"]:
        verdict = verifier.check(vector["scanned"], registry, NOW)
        if verdict.code in ("bad-signature", "malformed-card", "untrusted-issuer", "unknown-key", "withdrawn-key"):
            assert verdict.card is None, vector["id"]
        assert "Muster" not in repr(verdict) + verdict.reason


def test_the_published_vectors(shared):
    counts = show.judge(shared / "vectors")
    assert counts.wrong == []
    assert counts.judged == 229
