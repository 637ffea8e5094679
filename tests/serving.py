"""A WSGI application behind a real socket in this process, for tests whose client is a browser or a peer's program."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

STOP_SECONDS = 10.0
"""What an answer that is under way may take, on a machine with other work, before the next test begins."""
POLL_SECONDS = 0.05


class Talks:
    """The connections that are open, each with its thread, so that none outlives the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}

    def begin(self, connection: socket.socket) -> None:
        with self._lock:
            self._open[connection] = threading.current_thread()

    def end(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.pop(connection, None)

    def finish(self) -> None:
        """Nothing more is heard, what was asked is answered. A browser opens connections it never says anything on."""
        with self._lock:
            left = dict(self._open)
        for connection in left:
            with suppress(OSError):  # the other side was quicker
                connection.shutdown(socket.SHUT_RD)
        for thread in left.values():
            thread.join(STOP_SECONDS)


def handler_of(talks: Talks) -> type[WSGIRequestHandler]:
    """What answers one connection, known to `talks` from its first octet to its last."""

    class Quiet(WSGIRequestHandler):
        def handle(self) -> None:
            talks.begin(self.connection)
            super().handle()

        def finish(self) -> None:
            with suppress(ConnectionError):  # the reader has gone: not an error of the server
                super().finish()
            talks.end(self.connection)

        def log(self, *_: Any) -> None:
            """Nothing is printed of requests: some paths of ours open pages."""

    return Quiet


def whole(app: Any) -> Callable[[Any, Any], Iterable[bytes]]:
    """Reads and closes what the application answers before the first octet goes out.

    werkzeug's development server forgets to close an answer whose reader has gone, which a browser does whenever a
    page is left while its icon loads: the file then stays open until it is collected, and some other test is warned.
    """

    def answered(environ: Any, start: Any) -> Iterable[bytes]:
        body = app(environ, start)
        try:
            return [b"".join(body)]
        finally:
            getattr(body, "close", lambda: None)()

    return answered


@contextmanager
def served(app: Any, host: str = "127.0.0.1") -> Iterator[str]:
    """The address of `app`, served until the block ends; no thread of it is left then.

    An application that has to know its own address is made in the block, behind a function that calls it.
    """
    talks = Talks()
    server = make_server(host, 0, whole(app), threaded=True, request_handler=handler_of(talks))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.port}"
    finally:
        server.shutdown()
        thread.join(STOP_SECONDS)
        talks.finish()
        server.server_close()
