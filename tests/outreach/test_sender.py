"""One sender, one domain; addresses that can be written to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.addresses import UnusableAddress, canonical, requester_network, usable
from outreach.messages import Contact
from outreach.sender import LinkRefused, Sender, UnusableSender

DOH = Sender("Department of Health", "State DOH", "cards.example.gov")


@pytest.mark.parametrize(
    "link",
    [
        "http://cards.example.gov/r/x", "https://bit.ly/x", "https://cards.example.gov.evil.example/r/x",
        "https://cards.example.gov@evil.example/", "https://user@cards.example.gov/r/x", "//cards.example.gov/x",
        "https://cards.example.gov:444/x", "https://cards.example.gov", "https://cards.example.gov//evil.example/x",
        "https://cards.example.gov\\@evil.example/", "https://cards.example.gov/\n", "https://CARDS.example.gov/x",
        "https://cards.example.gov/" + "x" * 80, "javascript:alert(1)", "https://cards.example.gov/ x",
        "https://sub.cards.example.gov/x", "https://cards.example.gov/\u202e", " https://cards.example.gov/x",
    ],
)  # fmt: skip
def test_no_other_link(link: str) -> None:
    with pytest.raises(LinkRefused) as caught:
        DOH.checked(link)
    assert "evil" not in str(caught.value)


@given(st.text(max_size=60))
def test_whatever_passes_begins_with_our_origin(tail: str) -> None:
    try:
        passed = DOH.checked(f"https://cards.example.gov{tail}")
    except LinkRefused:
        return
    assert passed.startswith("https://cards.example.gov/")
    assert passed.isascii()
    assert passed.isprintable()


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "bit.ly"}, {"domain": "go.tinyurl.com"}, {"domain": "Cards.example.gov"}, {"domain": "x" * 33},
        {"name": "Health\r\nBcc: x@y"}, {"name": "Health \u202egro"}, {"name": "See https://x"}, {"name": ""},
        {"name": "a@b"}, {"name": "x" * 61}, {"sms_name": "x" * 21}, {"local_part": "a b"}, {"stop_path": "n"},
        {"domain": "example.gov/x"}, {"name": "{link}"},
    ],
)  # fmt: skip
def test_a_sender_that_could_not_be_sent(changes: dict[str, str]) -> None:
    given = {"name": "Department", "sms_name": "DOH", "domain": "cards.example.gov"} | changes
    with pytest.raises(UnusableSender):
        Sender(**given)


def test_on_this_machine_without_tls() -> None:
    here = Sender("Demo", "Demo", "127.0.0.1:8000")
    assert here.checked("http://127.0.0.1:8000/r/x")
    assert here.address == "messages@[127.0.0.1]"
    assert Sender("Demo", "Demo", "localhost:8000").origin == "http://localhost:8000"


@pytest.mark.parametrize(
    ("channel", "address", "wanted"),
    [
        ("email", " ada@Mail.Example ", "ada@mail.example"), ("email", "ada@bücher.example", "ada@xn--bcher-kva.example"),  # noqa: E501
        ("email", "a.d+x@mail.example", "a.d+x@mail.example"), ("sms", "+1 (555) 010-0123", "+15550100123"),
        ("letter", "A. Bell\n\n 1  Main Street ", "A. Bell\n1 Main Street"),
    ],
)  # fmt: skip
def test_usable_addresses(channel: str, address: str, wanted: str) -> None:
    assert usable(Contact(channel, address), ("+1",)) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", ""), ("email", "ada"), ("email", "ada@localhost"), ("email", "a@b.c\r\nBcc: d@e.f"), ("email", "<a@b.c>"),  # noqa: E501
        ("email", "ädä@mail.example"), ("email", "a..b@mail.example"), ("email", "a@" + "b." * 130 + "c"), ("email", "a@b_c.d"),  # noqa: E501
        ("email", "a,b@mail.example"), ("sms", "5550100"), ("sms", "+44 20 7946 0000"), ("sms", "+1555010012345678"),
        ("sms", "+1555x"), ("sms", "+١٥٥٥٠١٠٠١٢٣"), ("letter", "one line"), ("letter", "a\n" * 9), ("letter", "a\n" + "b" * 61),  # noqa: E501
        ("letter", "a\nb\u202ec"),
    ],
)  # fmt: skip
def test_unusable_addresses(channel: str, address: str) -> None:
    with pytest.raises(UnusableAddress) as caught:
        usable(Contact(channel, address), ("+1",))  # type: ignore[arg-type]
    assert not address or address not in str(caught.value)


def test_two_spellings_are_one_contact() -> None:
    def name(address: str) -> str:
        contact = Contact("email", address)
        return canonical(contact, usable(contact))

    assert name("Ada@MAIL.example") == name("ada@mail.example") != name("bea@mail.example")


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("::ffff:192.0.2.7", "192.0.2.7"),
        ("nonsense", "unknown"), ("fe80::1%eth0", "fe80::/64"),
    ],
)  # fmt: skip
def test_whose_requests_are_counted_together(address: str, wanted: str) -> None:
    assert requester_network(address) == wanted
