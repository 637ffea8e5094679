"""Bounces as mail servers write them, callbacks as gateways sign them; and everything that is neither."""

import json
from datetime import timedelta
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

import outreach
from outreach.delivery_reports import NotAReport, read_bounce, read_callback, signature
from outreach.results import Report, flags_address
from outreach.smtp import Smtp
from tests.outreach.servers import Mailbox, smtp_server
from tests.outreach.world import NOW, World, email, new, sms

KEY = "0123456789abcdef" * 2 + ".0"
SECRET = b"callback secret"


def bounce(
    action: str = "failed", status: str = "5.1.1", to: str = "bounces@cards.example.gov", original: str = KEY
) -> bytes:
    """RFC 3464, appendix E, with our mail's head in it."""
    return f"""\
From: Mail Delivery Subsystem <MAILER-DAEMON@mail.example>
To: <{to}>
Subject: Returned mail: see transcript for details
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B

The following address failed: <ada@mail.example>

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
Arrival-Date: Fri, 20 Nov 2026 17:00:00 +0000

Final-Recipient: rfc822; ada@mail.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--B
Content-Type: text/rfc822-headers

From: messages@cards.example.gov
Message-ID: <{original}@cards.example.gov>
Subject: Your record is ready

--B--
""".replace("\n", "\r\n").encode()


def test_a_bounce() -> None:
    assert read_bounce(bounce()) == Report(KEY, True, True, "dsn 5.1.1")
    assert read_bounce(bounce().replace(b"text/rfc822-headers", b"message/rfc822")) == Report(
        KEY, True, True, "dsn 5.1.1"
    )
    assert read_bounce(bounce(status="5.2.2 (full)")) == Report(KEY, True, False, "dsn 5.2.2")
    assert read_bounce(bounce(status="4.4.7")) == Report(KEY, True, False, "dsn 4.4.7")
    assert read_bounce(bounce(status="nonsense")) == Report(KEY, True, False, "dsn 5.9.9")


def test_a_bounce_that_names_the_message_by_its_address_alone() -> None:
    assert read_bounce(bounce(to=f"bounces+{KEY}@cards.example.gov", original="x")).key == KEY
    assert read_bounce(bounce(original="x"), f"bounces+{KEY}@cards.example.gov").key == KEY


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_is_no_failure(action: str) -> None:
    assert not read_bounce(bounce(action)).failed


def test_mails_that_say_nothing() -> None:
    note = EmailMessage()
    note["To"], note["Subject"], note["Auto-Submitted"] = (
        f"bounces+{KEY}@cards.example.gov",
        "On holiday",
        "auto-replied",
    )
    note.set_content("Back on Monday")
    many = b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + b"--B\r\n\r\nx\r\n" * 100
    for mail in (note.as_bytes(), bounce(original="x"), b"", b"\xff" * 1000, b"x" * (1024 * 1024 + 1), many):
        with pytest.raises(NotAReport):
            read_bounce(mail)


@given(st.binary(max_size=300), st.integers(0, 1200))
def test_spoiled_bounces(octets: bytes, place: int) -> None:
    whole = bounce()
    try:
        found = read_bounce(whole[:place] + octets + whole[place:])
    except NotAReport:
        return
    assert len(found.met) <= 40


@pytest.mark.parametrize(
    ("status", "wanted"),
    [("5.1.1", True), ("5.1.10", True), ("5.1.7", False), ("5.2.1", True), ("5.2.2", False), ("5.7.1", False), ("5.0.0", True),  # noqa: E501
     ("4.1.1", False), ("5.4.4", False)],
)  # fmt: skip
def test_whose_fault_it_is(status: str, wanted: bool) -> None:
    assert flags_address(status) is wanted


# ---- Callbacks -------------------------------------------------------------------------------------------------------


def signed(body: bytes, age: timedelta = timedelta(), secret: bytes = SECRET) -> dict[str, str]:
    stamp = str(int((NOW - age).timestamp()))
    return {"Webhook-Id": "m1", "Webhook-Timestamp": stamp, "Webhook-Signature": signature("m1", stamp, body, secret)}


def body(**said: object) -> bytes:
    return json.dumps({"id": KEY, "status": "failed", "error": "bad-number"} | said).encode()


def test_a_callback() -> None:
    assert read_callback(signed(body()), body(), SECRET, NOW) == Report(KEY, True, True, "report bad-number")
    other = body(error="blocked")
    assert read_callback(signed(other), other, SECRET, NOW) == Report(KEY, True, False, "report failed")
    fine = body(status="delivered")
    assert read_callback(signed(fine), fine, SECRET, NOW) == Report(KEY, False, False, "report delivered")
    both = signed(body())
    both["Webhook-Signature"] = "v1,AAAA " + both["Webhook-Signature"]
    assert read_callback(both, body(), SECRET, NOW).failed, "while a secret is replaced"


def test_callbacks_that_are_not_believed() -> None:
    good = signed(body())
    wrong: list[tuple[dict[str, str], bytes, bytes]] = [
        ({}, body(), SECRET), (good, body(x=1), SECRET), (good, body(), b"other"), (good, body(), b""),
        ({**good, "Webhook-Signature": "v1,é"}, body(), SECRET), ({**good, "Webhook-Timestamp": "1"}, body(), SECRET),
        ({**good, "Webhook-Id": "m2"}, body(), SECRET), (signed(body(), timedelta(minutes=6)), body(), SECRET),
        (signed(body(), -timedelta(minutes=6)), body(), SECRET), (good, b"x" * 20_000, SECRET),
    ]  # fmt: skip
    for shape in (b"[]", b"{", b'{"id": 1, "status": "failed"}', body(status="maybe"), body(id="x"), b"[" * 9000):
        wrong.append((signed(shape), shape, SECRET))
    odd = {"Webhook-Id": "m1", "Webhook-Timestamp": "²", "Webhook-Signature": signature("m1", "²", body(), SECRET)}
    wrong.append((odd, body(), SECRET))
    for headers, octets, secret in wrong:
        with pytest.raises(NotAReport):
            read_callback(headers, octets, secret, NOW)


def test_the_whole_way_of_a_server_that_lies(here: World) -> None:
    """It takes the mail and sends a bounce later: the contact is flagged, the next one gets the message."""
    box = Mailbox()
    with smtp_server(box) as port:
        here.channels = {"email": Smtp(here.office.sender, "127.0.0.1", port, "none")}
        here.queue(new(email(), sms()))
        assert here.round().sent == 1
    envelope_from, _, content = box.mails[0]
    original = content.split(b"Message-ID: <")[1].split(b"@")[0].decode()
    report = read_bounce(bounce(to=envelope_from, original=original))
    with here.begin() as connection:
        assert outreach.reported(connection, here.office, report, NOW + timedelta(hours=1))
        assert outreach.flags_of(connection, here.office, [email(), sms()]) == ["bounced", ""]
    assert here.row().channel == "sms"
    assert here.row().state == "waiting"
