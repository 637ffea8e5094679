"""E-mail over a real SMTP server: encrypted, refused, greylisted, hanging, dripping, dying."""

import socket
import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from outreach.channels import LineDown
from outreach.composing import compose
from outreach.messages import Outgoing, Values
from outreach.results import Accepted, Refused, TryAgain
from outreach.sender import Sender
from outreach.smtp import Smtp, judged
from outreach.templates import catalogue
from tests.outreach.servers import Certificates, Mailbox, raw_server, smtp_server
from tests.outreach.world import ENDS, LINK, NOW, World, email, new, sms

SENDER = Sender("Department of Health", "DOH", "cards.example.gov")
STOP = "https://cards.example.gov/n/" + "x" * 22


def mail(address: str = "ada@mail.example", number: int = 1, language: str = "en") -> Outgoing:
    text = compose(catalogue(), SENDER, "record-ready", language, "email", Values(link=LINK, ends=ENDS), STOP)
    return Outgoing(f"{number:032x}.0", address, text, NOW)


def over(port: int, **changes: Any) -> Smtp:
    return Smtp(SENDER, "127.0.0.1", port, **{"security": "none", **changes})


def test_several_mails_over_one_encrypted_line(certificates: Certificates) -> None:
    box = Mailbox()
    with smtp_server(box, starttls=certificates.server(), login=(b"relay", b"secret")) as port:
        channel = over(port, security="starttls", user="relay", password="secret", tls=certificates.client)
        with channel.line() as line:
            answers = [
                line.send(mail(number=number, language=language))
                for number, language in enumerate(("en", "ar", "zh-Hans"))
            ]
    assert answers == [Accepted("250")] * 3
    assert box.logins == [(b"relay", b"secret")]
    assert box.sessions == 2, "one connection: EHLO before and after STARTTLS"
    sent_from, to, content = box.mails[0]
    assert sent_from == f"bounces+{0:032x}.0@cards.example.gov"
    assert to == "ada@mail.example"
    assert LINK[:40].encode() in content.replace(b"=\r\n", b"")
    assert "secret" not in repr(channel)


def test_tls_from_the_first_octet(certificates: Certificates) -> None:
    box = Mailbox()
    with (
        smtp_server(box, tls=certificates.server()) as port,
        over(port, security="tls", tls=certificates.client).line() as line,
    ):
        assert line.send(mail()) == Accepted("250")


def test_a_certificate_that_does_not_hold(certificates: Certificates) -> None:
    box = Mailbox()
    for server, client in (
        (certificates.server("other.example"), certificates.client),
        (certificates.server(), Certificates().client),
    ):
        for security in ("starttls", "tls"):
            kind = {"starttls" if security == "starttls" else "tls": server}
            with (
                smtp_server(box, **kind) as port,  # type: ignore[arg-type]
                pytest.raises(LineDown, match="tls"),
                over(port, security=security, tls=client).line(),
            ):
                pass
    assert box.mails == []


def test_a_server_without_starttls_gets_nothing(certificates: Certificates) -> None:
    box = Mailbox()
    with (
        smtp_server(box) as port,
        pytest.raises(LineDown, match="not-offered"),
        over(port, security="starttls", tls=certificates.client).line(),
    ):
        pass


def test_a_wrong_password(certificates: Certificates) -> None:
    with (
        smtp_server(Mailbox(), starttls=certificates.server(), login=(b"relay", b"secret")) as port,
        pytest.raises(LineDown, match="login-refused"),
        over(port, security="starttls", user="relay", password="x", tls=certificates.client).line(),
    ):
        pass


def test_without_tls_only_on_this_machine() -> None:
    with pytest.raises(ValueError):
        Smtp(SENDER, "relay.example", 25, "none")
    with pytest.raises(ValueError):
        Smtp(SENDER, "127.0.0.1", 25, "none", user="x", password="y")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(LineDown, match="no-connection"), over(port).line():
        pass


def test_each_refusal_and_the_next_mail_goes_through() -> None:
    refuses = {
        "unknown": ["550 5.1.1 <unknown@mail.example> no such user"], "old": ["550 No such user here"],
        "full": ["552 5.2.2 mailbox full"], "listed": ["550 5.7.1 blocked"], "grey": ["450 4.2.0 greylisted"],
    }  # fmt: skip
    box = Mailbox(refuses=refuses)
    with smtp_server(box) as port, over(port).line() as line:
        found = {name: line.send(mail(f"{name}@mail.example")) for name in refuses}
        assert line.send(mail()) == Accepted("250")
        assert line.send(mail("grey@mail.example", 2)) == Accepted("250"), "greylisting ends"
    assert found == {
        "unknown": Refused("550 5.1.1", True), "old": Refused("550", True), "full": Refused("552 5.2.2", False),
        "listed": Refused("550 5.7.1", False), "grey": TryAgain("450 4.2.0"),
    }  # fmt: skip


def test_refused_at_other_stages() -> None:
    box = Mailbox(mail_answers=["550 5.7.1 not you"], data_answers=["554 5.7.1 spam", "451 4.3.0 later"])
    with smtp_server(box) as port, over(port).line() as line:
        assert line.send(mail()) == TryAgain("550 5.7.1", line_down=True)
        assert line.send(mail()) == Refused("554 5.7.1", False)
        assert line.send(mail()) == TryAgain("451 4.3.0")


@pytest.mark.parametrize(
    ("stage", "code", "said", "wanted"),
    [
        ("rcpt", 421, b"4.3.2 closing", TryAgain("421 4.3.2", timedelta(minutes=5), True)),
        ("rcpt", 550, b"5.2.1 disabled", Refused("550 5.2.1", True)),
        ("rcpt", 550, b"5.1.8 bad sender", Refused("550 5.1.8", False)),
        ("rcpt", 554, b"no", Refused("554", False)),
        ("rcpt", 553, b"no", Refused("553", True)),
        ("data", 550, b"5.1.1 late", Refused("550 5.1.1", False)),
        ("rcpt", 200, b"", TryAgain("200", timedelta(minutes=5), True)),
        ("rcpt", 550, b"5.1.1x y", Refused("550", True)),
    ],
)
def test_what_answers_mean(stage: Any, code: int, said: bytes, wanted: Any) -> None:
    assert judged(stage, code, said) == wanted


def drip(connection: socket.socket, greeting: bytes = b"220-" + b"x" * 500) -> None:
    """One octet at a time, never a line's end."""
    for octet in greeting:
        connection.sendall(bytes([octet]))
        time.sleep(0.05)


def test_a_server_that_hangs_or_drips_is_cut_off() -> None:
    ended = threading.Event()
    for talk in (lambda _: ended.wait(5), drip):
        with raw_server(talk) as port:
            began = time.monotonic()
            with pytest.raises(LineDown, match="too-slow"), over(port, seconds=0.5).line():
                pass
            assert time.monotonic() - began < 3
            ended.set()


def test_a_server_that_hangs_in_the_middle() -> None:
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        for answer in (b"250 x\r\n", b"250 ok\r\n", b"250 ok\r\n"):
            connection.recv(1000)
            connection.sendall(answer)
        ended.wait(5)

    with raw_server(talk) as port:
        with over(port, seconds=0.5).line() as line:
            result = line.send(mail())
        ended.set()
    assert isinstance(result, TryAgain)
    assert result.line_down
    assert result.met == "too-slow"


def test_a_server_that_is_none_or_goes_away() -> None:
    with (
        raw_server(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port,
        pytest.raises(LineDown),
        over(port).line(),
    ):
        pass

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        connection.recv(1000)
        connection.sendall(b"250 x\r\n")
        connection.recv(1000)

    with raw_server(talk) as port, over(port).line() as line:
        assert line.send(mail()) == TryAgain("line-lost", line_down=True)


def test_from_the_outbox_to_the_server_and_on_to_the_next_contact(here: World) -> None:
    box = Mailbox(refuses={"unknown": ["550 5.1.1 no"], "grey": ["450 4.7.1 later"]})
    with smtp_server(box) as port:
        here.channels = {"email": over(port)}
        here.queue(new(), new(email("unknown@mail.example", "e2"), sms()), new(email("grey@mail.example")))
        done = here.round()
        assert (done.sent, done.failed) == (1, 2)
        here.clock.turn(minutes=1)
        assert here.round().sent == 1
    assert [row.state for row in here.rows()] == ["sent", "waiting", "sent"]
    assert [one.contact_ref for one in here.flagged] == ["e2"]
    assert sum(box.keys.values()) == 2
