"""`countersign verify shlink:/…`: real https on loopback, the guard before it, and what is printed."""

import http.server
import json
import ssl
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import trustme
from click.testing import CliRunner

from cards.encoding import b64url_encode, write_json
from cards.shlink import LinkUnreachable, make
from countersign.cli import main
from countersign.link_network import LinkNetwork
from keys import jwe
from network import is_public
from tests.peers import links
from tests.peers.link_server import Held, serving_links
from tests.vectors import make as vectors
from trust_registry.fetch import Network
from wallet_export.qr_image import qr_png

NOW = datetime.fromtimestamp(vectors.NOW, UTC)
OWN = {vector["id"]: vector["scanned"] for vector in vectors.vectors()}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def server(authority):
    with serving_links(authority, vectors.NOW) as server:
        yield server


@pytest.fixture
def verify(tmp_path, authority):
    registry = tmp_path / "registry.json"
    registry.write_text(json.dumps(vectors.registry()))

    def call(*arguments, world=None, as_json=True, text=None):
        given = [
            *map(str, arguments),
            "--registry",
            str(registry),
            "--at",
            NOW.isoformat(),
            *(["--json"] if as_json else []),
        ]
        done = CliRunner().invoke(main, ["verify", *given], obj=world or links.world(authority), input=text)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, json.loads(done.stdout) if as_json else done.stdout

    return call


def test_the_cards_behind_a_link_are_judged(verify, server):
    link = links.put(
        server,
        Held([links.cards_file(OWN["good"], OWN["exp-passed"])], status="can-change"),
        label="School",
        viewer="https://viewer.example/",
    )
    status, (first, second) = verify(link)
    assert status == 1
    assert [(one["input"], one["outcome"], one["code"]) for one in (first, second)] == [
        ("argument 1", "accepted", None),
        ("argument 1", "rejected", "expired"),
    ]
    assert first["card"]["persons"] == [{"name": "Erika Muster", "birth_date": "1985-02-28"}]
    assert first["link"] == {
        "label": "School",
        "expires": None,
        "remarks": [],
        "left_out": [],
        "may_change": True,
        "ask_again_after": None,
    }
    assert server.recipients == ["A verifier (countersign verify)"]


def test_in_words(verify, server):
    link = links.put(server, Held([links.cards_file(OWN["good"])]), label="School")
    status, said = verify(link, as_json=False)
    assert status == 0
    assert "Erika Muster" in said
    assert "It came by a link called “School”." in said


def test_a_link_in_a_file_or_a_picture_is_opened_only_for_somebody(verify, server, tmp_path):
    link = links.put(server, Held([links.cards_file(OWN["good"])], direct=True), flags="U")
    written = tmp_path / "links.txt"
    written.write_text(f"{OWN['good-as-digits']}\n{link}\n")
    status, (card, closed) = verify(written)
    assert (status, card["outcome"], closed["outcome"], closed["code"]) == (
        3,
        "accepted",
        "undecided",
        "recipient-needed",
    )
    assert server.recipients == []
    status, answers = verify(written, "--recipient", "School nurse")
    assert (status, [one["outcome"] for one in answers]) == (0, ["accepted", "accepted"])
    assert server.recipients == ["School nurse"]
    assert verify("-", "--recipient", "Door", text=link)[0] == 0
    assert server.recipients[1:] == ["Door"]


def test_passcodes(verify, server):
    held = Held([links.cards_file(OWN["good"])], links.kept(), remaining=2)
    link = links.put(server, held, flags="P")
    status, (one,) = verify(link)
    assert (status, one["code"], held.remaining) == (3, "passcode-needed", 2)
    status, (one,) = verify(link, "--passcode", "0")
    assert (status, one["code"], held.remaining) == (3, "wrong-passcode", 1)
    assert "1 try left" in one["reason"]
    assert verify(link, "--passcode", links.PASSCODE)[0] == 0
    assert verify(link, "--passcode", "1")[1][0]["reason"].endswith("0 tries left.")
    assert verify(link, "--passcode", links.PASSCODE)[1][0]["code"] == "link-ended"


def test_spent_addresses_are_fetched_anew(verify, server):
    link = links.put(server, Held([links.cards_file(OWN["good"])], embeds=False))
    server.lose_locations = 1
    assert verify(link)[0] == 0
    assert server.served == {"manifest": 2, "file": 1}
    server.lose_locations = 2
    assert verify(link)[1][0]["code"] == "location-gone"


def test_links_that_do_not_open(verify, server):
    stopped = links.put(server, Held([links.cards_file(OWN["good"])], active=False))
    assert verify(stopped)[1][0]["code"] == "link-ended"
    empty = links.put(server, Held([("application/fhir+json", "{}")]))
    status, (one,) = verify(empty)
    assert (status, one["code"], one["link"]["left_out"]) == (3, "no-signed-card", ["not-signed"])
    status, (one,) = verify("shlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUub3JnIn0")
    assert (status, one["outcome"], one["code"]) == (1, "rejected", "malformed-link")
    assert "Rejected" in verify("shlink:/e30", as_json=False)[1]


def test_private_addresses_are_not_asked(verify, server, authority):
    """The guard: a link's address, or one of its files', that leads into our own network."""
    guarded = replace(links.world(authority), allowed=is_public)
    link = links.put(server, Held([links.cards_file(OWN["good"])]))
    assert verify(link, world=guarded)[1][0]["code"] == "link-unreachable"
    inside = make("https://169.254.169.254/" + "x" * 43, bytes(32))
    assert verify(inside, world=Network())[1][0]["code"] == "link-unreachable"
    plain = "shlink:/" + b64url_encode(write_json({"url": "http://localhost:1/", "key": "A" * 43}))
    assert verify(plain)[1][0]["code"] == "link-unreachable"
    assert server.served == {}


def test_a_code_in_a_picture(verify, tmp_path):
    """A picture with a card beside links in other inputs: each is its own line."""
    picture = tmp_path / "card.png"
    picture.write_bytes(qr_png(OWN["good"]))
    status, answers = verify(picture, "shlink:/e30", picture)
    assert (status, [one["outcome"] for one in answers]) == (1, ["accepted", "rejected", "accepted"])


class Stranger(http.server.BaseHTTPRequestHandler):
    """Answers as the path says."""

    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path))
        kind = self.path.split("?")[0].strip("/")
        moved = {"here": "/good", "away": "https://elsewhere.example/", "loop": "/loop"}.get(kind)
        self.send_response(307 if moved else 200)
        if moved:
            self.send_header("Location", moved)
        self.end_headers()
        if kind == "trickle":
            while not self.server.done.wait(0.02):
                self.wfile.write(b"x")
                self.wfile.flush()
        elif kind == "large":
            self.wfile.write(b"x" * 5000)
        elif not moved:
            self.wfile.write(b"hello")

    do_GET = do_POST = _answer

    def log_message(self, *_):
        pass


class Https(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Clients that leave are the point."""


@pytest.fixture
def stranger(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    httpd = Https(("127.0.0.1", 0), Stranger)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    httpd.seen, httpd.done = [], threading.Event()
    httpd.base = f"https://localhost:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield httpd
    httpd.done.set()
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def test_redirects(stranger, authority):
    network = LinkNetwork(links.world(authority))
    assert network.get(f"{stranger.base}/here", 100).body == b"hello"
    for path in ("away", "loop"):
        with pytest.raises(LinkUnreachable):
            network.get(f"{stranger.base}/{path}", 100)
    stranger.seen.clear()
    assert network.post(f"{stranger.base}/here", b"{}", 100).status == 307
    assert stranger.seen == [("POST", "/here")]


def test_limits(stranger, authority):
    network = LinkNetwork(links.world(authority))
    assert network.get(f"{stranger.base}/good?recipient=a%20b", 100).body == b"hello"
    assert stranger.seen[-1] == ("GET", "/good?recipient=a%20b")
    with pytest.raises(LinkUnreachable, match="larger"):
        network.get(f"{stranger.base}/large", 4999)
    assert len(network.get(f"{stranger.base}/large", 5000).body) == 5000
    for url in ("https://localhost:1/", "ftp://localhost/", "https://u@localhost/", "http://localhost/"):
        with pytest.raises(LinkUnreachable):
            network.get(url, 100)


def test_one_clock_runs_over_all_questions_of_a_link(stranger, authority):
    network = LinkNetwork(links.world(authority), total_seconds=0.6)
    with pytest.raises(LinkUnreachable, match="took too long"):
        network.get(f"{stranger.base}/trickle", 10**6)
    with pytest.raises(LinkUnreachable):
        network.get(f"{stranger.base}/good", 100)


def test_another_authority_is_not_believed(stranger):
    with pytest.raises(LinkUnreachable):
        LinkNetwork(links.world(trustme.CA())).get(f"{stranger.base}/good", 100)


def test_sealed_elsewhere(verify, server):
    """A file sealed for another link does not open."""
    link = links.put(server, Held([links.cards_file(OWN["good"])]))
    (held,) = server.links.values()
    held.files = [(kind, jwe.seal(b"{}", b"\xff" * 32, kind)) for kind, _ in held.files]
    status, (one,) = verify(link)
    assert (status, one["code"]) == (1, "unreadable-file")
