"""What came in becomes codes, one a card, and nothing is lost or invented. Every refusal says what to do."""

import importlib
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.image import UnreadablePicture
from verifier.intake import MAX_TEXT_OCTETS, TODO, Fault, fault, from_typing, read_octets
from verifier.words import NO_CARD

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
        ("shc:/5676 shc:/6034", ["shc:/5676", "shc:/6034"]),
        (f"{JWS} {JWS}", [JWS, JWS]),
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


@pytest.mark.parametrize(
    "typed",
    [
        "shc:/56\n" + "12\n" * 1_000_000,
        "shc:/56\n" + " " * 3_000_000 + "1",
        "shc:/56\n" + "shc:/1\n" * 400_000,
        "ey." * 1_000_000,
    ],
    ids=["digits", "blanks", "codes", "dots"],
)
def test_a_long_text_is_read_in_one_pass(typed: str) -> None:
    """A million lines of digits took 25 s and more: each made the text anew."""
    begun = time.perf_counter()
    from_typing(typed)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "empty-picture"),
        (b" \r\n", "empty-picture"),
        (b"just a note\nof two lines", "not-a-picture"),
        (bytes(range(256)), "not-a-picture"),
        (b"II*\x00 a TIFF \xff", "not-a-picture"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "svg-picture"),
        (b"shc:/" + b"56" * MAX_TEXT_OCTETS, "text-too-large"),
        (b"\x89PNG\r\n\x1a\n broken", "damaged-picture"),
    ],
    ids=["empty", "blank", "note", "octets", "tiff", "svg", "long", "png"],
)
def test_what_gives_no_text_says_why_and_what_to_do(octets: bytes, code: str) -> None:
    found = read_octets(octets)
    assert isinstance(found, Fault)
    assert (found.code, found.todo) == (code, TODO[code])
    assert str(found).endswith(".")


def test_every_refusal_of_a_picture_has_its_words() -> None:
    assert set(UnreadablePicture.MESSAGES) < set(TODO)
    assert all(fault(code).sentence and fault(code).todo for code in TODO)


def test_files_of_text() -> None:
    assert read_octets(b"\xef\xbb\xbfshc:/5676\r\n") == ["shc:/5676"]
    assert read_octets(b'\xef\xbb\xbf{"verifiableCredential": []}') == ['{"verifiableCredential": []}']
    assert read_octets(b"WIFI:T:WPA;;", any_text=True) == ["WIFI:T:WPA;;"]
    assert read_octets(b"shc:/" + b"56" * MAX_TEXT_OCTETS, max_text_octets=2**30) == ["shc:/" + "56" * MAX_TEXT_OCTETS]


def test_nothing_that_decodes_pictures_is_loaded_for_a_text() -> None:
    script = (
        "import sys; from verifier.intake import read_octets; read_octets(b'shc:/5676');"
        "print([m for m in ('PIL', 'zxingcpp', 'flask', 'verifier.image') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_code_of_a_fault_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "verification.md").read_text("utf-8")
    assert [code for code in [*TODO, NO_CARD] if f"`{code}`" not in page] == []


@pytest.mark.parametrize(
    "module",
    [
        "verifier.chunks",
        "verifier.picture_kinds",
        "verifier.image",
        "verifier.pdf",
        "verifier.intake",
        "verifier.workload",
        "verifier.web.inputs",
    ],
)
def test_every_limit_is_documented(module: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "verification.md").read_text("utf-8")
    limits = [name for name in vars(importlib.import_module(module)) if name.startswith("MAX_")]
    assert [name for name in limits if f".{name}`" not in page] == []
