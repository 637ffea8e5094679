"""Reading what a stranger names: a real https server on loopback plays the stranger."""

import gzip
import ipaddress
import json
import socket
import ssl
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from keys import jwks_document
from keys.private import PrivateKey
from network import is_public
from trust_registry import Entry
from trust_registry.fetch import MAX_REDIRECTS, Network, Unreachable
from trust_registry.refresh import issuer_read

HOST = "issuer.example"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
KEYS = [PrivateKey.generate().public for _ in range(2)]


class Stranger(BaseHTTPRequestHandler):
    """Answers from the server's table: path -> (status, headers, body)."""

    def do_GET(self):
        status, headers, body = self.server.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.server.seen.append((self.path, self.headers["Host"]))
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    httpd.answers, httpd.seen = {}, []
    httpd.base = f"https://{HOST}:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def network(authority):
    def tls():
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    return Network(look_up=lambda *_: ["127.0.0.1"], allowed=lambda _: True, tls=tls)


def test_a_good_answer(server, network):
    server.answers["/keys"] = (200, {}, b"hello")
    assert network.get(server.base + "/keys") == b"hello"
    assert server.seen == [("/keys", f"{HOST}:{server.server_port}")]


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/",
        "ftp://a",
        "https://u:p@issuer.example/",
        "https://",
        "https://a:b/",
        "file:///etc/passwd",
        "https://a:0/",
    ],
)
def test_only_https_without_user(network, url):
    with pytest.raises(Unreachable):
        network.get(url)


PRIVATE = ["127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
           "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "ff02::1"]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_never_asked(address):
    assert not is_public(ipaddress.ip_address(address))
    for found in ([address], ["93.184.216.34", address]):
        with pytest.raises(Unreachable, match="public"):
            Network(look_up=lambda *_, found=found: found).get("https://issuer.example/x")


def test_public_addresses():
    assert is_public(ipaddress.ip_address("93.184.216.34"))
    assert is_public(ipaddress.ip_address("2606:4700::1111"))


def test_redirects_stay_on_the_host(server, network):
    server.answers["/a"] = (302, {"Location": "/b"}, b"")
    server.answers["/b"] = (200, {}, b"here")
    assert network.get(server.base + "/a") == b"here"
    for target in (
        "https://elsewhere.example/b",
        "http://issuer.example/b",
        f"https://{HOST}/b",
        "//elsewhere.example/",
    ):
        server.answers["/away"] = (302, {"Location": target}, b"")
        with pytest.raises(Unreachable):
            network.get(server.base + "/away")
    server.answers["/round"] = (302, {"Location": "/round"}, b"")
    with pytest.raises(Unreachable, match="redirects"):
        network.get(server.base + "/round")
    assert sum(path == "/round" for path, _ in server.seen) == MAX_REDIRECTS + 1


def test_limits(server, network):
    server.answers["/large"] = (200, {}, bytes(5000))
    server.answers["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(5_000_000)))
    for path in ("/large", "/bomb"):
        with pytest.raises(Unreachable, match="larger"):
            network.get(server.base + path, max_octets=4999)
    ticks = iter(range(0, 1000, 31))
    slow = Network(network.look_up, network.allowed, network.tls, monotonic=lambda: next(ticks))
    with pytest.raises(Unreachable, match="longer"):
        slow.get(server.base + "/large")


def test_a_stranger_without_the_right_certificate(server, network):
    with pytest.raises(Unreachable, match="connection"):
        Network(network.look_up, network.allowed).get(server.base + "/keys")
    with pytest.raises(Unreachable, match="connection"):
        network.get(server.base.replace(HOST, "other.example") + "/keys")


def test_no_such_host_and_no_such_page(server, network):
    def nowhere(*_):
        raise OSError

    with pytest.raises(Unreachable):
        Network(look_up=nowhere).get("https://issuer.example/")
    with pytest.raises(Unreachable, match="404"):
        network.get(server.base + "/missing")


def test_an_issuer_is_read_with_its_lists(server, network):
    entry = Entry(server.base + "/shc", "A", source="own")
    first, second = KEYS
    server.answers["/shc/.well-known/jwks.json"] = (
        200,
        {},
        json.dumps(jwks_document([first, second], {first.kid: 2})).encode(),
    )
    crl = {"kid": first.kid, "method": "rid", "ctr": 2, "rids": ["AAAAAAAAAAA"]}
    server.answers[f"/shc/.well-known/crl/{first.kid}.json"] = (200, {}, json.dumps(crl).encode())
    entry, findings = issuer_read(entry, network, NOW)
    assert not findings
    assert {key.kid for key in entry.keys} == {first.kid, second.kid}
    assert [len(crl) for crl in entry.crls] == [1]
    # the list is not asked for again while its counter stands still
    asked = len(server.seen)
    issuer_read(entry, network, NOW)
    assert len(server.seen) == asked + 1
    # a key missing from a good answer is withdrawn at once
    server.answers["/shc/.well-known/jwks.json"] = (200, {}, json.dumps(jwks_document([second])).encode())
    later, _ = issuer_read(entry, network, NOW)
    assert later.withdrawn == {first.kid}
    assert [key.kid for key in later.keys] == [second.kid]
    # while it cannot be read, everything stays, with its age
    for trouble in ((500, {}, b""), (200, {}, b"<html>"), (200, {}, b'{"keys":5}')):
        server.answers["/shc/.well-known/jwks.json"] = trouble
        kept, findings = issuer_read(entry, network, NOW.replace(year=2027))
        assert kept == entry
        assert findings[0].reason == "cannot-be-read"


def test_a_list_that_cannot_be_read_leaves_its_cards_undecided(server, network):
    first = KEYS[0]
    server.answers["/shc/.well-known/jwks.json"] = (
        200,
        {},
        json.dumps(jwks_document([first], {first.kid: 2})).encode(),
    )
    server.answers[f"/shc/.well-known/crl/{first.kid}.json"] = (
        200,
        {},
        b'{"kid":"x","method":"rid","ctr":"2","rids":[]}',
    )
    entry, findings = issuer_read(Entry(server.base + "/shc", "A"), network, NOW)
    assert entry.crls == ()
    assert findings[0].reason == "crl-cannot-be-read"


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
        "5f00::1",
        "2002:a9fe:a9fe::",
    ],
)
def test_addresses_that_lead_elsewhere_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("slow", ["handshake", "headers", "body"])
def test_a_stranger_who_drips_is_cut_off(authority, network, slow):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    ended = threading.Event()

    def drip(listener):
        plain, _ = listener.accept()
        with plain:
            if slow == "handshake":
                ended.wait(20)
                return
            try:
                with context.wrap_socket(plain, server_side=True) as line:
                    line.recv(4096)
                    line.sendall(b"HTTP/1.1 200 OK\r\n")
                    if slow == "body":
                        line.sendall(b"Content-Length: 1000\r\n\r\n")
                    while not ended.wait(0.05):
                        line.sendall(b"a")
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        impatient = Network(network.look_up, network.allowed, network.tls, total_seconds=0.5)
        start = time.monotonic()
        with pytest.raises(Unreachable, match="longer"):
            impatient.get(f"https://{HOST}:{listener.getsockname()[1]}/x")
        assert time.monotonic() - start < 4
        ended.set()
        thread.join(5)
