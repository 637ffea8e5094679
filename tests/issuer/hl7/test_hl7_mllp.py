"""The listener over real sockets: order, durability, mutual TLS, half messages, limits, timeouts, stopping."""

import asyncio
import hashlib
import logging
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import trustme
from hl7.client import MLLPClient

from issuer.db import StorageBusy
from issuer.hl7.framing import Blocks
from issuer.hl7.making import make_door
from issuer.hl7.mllp import Listener, PlainRefused, mutual_tls
from issuer.hl7.sender import Peer

START, END = b"\x0b", b"\x1c\x0d"
PATIENCE = 20.0


@dataclass
class Running:
    port: int
    listener: Listener
    loop: asyncio.AbstractEventLoop

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.listener.stop(), self.loop).result(PATIENCE)


@contextmanager
def running(listener: Listener) -> Iterator[Running]:
    """The listener on a free port, its loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(listener.start("127.0.0.1", 0), loop).result(PATIENCE)
        found = Running(port, listener, loop)
        yield found
        found.stop()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


@pytest.fixture
def listen(door, sender, shapes) -> Callable[..., "contextmanager[Running]"]:
    def make(**changes):
        usual = {"door": door, "sender_of": lambda peer: sender, "clock": lambda: shapes.now}
        return running(Listener(**(usual | changes)))

    return make


def framed(octets: bytes) -> bytes:
    return START + octets + END


def answers(connection: socket.socket, count: int = 1) -> list[list[str]]:
    """(MSA-1, MSA-2, first ERR-5 code) of each answer."""
    octets = b""
    while octets.count(END) < count and (piece := connection.recv(65536)):
        octets += piece
    blocks = [one.lstrip(START).decode() for one in octets.split(END) if one]
    return [_told(block) for block in blocks]


def _told(block: str) -> list[str]:
    lines = [line.split("|") for line in block.split("\r")]
    msa = next(line for line in lines if line[0] == "MSA")
    return msa[1:3] + [line[5].split("^")[0] for line in lines if line[0] == "ERR"][:1]


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_a_client_that_is_not_ours(listen, shapes, intake):
    with listen() as server, MLLPClient("127.0.0.1", server.port) as client:
        for number in ("A", "B"):
            answer = client.send_message(shapes.vxu(number=number))
            assert answer.startswith(START + b"MSH|")
            assert answer.endswith(END)
            assert f"MSA|AA|{number}".encode() in answer
    assert [said["message_id"] for _, _, _, said in intake.submissions] == ["A", "B"]
    assert intake.submissions[0][0].origin == "127.0.0.1"


def test_mllp_send_of_python_hl7(listen, shapes, tmp_path, intake):
    path = tmp_path / "messages.hl7"
    path.write_bytes(b"".join(framed(shapes.vxu(number=name)) for name in "ABC"))
    with listen() as server:
        command = [sys.executable, "-m", "hl7.client", "--port", str(server.port), "--file", str(path), "127.0.0.1"]
        script = "import sys; from hl7.client import mllp_send; mllp_send()"
        command = [sys.executable, "-c", script, *command[3:]]
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    assert done.stdout.count(b"MSA|AA|") == 3
    assert len(intake.submissions) == 3


def test_many_messages_at_once_are_answered_in_order(listen, shapes, intake):
    names = [f"N{at}" for at in range(50)]
    with listen() as server, server.connect() as connection:
        connection.sendall(b"".join(framed(shapes.vxu(number=name)) for name in names))
        assert answers(connection, len(names)) == [["AA", name] for name in names]


def test_connections_do_not_wait_for_each_other(listen, shapes, intake):
    both = threading.Barrier(2, timeout=PATIENCE)
    intake.before = lambda: [both.wait()].clear()
    with listen() as server, ThreadPoolExecutor(2) as pool:

        def send(name: str) -> list[list[str]]:
            with server.connect() as connection:
                connection.sendall(framed(shapes.vxu(number=name)))
                return answers(connection)

        assert [one.result() for one in [pool.submit(send, name) for name in "AB"]] == [[["AA", "A"]], [["AA", "B"]]]


def test_nothing_is_answered_before_it_is_recorded(listen, shapes, intake):
    began, may_end = threading.Event(), threading.Event()

    def record() -> None:
        began.set()
        may_end.wait(PATIENCE)

    intake.before = record
    with listen() as server, server.connect() as connection:
        connection.sendall(framed(shapes.vxu()))
        assert began.wait(PATIENCE)
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(PATIENCE)
        may_end.set()
        assert answers(connection) == [["AA", "MSG00001"]]


def test_a_stop_lets_what_is_being_recorded_be_answered(listen, shapes, intake):
    began, may_end = threading.Event(), threading.Event()

    def record() -> None:
        began.set()
        may_end.wait(PATIENCE)

    intake.before = record
    with listen() as server, server.connect() as connection, server.connect() as idle, ThreadPoolExecutor(1) as pool:
        connection.sendall(framed(shapes.vxu(number="A")) + framed(shapes.vxu(number="B")))
        assert began.wait(PATIENCE)
        stopping = pool.submit(server.stop)
        assert is_closed(idle)
        may_end.set()
        assert answers(connection, 2) == [["AA", "A"]]
        stopping.result(PATIENCE)
        assert is_closed(connection)
    assert [said["message_id"] for _, _, _, said in intake.submissions] == ["A"]


def test_a_busy_store_keeps_the_connection(listen, shapes, intake, busy):
    intake.raises = busy
    with listen() as server, server.connect() as connection:
        connection.sendall(framed(shapes.vxu(number="A")))
        assert answers(connection) == [["AE", "A", "try-again"]]
        intake.raises = None
        connection.sendall(framed(shapes.vxu(number="A")))
        assert answers(connection) == [["AA", "A"]]


def test_a_fault_of_ours_is_answered_and_logged_without_the_message(listen, shapes, intake, caplog):
    caplog.set_level(logging.DEBUG)
    intake.raises = RuntimeError(f"value {shapes.family}")
    with listen() as server, server.connect() as connection:
        connection.sendall(framed(shapes.vxu(number="A")))
        assert answers(connection) == [["AE", "A", "fault-of-ours"]]
        intake.raises = None
        connection.sendall(framed(shapes.vxu(number="B")))
        assert answers(connection) == [["AA", "B"]]
    assert "unforeseen RuntimeError" in caplog.text
    assert shapes.family not in caplog.text


# ---- Half messages and lost frames -----------------------------------------------------------------------------------


def test_half_a_message(listen, shapes, intake):
    with listen() as server, server.connect() as connection:
        connection.sendall(START + shapes.vxu()[:300])
        connection.shutdown(socket.SHUT_WR)
        assert answers(connection) == [["AE", "MSG00001", "no-end-block"]]
        assert is_closed(connection)
    assert intake.submissions == []


def test_a_message_that_comes_to_rest(listen, shapes, intake):
    with listen(message_seconds=0.1) as server, server.connect() as connection:
        connection.sendall(START + shapes.vxu()[:300])
        assert answers(connection) == [["AE", "MSG00001", "no-end-block"]]
        assert is_closed(connection)
    assert intake.submissions == []


def test_a_silent_connection_is_closed(listen):
    with listen(idle_seconds=0.1) as server, server.connect() as connection:
        assert is_closed(connection)


def test_half_a_message_and_then_a_whole_one(listen, shapes, intake):
    with listen() as server, server.connect() as connection:
        connection.sendall(START + shapes.vxu(number="A")[:300] + framed(shapes.vxu(number="B")))
        assert answers(connection, 2) == [["AE", "A", "no-end-block"], ["AA", "B"]]
    assert len(intake.submissions) == 1


@pytest.mark.parametrize("octets", [b"MSH|^~\\&|raw\r", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"])
def test_octets_outside_a_block(listen, intake, octets):
    with listen() as server, server.connect() as connection:
        connection.sendall(octets)
        assert answers(connection) == [["AE", "", "no-start-block"]]
        assert is_closed(connection)


def test_an_end_block_without_its_second_octet(listen, shapes, intake):
    with listen() as server, server.connect() as connection:
        connection.sendall(START + shapes.vxu() + b"\x1cX")
        assert answers(connection) == [["AE", "MSG00001", "no-end-block"]]
        assert is_closed(connection)
    assert intake.submissions == []


def test_one_octet_at_a_time(listen, shapes):
    with listen() as server, server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in framed(shapes.vxu(shapes.pid())) + b"\r\n":
            connection.send(bytes([octet]))
        assert answers(connection) == [["AA", "MSG00001"]]


def test_twenty_megabytes_in_one_message(listen, shapes, intake):
    large = shapes.vxu(number="BIG") + b"NTE|1||" + b"x" * 20_000_000
    with listen() as server, server.connect() as connection, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(connection.sendall, framed(large) + framed(shapes.vxu(number="NEXT")))
        assert answers(connection, 2) == [["AE", "BIG", "message-too-large"], ["AA", "NEXT"]]
        sending.result(PATIENCE)
    assert len(intake.submissions) == 1


def test_a_batch_may_be_larger_than_a_message(listen, shapes, intake):
    filling = "NTE|1||" + "x" * 500_000
    messages = [shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(), filling, number=f"B{at}") for at in range(5)]
    whole = b"BHS|^~\\&|EHR|HARBOUR\r" + b"".join(messages) + b"BTS|5\r"
    with listen() as server, server.connect() as connection, ThreadPoolExecutor(1) as pool:
        pool.submit(connection.sendall, framed(whole))
        octets = b""
        while END not in octets:
            octets += connection.recv(65536)
    assert octets.startswith(START + b"BHS|")
    assert octets.count(b"\rMSA|AA|") == 5
    assert len(intake.submissions) == 5


def test_endless_octets_are_cut_off(listen, intake):
    with listen(new_blocks=lambda: Blocks(1000, 2000, 5000)) as server, server.connect() as connection:
        connection.sendall(START + b"MSH|" + b"x" * 1500)
        assert answers(connection) == [["AE", "", "message-too-large"]]
        connection.sendall(b"x" * 4000)
        assert is_closed(connection)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_blocks_are_the_same_however_they_are_cut(size):
    large = b"MSH|L|" + b"x" * 90
    stream = (
        b"\r\n"
        + framed(b"MSH|1")
        + b"\n"
        + framed(large)
        + START
        + b"MSH|2"
        + framed(b"MSH|3")
        + framed(b"FHS|" + b"y" * 90)
    )
    blocks = Blocks(50, 100, 1000)
    found = [block for at in range(0, len(stream), size) for block in blocks.feed(stream[at : at + size])]
    assert [(one.octets[:5], one.fault, one.ends) for one in found] == [
        (b"MSH|1", "", False),
        (b"MSH|L", "message-too-large", False),
        (b"MSH|2", "no-end-block", False),
        (b"MSH|3", "", False),
        (b"FHS|y", "", False),
    ]
    assert blocks.end() is None


# ---- Who may connect -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.0.2.1"])
def test_plain_is_refused_outside_loopback(door, sender, shapes, host):
    listener = Listener(door, lambda peer: sender, lambda: shapes.now)
    # In a thread of its own: a browser's tests may have left a loop running in this one.
    with pytest.raises(PlainRefused), ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(listener.start(host, 0))).result()


def test_a_peer_that_is_no_sender(listen, shapes, intake):
    with listen(sender_of=lambda peer: None) as server, server.connect() as connection:
        connection.sendall(framed(shapes.vxu()))
        assert answers(connection) == [["AE", "MSG00001", "sender-unknown"]]
        assert is_closed(connection)
    assert intake.submissions == []


def test_a_sender_that_is_stopped_sends_no_more_on_an_open_connection(listen, shapes, intake, sender):
    known = [sender, None]
    with listen(sender_of=lambda peer: known.pop(0)) as server, server.connect() as connection:
        for expected in (["AA", "MSG00001"], ["AE", "MSG00001", "sender-unknown"]):
            connection.sendall(framed(shapes.vxu()))
            assert answers(connection) == [expected]
        assert is_closed(connection)
    assert len(intake.submissions) == 1


def test_who_sends_cannot_be_looked_up_just_now(listen, shapes, intake, sender):
    def busy(peer: Peer):
        raise StorageBusy

    door = make_door(intake)
    with listen(door=door, sender_of=busy) as server, server.connect() as connection:
        connection.sendall(framed(shapes.vxu()))
        assert answers(connection) == [["AE", "MSG00001", "try-again"]]
        server.listener.sender_of = lambda peer: sender
        connection.sendall(framed(shapes.vxu()))
        assert answers(connection) == [["AA", "MSG00001"]]


def test_more_connections_than_allowed(listen, shapes):
    with listen(max_connections=1) as server, server.connect() as first:
        first.sendall(framed(shapes.vxu()))
        answers(first)
        with server.connect() as second:
            assert is_closed(second)
        first.sendall(framed(shapes.vxu(number="B")))
        assert answers(first) == [["AA", "B"]]


@dataclass
class Certificates:
    server: ssl.SSLContext
    client: Callable[[], ssl.SSLContext]
    fingerprint: str
    stranger: Callable[[], ssl.SSLContext]
    nobody: Callable[[], ssl.SSLContext]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Certificates:
    folder = tmp_path_factory.mktemp("tls")
    authority, other = trustme.CA(), trustme.CA()
    server, client, stranger = (
        authority.issue_cert("localhost"),
        authority.issue_cert("ehr", common_name="harbour-ehr"),
        None,
    )
    stranger = other.issue_cert("ehr", common_name="harbour-ehr")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server.private_key_pem.write_to_path(folder / "key.pem")
    for part in server.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)

    def context(leaf: trustme.LeafCert | None) -> ssl.SSLContext:
        found = ssl.create_default_context()
        authority.configure_trust(found)
        if leaf is not None:
            leaf.configure_cert(found)
        return found

    der = ssl.PEM_cert_to_DER_cert(client.cert_chain_pems[0].bytes().decode())
    return Certificates(
        mutual_tls(str(folder / "cert.pem"), str(folder / "key.pem"), str(folder / "ca.pem")),
        lambda: context(client),
        hashlib.sha256(der).hexdigest(),
        lambda: context(stranger),
        lambda: context(None),
    )


def test_mutual_tls_tells_who_sends(listen, shapes, intake, sender, certificates):
    peers: list[Peer] = []

    def known(peer: Peer):
        peers.append(peer)
        return sender if peer.fingerprint == certificates.fingerprint else None

    with (
        listen(tls=certificates.server, sender_of=known) as server,
        server.connect() as plain,
        certificates.client().wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(framed(shapes.vxu()))
        assert answers(connection) == [["AA", "MSG00001"]]
    assert peers == [Peer("127.0.0.1", certificates.fingerprint, "harbour-ehr")]


@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_a_certificate_of_nobody_we_trust(listen, shapes, intake, certificates, who):
    def speak(plain: socket.socket) -> None:
        with getattr(certificates, who)().wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(framed(shapes.vxu()))
            if not connection.recv(1):  # TLS 1.3: the client learns of its refusal when it reads
                raise ConnectionError

    with (
        listen(tls=certificates.server) as server,
        server.connect() as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        speak(plain)
    assert intake.submissions == []


def test_plain_to_a_listener_that_speaks_tls(listen, shapes, intake, certificates):
    with listen(tls=certificates.server) as server, server.connect() as connection:
        connection.sendall(framed(shapes.vxu()))
        connection.settimeout(PATIENCE)
        assert b"MSA" not in connection.recv(4096)
    assert intake.submissions == []


def test_it_is_quick(door, sender, shapes):
    """Generous by far: a run among others must not fail."""
    octets = shapes.vxu()
    began = time.process_time()
    for _ in range(100):
        door.answer(octets, sender, shapes.now)
    assert (time.process_time() - began) / 100 < 0.005
