"""`make run`, as a new user meets it: both services, sample residents, a card to the verdict, a revocation, a restart."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

START_SECONDS = 60
REVOKED_SECONDS = 30
AMARA_BORN = "1984-03-09"


def free_port() -> int:
    """Below what the system gives to connections: none of them takes it while the service is started again."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(folder: Path, issuer: int, verifier: int):
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COUNTERSIGN_")}
    log = folder.parent / "run.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "countersign", "run", "--data", str(folder)]
        ports = ["--issuer-port", str(issuer), "--verifier-port", str(verifier)]
        process = subprocess.Popen([*command, *ports], stdout=out, stderr=subprocess.STDOUT, env=environ)
        try:
            deadline = time.monotonic() + START_SECONDS
            while "Ctrl-C" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield re.findall(r"/r/([A-Za-z0-9_-]{43})", log.read_text()), log
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def come_in(issuer: str, token: str, born: str) -> Callable[[str], bytes]:
    """Open a link, enter the birth date: what asks for pages of that visit."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def asked(url: str, data: bytes | None = None) -> bytes:
        with opener.open(url, data, timeout=10) as answer:
            return bytes(answer.read())

    page = asked(f"{issuer}/r/{token}").decode()
    year, month, day = born.split("-")
    typed = {"born_year": year, "born_month": month, "born_day": day}
    typed["csrf_token"] = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    asked(f"{issuer}/r/{token}", urllib.parse.urlencode(typed).encode())
    return lambda path: asked(issuer + path)


def post(url: str, body: dict, token: str = "") -> dict:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.loads(answer.read()))


def test_from_a_first_start_to_a_verdict_and_a_revocation(tmp_path):
    folder = tmp_path / "data"
    ports = free_port(), free_port()
    issuer, verifier = (f"http://127.0.0.1:{port}" for port in ports)
    with running(folder, *ports) as (links, log):
        assert len(links) == 3
        for service in (issuer, verifier):
            assert get(f"{service}/healthz")
            assert get(f"{service}/readyz")
            assert b"# HELP" in get(f"{service}/metrics")
        mine = come_in(issuer, links[0], AMARA_BORN)
        page = mine("/my").decode()
        assert "Okafor" in page
        card = re.search(r"/my/cards/([0-9a-f]+)\.smart-health-card", page)[1]
        jws = json.loads(mine(f"/my/cards/{card}.smart-health-card"))["verifiableCredential"][0]
        verdict = post(f"{verifier}/api/v1/verify", {"qr": [jws]})["verdicts"][0]
        assert (verdict["outcome"], verdict["sample"]) == ("accepted", True)
        keys = json.loads(get(f"{issuer}/.well-known/jwks.json"))["keys"]
        assert '"d"' not in json.dumps(keys)
        token = (folder / "secrets" / "api-token").read_text()
        post(f"{issuer}/api/v1/cards/{card}/revoke", {"reason": "entered-in-error"}, token)
        deadline = time.monotonic() + REVOKED_SECONDS
        while (code := post(f"{verifier}/api/v1/verify", {"qr": [jws]})["verdicts"][0]["code"]) != "revoked":
            assert time.monotonic() < deadline, code
            time.sleep(0.2)
        assert "EW0150" not in log.read_text()
        assert jws[:60] not in log.read_text()
    with running(folder, *ports) as (again, _):
        assert set(again).isdisjoint(links)
        assert len(again) == 3
        assert json.loads(get(f"{issuer}/.well-known/jwks.json"))["keys"][0]["kid"] == keys[0]["kid"]
        assert "Okafor" in come_in(issuer, again[0], AMARA_BORN)("/my").decode()
        assert post(f"{verifier}/api/v1/verify", {"qr": [jws]})["verdicts"][0]["code"] == "revoked"
