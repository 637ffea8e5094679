"""CDC's schedule: the module is what the importer makes, ages are reckoned as CDC does, the quick answer is right."""

import importlib.util
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.plausibility import reading, schedule
from issuer.plausibility.ages import duration, ordinal
from issuer.plausibility.evaluation import _failures, _first_dose_counts
from issuer.plausibility.series import Shot

ROOT = Path(__file__).resolve().parents[3]
RELEASE = "cdsi-4.64"


@pytest.fixture(scope="module")
def importer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("import_schedule", ROOT / "requirements" / "import_schedule.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_module_is_what_the_importer_makes(shared: Path, importer: ModuleType) -> None:
    made = importer.generate(shared / "data" / RELEASE)
    assert made == (ROOT / "issuer" / "plausibility" / "schedule.py").read_text("utf-8")


def test_the_importer_wants_a_version(tmp_path: Path, importer: ModuleType) -> None:
    with pytest.raises(ValueError, match="version"):
        importer.generate(tmp_path / "cdsi")


def test_the_release_is_recorded_and_whole() -> None:
    assert schedule.VERSION == "CDSi 4.64"
    assert len(schedule.ANTIGENS) == 218
    assert len(schedule.SERIES) == 143
    assert len(reading.all_series()) == 30
    assert len(schedule.LIVE) == 25
    antigens = {name for rows in schedule.ANTIGENS.values() for name, *_ in rows}
    assert antigens <= set(reading.all_series())


def test_some_rules_as_everybody_knows_them() -> None:
    measles = reading.all_series()["Measles"][0]
    first, second = measles.targets
    assert (first.ages[0].absolute, first.ages[0].minimum) == (duration("12 months - 4 days"), duration("12 months"))
    assert second.intervals[0].absolute == duration("4 weeks - 4 days")
    assert schedule.LIVE_RULE == ("1 day", "28 days", "28 days")
    assert reading.allowed_ages()["Measles", "03"].begin == duration("6 months - 4 days")  # the series for travellers
    assert str(reading.intended_ages()["94"].end and reading.intended_ages()["94"].end.text) == "13 years"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("12 months - 4 days", "2025-01-10", "2026-01-06"),
        ("1 month", "2025-01-31", "2025-03-01"),
        ("1 month", "2024-12-31", "2025-01-31"),
        ("1 year", "2024-02-29", "2025-03-01"),
        ("4 years", "2024-02-29", "2028-02-29"),
        ("4 weeks - 4 days", "2025-02-01", "2025-02-25"),
        ("16 years - 4 months", "2010-06-15", "2026-02-15"),
        ("8 months + 1 day", "2025-01-30", "2025-10-01"),
        ("0 days", "2025-01-30", "2025-01-30"),
    ],
)
def test_dates_are_reckoned_as_cdc_does(text: str, start: str, end: str) -> None:
    bound, begin, over = duration(text), ordinal(start), ordinal(end)
    assert bound is not None
    assert begin is not None
    assert over is not None
    assert bound.end(begin) == over
    assert bound.reached(begin, over)
    assert not bound.reached(begin, over - 1)


@given(st.integers(1, 3_000_000), st.integers(0, 1500), st.integers(0, 60), st.integers(-9, 9))
def test_the_short_cut_by_days_agrees_with_the_calendar(start: int, months: int, days: int, away: int) -> None:
    bound = duration(f"{months} months - {days} days")
    assert bound is not None
    on = bound.end(start) + away
    assert bound.reached(start, on) == (away >= 0)


@pytest.mark.parametrize("text", ["12", "a month", "12 months - ", "1 decade", "12 months 4 days extra", "- 1 day"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(ValueError, match="no age"):
        duration(text)


def test_no_age_is_no_bound() -> None:
    assert duration("") is None
    assert ordinal("2025-02") is None
    assert ordinal("2025-02-30") is None
    assert ordinal("20250-1-01") is None


@given(
    st.sampled_from(sorted(schedule.ANTIGENS)),
    st.sampled_from(["Female", "Male", "Unknown"]),
    st.integers(0, 40_000) | st.integers(0, 2000),
    st.integers(0, 25_000),
)
def test_the_quick_answer_to_a_first_dose_is_the_long_one(code: str, gender: str, age: int, back: int) -> None:
    on = (date(2027, 1, 1) - timedelta(back)).toordinal()
    if _first_dose_counts(Shot(on, code), on - age, gender):
        assert _failures(Shot(on, code), (), on - age, gender) == []
