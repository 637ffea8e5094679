"""Dates as words, whole and partial; what is no date stays as it is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.dates import age_in_words, in_words, moment_in_words


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("1990-05-20", "20 May 1990"),
        ("1990-05-02", "2 May 1990"),
        ("1990-05", "May 1990"),
        ("1990", "1990"),
        ("2026-11-19T08:15:00+01:00", "19 November 2026, 08:15 UTC+01:00"),
        ("2026-11-19T08:15:00.123Z", "19 November 2026, 08:15 UTC"),
        ("", ""),
        ("1990-13-01", "1990-13-01"),
        ("yesterday", "yesterday"),
        ("1990-05-20 and more", "1990-05-20 and more"),
    ],
)
def test_in_words(date: str, words: str) -> None:
    assert in_words(date) == words


@given(st.text(max_size=40))
def test_any_text_comes_back_as_text(text: str) -> None:
    assert isinstance(in_words(text), str)


def test_moments_and_ages() -> None:
    assert moment_in_words(datetime(2026, 11, 20, 9, 5, tzinfo=UTC)) == "20 November 2026, 09:05 UTC"
    assert [age_in_words(timedelta(seconds=s)) for s in (5, 60, 7200, 86_400, 9 * 86_400)] == [
        "less than a minute",
        "1 minute",
        "2 hours",
        "1 day",
        "9 days",
    ]
