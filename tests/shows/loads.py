"""Invented people by the million, a deployment of one's own, and what its processes use."""

import csv
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from countersign.deployment import Deployment
from issuer import db

ROOT = Path(__file__).resolve().parents[2]
HEADER = (
    "family_name", "given_names", "birth_date", "sex", "identifier", "identifier_authority", "phone",
    "product", "date", "lot", "vaccinator", "event_id",
)  # fmt: skip
FAMILIES, GIVENS = 6_000, 1_500
"""Names by how common they are: the thousandth is a thousandth as common as the first (Zipf)."""


def people(path: Path, rows: int, seed: int = 1, first: int = 0) -> None:
    """A drive's file: a person and a dose in each row."""
    source = random.Random(seed)
    families, givens = _names(source, FAMILIES, 3), _names(source, GIVENS, 2)
    births = [(date(1936, 1, 1) + timedelta(days=number)).isoformat() for number in range(27_000)]
    days = [(date(2026, 9, 1) + timedelta(days=number)).isoformat() for number in range(60)]
    weights_f, weights_g = _weights(FAMILIES), _weights(GIVENS)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for start in range(0, rows, 10_000):
            count = min(10_000, rows - start)
            names = zip(
                source.choices(families, cum_weights=weights_f, k=count),
                source.choices(givens, cum_weights=weights_g, k=count),
                source.choices(births, k=count),
                source.choices(days, k=count),
                strict=True,
            )
            for number, (family, given, born, day) in enumerate(names, start=first + start):
                sex = "female" if number % 2 else "male"
                lot = f"EL{number % 400:04}"
                writer.writerow(
                    (family, given, born, sex, f"A{number:08}", "urn:oid:1.2.36.146", f"+1555{2_000_000 + number:07}",
                     "309", day, lot, f"N{number % 40}", f"E{number}")
                )  # fmt: skip


def _names(source: random.Random, count: int, syllables: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        made[
            "".join(source.choice("bcdfghjklmnprstvwz") + source.choice("aeiou") for _ in range(syllables)).title()
        ] = None
    return list(made)


def _weights(count: int) -> list[float]:
    return list(accumulate(1 / (number + 10) for number in range(count)))


class Site:
    """A deployment in a folder, with its database."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.environ = {
            **os.environ,
            "COUNTERSIGN_DATA": str(folder),
            "COUNTERSIGN_DATABASE": database_url,
            "COUNTERSIGN_ISS": "https://state.example/issuer",
            "PYTHONPATH": str(ROOT),
        }
        deployment = Deployment(folder, self.environ)
        deployment.card_keys().generate(datetime.now(UTC))
        db.upgrade(database_url)

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """A countersign command in a process of its own."""
        return subprocess.Popen([sys.executable, "-m", "countersign", *command], env=self.environ, cwd=ROOT)

    @contextmanager
    def running(self, *command: str) -> "Iterator[subprocess.Popen[bytes]]":
        """The same, ended with everything it started when the block ends."""
        process = self.start(*command)
        try:
            yield process
        finally:
            stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End it by its id: politely, then at once; its children too."""
    family = [process.pid, *descendants(process.pid)]
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in family:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def descendants(pid: int) -> list[int]:
    """Ids of everything a process started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(one) for one in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found


def resident_megabytes(pid: int) -> float:
    """What a process holds in memory, shared parts included; 0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000
