"""`make show-fuzz`: strangers' octets against every reader. Only documented errors, bounded time and memory.

DURATION   seconds in all (600): a quarter for generated inputs (hypothesis), the rest coverage-guided (atheris)
WORKERS    processes at a time (2, or what the machine has)
FOLDER     where inputs that are findings, and the fuzzer's corpus, are kept (var/fuzz)
TARGETS    names, separated by commas, to fuzz no others
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz import environment
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.world import ROOT

SHARE_OF = {"generated": 0.25, "coverage-guided": 0.75}
ENGINES = tuple(SHARE_OF)
LEAST_SECONDS = 1.0
AFTER = 60.0
"""Seconds a process may need beyond its time: to start, to make seeds, to end a last call."""
CONCURRENTLY = min(2, os.cpu_count() or 1)
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


@dataclass
class Run:
    """One engine at one target."""

    engine: str
    target: Target
    report: dict[str, Any] = field(default_factory=dict)
    coverage: int = 0
    """Branches of our code the fuzzer saw taken."""
    confirmed: dict[str, str] = field(default_factory=dict)
    """Finding -> file; those that a fresh process without instruments confirms."""
    slowest_ms: float = 0.0
    """Of the slowest input, in a fresh process without instruments."""
    broken: str = ""
    """Why there is no report."""


def run(
    names: Sequence[str],
    duration: float,
    folder: Path,
    engines: Sequence[str] = ENGINES,
    *,
    workers: int = CONCURRENTLY,
    slowest: bool = False,
) -> list[Run]:
    """Fuzz, and confirm what was found.

    Args:
        slowest: time the slowest input of each target again, in a fresh process.
    Raises:
        environment.NotHere: the coverage-guided fuzzer was asked for and cannot be installed.
    """
    runs = [Run(engine, TARGETS[name]) for engine in engines for name in names]
    python = environment.python() if "coverage-guided" in engines else Path(sys.executable)
    every = sum(SHARE_OF[one.engine] * one.target.share for one in runs)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda one: _run(one, duration * workers / every, folder, python), runs))
        list(pool.map(_confirm, runs))
        if slowest:
            list(pool.map(_time_slowest, runs))
    return runs


def _run(one: Run, seconds_a_share: float, folder: Path, python: Path) -> None:
    seconds = max(LEAST_SECONDS, seconds_a_share * SHARE_OF[one.engine] * one.target.share)
    home = folder / one.engine / one.target.name
    home.mkdir(parents=True, exist_ok=True)
    (home / "report.json").unlink(missing_ok=True)
    if one.engine == "generated":
        number = int.from_bytes(os.urandom(4), "big")
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.generated",
            one.target.name,
            str(home),
            f"{seconds:.1f}",
            str(number),
        ]
    else:
        options = [f"-max_total_time={max(1, round(seconds))}", "-print_final_stats=1"]
        command = [str(python), "-m", "tests.fuzz.coverage_guided", one.target.name, str(home), *options]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            status = process.wait(seconds + AFTER)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
    _collect(one, home, status)


def _collect(one: Run, home: Path, status: int) -> None:
    log, report = (home / "log").read_text("utf-8", "replace"), home / "report.json"
    if report.exists():
        one.report = json.loads(report.read_text("utf-8"))
        ended = re.search(r"stat::number_of_executed_units: *(\d+)", log)
        one.report["executions"] = max(one.report["executions"], int(ended[1]) if ended else 0)
    seen = _COVERAGE.findall(log)
    one.coverage = int(seen[-1][0]) if seen else 0
    crashes = sorted(home.glob("crash-*")) + sorted(home.glob("timeout-*"))
    for crash in crashes:
        one.report.setdefault("findings", {})[f"process ended: {crash.name[:14]}"] = str(crash)
    if not one.report or (status != 0 and not crashes):
        one.broken = f"ended with {status}: {log.strip().splitlines()[-1] if log.strip() else 'no word'}"


def _confirm(one: Run) -> None:
    """Instruments make calls slower and other people's work makes machines busy: a fresh process has the last word."""
    for what, file in one.report.get("findings", {}).items():
        judged = _replayed(one.target, file)
        if judged is None or judged["findings"]:
            one.confirmed[what] = file


def _time_slowest(one: Run) -> None:
    if one.report.get("slowest"):
        judged = _replayed(one.target, one.report["slowest"])
        one.slowest_ms = judged["slowest_ms"] if judged else 0.0


def _replayed(target: Target, file: str) -> dict[str, Any] | None:
    """The report on one input; None where the process did not live to write it."""
    command = [sys.executable, "-m", "tests.fuzz.replay", target.name, file]
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=AFTER)
        return dict(json.loads(ended.stdout)) if ended.returncode == 0 else None
    except subprocess.TimeoutExpired:
        return None


def show() -> tuple[dict[str, Any], bool]:
    names = [name for name in os.environ.get("TARGETS", ",".join(TARGETS)).split(",") if name]
    folder = Path(os.environ.get("FOLDER", ROOT / "var" / "fuzz"))
    duration, workers = float(os.environ.get("DURATION", "600")), int(os.environ.get("WORKERS", CONCURRENTLY))
    engines, missing = ENGINES, ""
    try:
        environment.python()
    except environment.NotHere as reason:
        engines, missing = ("generated",), str(reason)
        print(f"The coverage-guided fuzzer cannot be installed here: {missing}")
    runs = run(names, duration, folder, engines, workers=workers, slowest=True)
    must_have = bool(missing) and os.environ.get("CI") == "true"
    return _told(runs, duration, folder), not must_have and all_good(runs)


def all_good(runs: Sequence[Run]) -> bool:
    return all(one.report.get("executions") and not one.confirmed and not one.broken for one in runs)


def _told(runs: Sequence[Run], duration: float, folder: Path) -> dict[str, Any]:
    print(
        f"{'target':20}{'engine':17}{'calls':>10}{'branches':>10}{'slowest ms':>12}{'peak MiB':>10}{'+MiB':>6}  found"
    )
    for one in runs:
        found = len(one.confirmed) or one.broken or "none"
        numbers = f"{one.report.get('executions', 0):10}{one.coverage or '':>10}{one.slowest_ms:12}"
        memory = f"{one.report.get('peak_mib', 0):10}{one.report.get('growth_mib', 0):6}"
        print(f"{one.target.name:20}{one.engine:17}{numbers}{memory}  {found}")
    for name in dict.fromkeys(one.target.name for one in runs):
        print(f"{name}: {_outcomes(one for one in runs if one.target.name == name)}")
    for one in runs:
        for what, file in one.confirmed.items():
            print(f"FINDING {one.target.name}: {what}   (input in {file})")
    print(f"Inputs that are findings, and the corpus, are in {folder}")
    return {
        "duration": duration,
        "executions": sum(one.report.get("executions", 0) for one in runs),
        "by_target": {name: _executions(runs, name) for name in dict.fromkeys(one.target.name for one in runs)},
        "branches": {one.target.name: one.coverage for one in runs if one.coverage},
        "slowest_ms": {one.target.name: one.slowest_ms for one in runs if one.slowest_ms},
        "peak_mib": max(one.report.get("peak_mib", 0) for one in runs),
        "findings": sum(len(one.confirmed) for one in runs),
        "broken": [f"{one.target.name}: {one.broken}" for one in runs if one.broken],
        "engines": sorted({one.engine for one in runs}),
    }


def _executions(runs: Sequence[Run], name: str) -> int:
    return sum(one.report.get("executions", 0) for one in runs if one.target.name == name)


def _outcomes(runs: Iterable[Run]) -> str:
    """What came of the calls, by the classes and codes of errors."""
    counts: Counter[str] = Counter()
    for one in runs:
        counts.update(one.report.get("outcomes", {}))
    return ", ".join(f"{outcome} {count}" for outcome, count in counts.most_common(12))
