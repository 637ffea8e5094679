"""What the pages say of doses and of what the matcher found."""

import re
from pathlib import Path

import issuer.persons
from issuer.intake.proposal import Dose, Result
from issuer.putting_right.words import details_of, differences, event_in_words, reasons_in_words, what_in_words

KINDS = "birth family given middle suffix sex mother phone email address postcode names identifier multiple".split()
HAS_VALUE = re.compile(rf"\"((?:{chr(124).join(KINDS)})-[a-z-]+)\"")


def test_every_reason_of_the_matcher_has_words() -> None:
    folder = Path(issuer.persons.__file__).parent
    codes = {
        code for name in ("comparing", "weights") for code in HAS_VALUE.findall((folder / f"{name}.py").read_text())
    }
    assert len(codes) > 20
    for code, words in zip(codes, reasons_in_words(codes), strict=True):
        assert words != code.replace("-", " ").capitalize(), code


def test_unknown_codes_are_shown() -> None:
    assert what_in_words("immunization", "9999") == "Vaccine 9999"
    assert what_in_words("observation", "1-8") == "Test 1-8"
    assert reasons_in_words(["of-a-later-version"]) == ("Of a later version",)


def test_a_dose_before_and_after() -> None:
    before = Dose("208", "2021-03-01", lot="A1")
    after = Dose("208", "2021-03", status="not-done", not_done_reason="refused")
    assert {one.what: (one.before, one.after) for one in differences(before, after) if one.changed} == {
        "Date": ("1 March 2021", "March 2021"),
        "Lot": ("A1", ""),
        "Status": ("Given", "Not given: refused"),
    }
    assert details_of(after) == ("Not given: refused",)


def test_a_result_in_words() -> None:
    result = Result("94500-6", "2021-03-01T10:00:00Z", value_code="260415000")
    assert "COVID-19" in event_in_words(result)
    assert details_of(result) == ("Not detected",)
    assert details_of(Result("94500-6", "2021-03-01T10:00:00Z", quantity="1.50", unit="mg")) == ("1.50 mg",)
