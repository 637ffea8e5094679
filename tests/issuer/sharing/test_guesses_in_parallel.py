"""Passcodes tried at once, from several processes with several threads each, on both kinds of database: ten wrong ones
are judged in a link's life, and not one more."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cards import shlink
from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.sharing import Holding, Wish

CHILD = Path(__file__).with_name("guessing_child.py")
ROOT = Path(__file__).resolve().parents[3]
PROCESSES, THREADS = 3, 6
HOLDER = Actor("resident", "system")
SECONDS = 60


def start(url: str, keys: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, str(CHILD), url, str(keys)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def tried(url: str, keys: Path, token: str, passcodes: list[list[str]]) -> list[tuple[int, int | None]]:
    """What all processes were answered."""
    children = [start(url, keys) for _ in passcodes]
    try:
        for child, mine in zip(children, passcodes, strict=True):
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(json.dumps({"token": token, "passcodes": mine}) + "\n")
            child.stdin.flush()
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        said = [child.communicate(timeout=SECONDS)[0] for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
    return [(status, remaining) for line in said for status, remaining in json.loads(line)]


def test_ten_guesses_and_not_one_more(service: IssuerService, database: str, tmp_path: Path, made: Any) -> None:
    holding = Holding(service, "https://health.example", b"v" * 32)
    person_id = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now).person_id
    share_id = holding.make(person_id, Wish(passcode="481516"), made.now, HOLDER)
    token = shlink.read(holding.one(person_id, share_id, made.now, HOLDER).text).url.rsplit("/", 1)[1]
    guesses = [[f"{child}{number}000" for number in range(THREADS)] for child in range(PROCESSES)]
    answers = tried(database, tmp_path / "keys", token, guesses)
    judged = sorted(remaining for status, remaining in answers if status == 401 and remaining is not None)
    assert judged == list(range(10))
    assert sum(status == 404 for status, _ in answers) == PROCESSES * THREADS - 10
    held = holding.one(person_id, share_id, made.now, HOLDER).held
    assert (held.status, held.share.wrong) == ("passcodes", 10)
    assert sum(one.what == "wrong-passcode" for one in held.openings) == 10
