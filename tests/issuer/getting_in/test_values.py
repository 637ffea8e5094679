"""Dates, addresses, names and settings, without a database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.getting_in.addresses import masked, read_contact
from issuer.getting_in.dates import birth_date_of, is_date
from issuer.getting_in.messages import (
    ENVIRONMENT,
    BadMessageSettings,
    MessageSettings,
    channels_of,
    message_settings,
    office_of,
)
from issuer.getting_in.naming import likeness
from issuer.intake.proposal import Demographics, Name


@given(st.text(max_size=300))
def test_nothing_that_is_typed_breaks_anything(text: str) -> None:
    read_contact(text)
    is_date(text)
    birth_date_of(text, text, text)
    likeness(text, Demographics(Name(text, (text,), text=text)))


@given(st.dates(min_value=date(1800, 1, 1)))
def test_three_fields_are_a_date_in_any_digits(day: date) -> None:
    year, month, number = str(day).split("-")
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    assert birth_date_of(year.translate(arabic), month, number.translate(arabic)) == str(day)
    assert is_date(str(day))


@pytest.mark.parametrize(
    "fields", [("87", "x", "5"), ("1987", "13", "1"), ("", "", ""), ("²", "1", "1"), ("19870", "1", "1")]
)
def test_what_is_no_date(fields: tuple[str, str, str]) -> None:
    assert birth_date_of(*fields) == ""


def test_contacts_in_one_spelling() -> None:
    for typed in ("555 010 0123", "+1 (555) 010-0123", "1-555-010-0123"):
        found = read_contact(typed)
        assert found
        assert found.address == "+15550100123"
    mail = read_contact(" Ada@Mail.Example ")
    assert mail
    assert mail.address == "ada@mail.example"
    assert read_contact("ada@mail.example\r\nBcc: x@y.example") is None
    assert masked("email", "ada@mail.example") == "a…@m….example"


@pytest.mark.parametrize(
    ("typed", "likes"),
    [
        ("Maria Luz da Silva Santos", 2),
        ("maria santos", 2),
        ("Maria L Silva", 2),
        ("Maria Fernanda Silva", 1),
        ("Luz Silva", 0),
        ("Maria", 0),
        ("da Maria", 0),
        ("", 0),
    ],
)
def test_how_a_typed_name_fits(typed: str, likes: int) -> None:
    assert likeness(typed, Demographics(Name("da Silva Santos", ("Maria", "Luz")))) == likes


def test_settings_are_read_or_refused_by_name() -> None:
    said = {
        "COUNTERSIGN_MAIL_SERVER": "starttls://user@relay.example:2525",
        "COUNTERSIGN_MAIL_PASSWORD": "p" * 12,
        "COUNTERSIGN_SMS_GATEWAY": "https://gateway.example/messages",
        "COUNTERSIGN_SMS_TOKEN": "t" * 12,
        "COUNTERSIGN_SMS_COUNTRIES": "+1 +52",
        "COUNTERSIGN_SENDER_SHORT": "State DOH",
        "COUNTERSIGN_LETTERHEAD": "Department of Health | Quay Street 1",
        "COUNTERSIGN_VISIT_MINUTES": "10",
        "COUNTERSIGN_VISIT_HOURS": "2",
    }
    assert set(said) == set(ENVIRONMENT)
    found = message_settings(said)
    assert found.channels == {"email", "sms"}
    assert found.letterhead == ("Department of Health", "Quay Street 1")
    assert "p" * 12 not in repr(found)
    assert "t" * 12 not in repr(found)
    office = office_of(found, "Department of Health", "https://cards.example.gov", "America/Chicago", b"s" * 32)
    assert set(channels_of(found, office)) == {"email", "sms"}
    assert message_settings({}) == MessageSettings()
    for name, wrong in {
        "MAIL_SERVER": "smtp.example",
        "SMS_GATEWAY": "http://gateway.example",
        "SMS_COUNTRIES": "1",
        "VISIT_MINUTES": "0",
        "VISIT_HOURS": "x",
    }.items():
        with pytest.raises(BadMessageSettings, match=f"COUNTERSIGN_{name}"):
            message_settings(said | {f"COUNTERSIGN_{name}": wrong})
    for server in (
        "none://relay.example",
        "none://u@127.0.0.1",
        "tls://u:p@relay.example",
        "tls://relay.example:99999",
    ):
        with pytest.raises(BadMessageSettings, match="COUNTERSIGN_MAIL_SERVER"):
            message_settings({"COUNTERSIGN_MAIL_SERVER": server})


PATHY = "https://a.example/" + "x" * 40


def test_whoever_sends_nothing_may_be_called_anything() -> None:
    long = "https://" + "x" * 50 + ".example"
    office_of(MessageSettings(), "x" * 200, long, "UTC", b"s" * 32)
    sends = MessageSettings(gateway="https://gateway.example", gateway_token="t")
    for name, address in (("x" * 200, "https://a.example"), ("DOH", long), ("DOH", "http://a.example"), ("DOH", PATHY)):
        with pytest.raises(BadMessageSettings):
            office_of(sends, name, address, "UTC", b"s" * 32)
