"""A link's passcode on the serving side: kept as a slow hash, compared in constant time, wrong ones counted for life.

Source: SMART Health Cards and Links 1.0.0, "SMART Health Link Manifest Request", "Monitoring remaining attempts";
requirement G6. `judge` decides and counts nothing itself: its caller holds the link's row locked from reading
`remaining` until `remaining_after` is committed, so that parallel guesses stand in line, in whatever process.
"""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

MAX_WRONG_PASSCODES = 10
"""In a link's life: a guesser of six digits gets one chance in 100,000."""
SALT_OCTETS = 16
_COST, _BLOCK, _LANES = 2**14, 8, 1
"""scrypt (RFC 7914): 16 MiB and some 40 ms a guess. The count, not the cost, stops guessers at the door; the cost
stops whoever stole the table."""
_HASH_OCTETS = 32


@dataclass(frozen=True, slots=True)
class KeptPasscode:
    """What a server keeps of a passcode."""

    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the link opens, and how many wrong passcodes it has left afterwards."""

    outcome: Literal["open", "wrong", "ended"]
    remaining_after: int


def keep(passcode: str, salt: bytes) -> KeptPasscode:
    """What to store of a new passcode.

    Args:
        salt: 16 random octets.
    """
    if len(salt) != SALT_OCTETS or not passcode:
        raise ValueError("a passcode is kept with 16 octets of salt, and is not empty")
    return KeptPasscode(salt, _digest(passcode, salt))


def judge(given: str | None, kept: KeptPasscode | None, remaining: int) -> Judgement:
    """Whether a request opens the link. No passcode at all is no guess: it is refused and not counted."""
    if kept is None:
        return Judgement("open", remaining)
    if remaining <= 0:
        return Judgement("ended", 0)
    if not given:
        return Judgement("wrong", remaining)
    if hmac.compare_digest(_digest(given, kept.salt), kept.digest):
        return Judgement("open", remaining)
    return Judgement("wrong", remaining - 1)


def _digest(passcode: str, salt: bytes) -> bytes:
    """Digits typed on a full-width keyboard are the same digits (Unicode NFKC)."""
    typed = unicodedata.normalize("NFKC", passcode).strip().encode("utf-8", "surrogatepass")
    return hashlib.scrypt(typed, salt=salt, n=_COST, r=_BLOCK, p=_LANES, dklen=_HASH_OCTETS)
