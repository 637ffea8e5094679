"""A server of SMART Health Links for tests: https on loopback, the documented protocol, its state in this process.

It does what `cards.shlink.serving` leaves to its caller: it holds links, counts passcodes under a lock, makes
locations. The peer's links are served by the same double: their sealed files are put in, and nothing of ours made them.
"""

import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import trustme

from cards.shlink import LocationGone, MalformedRequest, serving
from cards.shlink.locations import check_ticket, ticket
from cards.shlink.manifest import Status, read_request
from cards.shlink.passcode import KeptPasscode, judge
from cards.shlink.serving import Answer, SharedFile

SECRET = bytes(range(32))
HOST = "localhost"
"""What both clients can be made to trust; the guarded one is told that loopback will do."""


@dataclass
class Held:
    """One link as a server holds it."""

    files: list[tuple[str, str]]
    """(content type, JWE)."""
    passcode: KeptPasscode | None = None
    remaining: int = 10
    direct: bool = False
    status: Status | None = "finalized"
    poll_seconds: int | None = None
    active: bool = True
    embeds: bool = True
    """Whether files may stand in the manifest; else each is at a location."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Server:
    """Links by the last part of their address; who asked, and what for."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.links: dict[str, Held] = {}
        self.recipients: list[str] = []
        self.served: Counter[str] = Counter()
        self.spent: set[str] = set()
        self.one_time = False
        self.lose_locations = 0
        """How many tickets to take back before they are used."""
        self.base = ""

    def manifest(self, name: str, body: bytes) -> Answer:
        held = self.links.get(name)
        try:
            request = read_request(body)
        except MalformedRequest:
            return serving.malformed()
        if held is None or not held.active or held.direct:
            return serving.ended()
        with held.lock:
            judged = judge(request.passcode, held.passcode, held.remaining)
            held.remaining = judged.remaining_after
        if judged.outcome != "open":
            return serving.wrong_passcode(judged.remaining_after) if judged.outcome == "wrong" else serving.ended()
        self.recipients.append(request.recipient)
        self.served["manifest"] += 1
        shared = [self._shared(name, number, held) for number in range(len(held.files))]
        if not held.embeds:
            request = replace(request, embedded_length_max=0)
        return serving.manifest(shared, request, held.poll_seconds)

    def _shared(self, name: str, number: int, held: Held) -> SharedFile:
        content_type, jwe = held.files[number]
        made = ticket(SECRET, name, str(number), self.now)
        if self.lose_locations:
            self.lose_locations -= 1
            self.spent.add(made)
            self.now += 1  # the next ticket is another one
        return SharedFile(jwe, f"{self.base}/f/{name}/{number}/{made}", held.status, content_type=content_type)

    def file(self, name: str, number: str, made: str) -> Answer:
        try:
            check_ticket(made, SECRET, name, number, self.now)
        except LocationGone:
            return serving.ended()
        held = self.links.get(name)
        if held is None or not held.active or made in self.spent:
            return serving.ended()
        if self.one_time:
            self.spent.add(made)
        self.served["file"] += 1
        return serving.file(held.files[int(number)][1])

    def direct(self, name: str, recipient: str) -> Answer:
        held = self.links.get(name)
        if held is None or not held.active or not held.direct or not recipient:
            return serving.ended()
        self.recipients.append(recipient)
        self.served["direct"] += 1
        return serving.file(held.files[0][1])

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        parts = urlsplit(target)
        if method == "OPTIONS":
            return serving.preflight()
        match parts.path.strip("/").split("/"):
            case ["f", name, number, made] if method == "GET":
                return self.file(name, number, made)
            case ["l", name] | ["l", name, "m"]:
                if method == "POST":
                    return self.manifest(name, body)
                return self.direct(name, parse_qs(parts.query).get("recipient", [""])[0])
        return serving.ended()


class _Handler(BaseHTTPRequestHandler):
    server: "_Https"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.links.answer(self.command, self.path, body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_OPTIONS = _answer

    def log_message(self, *_: object) -> None:
        """Nothing: addresses of links are secrets."""


class _Https(ThreadingHTTPServer):
    daemon_threads = True
    links: Server

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is part of some tests."""


@contextmanager
def serving_links(authority: trustme.CA, now: int) -> Iterator[Server]:
    """A server behind a real socket until the block ends; its `base` is its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    https = _Https(("127.0.0.1", 0), _Handler)
    https.socket = context.wrap_socket(https.socket, server_side=True)
    https.links = Server(now)
    https.links.base = f"https://{HOST}:{https.server_port}"
    thread = threading.Thread(target=https.serve_forever, daemon=True)
    thread.start()
    try:
        yield https.links
    finally:
        https.shutdown()
        https.server_close()
        thread.join()
