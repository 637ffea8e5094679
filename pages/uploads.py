"""A request whose uploads stay in memory.

Werkzeug spools a file of more than 500 kB into the temp folder; a photo of somebody's card would then lie on the disk,
and stay there if the process is killed. `MAX_CONTENT_LENGTH` bounds what this can cost.
"""

from io import BytesIO
from typing import IO

from flask import Request

MAX_DRAINED_OCTETS = 64 * 1024 * 1024
"""Of a refused upload we still take in, and forget, as much as this: a browser that is cut off while it sends shows its
own "connection reset" and never our page."""
_PIECE = 1024 * 1024


class InMemoryRequest(Request):
    """`app.request_class = InMemoryRequest`, with `app.config["MAX_CONTENT_LENGTH"]` set."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def drain(request: Request) -> None:
    """Take in what is still coming of a refused body, up to a limit, keeping none of it."""
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or 0, MAX_DRAINED_OCTETS)
    while left > 0 and (piece := stream.read(min(left, _PIECE))):
        left -= len(piece)
