"""What was typed becomes codes, one a card, and nothing is lost or invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.web.inputs import from_typing

JWS = "eyJ6aXAiOiJERUYifQ.3ZJLb9swEIT_.SrQwer-J_ab"


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("", []),
        (" \r\n\t ", []),
        ("shc:/5676", ["shc:/5676"]),
        ("SHC:/5676\r\n", ["shc:/5676"]),
        ("shc:/56 76 29", ["shc:/567629"]),
        ("shc:/5676\n2909\n 5243 \nshc:/6034", ["shc:/567629095243", "shc:/6034"]),
        ("shc:/1/2/5676\nshc:/2/2/6034", ["shc:/1/2/5676", "shc:/2/2/6034"]),
        (JWS, [JWS]),
        (f"{JWS}\n\n{JWS}", [JWS, JWS]),
        ('\ufeff{"verifiableCredential":\n ["x"]}', ['{"verifiableCredential":\n ["x"]}']),
        ("BEGIN:VCARD\nFN:Somebody\nEND:VCARD", ["BEGIN:VCARD\nFN:Somebody\nEND:VCARD"]),
        ("12345\n678", ["12345\n678"]),
        ("Dear guest, here is your card:\nshc:/5676", ["Dear guest, here is your card:", "shc:/5676"]),
    ],
)
def test_codes_of_what_was_typed(typed: str, codes: list[str]) -> None:
    assert from_typing(typed) == codes


@given(st.text(max_size=200))
def test_any_text_gives_codes_without_a_loss(typed: str) -> None:
    codes = from_typing(typed)
    assert all(codes)
    assert "".join("".join(codes).split()).lower() == "".join(typed.strip("\ufeff \t\r\n").split()).lower()


@given(st.text("0123456789", min_size=2, max_size=400), st.integers(1, 90))
def test_a_code_broken_into_lines_is_put_together_again(digits: str, width: int) -> None:
    lines = [digits[at : at + width] for at in range(0, len(digits), width)]
    assert from_typing("shc:/" + "\r\n".join(lines)) == ["shc:/" + digits]
