"""The day's list: uploaded, found, ticked off; and what it leaves out, with the reason."""

import io
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from issuer.clinic_desk.day_list import who_of
from issuer.intake.proposal import Demographics, Identifier, Name

LIST = "/clinic/list"
PEOPLE = (
    "Family Name,Given Names,DOB,Phone,Time\nQuasimodo,Wilhelmina,1987-06-05,2025550101,09:30\nAdams,Ada,1990-01-02,,\n"
)


def text_of(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def upload(browser: Any, content: str | bytes, **typed: str) -> Any:
    octets = content.encode() if isinstance(content, str) else content
    return browser.send(LIST, file=(io.BytesIO(octets), "list.csv"), **typed)


def entries(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('name="entry" value="')[1:]]


def test_a_list_is_uploaded_and_people_are_picked_from_it(desk: Any) -> None:
    browser = desk.browser()
    assert upload(browser, PEOPLE).status_code == 303
    page = text_of(browser.get(LIST))
    assert "2 people are on it" in page
    assert page.index("09:30") < page.index("Ada Adams")
    entry = entries(page)[0]
    form = text_of(browser.get(f"/clinic/form?roster={entry}"))
    assert 'name="family" type="text" value="Quasimodo"' in form
    assert 'name="born_month" value="6"' in form
    assert 'value="+12025550101"' in form


def test_recording_ticks_the_person_off(desk: Any) -> None:
    browser = desk.browser()
    upload(browser, PEOPLE)
    entry = entries(text_of(browser.get(LIST)))[0]
    who = {"family": "Quasimodo", "given": "Wilhelmina", "born_day": "5", "born_month": "6", "born_year": "1987"}
    dose = {"rows": "1d", "r1-product": "boostrix", "r1-day": "2026-11-20", "roster_id": entry}
    answer = browser.send("/clinic/form", **who, **dose, do="record")
    page = text_of(browser.get(LIST))
    assert "Came (1)" in page
    assert answer.headers["Location"] in page
    assert "1 to come, 1 came, 0 absent" in text_of(browser.get("/clinic"))


def test_absent_and_back(desk: Any) -> None:
    browser = desk.browser()
    upload(browser, PEOPLE)
    entry = entries(text_of(browser.get(LIST)))[1]
    browser.send(f"{LIST}/mark", LIST, entry=entry, state="absent")
    assert "Absent (1)" in text_of(browser.get(LIST))
    browser.send(f"{LIST}/mark", LIST, entry=entry, state="waiting")
    assert "To come (2)" in text_of(browser.get(LIST))


def test_somebody_is_found_on_the_list_and_no_name_stands_in_an_address(desk: Any) -> None:
    browser = desk.browser()
    upload(browser, PEOPLE)
    page = text_of(browser.send(f"{LIST}/find", LIST, q="ada"))
    assert "1 of 2 match" in page
    assert "Wilhelmina" not in page
    assert browser.get(f"{LIST}/find?q=ada").status_code == 405


def test_bad_rows_are_named_and_the_others_stand(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(upload(browser, PEOPLE + ",,1999-01-01,,\nLate,Lou,1999-01-01,,25:99\n"))
    assert "Row 4: The person has no name." in page
    assert "Row 5:" in page
    assert "To come (2)" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The file has no header"),
        ("Shoe,Hat\n1,2\n", "no column that we know as family name"),
        (b"%PDF-1.7 nothing", "no column that we know as|neither a CSV nor an XLSX"),
        ("Family Name,Given Names,DOB\nA,B,03/04/2001\n", "can be March or April"),
    ],
)
def test_what_is_no_list_is_said_and_nothing_is_kept(desk: Any, content: Any, said: str) -> None:
    browser = desk.browser()
    answer = upload(browser, content)
    assert answer.status_code == 422
    assert any(one in text_of(answer) for one in said.split("|"))
    assert "There is no list for today yet" in text_of(browser.get(LIST))


def test_the_order_of_dates_can_be_said(desk: Any) -> None:
    browser = desk.browser()
    upload(browser, "Family Name,Given Names,DOB\nA,B,03/04/2001\n", date_order="dmy")
    assert "born 3 April 2001" in text_of(browser.get(LIST))


def test_the_list_is_the_days_and_the_clinics(desk: Any) -> None:
    browser = desk.browser()
    upload(browser, PEOPLE)
    entry = entries(text_of(browser.get(LIST)))[0]
    desk.member("stranger", clinic_id=desk.clinic("Hill Clinic"))
    stranger = desk.browser("stranger")
    assert "Quasimodo" not in text_of(stranger.get(LIST))
    assert "Quasimodo" not in text_of(stranger.get(f"/clinic/form?roster={entry}"))
    assert stranger.send(f"{LIST}/mark", LIST, entry=entry, state="absent").status_code == 404
    desk.clock.now += timedelta(days=1)
    desk.member("morning")
    assert "Quasimodo" not in text_of(desk.browser("morning").get(LIST))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_can_be_taken(desk: Any, form: str) -> None:
    answer = desk.browser().get(f"{LIST}/template.{form}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith(f'list.{form}"')
    assert len(answer.data) > 20


def test_an_expected_person_becomes_the_forms_patient() -> None:
    who = who_of(Demographics(Name("Q", ("W", "X")), "1987-06-05", None, (Identifier("a", "7", "MR"),), birth_order=2))
    assert (who.given, who.born_day, who.born_month, who.born_year) == ("W X", "5", "6", "1987")
    assert (who.chart, who.birth_order) == ("7", "2")
    assert who_of(Demographics(Name(text="Suharto"), "no date")).one_name
    assert who_of(Demographics(Name(text="Suharto"), "no date")).born_year == ""
