"""A request whose large uploads go to the folder of imports, and everything else stays in memory.

app.request_class = UploadingRequest
app.config["IMPORTS_FOLDER"] = settings.imports
"""

import tempfile
from pathlib import Path
from typing import IO

from flask import current_app

from pages import InMemoryRequest

UPLOADS = frozenset({"imports.upload"})
"""Endpoints whose files may be larger than the memory."""


class UploadingRequest(InMemoryRequest):
    """A table of a million rows is spooled where it is to be read; the name it has there is nobody's."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.endpoint in UPLOADS:
            folder = Path(current_app.config["IMPORTS_FOLDER"])
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=folder)
        return super()._get_file_stream(total_content_length, content_type, filename, content_length)
