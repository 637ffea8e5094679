"""Events reach a real HTTPS server, signed, at least once; what does not arrive is tried again, given up, and said."""

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from issuer.audit.entry import Entry, Event
from issuer.db import writing
from issuer.rights import Actor
from issuer.store.events import EventStore, append
from issuer.webhooks.deliveries import BACK_OFF, LEASE, MAX_ATTEMPTS, NewWebhook, judged
from issuer.webhooks.delivering import deliver, run_deliverer
from issuer.webhooks.posting import NotPosted, Poster, UnusableUrl, check_url
from issuer.webhooks.signing import body_of, headers_for, secret_text, signature
from network import is_public

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET = b"0123456789abcdef" * 2
STAFF = Actor("staff:d1", "department")
HOST = "receiver.example"


# ---- Signatures ------------------------------------------------------------------------------------------------------


def test_the_published_example_of_the_specification():
    """Standard Webhooks' own libraries are tested with this secret, message and signature."""
    import base64

    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}', secret)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert secret_text(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_message_says_what_and_which_and_nothing_else():
    said = json.loads(body_of(Event(NOW, "card.issued", "card", "k1", "c1")))
    assert said == {
        "type": "card.issued",
        "timestamp": "2026-11-20T12:00:00.000Z",
        "data": {"object": "card", "id": "k1", "clinic_id": "c1"},
    }
    assert "clinic_id" not in json.loads(body_of(Event(NOW, "card.issued", "card", "k1")))["data"]


def test_the_headers_of_the_specification():
    headers = headers_for("evt_1", NOW, b"{}", SECRET)
    assert headers["webhook-id"] == "evt_1"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["webhook-signature"] == signature("evt_1", headers["webhook-timestamp"], b"{}", SECRET)


# ---- Answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_delivered(status):
    assert judged(status, "", 0).state == "delivered"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 429, 500, 503, None])
def test_everything_else_is_tried_again_and_given_up_in_the_end(status):
    waits = [judged(status, "too-slow", attempts) for attempts in range(MAX_ATTEMPTS)]
    assert [one.again_in for one in waits[:-1]] == list(BACK_OFF)
    assert waits[-1].state == "given-up"
    assert waits[0].met == (str(status) if status else "too-slow")


def test_410_wants_no_more():
    assert (judged(410, "", 0).state, judged(410, "", 0).gone) == ("given-up", True)


# ---- A real server ---------------------------------------------------------------------------------------------------


@dataclass
class Receiver:
    """A system that is told."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    """Statuses to answer in turn; 200 when there are none left."""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)
    """Set: no answer before `release`."""
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/hook?from=us"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def receiver(authority) -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if told.silent.is_set():
                told.release.wait(30)
            status = told.answers.pop(0) if told.answers else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{told.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield told
    told.release.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def poster(authority) -> Poster:
    """Everything real but the name service and the ban on this machine's own address."""

    def trusting() -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    return Poster(lambda host, port: ["127.0.0.1"], lambda address: address.is_loopback, trusting)


def test_a_message_arrives(receiver, poster):
    assert poster.post(receiver.url, {"Content-Type": "application/json", "x-a": "b"}, b"{}", 10) == 200
    path, headers, body = receiver.got[0]
    assert (path, body) == ("/hook?from=us", b"{}")
    assert (headers["host"], headers["x-a"]) == (f"{HOST}:{receiver.port}", "b")


def test_a_redirect_is_not_followed(receiver, poster):
    receiver.answers = [302]
    assert poster.post(receiver.url, {}, b"{}", 10) == 302
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"allowed": is_public}, "private-address"),
        ({"look_up": lambda host, port: ["127.0.0.1", "10.0.0.1"]}, "private-address"),
        ({"look_up": lambda host, port: []}, "private-address"),
        ({"tls": ssl.create_default_context}, "tls"),
    ],
    ids=["private", "also-private", "none", "unknown-authority"],
)
def test_what_is_not_posted(receiver, poster, changes, code):
    from dataclasses import replace

    with pytest.raises(NotPosted, match=code):
        replace(poster, **changes).post(receiver.url, {}, b"{}", 10)
    assert receiver.got == []


def test_a_host_without_address(poster):
    from dataclasses import replace

    def unknown(host, port):
        raise OSError("no such name")

    with pytest.raises(NotPosted, match="no-address"):
        replace(poster, look_up=unknown).post(f"https://{HOST}/", {}, b"", 10)


def test_nobody_listens(receiver, poster):
    with pytest.raises(NotPosted, match="no-connection"):
        poster.post(f"https://{HOST}:1/", {}, b"", 10)


def test_a_silent_receiver_is_cut_off(receiver, poster):
    receiver.silent.set()
    with pytest.raises(NotPosted, match="too-slow"):
        poster.post(receiver.url, {}, b"{}", 0.5)


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/",
        "https:///x",
        "https://user@receiver.example/",
        "https://receiver.example/#x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://10.1.2.3/",
        "https://[::ffff:10.0.0.1]/",
        "https://receiver.example:0/",
        "https://receiver.example:99999/",
        "https://receiver.example/a b",
        "https://receiver.example/\r\nX: y",
        "ftp://receiver.example/",
        "",
        "https://receiver.example/" + "x" * 500,
    ],
)
def test_addresses_that_cannot_be_a_webhooks(url, poster):
    with pytest.raises(UnusableUrl):
        check_url(url)
    with pytest.raises(NotPosted, match="address"):
        poster.post(url, {}, b"", 1)


@pytest.mark.parametrize(
    "address", ["100.64.0.1", "192.168.1.1", "224.0.0.1", "0.0.0.0", "64:ff9b::a00:1", "fe80::1", "2002:a00:1::"]
)
def test_addresses_that_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


def test_addresses_that_are():
    assert is_public(ipaddress.ip_address("93.184.215.14"))
    assert is_public(ipaddress.ip_address("2606:2800:21f:cb07:6820:80da:af6b:8b2c"))


# ---- Kept deliveries -------------------------------------------------------------------------------------------------


@pytest.fixture
def events(engine) -> EventStore:
    return EventStore(engine)


def noted(action="webhook.add", at=NOW):
    return Entry(at, STAFF, action, "webhook", "w1")


@pytest.fixture
def hook(events, receiver):
    def add(webhook_id="w1", **changes):
        values = {
            "id": webhook_id,
            "url": receiver.url,
            "secret_sealed": b"sealed" + SECRET,
            "kinds": (),
            "clinic_id": "",
            "created_by": "staff:d1",
            "created_at": NOW - timedelta(hours=1),
        }
        events.add_webhook(NewWebhook(**values | changes), noted())

    return add


@pytest.fixture
def happened(engine):
    def write(*kinds, clinic_id="c1", at=NOW):
        with writing(engine) as connection:
            append(connection, [Event(at, kind, "card", f"k{number}", clinic_id) for number, kind in enumerate(kinds)])

    return write


def unseal(sealed, webhook_id):
    assert sealed.startswith(b"sealed")
    return sealed.removeprefix(b"sealed")


class Rounds:
    """Rounds of the deliverer at the times told."""

    def __init__(self, events, poster):
        self.events, self.poster, self.now = events, poster, NOW

    def __call__(self, after=timedelta()):
        self.now += after
        return deliver(self.events, unseal, self.poster.post, lambda: self.now)


@pytest.fixture
def rounds(events, poster):
    return Rounds(events, poster)


def test_an_event_is_delivered_once_and_signed(events, hook, happened, rounds, receiver):
    hook()
    happened("card.issued")
    assert rounds() == 1
    assert rounds() == 0
    ((_, headers, body),) = receiver.got
    assert headers["webhook-id"] == "evt_1_w1"
    assert headers["webhook-signature"] == signature("evt_1_w1", headers["webhook-timestamp"], body, SECRET)
    (kept,) = events.webhooks()
    assert (kept.waiting, kept.delivered, kept.given_up) == (0, 1, 0)
    assert events.failing() == ()


def test_only_what_was_asked_for(hook, happened, rounds, receiver):
    hook("w1", kinds=("card.revoked",))
    hook("w2", clinic_id="c2")
    hook("w3", created_at=NOW + timedelta(hours=1))
    happened("card.issued", "card.revoked")
    happened("card.issued", clinic_id="c2")
    while rounds():
        pass
    assert sorted(headers["webhook-id"] for _, headers, _ in receiver.got) == ["evt_2_w1", "evt_3_w2"]


def test_a_failure_is_tried_again_under_the_same_id(events, hook, happened, rounds, receiver):
    hook()
    happened("card.issued")
    receiver.answers = [503]
    assert rounds() == 1
    (failing,) = events.failing()
    assert (failing.state, failing.attempts, failing.met) == ("waiting", 1, "503")
    assert failing.due_at == NOW + BACK_OFF[0]
    assert rounds(BACK_OFF[0] - timedelta(seconds=1)) == 0
    assert rounds(timedelta(seconds=1)) == 1
    assert [headers["webhook-id"] for _, headers, _ in receiver.got] == ["evt_1_w1"] * 2
    assert events.failing() == ()


def test_given_up_after_the_named_number_and_sent_again_by_hand(events, hook, happened, rounds, receiver):
    hook()
    happened("card.issued")
    receiver.answers = [500] * MAX_ATTEMPTS
    made = rounds() + sum(rounds(wait) for wait in BACK_OFF)
    assert made == MAX_ATTEMPTS
    assert rounds(timedelta(days=30)) == 0
    (failing,) = events.failing()
    assert (failing.state, failing.attempts) == ("given-up", MAX_ATTEMPTS)
    assert events.try_again("w1", noted("webhook.again", rounds.now)) == 1
    assert rounds() == 1
    assert events.failing() == ()


def test_a_receiver_that_is_gone_is_told_nothing_more(events, hook, happened, rounds, receiver):
    hook()
    happened("card.issued", "card.issued")
    receiver.answers = [410]
    assert rounds() == 2  # both were taken together
    assert rounds(timedelta(days=1)) == 0
    happened("card.issued")
    assert rounds() == 0
    assert events.webhooks()[0].stopped_because == "gone"
    assert events.try_again("w1", noted("webhook.again")) == 0


def test_a_stopped_webhook(events, hook, happened, rounds, receiver):
    hook()
    happened("card.issued")
    events.address(NOW)
    assert events.stop_webhook("w1", noted("webhook.stop"))
    assert not events.stop_webhook("w1", noted("webhook.stop"))
    assert rounds() == 0
    assert receiver.got == []
    assert events.webhooks()[0].given_up == 1


def test_two_deliverers_take_different_ones_and_a_lost_one_comes_back(events, hook, happened):
    hook()
    happened("card.issued", "card.issued", "card.issued")
    assert events.address(NOW) == 3
    assert events.address(NOW) == 0
    first, second = events.take_due(NOW, 2), events.take_due(NOW, 2)
    assert [one.event_id for one in first + second] == [1, 2, 3]
    assert events.take_due(NOW, 9) == ()
    assert len(events.take_due(NOW + LEASE, 9)) == 3


def test_two_deliverers_at_the_same_time(events, hook, happened):
    hook()
    happened(*["card.issued"] * 40)
    together, taken, failures = threading.Barrier(2), [], []

    def take():
        try:
            together.wait(30)
            events.address(NOW)
            for _ in range(20):
                taken.extend(one.event_id for one in events.take_due(NOW, 3))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert sorted(taken) == list(range(1, 41))


def test_what_arrived_is_forgotten_and_what_waits_is_not(events, hook, happened, rounds, receiver):
    hook()
    happened("card.issued")
    rounds()
    receiver.answers = [500]
    happened("card.issued")
    rounds()
    assert events.forget(NOW + timedelta(days=1)) == 1
    assert events.webhooks()[0].waiting == 1
    assert events.forget(NOW + timedelta(days=1)) == 0


def test_the_deliverer_goes_on_after_a_fault_and_ends_when_told(events, hook, happened, poster, receiver):
    hook()
    happened("card.issued")
    calls, faults = [], []

    def failing_once():
        calls.append(None)
        if len(calls) == 1:
            raise OSError("the clock stands")
        return NOW

    waits: list[float] = []
    ends = lambda seconds: waits.append(seconds) or len(waits) == 3  # noqa: E731
    run_deliverer(events, unseal, poster.post, failing_once, ends, faults.append)
    assert [type(one) for one in faults] == [OSError]
    assert waits == [2.0, 0, 2.0]
    assert len(receiver.got) == 1
