"""The rules against a clinic's own past: a forger is seen, a normal year is not."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from issuer.fraud.drives import Announced, Drive, checked_announcement, without_drives
from issuer.fraud.lots import NotEntered, checked_delivery, checked_doses, folded
from issuer.fraud.past import DAYS, Past, counted, past_of, region_of
from issuer.fraud.rules import RULES, LotCount, Reason, Recorded, in_words, look, read_reasons, reasons_json
from issuer.fraud.zones import zone_of
from tests.issuer.fraud.year import KINDS, Kind, false_holds

MONDAY = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
USUAL = Past(
    8,
    {(day, hour): 40 for day in range(5) for hour in range(9, 17)},
    {date(2026, 9, 21) + timedelta(days=7 * week + day): 40 for week in range(8) for day in range(5)},
    date(2026, 9, 21),
    {"041": 900, "040": 30},
)


def doses(count: int, at: datetime = MONDAY, region: str = "041", seconds: float = 20) -> list[Recorded]:
    return [
        Recorded(at + timedelta(seconds=seconds * number), "208", "L1", at.date().isoformat(), region)
        for number in range(count)
    ]


def names(reasons: tuple[Reason, ...]) -> list[str]:
    return [one.rule for one in reasons]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_normal_year_is_held_once_at_most(kind: Kind) -> None:
    """Seasons, some Saturdays, holidays on which it is closed, two busy weeks of influenza, things entered late."""
    assert len(false_holds(kind, 0)) <= 1


def test_a_usual_day_is_not_looked_at() -> None:
    assert look(doses(60), USUAL, (), UTC) == ()


@pytest.mark.parametrize(("count", "found"), [(19, []), (20, ["unusual-hours"])])
def test_at_night(count: int, found: list[str]) -> None:
    sunday_night = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert names(look(doses(count, sunday_night), USUAL, (), UTC)) == found


def test_an_evening_two_hours_longer_is_usual() -> None:
    assert look(doses(30, MONDAY.replace(hour=18)), USUAL, (), UTC) == ()
    assert names(look(doses(30, MONDAY.replace(hour=19)), USUAL, (), UTC)) == ["unusual-hours"]


@pytest.mark.parametrize(("count", "found"), [(160, []), (161, ["unusual-rate"])])
def test_four_times_the_median_of_the_weekday(count: int, found: list[str]) -> None:
    assert names(look(doses(count), USUAL, (), UTC)) == found


def test_far_away() -> None:
    far = doses(15, region="900")
    assert names(look([*doses(20), *far], USUAL, (), UTC)) == ["unusual-places"]
    assert look([*doses(40), *far], USUAL, (), UTC) == ()
    assert look([*doses(20), *far[1:]], USUAL, (), UTC) == ()
    assert look(doses(40, region=""), USUAL, (), UTC) == ()


@pytest.mark.parametrize(
    ("lot", "held"),
    [
        (LotCount("x", 100, 120), False),
        (LotCount("x", 100, 121), True),
        (LotCount("x", 10, 15), False),
        (LotCount("x", 10, 16), True),
        (LotCount("x", 0, 500), False),
        (LotCount("x", 100, 150, accepted=130), False),
        (LotCount("x", 100, 157, accepted=130), True),
    ],
)
def test_more_than_received(lot: LotCount, held: bool) -> None:
    assert names(look(doses(5), USUAL, [lot], UTC)) == (["more-than-received"] if held else [])


def test_without_a_past_only_the_ledger_speaks() -> None:
    new = Past(3)
    assert names(look(doses(500, region="900"), new, [LotCount("x", 10, 500)], UTC)) == ["more-than-received"]


def test_an_irregular_saturday_is_measured_by_half_a_day_of_work() -> None:
    assert USUAL.usual_on(0) == 40
    assert USUAL.usual_on(5) == 20
    assert Past().usual_on(5) == 0


def test_holidays_on_one_weekday_do_not_lower_it() -> None:
    thursdays = [day for day in USUAL.days if day.weekday() == 3]
    closed = {day: count for day, count in USUAL.days.items() if day not in thursdays[:5]}
    assert Past(8, USUAL.hours, closed, USUAL.first_day).usual_on(3) == 40


def test_hours_are_those_of_the_clinic_in_summer_and_winter() -> None:
    zone = ZoneInfo("America/New_York")
    moments = [datetime(2026, 7, 1, 13, tzinfo=UTC), datetime(2026, 11, 18, 14, tzinfo=UTC)]
    past = past_of(dict.fromkeys(moments, 5), {}, date(2026, 6, 1), zone)
    assert past.hours == {(2, 9): 10}
    assert past.days == {date(2026, 11, 18): 5}
    assert past.first_day == date(2026, 6, 1) + timedelta(days=DAYS - 56)


def test_rules_are_data() -> None:
    strict = [one for one in RULES if one.name == "unusual-rate"]
    reasons = look(doses(500, MONDAY.replace(hour=1)), USUAL, (), UTC, strict)
    assert names(reasons) == ["unusual-rate"]
    title, found, why = in_words(reasons[0])
    assert (title, found) == (
        "More in a day than its own past",
        "500 doses were recorded in one day. Up to 160 would pass.",
    )
    assert why
    assert in_words(Reason("of-tomorrow", 3, 2))[0] == "of-tomorrow"
    assert read_reasons(reasons_json(reasons)) == reasons
    assert all(one.limits and one.words.format(found=1, limit=2) for one in RULES)


def test_regions_and_zones() -> None:
    assert [region_of(text) for text in ("04101-2233", "sw1a 1aa", "", "041")] == ["041", "SW1", "", "041"]
    assert counted(["041", "", "041"]) == {"041": 2}
    assert str(zone_of('{"time_zone": "Europe/Zurich"}')) == "Europe/Zurich"
    for details in ("", "[]", "{", '{"time_zone": "Moon/Sea"}', '{"time_zone": 3}', '{"time_zone": "../etc/passwd"}'):
        assert zone_of(details) == UTC


def drive(state: str = "confirmed", expected: int = 100, **changes: datetime) -> Drive:
    starts, ends = changes.get("starts", MONDAY), changes.get("ends", MONDAY + timedelta(hours=6))
    return Drive("d", "c", "", UTC, starts, ends, expected, "", "confirmed", "", MONDAY, "", None, "")


def test_doses_of_a_drive_pass_up_to_a_tenth_more() -> None:
    recent = doses(300)
    assert len(without_drives(recent, [drive()], {})) == 190
    assert len(without_drives(recent, [drive()], {"d": 100})) == 290
    assert len(without_drives(recent, [drive()], {"d": 200})) == 300


def test_doses_of_a_drive_may_come_from_paper_later() -> None:
    later = MONDAY + timedelta(days=2)
    entered = [Recorded(later, "208", "L", day) for day in ("2026-11-16", "2026-11-15", "2026-11-18")]
    assert [one.day for one in without_drives(entered, [drive()], {})] == ["2026-11-15", "2026-11-18"]
    too_late = [Recorded(MONDAY + timedelta(days=30), "208", "L", "2026-11-16")]
    assert without_drives(too_late, [drive()], {}) == tuple(too_late)


@pytest.mark.parametrize(
    ("starts", "ends", "doses", "field"),
    [
        ("2026-11-16T09:59", "2026-11-16T18:00", "10", "starts"),
        ("tomorrow", "2026-11-16T18:00", "10", "starts"),
        ("0001-01-01T00:00", "2026-11-16T18:00", "10", "starts"),
        ("2029-11-16T09:59", "2029-11-16T18:00", "10", "starts"),
        ("2026-11-17T10:00", "2026-11-17T10:00", "10", "ends"),
        ("2026-11-17T10:00", "2027-11-17T10:00", "10", "ends"),
        ("2026-11-17T10:00", "2026-11-17T18:00", "-4", "doses"),
        ("2026-11-17T10:00", "2026-11-17T18:00", "", "doses"),
    ],
)
def test_an_announcement_that_cannot_be(starts: str, ends: str, doses: str, field: str) -> None:
    with pytest.raises(NotEntered) as refused:
        checked_announcement(starts, ends, doses, "", ZoneInfo("America/New_York"), MONDAY)
    assert refused.value.field_name == field
    assert refused.value.words


def test_an_announcement_is_in_the_clinics_time() -> None:
    zone = ZoneInfo("America/New_York")
    said = checked_announcement("2026-11-21T09:00", "2026-11-21T15:00", "300", " the  gym ", zone, MONDAY)
    begins = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    assert said == Announced(begins, begins + timedelta(hours=6), 300, "the gym")


def test_lots_are_compared_without_spaces_and_case() -> None:
    assert folded(" ew 01x ") == folded("EW01X")


@pytest.mark.parametrize("text", ["", "0", "-5", "1.5", "ten", "٣", "1" * 30, "1000001"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(NotEntered):
        checked_doses(text)


def test_numbers_may_be_taken_back() -> None:
    assert checked_doses("-5", negative=True) == -5
    for text in ("--5", "-", "-0"):
        with pytest.raises(NotEntered):
            checked_doses(text, negative=True)


@pytest.mark.parametrize(
    ("code", "lot", "expires", "field"),
    [
        ("9999", "L", "", "code"),
        ("", "L", "", "code"),
        ("208", " ", "", "lot"),
        ("208", "L" * 41, "", "lot"),
        ("208", "L\u202e1", "", "lot"),
        ("208", "L", "soon", "expires"),
    ],
)
def test_a_delivery_that_cannot_be(code: str, lot: str, expires: str, field: str) -> None:
    with pytest.raises(NotEntered) as refused:
        checked_delivery(code, lot, expires, "10", "")
    assert refused.value.field_name == field


def test_a_delivery() -> None:
    came = checked_delivery("8", " L  1 ", "2027-03-31", " 50 ", "note\nwith\x07 bell")
    assert (came.code, came.lot, came.expires, came.doses, came.note) == (
        "08",
        "L 1",
        "2027-03-31",
        50,
        "note with bell",
    )
