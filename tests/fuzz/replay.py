"""Run one input through one target in a fresh, uninstrumented process, and judge it.

python -m tests.fuzz.replay TARGET FILE      JSON: what came of it, the time and memory it took, findings
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.fuzz.ledger import Ledger, limit_memory
from tests.fuzz.targets import TARGETS


def main(name: str, file: str) -> None:
    target = TARGETS[name]
    warm_up = next(iter(target.seeds()))
    limit_memory(target.mebibytes)
    with tempfile.TemporaryDirectory() as folder:
        Ledger(target, Path(folder)).call(warm_up)  # what is loaded and cached once is not the input's doing
        ledger = Ledger(target, Path(folder))
        ledger.call(Path(file).read_bytes())
        report = ledger.report() | {"findings": sorted(ledger.findings)}
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
