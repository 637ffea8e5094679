"""Lines and their order, with a measure of one unit a character."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wallet_export.lines import Piece, lines_of
from wallet_export.typefaces import drawable

pytestmark = pytest.mark.usefixtures("typefaces")


def length(piece: Piece) -> float:
    return len(piece.text)


def seen(text: str, width: float = 1000) -> list[str]:
    """Each line as it stands on paper, from left to right."""
    return [
        "".join(piece.text[::-1] if piece.level % 2 else piece.text for piece in line)
        for line in lines_of(text, width, length)
    ]


def test_words_fill_a_line() -> None:
    assert seen("one two three four", 9) == ["one two", "three", "four"]


def test_the_space_that_ends_a_line_takes_no_room() -> None:
    assert seen("abc de", 3) == ["abc", "de"]


def test_a_word_wider_than_a_line_is_cut() -> None:
    assert seen("ab abcdefg c", 3) == ["ab", "abc", "def", "g c"]


def test_a_mark_stays_with_its_letter() -> None:
    assert seen("क्षिक्षि", 2) == ["क्", "षि", "क्", "षि"]


def test_chinese_breaks_between_characters() -> None:
    assert seen("王小明李四", 2) == ["王小", "明李", "四"]


def test_nothing_is_one_empty_line() -> None:
    assert lines_of("", 10, length) == [[]]


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("xy אב 12", "xy 12 בא"),
        ("xy אב 12 zw", "xy 12 בא zw"),
        ("אב xy 12 גד", "דג xy 12 בא"),
        ("אב 12/34 גד", "דג 12/34 בא"),
        ("12 אב", "בא 12"),
        ("abc", "abc"),
    ],
)
def test_order_is_that_of_annex_9(text: str, paper: str) -> None:
    assert seen(text) == [paper]


def test_each_line_is_ordered_by_itself() -> None:
    assert seen("אבג דהו זחט", 7) == ["והד גבא", "טחז"]


@given(st.text(max_size=80), st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_no_character_is_lost(text: str, width: int) -> None:
    shown = drawable(text)
    lines = lines_of(shown, width, length)
    drawn = "".join(piece.text for line in lines for piece in line)
    assert sorted(drawn.replace(" ", "")) == sorted(shown.replace(" ", ""))


@given(st.text("ab אב12 ", max_size=60), st.integers(3, 20))
@settings(max_examples=100, deadline=None)
def test_no_line_is_wider_than_its_column(text: str, width: int) -> None:
    assert all(sum(map(length, line)) <= width for line in lines_of(drawable(text), width, length))
