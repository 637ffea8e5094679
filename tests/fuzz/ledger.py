"""Calls a reader and writes down what came of it: what it answered, what it raised, how long it took, what it wanted.

A finding is an exception nobody documented, or a call over its bounds. The smallest input of each is kept.
"""

import json
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.targets import Target
from tests.fuzz.world import ROOT

PAGE = resource.getpagesize()
OCTETS_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024
ADDRESS_SPACE_SLACK = 1 << 30
"""Octets of address space beyond what a target may want: libraries, threads' stacks, the fuzzer's own tables."""
MAX_OUTCOMES = 60


@dataclass
class Ledger:
    """What happened to one target."""

    target: Target
    folder: Path
    """For inputs that are findings."""
    executions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    """Seconds of processor time."""
    growth: int = 0
    """Mebibytes by which the highest memory of the process rose in one call, at most."""
    findings: dict[str, bytes] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def call(self, octets: bytes) -> None:
        """Run the target once."""
        self.executions += 1
        before, clock = peak_mebibytes(), time.process_time()
        try:
            outcome = self.target.run(octets)
        except Exception as error:
            outcome = f"!{place_of(error)}"
            self._keep(outcome, octets)
        seconds, growth = time.process_time() - clock, peak_mebibytes() - before
        if len(self.outcomes) < MAX_OUTCOMES or outcome in self.outcomes:
            self.outcomes[outcome] += 1
        if seconds > self.slowest:
            self.slowest = seconds
            self._write("slowest", octets)
        self.growth = max(self.growth, growth)
        if seconds > self.target.seconds:
            self._keep("too slow", octets)
        if growth > self.target.mebibytes:
            self._keep("too much memory", octets)

    def report(self) -> dict[str, Any]:
        """Everything as JSON; inputs by the name of their file."""
        return {
            "target": self.target.name,
            "executions": self.executions,
            "seconds": round(time.monotonic() - self.began, 1),
            "outcomes": dict(self.outcomes.most_common()),
            "slowest_ms": round(self.slowest * 1000, 1),
            "slowest": str(self._path("slowest")),
            "growth_mib": self.growth,
            "peak_mib": peak_mebibytes(),
            "findings": {what: str(self._path(what)) for what in self.findings},
        }

    def save(self, path: Path) -> None:
        """Write the report; whoever started this process reads it."""
        waiting = path.with_suffix(".part")
        waiting.write_text(json.dumps(self.report()), "utf-8")
        waiting.replace(path)

    def _keep(self, what: str, octets: bytes) -> None:
        known = self.findings.get(what)
        if known is None or len(octets) < len(known):
            self.findings[what] = octets
            self._write(what, octets)

    def _write(self, what: str, octets: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path(what).write_bytes(octets)

    def _path(self, what: str) -> Path:
        plain = "".join(mark if mark.isalnum() else "-" for mark in what).strip("-")
        return self.folder / plain


def place_of(error: Exception) -> str:
    """The class of an exception and the innermost line of ours it came through; not its text, which may quote input."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if str(ROOT) in frame.filename and ".venv" not in frame.filename]
    frame = (ours or frames)[-1]
    return f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"


def peak_mebibytes() -> int:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * OCTETS_PER_MAXRSS >> 20


def limit_memory(mebibytes: int) -> None:
    """More address space than this beyond what is in use is refused: the reader meets MemoryError. Linux only."""
    try:
        used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * PAGE
        most = used + (mebibytes << 20) + ADDRESS_SPACE_SLACK
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (OSError, ValueError):
        return
