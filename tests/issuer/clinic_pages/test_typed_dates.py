"""Dates as they are typed: only what can mean one day is read."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.clinic_desk.dates import MONTHS_SHORT, Unreadable, born_of, day_of, day_or_part, last_day_of, moment_of
from issuer.clinic_desk.drive import MAX_RECENT, Drive, kept_drive, read_drive, read_recent, with_recent
from issuer.clinic_desk.patient_form import MAX_ROWS, read_form
from issuer.clinic_desk.phones import plain_phone

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    "typed",
    ["2026-11-20", "20261120", "2026 11 20", "20 Nov 2026", "20 november 2026", "Nov 20, 2026", "20/11/2026", "today"],
)
def test_one_day_in_many_spellings(typed: str) -> None:
    assert day_of(typed, TODAY) == "2026-11-20"


@pytest.mark.parametrize(
    "typed", ["", "03/04/2026", "2026-13-01", "2026-02-30", "20 Nov 26", "1/1/26", "tomorrow", "nov", "٢٠٢٦"]
)
def test_what_means_none_or_two_days_is_not_read(typed: str) -> None:
    with pytest.raises(Unreadable):
        day_of(typed, TODAY)


def test_the_same_day_and_month_mean_one_day() -> None:
    assert day_of("04/04/2026") == "2026-04-04"


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_is_read_in_every_order_that_can_mean_only_it(day: date) -> None:
    word = MONTHS_SHORT[day.month - 1]
    for typed in (
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.day} {word} {day.year:04}",
        f"{word} {day.day} {day.year:04}",
    ):
        assert day_of(typed) == day.isoformat()
    assert born_of(str(day.day), str(day.month), f"{day.year:04}") == day.isoformat()
    assert born_of(str(day.day), word, f"{day.year:04}") == day.isoformat()


@given(st.text(max_size=30))
def test_no_text_is_worse_than_unreadable(typed: str) -> None:
    for read in (day_of, day_or_part, last_day_of):
        try:
            found = read(typed)
        except Unreadable:
            continue
        date.fromisoformat((found + "-01-01")[:10] if len(found) < 10 else found)


@pytest.mark.parametrize(
    ("typed", "last"),
    [("2027-02", "2027-02-28"), ("02/2028", "2028-02-29"), ("Dec 2027", "2027-12-31"), ("2027-03-15", "2027-03-15")],
)
def test_an_expiry_month_ends_with_its_last_day(typed: str, last: str) -> None:
    assert last_day_of(typed) == last


@pytest.mark.parametrize(
    ("parts", "born"), [(("", "", "1987"), "1987"), (("", "6", "1987"), "1987-06"), (("5", "6", "1987"), "1987-06-05")]
)
def test_a_birth_date_may_be_a_part(parts: tuple[str, str, str], born: str) -> None:
    assert born_of(*parts) == born


@pytest.mark.parametrize(
    "parts", [("5", "", "1987"), ("5", "6", "87"), ("31", "2", "1987"), ("5", "6", ""), ("²", "6", "1987")]
)
def test_a_birth_date_that_is_none(parts: tuple[str, str, str]) -> None:
    with pytest.raises(Unreadable):
        born_of(*parts)


def test_a_time_has_the_clinics_zone() -> None:
    assert moment_of("2026-11-20", "9:05", timezone(timedelta(hours=-5))) == "2026-11-20T09:05:00-05:00"
    assert moment_of("2026-11-20", "1405", UTC) == "2026-11-20T14:05:00+00:00"
    with pytest.raises(Unreadable):
        moment_of("2026-11-20", "25:00", UTC)


def test_phones() -> None:
    assert plain_phone("(202) 555-0123") == "+12025550123"
    assert plain_phone("ask the mother") == "ask the mother"


def test_what_a_drive_keeps_survives_and_what_is_not_ours_is_forgotten() -> None:
    drive = Drive(product="Boostrix", code="115", lot="A1", vaccinator="Nora")
    assert read_drive(kept_drive(drive)) == drive
    assert read_drive("nonsense") == Drive()
    assert read_drive({"product": 7, "other": "x"}) == Drive()


def test_the_list_of_recent_records_is_short_and_of_this_shift() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    kept = with_recent((), [f"r{number}" for number in range(20)], now)
    assert len(kept) == MAX_RECENT
    assert read_recent(kept, now)[0] == ("r0", now.isoformat())
    assert read_recent(kept, now + timedelta(hours=13)) == ()
    assert read_recent([["x", "not a time"], "y", 3], now) == ()
    assert read_recent(None, now) == ()


@given(
    st.dictionaries(st.sampled_from(["rows", "family", "r1-product", "r1-code", "scan", "seal"]), st.text(max_size=50))
)
def test_no_form_is_too_strange_to_read(sent: dict[str, str]) -> None:
    form = read_form(sent)
    assert 1 <= len(form.rows) <= MAX_ROWS
    assert form.person_id == ""
