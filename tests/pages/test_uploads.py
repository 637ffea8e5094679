"""An upload stays in memory, however large."""

from io import BytesIO
from typing import Any

from flask import Flask, request

import pages


def test_a_large_upload_is_not_spooled_to_disk() -> None:
    app = Flask("example")
    app.request_class = pages.InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = 4_000_000
    kinds = []

    @app.post("/")
    def receive() -> str:
        kinds.append(type(request.files["file"].stream))
        return str(len(request.files["file"].stream.read()))

    client = app.test_client()
    assert client.post("/", **multipart(3_000_000)).text == "3000000"
    assert kinds == [BytesIO]
    assert client.post("/", **multipart(5_000_000)).status_code == 413


def multipart(size: int) -> dict[str, Any]:
    """A form with one file; the test client's own way of making one spools to the disk."""
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n'
    return {"data": head + bytes(size) + b"\r\n--edge--\r\n", "content_type": "multipart/form-data; boundary=edge"}
