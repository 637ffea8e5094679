"""One target under atheris: a process of its own, because the fuzzer never gives control back.

    .venv-fuzz/bin/python -m tests.fuzz.coverage_guided TARGET FOLDER [libFuzzer's options]

Only our own packages are instrumented. The fuzzer sees the whole of a card; the mutators take it apart and sign it
again. Writes FOLDER/report.json every half second: nothing runs after the fuzzer ends.
"""

import sys
import time
from pathlib import Path
from random import Random

import atheris  # type: ignore[import-untyped]  # only in .venv-fuzz

with atheris.instrument_imports(include=["cards", "keys", "trust_registry", "verifier", "issuer.fhir", "pages.dates"]):
    from tests.fuzz.targets import TARGETS

from tests.fuzz.ledger import Ledger, limit_memory

BETWEEN_REPORTS = 0.5


def main(arguments: list[str]) -> None:
    name, folder = arguments[1], Path(arguments[2])
    target = TARGETS[name]
    ledger = Ledger(target, folder / "found")
    saved = 0.0

    def one(octets: bytes) -> None:
        nonlocal saved
        ledger.call(octets)
        if time.monotonic() - saved > BETWEEN_REPORTS:
            ledger.save(folder / "report.json")
            saved = time.monotonic()

    def mutate(octets: bytes, max_size: int, seed: int) -> bytes:
        changed = target.mutate(bytes(octets), Random(seed), lambda part: bytes(atheris.Mutate(part, len(part) + 64)))
        return changed if len(changed) <= max_size else changed[:max_size]

    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        if len(seed) <= target.max_octets:
            (seeds / f"{number:04}").write_bytes(seed)
    limit_memory(target.mebibytes)
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    options = [f"-max_len={target.max_octets}", f"-artifact_prefix={folder}/", "-rss_limit_mb=0", "-timeout=60"]
    atheris.Setup([arguments[0], *options, *arguments[3:], str(corpus), str(seeds)], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
