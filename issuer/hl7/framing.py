"""MLLP blocks (HL7 "Minimal Lower Layer Protocol", release 1): 0B, the message, 1C 0D. Pure: octets in, blocks out.

    blocks = Blocks()
    for piece in pieces:
        for block in blocks.feed(piece): ...

python-hl7 brings an MLLP reader (`hl7.mllp`); it is not used by the listener because it drops a block without its start
or over its limit together with whatever came behind, has one limit for messages and batches, and cannot say which of
these happened: the sender would get no answer, or one to another message.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from issuer.hl7.octets import MAX_BATCH_OCTETS, MAX_MESSAGE_OCTETS

START: Final = b"\x0b"
END: Final = b"\x1c\x0d"
_END_OCTET: Final = 0x1C
MAX_SWALLOWED_OCTETS: Final = 64 * 1024 * 1024
"""Of a block that is too large as much is taken in, and forgotten: a sender that is cut off while it sends may never
read the answer that says why."""
_SECOND: Final = re.compile(rb"[\r\n]MSH\|")
KEPT_OCTETS: Final = 4096
"""The start of a refused block: its header, so that the answer finds its question."""


@dataclass(frozen=True, slots=True)
class Block:
    """One message as it came, or why it is none (`fault`, a code of `issuer.hl7.errors`)."""

    octets: bytes = field(repr=False)
    fault: str = ""
    ends: bool = False
    """Where the next block begins cannot be told: answer, then close."""


@dataclass(slots=True)
class Blocks:
    """The blocks of one connection."""

    max_message: int = MAX_MESSAGE_OCTETS
    max_batch: int = MAX_BATCH_OCTETS
    max_swallowed: int = MAX_SWALLOWED_OCTETS
    _buffer: bytearray = field(default_factory=bytearray, repr=False)
    _looked: int = 0
    """How far the buffer was searched for an end: a large batch is not searched again with each piece."""
    _inside: bool = False
    _swallowed: int = -1
    """Octets of a block that is too large and was answered; -1 outside of one."""

    is_lost: bool = False
    """A block that is too large went on for `max_swallowed` octets: close."""

    @property
    def is_waiting(self) -> bool:
        """Whether a block has begun and not ended."""
        return self._inside or self._swallowed >= 0

    def feed(self, piece: bytes) -> list[Block]:
        """The blocks that this piece completes, in order."""
        self._buffer += piece
        found: list[Block] = []
        while (block := self._next()) is not None:
            found.append(block)
            if block.ends:
                self._buffer.clear()
                break
        return found

    def end(self) -> Block | None:
        """The connection ended, or waited too long: what had begun, which is nothing."""
        return self._broken(len(self._buffer), ends=True) if self._inside else None

    def _next(self) -> Block | None:
        if self._swallowed >= 0 and not self._swallow():
            self.is_lost = self._swallowed > self.max_swallowed
            return None
        if not self._inside:
            return self._begin()
        return self._complete()

    def _begin(self) -> Block | None:
        """Between blocks: line ends are passed over, anything else has lost its way."""
        stray = self._buffer.lstrip(b"\r\n")
        if not stray:
            self._buffer.clear()
            return None
        if not stray.startswith(START):
            return Block(bytes(stray[:KEPT_OCTETS]), "no-start-block", ends=True)
        self._buffer = stray[1:]
        self._inside, self._looked = True, 0
        return self._complete()

    def _complete(self) -> Block | None:
        """Inside a block: its end, the start of another before it, or more than may be."""
        at = self._first_mark()
        length = len(self._buffer) if at < 0 else at
        if length > self.max_message and length > self._limit():
            self._inside, self._swallowed = False, 0
            return Block(bytes(self._buffer[:KEPT_OCTETS]), "message-too-large")
        if at < 0 or (self._buffer[at] == _END_OCTET and at + 1 == len(self._buffer)):
            return None
        if self._buffer[at] != _END_OCTET:  # a block begins before this one has ended
            return self._broken(at)
        if self._buffer[at + 1] != END[1]:
            return self._broken(at, ends=True)
        block = Block(bytes(self._buffer[:at]))
        del self._buffer[: at + len(END)]
        self._inside = False
        return block

    def _first_mark(self) -> int:
        """Where the first 0B or 1C stands; -1 for nowhere. Neither may stand in a message."""
        marks = [at for at in (self._buffer.find(mark, self._looked) for mark in (START, END[:1])) if at >= 0]
        self._looked = min(marks, default=len(self._buffer))
        return min(marks, default=-1)

    def _limit(self) -> int:
        headed = self._buffer.startswith((b"FHS", b"BHS"))
        return self.max_batch if headed or _SECOND.search(self._buffer, 0, self.max_message) else self.max_message

    def _broken(self, at: int, ends: bool = False) -> Block:
        block = Block(bytes(self._buffer[: min(at, KEPT_OCTETS)]), "no-end-block", ends)
        del self._buffer[:at]
        self._inside, self._looked = False, 0
        return block

    def _swallow(self) -> bool:
        """Whether the end of a block that is too large has come; until then its octets are counted and dropped."""
        at = self._buffer.find(END)
        kept = 1 if at < 0 and self._buffer.endswith(END[:1]) else 0
        dropped = at + len(END) if at >= 0 else len(self._buffer) - kept
        self._swallowed += dropped
        del self._buffer[:dropped]
        if at >= 0:
            self._swallowed = -1
        return at >= 0
