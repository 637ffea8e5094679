"""After scans, uploads and refusals by a real server process, no trace of a person is in a log, file or temp folder.

granian's own access log stays off, here and in the field: it writes whole paths. `pages.requests` writes routes.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.e2e.browser import PHONE, show_to_camera, with_canvas_camera
from tests.e2e.guests import BIRTH_DATE, BIRTH_DATE_IN_WORDS, LOT, World, drawn, held_up, jpeg, png

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-scans")]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Server:
    """A verifier in a process of its own; everything it can write lands below `folder`."""

    address: str
    folder: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """granian's parent can outlive SIGTERM: a time limit, then the whole group."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "registry.json").write_bytes(world.snapshot())
    (tmp_path / "tmp").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "debug", "served:app"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{HERE}{os.pathsep}{ROOT}",
        "REGISTRY_FILE": str(tmp_path / "registry.json"),
        "TMPDIR": str(tmp_path / "tmp"),
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        running = Server(f"http://127.0.0.1:{port}", tmp_path, process)
        _wait_until_ready(running)
        yield running
        running.stop()


def _wait_until_ready(server: Server) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(server.address + "/readyz", timeout=2):
                return
        except OSError:
            assert server.process.poll() is None, (server.folder / "server.log").read_text()
    pytest.fail("the server did not become ready: " + (server.folder / "server.log").read_text())


def post(server: Server, path: str, body: bytes, content_type: str) -> tuple[int, bytes]:
    request = urllib.request.Request(server.address + path, body, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def upload(server: Server, octets: bytes) -> tuple[int, bytes]:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="Amara.png"\r\n\r\n'
    body = head + octets + b"\r\n--edge--\r\n"
    return post(server, "/verdict", body, "multipart/form-data; boundary=edge")


def traces_of(code: str) -> list[bytes]:
    """What would give the person away: names, dates, lot, a piece of the digits, a piece of the JWS."""
    digits = code[len("shc:/") :]
    jws = "".join(chr(int(digits[at : at + 2]) + 45) for at in range(0, len(digits), 2))
    plain = ("Amara", "Okonkwo", BIRTH_DATE, BIRTH_DATE_IN_WORDS, LOT, digits[200:240], jws[200:230], jws[-40:])
    return [trace.encode() for trace in plain]


def test_nothing_about_a_person_is_kept(server: Server, browser: Browser, world: World) -> None:
    (code,) = world.cards["accepted-unknown-codes"]
    camera = with_canvas_camera(browser, server.address, viewport=PHONE)
    page = camera.new_page()
    page.goto("/")
    show_to_camera(page, [jpeg(held_up(code))])
    page.get_by_role("button", name="Start scanning").click()
    expect(page.locator(".verdict__name")).to_contain_text("Amara", timeout=15_000)
    camera.close()

    noise = Image.effect_noise((1400, 1400), 90)
    noise.paste(drawn(code, 6), (100, 100))
    large = png(noise)
    assert len(large) > 1_000_000  # Werkzeug's own request would spool this to the disk
    assert b"Amara" in upload(server, large)[1]
    assert b"Amara" in post(server, "/api/v1/verify", f'{{"qr": ["{code}"]}}'.encode(), "application/json")[1]
    assert b"Amara" in post(server, "/verdict", b"text=" + code.encode(), "application/x-www-form-urlencoded")[1]
    assert upload(server, large[: len(large) // 2])[0] == 422
    assert post(server, f"/api/v1/verify?name=Amara&qr={code}", b"{", "application/json")[0] == 400
    assert post(server, f"/Amara/{BIRTH_DATE}/{code}", code.encode(), "text/plain")[0] == 404
    assert post(server, "/api/v1/verify", f'{{"qr": ["{code[:-40]}"]}}'.encode(), "application/json")[0] == 200
    with urllib.request.urlopen(server.address + "/metrics") as metrics:
        counted = metrics.read()
    server.stop()

    log = (server.folder / "server.log").read_text()
    assert '"route": "/verdict"' in log
    assert "wrote-to" not in log.replace("wrote-to /dev/null", "")
    for trace in traces_of(code):
        assert trace not in counted
        for path in server.folder.rglob("*"):
            if path.is_file():
                assert trace not in path.read_bytes(), f"{path.name} holds a trace"
    assert list((server.folder / "tmp").iterdir()) == []


def test_fifty_megabytes_are_refused_early_and_clearly(server: Server) -> None:
    began = time.monotonic()
    status, page = upload(server, bytes(50 * 1024 * 1024))
    assert status == 413
    assert b"too large" in page
    assert time.monotonic() - began < 10
