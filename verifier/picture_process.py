"""Pictures read in processes of their own, which a server can end.

A picture of 11 kB full of finder patterns keeps the QR reader busy for half a minute and the interpreter's thread with
it (docs/fuzzing.md); nothing inside the process can stop that. The command line reads in its own process: whoever waits
there can press Ctrl-C.

    reader = PictureProcesses()
    reader.read_codes(picture)          # as verifier.image.read_codes, and "picture-too-heavy" after MAX_SECONDS
"""

import contextlib
import json
import subprocess
import sys
from threading import Lock, Timer
from weakref import finalize

from verifier.picture_kinds import UnreadablePicture, kind_of

MAX_SECONDS = 4.0
"""Time on the wall for one picture. A photograph of 40 megapixels takes some 0.5 s."""
MAX_PDF_SECONDS = 15.0
"""A PDF's pages are drawn first, in up to `verifier.pdf.MAX_SECONDS`."""
START_SECONDS = 30.0
"""Of a child, on a busy machine; 0.15 s as a rule."""
MAX_ANSWER_OCTETS = 8 * 1024 * 1024


class PictureProcesses:
    """As many children as pictures are read at once; each is kept for the next picture until it is too slow."""

    def __init__(self, seconds: float = MAX_SECONDS, pdf_seconds: float = MAX_PDF_SECONDS) -> None:
        self._seconds = {True: pdf_seconds, False: seconds}
        self._idle: list[subprocess.Popen[bytes]] = []
        self._lock = Lock()
        # Children end with whoever owns them, be that the interpreter's end.
        self.close = finalize(self, _end_all, self._idle)

    def read_codes(self, picture: bytes) -> list[str]:
        """The texts of all QR codes in a picture or PDF.

        Raises:
            UnreadablePicture: as `verifier.image.read_codes`, and picture-too-heavy.
        """
        seconds = self._seconds[kind_of(picture) == "PDF"]
        child = self._child()
        timer = Timer(seconds, child.kill)
        timer.start()
        try:
            answer = _ask(child, picture)
        finally:
            timer.cancel()
        if answer is None:
            _end(child)
            raise UnreadablePicture("picture-too-heavy")
        with self._lock:
            self._idle.append(child)
        if "refused" in answer:
            code = str(answer["refused"])
            raise UnreadablePicture(code if code in UnreadablePicture.MESSAGES else "damaged-picture")
        return [str(code) for code in answer["codes"]]

    def _child(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.poll() is None:
                    return child
                _end(child)
        command = [sys.executable, "-m", "verifier.picture_child"]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere)
        _wait_until_ready(child)
        return child


def _wait_until_ready(child: "subprocess.Popen[bytes]") -> None:
    """Starting is not reading: it has a limit of its own. A child that never says so answers nothing, either."""
    assert child.stdout is not None  # noqa: S101  (for the type: it was opened as a pipe)
    timer = Timer(START_SECONDS, child.kill)
    timer.start()
    child.stdout.read(1)
    timer.cancel()


def _ask(child: "subprocess.Popen[bytes]", picture: bytes) -> dict[str, list[str]] | None:
    """The child's answer; None where it ended without one, or answers what no reader of ours would."""
    assert child.stdin is not None  # noqa: S101  (for the types: both were opened as pipes)
    assert child.stdout is not None  # noqa: S101
    try:
        child.stdin.write(len(picture).to_bytes(8, "big") + picture)
        child.stdin.flush()
        length = int.from_bytes(child.stdout.read(4), "big")
        if not 0 < length <= MAX_ANSWER_OCTETS:
            return None
        answer = json.loads(child.stdout.read(length))
    except (OSError, ValueError):
        return None
    fits = isinstance(answer, dict) and (isinstance(answer.get("codes"), list) or "refused" in answer)
    return answer if fits else None


def _end_all(idle: list["subprocess.Popen[bytes]"]) -> None:
    while idle:
        _end(idle.pop())


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    child.wait()
