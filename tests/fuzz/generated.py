"""One target under `hypothesis`: generated JSON, texts and octets, and seeds with a few structure-aware changes.

python -m tests.fuzz.generated TARGET FOLDER SECONDS SEED
"""

import sys
import time
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.cards_shaped import mutate_octets, octets_of
from tests.fuzz.ledger import Ledger, limit_memory
from tests.fuzz.targets import TARGETS, Target

BATCH = 100
"""Examples between two looks at the clock."""
FAMILY = 16
"""Mutants made of one seed in one example: drawing costs more than calling."""
_NAMES = st.sampled_from(
    "resourceType entry resource meta security name family given birthDate text coding system code reference"
    " status iss vaccineCode valueQuantity value unit keys kid x5c rids method ctr issuer crls number withdrawn"
    " performer actor".split()
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(("Patient", "Immunization", "Observation", "Bundle", "resource:0", "ES256", "rid", "2021-01-01"))
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(_NAMES | st.text(max_size=5), inner, max_size=6),
    max_leaves=25,
)


def inputs_of(target: Target) -> st.SearchStrategy[list[bytes]]:
    """Everything we can think of for one target: single inputs, and families of mutants of one seed."""
    seeds = sorted(one for one in target.seeds() if len(one) <= target.max_octets)

    def family(seed: bytes, number: int) -> list[bytes]:
        random, members = Random(number), [seed]
        for _ in range(FAMILY):
            parent = random.choice((seed, members[-1]))
            members.append(target.mutate(parent, random, lambda part: mutate_octets(part, random))[: target.max_octets])
        return members

    mutants = st.builds(family, st.sampled_from(seeds), st.integers(0, 2**32))
    texts = st.text(max_size=200).map(octets_of) | st.text(
        st.sampled_from('shc:/0123456789.eyJ{}[]"\x1e '), max_size=200
    ).map(octets_of)
    single = st.one_of(JSON.map(target.shape), JSON.map(target.shape), texts, st.binary(max_size=300))
    return st.one_of(mutants, single.map(lambda one: [one]))


def run(ledger: Ledger, number: int, examples: int = BATCH, *, derandomize: bool = False) -> None:
    """A batch of examples. Shrinking is left out: the ledger keeps the smallest input of each finding."""

    options = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=derandomize,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def examine(inputs: list[bytes]) -> None:
        for octets in inputs:
            ledger.call(octets)

    test = options(given(inputs_of(ledger.target))(examine))
    (test if derandomize else seed(number)(test))()


def main(name: str, folder: str, seconds: str, number: str) -> None:
    target = TARGETS[name]
    ledger = Ledger(target, Path(folder) / "found")
    limit_memory(target.mebibytes)
    until, batch = time.monotonic() + float(seconds), int(number)
    examples = BATCH if target.name != "pdf" else 5
    while time.monotonic() < until:
        run(ledger, batch, examples)
        batch += 1
        ledger.save(Path(folder) / "report.json")


if __name__ == "__main__":
    main(*sys.argv[1:])
