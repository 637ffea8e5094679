"""A request whose uploads stay in memory.

Werkzeug spools a file of more than 500 kB into the temp folder; a photo of somebody's card would then lie on the disk,
and stay there if the process is killed. `MAX_CONTENT_LENGTH` bounds what this can cost.
"""

from io import BytesIO
from typing import IO

from flask import Request


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
