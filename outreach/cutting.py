"""A line that is cut from beside when an attempt lasts too long.

A socket's own time limit starts anew with each octet: a server that sends one every few seconds holds it for ever.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Line:
    """One connection, whichever TLS is wound around it: what is cut is a duplicate of its descriptor."""

    def __init__(self) -> None:
        self._end: socket.socket | None = None
        self.was_cut = False

    def watch(self, connected: socket.socket) -> None:
        """The connection to be cut. A cut that came before it was there counts."""
        self.close()
        self._end = connected.dup()
        if self.was_cut:
            self.cut()

    def cut(self) -> None:
        """End it at once, in both directions."""
        self.was_cut = True
        if self._end is not None:
            with contextlib.suppress(OSError):
                self._end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the duplicate."""
        if self._end is not None:
            self._end.close()
            self._end = None

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What stands in the block lasts no longer than `seconds`."""
        timer = threading.Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
