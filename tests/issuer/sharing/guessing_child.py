"""A process that guesses a link's passcode. Started by test_guesses_in_parallel.py.

    python guessing_child.py URL KEY-FOLDER

Reads the link's token and the passcodes to try from stdin, one JSON document; says "ready", waits for another line, and
tries them all at once, a thread each. Prints one JSON document: [status, remaining attempts] of each.
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from issuer.db import open_engine
from issuer.keyring import Keyring
from issuer.service import IssuerService
from issuer.sharing import Answering
from issuer.store import Store
from issuer.store.staff_sessions import SessionStore
from keys.store import KeyStore


def main(url: str, keys: str) -> None:
    """Guess, and say what came of it."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    engine = open_engine(url)
    keyring = Keyring(KeyStore(Path(keys), b"k" * 32))
    service = IssuerService("https://clinic.example/issuer", keyring, b"r" * 32, Store(engine), 90, os.urandom)
    answering = Answering(service, "https://health.example", b"v" * 32, SessionStore(engine).count)
    asked = json.loads(sys.stdin.readline())
    together = threading.Barrier(len(asked["passcodes"]))

    def guess(passcode: str) -> tuple[int, int | None]:
        body = json.dumps({"recipient": "Guesser", "passcode": passcode}).encode()
        together.wait()
        answer = answering.manifest(asked["token"], body, "192.0.2.9", now)
        return answer.status, json.loads(answer.body).get("remainingAttempts")

    with ThreadPoolExecutor(len(asked["passcodes"])) as pool:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(json.dumps(list(pool.map(guess, asked["passcodes"]))) + "\n")
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
