"""How entries are hashed and seals chained. Pure.

The canonical text of an entry is one line of JSON (RFC 8259): an array of its members in the order of `Line`, the
moment in UTC to the microsecond, the detail as the text that was kept. A seal's digest is SHA-256 over its entries'
lines in order of `seq`. Its hash is HMAC-SHA-256 (RFC 2104), keyed with the deployment's audit secret, over the hash of
the seal before, its own digest and everything else it says. Whoever can write to the database and does not hold the
secret cannot make a seal; whoever holds both can, and is found by a head noted elsewhere.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import orjson

from issuer.audit.lines import Line

START = "0" * 64
"""What stands for the hash before the first seal."""
_PURPOSE = "countersign audit seal 1"
_HEAD = re.compile(r"[0-9]{1,18}:[0-9a-f]{64}")
SEAL_SECONDS = 0.5
"""How often the sealer looks: an entry is sealed within a second."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the chain. The members stand in the order of the table's columns."""

    number: int
    first_seq: int
    last_seq: int
    entries: int
    digest: str
    hash: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal, to be noted where the operator of the database cannot change it."""

    number: int
    hash: str

    @property
    def text(self) -> str:
        """`number:hash`."""
        return f"{self.number}:{self.hash}"

    @staticmethod
    def read(text: str) -> "Head":
        """What `text` says.

        Raises:
            ValueError: it is no head.
        """
        if not _HEAD.fullmatch(text.strip()):
            raise ValueError("a head is a number, a colon and 64 hexadecimal digits: `countersign audit head` says it")
        number, _, value = text.strip().partition(":")
        return Head(int(number), value)


def canonical(line: Line) -> bytes:
    """One entry as the octets that are hashed, its line end included."""
    return orjson.dumps(
        [
            line.seq, _moment(line.at), line.actor, line.role, line.clinic_id, line.action, line.object_kind,
            line.object_id, line.person_id, line.origin, line.reason, line.detail,
        ],
        option=orjson.OPT_APPEND_NEWLINE,
    )  # fmt: skip


def digest_of(lines: Iterable[Line]) -> str:
    """SHA-256 in hexadecimal over entries in order of `seq`."""
    running = hashlib.sha256()
    for line in lines:
        running.update(canonical(line))
    return running.hexdigest()


def seal_of(
    secret: bytes, previous: str, number: int, first_seq: int, last_seq: int, entries: int, digest: str, at: datetime
) -> Seal:
    """The seal with these contents after the one whose hash is `previous`."""
    said = [_PURPOSE, previous, number, first_seq, last_seq, entries, digest, _moment(at)]
    value = hmac.new(secret, orjson.dumps(said), hashlib.sha256).hexdigest()
    return Seal(number, first_seq, last_seq, entries, digest, value, at)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class Sealable(Protocol):
    """What a sealer works on."""

    def seal(self, secret: bytes, now: datetime) -> int:
        """Seal what is not sealed yet; how many entries."""


def run_sealer(
    store: Sealable,
    secret: bytes,
    clock: Callable[[], datetime],
    wait: Callable[[float], bool],
    failed: Callable[[Exception], None],
) -> None:
    """Seal again and again until `wait` says that it is to end.

    Args:
        wait: waits for so many seconds; True ends the sealer (`threading.Event.wait`).
        failed: told of an error of the database; the sealer goes on, what was not sealed is sealed next time.
    """
    while True:
        try:
            store.seal(secret, clock())
        except Exception as error:  # whatever it was: without a sealer the log has no chain
            failed(error)
        if wait(SEAL_SECONDS):
            return
