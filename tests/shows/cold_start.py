"""`make show-cold-start`: a cold `countersign verify` of a card against the whole VCI directory, in seconds."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.vectors import make

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
BOUND_SECONDS = 0.4
RUNS = int(os.environ.get("RUNS", "11"))


def show() -> tuple[dict[str, Any], bool]:
    command = [str(Path(sys.executable).with_name("countersign")), "verify"]
    with tempfile.TemporaryDirectory() as folder:
        card = Path(folder, "card.txt")
        card.write_text(make.jws())
        registry = SHARED / "vectors" / "data" / "vci_snapshot.json"
        taken = [_seconds([*command, str(card), "--registry", str(registry)]) for _ in range(RUNS)]
    median = statistics.median(taken)
    print(f"{RUNS} runs: median {median:.3f} s, fastest {min(taken):.3f} s, slowest {max(taken):.3f} s")
    return {"median_seconds": round(median, 3), "bound_seconds": BOUND_SECONDS}, median < BOUND_SECONDS


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 3, done.stderr
    return time.perf_counter() - start
