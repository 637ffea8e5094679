"""SMS over the gateway's contract, over real sockets."""

import socket
import threading
import time
from datetime import timedelta

import pytest

from outreach.channels import LineDown
from outreach.gateway import Gateway, judged
from outreach.messages import Email, Outgoing, Sms
from outreach.results import Accepted, Refused, TryAgain
from tests.outreach.servers import Certificates, Provider, gateway_server, raw_server
from tests.outreach.world import NOW, World, new, sms


def text(to: str = "+15550100123", number: int = 1) -> Outgoing:
    return Outgoing(f"{number:032x}.0", to, Sms("State DOH: سجلك", 1, "UCS-2"), NOW)


def test_several_over_one_connection_and_each_key_once(certificates: Certificates) -> None:
    provider = Provider()
    with gateway_server(provider, certificates.server()) as url:
        channel = Gateway(url, provider.token, certificates.client)
        with channel.line() as line:
            answers = [line.send(text(number=number)) for number in (1, 2, 1)]
    assert answers == [Accepted("202")] * 3
    assert provider.connections == 1
    assert list(provider.sent.values()) == [("+15550100123", "State DOH: سجلك")] * 2
    assert max(provider.asked.values()) == 2
    assert provider.token not in repr(channel)


def test_a_certificate_that_does_not_hold(certificates: Certificates) -> None:
    with (
        gateway_server(Provider(), certificates.server("other.example")) as url,
        pytest.raises(LineDown, match="tls"),
        Gateway(url, "x", certificates.client).line(),
    ):
        pass


@pytest.mark.parametrize("url", ["http://gateway.example/x", "ftp://127.0.0.1/", "gateway.example", "http:///x", ""])
def test_https_or_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Gateway(url, "x")


def test_each_answer() -> None:
    provider = Provider(bad_numbers={"+15550100999"})
    provider.answers = [
        (503, {}, {}), (429, {"Retry-After": "120"}, {}), (400, {}, {"error": "text"}), (302, {"Location": "http://127.0.0.1:1/"}, {}),  # noqa: E501
        (500, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, {}), (429, {"Retry-After": "999999"}, {}),
    ]  # fmt: skip
    with gateway_server(provider) as url:
        with Gateway(url, provider.token).line() as line:
            found = [line.send(text()) for _ in range(6)]
            assert line.send(text("+15550100999")) == Refused("422 bad-number", True)
            assert line.send(text()) == Accepted("202")
        with Gateway(url, "wrong").line() as line:
            assert line.send(text()) == TryAgain("401", line_down=True)
    assert found == [
        TryAgain("503", line_down=True), TryAgain("429", timedelta(seconds=120), True), Refused("400", False), TryAgain("302"),  # noqa: E501
        TryAgain("500"), TryAgain("429", timedelta(hours=1), True),
    ]  # fmt: skip


def test_an_answer_never_reaches_the_books() -> None:
    assert judged(422, "", None) == Refused("422", False)
    provider = Provider(
        answers=[(422, {}, {"error": "no such number +15550100123"}), (422, {}, {"error": "x" * 50_000})]
    )
    with gateway_server(provider) as url, Gateway(url, provider.token).line() as line:
        assert line.send(text()) == Refused("422", False)
        assert line.send(text()) == Refused("422", False)
        assert line.send(text()) == Accepted("202"), "a new connection after an answer that was too long"


def test_only_texts() -> None:
    provider = Provider()
    with gateway_server(provider) as url, Gateway(url, provider.token).line() as line, pytest.raises(TypeError):
        line.send(Outgoing("k", "a", Email("s", "p", "h", "en", "x"), NOW))


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(LineDown, match="no-connection"), Gateway(f"http://127.0.0.1:{port}/", "x").line():
        pass


def test_a_gateway_that_hangs_drips_or_goes_away() -> None:
    ended = threading.Event()

    def hang(connection: socket.socket) -> None:
        connection.recv(5000)
        ended.wait(5)

    def drip(connection: socket.socket) -> None:
        connection.recv(5000)
        for octet in b"HTTP/1.1 202 Accepted\r\nX-Y: " + b"x" * 200:
            connection.sendall(bytes([octet]))
            time.sleep(0.05)

    for talk, met in ((drip, "too-slow"), (hang, "too-slow"), (lambda connection: connection.recv(5000), "line-lost")):
        with raw_server(talk) as port, Gateway(f"http://127.0.0.1:{port}/", "x", seconds=0.5).line() as line:
            began = time.monotonic()
            assert line.send(text()) == TryAgain(met, line_down=True)
            assert time.monotonic() - began < 3
            if talk is hang:
                ended.set()


def test_from_the_outbox(here: World) -> None:
    provider = Provider(bad_numbers={"+15550100999"})
    with gateway_server(provider) as url:
        here.channels = {"sms": Gateway(url, provider.token)}
        here.queue(new(sms()), new(sms("+15550100999", "s2"), sms(ref="s3")))
        assert (done := here.round()).sent == 1
        assert done.failed == 1
        assert here.round().sent == 1
    assert [one.contact_ref for one in here.flagged] == ["s2"]
    assert set(provider.sent) == {f"{1:032x}.0", f"{2:032x}.1"}
