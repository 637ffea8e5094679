"""Killed processes and full disks, for real: a record is there with all its cards, or it is not there."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("issuing_child.py")
ROOT = Path(__file__).resolve().parents[2]
CARDS_OF_A_SUBMISSION = 3
KILLS = int(os.environ.get("KILLS", "10"))
STEP_SECONDS = 0.0011
"""A record takes some 8 ms here."""


def start(url: str, keys: Path, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(CHILD), url, str(keys), *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def killed_after(url: str, keys: Path, run: int) -> list[str]:
    """Kill a child in the middle of its work; what it had been answered for until then."""
    with start(url, keys, str(run)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        answered = [child.stdout.readline() for _ in range(1 + run % 3)]
        # Each run dies a little later in its work: reading, signing, writing, committing.
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=run * STEP_SECONDS)
        child.kill()
        answered += child.stdout.readlines()
    # The last line may have been cut by the kill.
    return [line for line in answered if line.endswith("\n")]


def test_a_killed_process_leaves_whole_records(database: str, key_folder: Path, service_on: Callable[..., Any]) -> None:
    runs = KILLS if database.startswith("sqlite") else KILLS // 2
    answered = [line for run in range(runs) for line in killed_after(database, key_folder, run)]
    service = service_on(database)
    counts = service.store.counts()
    assert counts["card"] == counts["record"] == CARDS_OF_A_SUBMISSION * counts["submission"]
    assert counts["submission"] == counts["person"] >= len(answered)
    for line in answered:
        record_id, *card_ids = line.split()
        assert len(card_ids) == CARDS_OF_A_SUBMISSION
        assert any(record_id in service.card(card_id).holds for card_id in card_ids)


def test_a_full_disk_leaves_whole_records(
    sqlite_database: str, tmp_path: Path, key_folder: Path, service_on: Callable[..., Any]
) -> None:
    """The limit on a file's size fails a write in the middle, as a full disk does."""
    size = (tmp_path / "issuer.db").stat().st_size
    with start(sqlite_database, key_folder, "full", str(size + 150_000)) as child:
        assert child.stdout is not None
        ready, *answered, last = child.stdout.read().splitlines()
    assert child.returncode == 0
    assert (ready, last) == ("ready", "StorageFull")
    assert answered
    service = service_on(sqlite_database)
    counts = service.store.counts()
    assert counts["submission"] == len(answered)
    assert counts["card"] == counts["record"] == CARDS_OF_A_SUBMISSION * len(answered)
    connection = sqlite3.connect(tmp_path / "issuer.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
