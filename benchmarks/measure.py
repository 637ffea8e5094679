"""Interleaved rounds, medians, ratios.

The candidates take turns within each round, so that whatever else the machine does hits all of them alike.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds a call, median over rounds, and each round's value."""

    median: float
    rounds: tuple[float, ...]


def interleaved(
    candidates: Mapping[str, Callable[[], object]], rounds: int = 15, seconds: float = 0.1
) -> dict[str, Timing]:
    """Time each candidate in turn, `rounds` times, each turn some `seconds` long."""
    counts = {name: _calls(call, seconds) for name, call in candidates.items()}
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, call in candidates.items():
            taken[name].append(_time(call, counts[name]))
    return {name: Timing(statistics.median(values), tuple(values)) for name, values in taken.items()}


def ratio(ours: Timing, theirs: Timing) -> float:
    """Median over rounds of ours / theirs within one round."""
    return statistics.median(a / b for a, b in zip(ours.rounds, theirs.rounds, strict=True))


def _calls(call: Callable[[], object], seconds: float) -> int:
    call()
    return max(1, int(seconds / max(_time(call, 3), 1e-9)))


def _time(call: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count
