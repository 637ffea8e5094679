"""An e-mail's octets, read back by the standard library."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest

from outreach.composing import compose
from outreach.email_message import octets_of
from outreach.messages import Outgoing, Sms, Values
from outreach.sender import Sender
from outreach.templates import REQUIRED, catalogue
from tests.outreach.world import ENDS, LINK, NOW

STOP = "https://cards.example.gov/n/" + "x" * 22
KEY = "0" * 31 + "1.0"


def outgoing(language: str, name: str = "Department of Health") -> tuple[Outgoing, Sender]:
    sender = Sender(name, "DOH", "cards.example.gov")
    text = compose(catalogue(), sender, "record-ready", language, "email", Values(link=LINK, ends=ENDS), STOP)
    return Outgoing(KEY, "ada@mail.example", text, NOW), sender


def read(octets: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(octets, policy=policy.default))


@pytest.mark.parametrize("language", REQUIRED)
def test_what_is_in_it(language: str) -> None:
    what, sender = outgoing(language, "Département de la Santé")
    octets = octets_of(what, sender)
    mail = read(octets)
    assert mail["From"].addresses[0].display_name == "Département de la Santé"
    assert mail["From"].addresses[0].addr_spec == "messages@cards.example.gov"
    assert mail["To"] == "ada@mail.example"
    assert mail["Message-ID"] == f"<{KEY}@cards.example.gov>"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == f"<{STOP}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Content-Language"] == language
    assert mail["Subject"] == catalogue().words(language).texts["record-ready", "subject"]
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for part in mail.iter_parts():
        assert LINK in cast(EmailMessage, part).get_content()
        assert STOP in cast(EmailMessage, part).get_content()
    assert not mail.defects
    assert not any(header.defects for header in mail.values())


@pytest.mark.parametrize("language", REQUIRED)
def test_how_it_is_written(language: str) -> None:
    what, sender = outgoing(language, "Département de la Santé")
    octets = octets_of(what, sender)
    assert octets.isascii()
    assert octets.count(b"\n") == octets.count(b"\r\n")
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert max(map(len, octets.split(b"\r\n\r\n")[0].split(b"\r\n"))) <= 100
    assert octets == octets_of(what, sender), "sent again it is the same mail"


def test_only_emails() -> None:
    _, sender = outgoing("en")
    with pytest.raises(TypeError):
        octets_of(Outgoing(KEY, "x@y.example", Sms("x", 1, "GSM-7"), NOW), sender)
