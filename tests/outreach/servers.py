"""What is on the other side: a real SMTP server (aiosmtpd), an SMS gateway, and servers that hang, drip and lie."""

import asyncio
import hashlib
import json
import re
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from aiosmtpd.smtp import AuthResult as LoginResult

MESSAGE_ID = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)


@dataclass
class Mailbox:
    """A handler: takes mails, and refuses as it is told to.

    Args:
        refuses: local part -> answers to RCPT, one for each attempt, then 250.
        on_data: called before a mail is answered, with its key.
    """

    refuses: dict[str, list[str]] = field(default_factory=dict)
    mail_answers: list[str] = field(default_factory=list)
    data_answers: list[str] = field(default_factory=list)
    on_data: Callable[[str], None] = lambda key: None
    keep: bool = True
    mails: list[tuple[str, str, bytes]] = field(default_factory=list)
    """(envelope from, to, content)"""
    keys: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, bytes] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    """Keys that came again with another content."""
    sessions: int = 0
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, name: str, answers: Any) -> Any:
        session.host_name = name
        self.sessions += 1
        return answers

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.mail_answers:
            return self.mail_answers.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answers = self.refuses.get(address.split("@")[0])
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0] if answers[0][0] == "5" else answers.pop()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_answers:
            return self.data_answers.pop(0)
        content = bytes(envelope.content or b"")  # type: ignore[arg-type]
        found = MESSAGE_ID.search(content)
        key = found[1].decode() if found else ""
        self.keys[key] += 1
        digest = hashlib.sha256(content).digest()
        if self.bodies.setdefault(key, digest) != digest:
            self.changed.append(key)
        if self.keep:
            self.mails.append((str(envelope.mail_from), envelope.rcpt_tos[0], content))
        self.on_data(key)
        return "250 2.0.0 taken"


class _Anywhere(Controller):
    """On a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        with socket.create_connection((self.hostname, self.port), 5) as probe:
            if self.ssl_context is None:
                probe.recv(200)


@contextmanager
def smtp_server(mailbox: Mailbox, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None,
                login: tuple[bytes, bytes] | None = None) -> Iterator[int]:  # fmt: skip
    """Its port."""

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> LoginResult:
        mailbox.logins.append((data.login, data.password))
        return LoginResult(success=(data.login, data.password) == login, handled=False)

    wanted: dict[str, Any] = {"authenticator": authenticate, "auth_required": True} if login else {}
    controller = _Anywhere(
        mailbox, hostname="127.0.0.1", port=0, ready_timeout=20, loop=asyncio.new_event_loop(), ssl_context=tls,
        tls_context=starttls, require_starttls=starttls is not None, ident="double", **wanted,
    )  # fmt: skip
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@dataclass(frozen=True)
class Certificates:
    """An authority of our own."""

    authority: trustme.CA = field(default_factory=trustme.CA)

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
        return context

    def client(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context


@dataclass
class Provider:
    """An SMS gateway's other side: sends once for each key, answers the second time as the first."""

    token: str = "gateway-token"
    answers: list[tuple[int, dict[str, str], dict[str, str]]] = field(default_factory=list)
    """(status, headers, body) for the next requests, before it takes any."""
    bad_numbers: set[str] = field(default_factory=set)
    on_taken: Callable[[str], None] = lambda key: None
    sent: dict[str, tuple[str, str]] = field(default_factory=dict)
    """key -> (to, text): what went out."""
    asked: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    changed: list[str] = field(default_factory=list)

    def answer(self, headers: Any, body: bytes) -> tuple[int, dict[str, str], dict[str, str]]:
        if headers["Authorization"] != f"Bearer {self.token}":
            return 401, {}, {"error": "token"}
        said = json.loads(body)
        if set(said) != {"to", "text", "id"} or headers["Idempotency-Key"] != said["id"]:
            return 400, {}, {"error": "shape"}
        if self.answers:
            return self.answers.pop(0)
        if said["to"] in self.bad_numbers:
            return 422, {}, {"error": "bad-number"}
        self.asked[said["id"]] += 1
        if self.sent.setdefault(said["id"], (said["to"], said["text"])) != (said["to"], said["text"]):
            self.changed.append(said["id"])
        self.on_taken(said["id"])
        return 202, {}, {"status": "accepted"}


@contextmanager
def gateway_server(provider: Provider, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            provider.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, said = provider.answer(self.headers, body)
            octets = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(octets))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(octets)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that was killed."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/messages"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does to one connection whatever `talk` does; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection, suppress(OSError):
                    talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ended.set()
        thread.join(10)
        listening.close()
