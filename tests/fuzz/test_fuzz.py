"""The small form of `make show-fuzz`, every target a little; and that the fuzzers reach what they are to reach."""

import json
import os
from pathlib import Path
from random import Random

import pytest

import cards
import verifier
from tests.fuzz import cards_shaped, environment, generated, world
from tests.fuzz.ledger import Ledger
from tests.fuzz.seeds import BUNDLE
from tests.fuzz.targets import TARGETS
from tests.shows import fuzz

EXAMPLES = 40
SECONDS = 8.0


@pytest.mark.parametrize("name", TARGETS)
def test_generated_inputs_raise_what_is_documented(name: str, tmp_path: Path) -> None:
    ledger = Ledger(TARGETS[name], tmp_path)
    generated.run(ledger, 0, EXAMPLES if name != "pdf" else 2, derandomize=True)
    undocumented = [what for what in ledger.findings if what.startswith("!")]
    assert undocumented == []
    assert ledger.executions >= EXAMPLES or name == "pdf"


def test_coverage_guided(tmp_path: Path) -> None:
    """A second or so at each target, in the fuzzer's own environment."""
    try:
        environment.python()
    except environment.NotHere as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"with CI=true atheris must be there: {reason}")
        pytest.skip(f"not here: atheris ({reason})")
    runs = fuzz.run(list(TARGETS), SECONDS, tmp_path, ["coverage-guided"])
    assert [(one.target.name, *one.confirmed) for one in runs if one.confirmed] == []
    assert [one.broken for one in runs if one.broken] == []
    assert all(one.report["executions"] and one.coverage for one in runs)


def test_the_mutators_reach_what_lies_behind_the_signature(tmp_path: Path) -> None:
    """Changed bundles, signed again, are judged as cards, and most verdicts on a card occur."""
    ledger, random = Ledger(TARGETS["verifier.check"], tmp_path), Random(7)
    seeds = list(TARGETS["verifier.check"].seeds())
    for _ in range(3000):
        seed = random.choice(seeds)
        if len(seed) < 4000:
            mutant = cards_shaped.mutate_card(seed, random, lambda part: cards_shaped.mutate_octets(part, random))
            ledger.call(mutant)
    wanted = {"accepted", "bad-signature", "malformed-card", "unsupported-algorithm", "not-yet-valid", "chunks-missing"}
    assert wanted <= set(ledger.outcomes)
    assert ledger.outcomes["accepted"] > 100


def test_what_the_mutators_sign_is_accepted() -> None:
    jws = cards_shaped.card_around(BUNDLE)
    for text in (jws, cards_shaped.digits(jws)):
        assert verifier.check(text, world.registry(), world.NOW).outcome == "accepted"
    assert len(verifier.check_all([cards_shaped.in_file([jws, jws])], world.registry(), world.NOW)) == 2
    assert cards.read(jws).iss == world.ISS


def test_a_finding_is_kept_with_its_smallest_input(tmp_path: Path) -> None:
    def fall(octets: bytes) -> str:
        raise KeyError(octets.decode())

    target = TARGETS["shc.file"]
    ledger = Ledger(type(target)(target.name, fall, target.seeds, target.mutate, target.shape), tmp_path)
    for octets in (b"long input", b"short", b"longer than both"):
        ledger.call(octets)
    (what, kept), *others = ledger.findings.items()
    assert others == []
    assert what.startswith("!KeyError test_fuzz.py:")
    assert kept == b"short"
    assert Path(ledger.report()["findings"][what]).read_bytes() == b"short"
    assert "short" not in json.dumps(ledger.report())
