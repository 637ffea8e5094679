"""The nurse's form through its own pages, as a browser without JavaScript sends it."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select

from issuer.db import reading
from issuer.models import clinic, record
from issuer.models.audit import audit_entry
from issuer.products.gs1 import check_digit
from verifier import read_codes

FORM = "/clinic/form"
WHO = {
    "family": "Quasimodo",
    "given": "Wilhelmina",
    "born_day": "5",
    "born_month": "6",
    "born_year": "1987",
    "sex": "female",
}
BOOSTRIX = {"rows": "1d", "r1-product": "boostrix", "r1-lot": "AB12", "r1-expires": "03/2027", "r1-day": "2026-11-20"}


def vial(ndc: str = "5816008421", lot: str = "AX52K") -> str:
    """What a scanner types for the square code of a vial."""
    gtin = "003" + ndc
    return f"]d201{gtin}{check_digit(gtin)}17271200" + f"10{lot}"


def text_of(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def fields(page: str) -> dict[str, str]:
    """Names and values of the page's inputs, as a browser would send them."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        at = dict(re.findall(r'([a-z_-]+)="([^"]*)"', tag))
        if at.get("type") not in ("radio", "checkbox") or "checked" in tag:
            found[at.get("name", "")] = unescape(at.get("value", ""))
    return found


def recorded(desk: Any) -> int:
    with reading(desk.service.store._engine) as connection:
        return int(connection.scalar(select(func.count()).select_from(record).where(record.c.status == "completed")))


def actions(desk: Any) -> list[str]:
    with reading(desk.service.store._engine) as connection:
        return list(connection.scalars(select(audit_entry.c.action).order_by(audit_entry.c.seq)))


def done(desk: Any, browser: Any = None, **typed: str) -> str:
    """Record, and answer the address of the patient's page."""
    answer = (browser or desk.browser()).send(FORM, **{**WHO, **BOOSTRIX, **typed}, do="record")
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["Location"])


# ---- Recording -------------------------------------------------------------------------------------------------------


def test_a_dose_is_recorded_and_its_card_is_on_the_screen(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser)))
    assert "Wilhelmina Quasimodo" in page
    assert "SMART Health Card code" in page
    assert "Lot AB12" in page
    assert recorded(desk) == 1


def test_several_doses_and_a_result_go_in_together(desk: Any) -> None:
    more = {
        "rows": "1d 2d 3r",
        "r2-product": "fluarix",
        "r2-day": "20 nov 2026",
        "r3-product": "96119-3",
        "r3-outcome": "260415000",
        "r3-day": "2026-11-19",
        "r3-clock": "9:05",
    }
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser, **more)))
    assert recorded(desk) == 3
    assert page.count("SMART Health Card code") == 3
    assert "19 November 2026, 09:05 UTC-05:00" in page  # the clinic's own zone


def test_a_number_with_its_unit_is_a_result(desk: Any) -> None:
    row = {"rows": "1r", "r1-product": "7962-4", "r1-outcome": "number", "r1-quantity": "1,50", "r1-unit": "[IU]/mL"}
    answer = desk.browser().send(FORM, **WHO, **row, **{"r1-day": "2026-11-19", "r1-clock": "0905"}, do="record")
    assert answer.status_code == 303
    assert "1.50 [IU]/mL" in text_of(desk.browser().get(answer.headers["Location"]))


def test_nothing_is_recorded_while_one_row_is_wrong(desk: Any) -> None:
    answer = desk.browser().send(
        FORM, **WHO, **{**BOOSTRIX, "rows": "1d 2d", "r2-product": "fluarix", "r2-day": "2026-12-24"}, do="record"
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert '<a href="#r2-day">The date lies in the future.' in page
    assert recorded(desk) == 0
    kept = fields(page)
    assert kept["family"] == "Quasimodo"
    assert kept["r1-code"] == "115"


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ({"family": ""}, "family"),
        ({"given": ""}, "given"),
        ({"born_year": "87"}, "born_day"),
        ({"born_day": "31", "born_month": "2"}, "born_day"),
        ({"r1-product": ""}, "r1-product"),
        ({"r1-product": "xyzzy"}, "r1-product"),
        ({"r1-product": "flu"}, "r1-choice"),
        ({"r1-day": "03/04/2026"}, "r1-day"),
        ({"r1-day": "1980-01-01"}, "r1-day"),
        ({"r1-expires": "soon"}, "r1-expires"),
        ({"r1-dose_number": "99"}, "r1-dose_number"),
        ({"r1-lot": "A\u202eB"}, "r1-lot"),
        ({"rows": "1r", "r1-product": "96119-3"}, "r1-outcome"),
        ({"rows": ""}, "r1-product"),
    ],
)
def test_each_fault_stands_at_its_field_and_in_the_summary(desk: Any, typed: dict[str, str], place: str) -> None:
    answer = desk.browser().send(FORM, **{**WHO, **BOOSTRIX, **typed}, do="record")
    page = text_of(answer)
    assert answer.status_code == 422
    assert f'href="#{place}"' in page
    assert f'id="{place}"' in page
    assert recorded(desk) == 0


def test_a_lot_without_its_product_is_not_passed_over(desk: Any) -> None:
    """A vial whose product is unknown fills lot and expiry: that row must not vanish."""
    answer = desk.browser().send(FORM, **WHO, **{**BOOSTRIX, "rows": "1d 2d", "r2-lot": "Z9"}, do="record")
    assert answer.status_code == 422
    assert 'href="#r2-product"' in text_of(answer)


def test_the_same_sent_twice_is_recorded_once(desk: Any) -> None:
    browser = desk.browser()
    done(desk, browser)
    assert "The same was on record before" in text_of(browser.get(done(desk, browser)))
    assert recorded(desk) == 1


def test_somebody_with_one_name_can_be_recorded(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser, family="Suharto", given="", one_name="1")))
    assert "Suharto" in page


def test_a_dose_given_elsewhere_may_have_a_partial_date(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser, **{"r1-source": "03", "r1-day": "2019-05"})))
    assert "Given elsewhere" in page


def test_a_clinic_that_is_not_live_records_nothing(desk: Any) -> None:
    engine = desk.service.store._engine
    with engine.begin() as connection:
        connection.execute(clinic.update().values(state="suspended"))
    answer = desk.browser().send(FORM, **WHO, **BOOSTRIX, do="record")
    assert answer.status_code == 409
    assert "nothing was recorded" in text_of(answer)
    assert "Quasimodo" in fields(text_of(answer))["family"]


# ---- Products and vials ----------------------------------------------------------------------------------------------


def test_a_product_is_found_and_chosen_without_a_script(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.send(FORM, **WHO, **{**BOOSTRIX, "r1-product": "flu"}, do="find-1"))
    assert "Which one is it?" in page
    keys = re.findall(r'name="r1-choice" value="([^"]+)"', page)
    fluarix = next(key for key in keys if "Fluarix" in key)
    where = done(desk, browser, **{"r1-product": "flu", "r1-choice": fluarix})
    assert "Influenza, split virus, trivalent, PF" in text_of(browser.get(where))


def test_enter_without_a_script_does_what_comes_next(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.send(FORM, **WHO, rows="1d", **{"r1-product": "boostrix"}, do="next"))
    assert fields(page)["r1-code"] == "115"
    assert recorded(desk) == 0


def test_a_scanned_vial_fills_product_lot_and_expiry(desk: Any) -> None:
    page = text_of(desk.browser().send(FORM, **WHO, rows="1d", scan=vial(), do="scan"))
    kept = fields(page)
    assert (kept["r1-product"], kept["r1-code"]) == ("Boostrix", "115")
    assert (kept["r1-lot"], kept["r1-expires"]) == ("AX52K", "2027-12-31")  # day 00 is the end of the month
    assert (kept["r1-day"], kept["scan"]) == ("2026-11-20", "")


def test_a_second_vial_makes_a_second_row_and_the_same_one_does_not(desk: Any) -> None:
    browser = desk.browser()
    kept = fields(text_of(browser.send(FORM, rows="1d", scan=vial(), do="scan")))
    kept = fields(text_of(browser.send(FORM, **{**kept, "scan": vial("5816009121", "F7")}, do="scan")))
    assert kept["rows"].split() == ["1d", "2d"]
    kept = fields(text_of(browser.send(FORM, **{**kept, "scan": vial()}, do="scan")))
    assert kept["rows"].split() == ["1d", "2d"]


def test_the_rows_alone_answer_a_script(desk: Any) -> None:
    browser = desk.browser()
    token = browser.token(FORM)
    answer = browser.client.post(
        FORM, data={"rows": "1d", "scan": vial(), "do": "scan", "csrf_token": token}, headers={"X-Part": "rows"}
    )
    page = text_of(answer)
    assert page.lstrip().startswith('<div id="rows"')
    assert "Scanned: Boostrix, lot AX52K." in page


def test_what_is_no_vial_is_said_to_be_none(desk: Any) -> None:
    page = text_of(desk.browser().send(FORM, **WHO, rows="1d", scan="https://example.org", do="scan"))
    assert "This is not the GS1 code of a vial" in page
    assert fields(page)["r1-product"] == ""


def test_an_unknown_product_still_fills_lot_and_expiry_and_says_so(desk: Any) -> None:
    page = text_of(desk.browser().send(FORM, rows="1d", scan=vial("9999999991"), do="scan"))
    assert fields(page)["r1-lot"] == "AX52K"
    assert 'href="#r1-product">We do not know the product' in page


def test_product_and_lot_are_remembered_for_the_next_patient(desk: Any) -> None:
    browser = desk.browser()
    done(desk, browser, vaccinator="Nora N.")
    kept = fields(text_of(browser.get(FORM)))
    assert (kept["r1-product"], kept["r1-lot"], kept["r1-expires"]) == ("Boostrix", "AB12", "03/2027")
    assert kept["vaccinator"] == "Nora N."
    assert kept["family"] == ""


def test_another_product_forgets_the_remembered_lot(desk: Any) -> None:
    browser = desk.browser()
    done(desk, browser)
    kept = fields(text_of(browser.get(FORM)))
    kept = fields(text_of(browser.send(FORM, **{**kept, "r1-product": "fluarix"}, do="find-1")))
    assert (kept["r1-code"], kept["r1-lot"], kept["r1-expires"]) == ("140", "", "")


def test_a_vial_takes_the_place_of_what_was_remembered(desk: Any) -> None:
    browser = desk.browser()
    done(desk, browser)
    kept = fields(text_of(browser.get(FORM)))
    kept = fields(text_of(browser.send(FORM, **{**kept, "scan": vial("5816009121", "F7")}, do="scan")))
    assert kept["rows"].split() == ["1d"]
    assert (kept["r1-code"], kept["r1-lot"]) == ("140", "F7")


def test_rows_are_added_and_removed(desk: Any) -> None:
    browser = desk.browser()
    kept = fields(text_of(browser.send(FORM, rows="1d", do="add-result")))
    assert kept["rows"].split() == ["1d", "2r"]
    kept = fields(text_of(browser.send(FORM, **kept, do="remove-1")))
    assert kept["rows"].split() == ["2r"]


def test_choices_come_as_json(desk: Any) -> None:
    browser = desk.browser()
    found = browser.get("/clinic/products?q=boost").json["choices"]
    assert found[0]["code"] == "115"
    found = browser.get("/clinic/tests?q=covid antigen").json["choices"]
    assert all("antigen" in one["name"] for one in found)
    assert browser.get("/clinic/tests?q=hiv").json["choices"] == []


# ---- Questions -------------------------------------------------------------------------------------------------------


def test_a_question_is_asked_in_words_and_answered(desk: Any) -> None:
    browser = desk.browser()
    done(desk, browser)
    again = {"r1-day": "2026-11-19"}
    answer = browser.send(FORM, **{**WHO, **BOOSTRIX, **again}, do="record")
    page = text_of(answer)
    assert answer.status_code == 422
    assert "A dose or result like this one is on record for the same days." in page
    assert "AIRA/MIROW" in page
    assert recorded(desk) == 1
    no = {**WHO, **BOOSTRIX, **again, "q-1-possible-duplicate": "no"}
    assert "You said that this is not right" in text_of(browser.send(FORM, **no, do="record"))
    assert recorded(desk) == 1
    done(desk, browser, **again, **{"q-1-possible-duplicate": "yes"})
    assert recorded(desk) == 2


def test_a_dose_that_does_not_count_is_recorded_and_marked(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser, **{"r1-expires": "2026-10-31"})))
    assert "The lot had expired before the dose was given: it does not count." in page
    assert "By: CDSi" in page  # the rule and its source


def test_what_the_checker_says_of_it_is_shown_after_recording(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser, given="Baby Girl", **{"r1-lot": "LOT AB12"})))
    assert '<span class="tag">Check</span> The lot number contains the word lot.' in page
    assert '<span class="tag">Check</span> The name looks like a placeholder.' in page
    assert page.count("placeholder") == 1  # said of the person: once, not with every dose
    done(desk, browser)
    again = {"r1-day": "2026-11-19", "q-1-possible-duplicate": "yes"}
    page = text_of(browser.get(done(desk, browser, **again)))
    assert '<span class="tag">Confirmed</span> A dose or result like this one is on record' in page
    assert "AIRA/MIROW" in page  # where the question comes from
    assert "placeholder" not in page


def test_what_is_said_of_a_correction_is_shown_with_the_record(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser)))
    where = re.findall(r'href="(/corrections/[0-9a-f]{32})"', page)[0]
    kept = fields(text_of(browser.get(f"{where}/edit")))
    typed = {"product": "115", "day": "2026-11-20", "lot": "LOT 9", "expires": "2026-10-31", "status": "completed"}
    sent = browser.send(f"{where}/edit", **{**typed, "version": kept.get("version", "1"), "step": "save"})
    page = text_of(browser.get(sent.headers["Location"]))
    assert "The lot number contains the word lot." in page
    assert "The lot had expired before the dose was given: it does not count." in page
    assert "By: CDSi" in page
    assert "The lot number contains" not in text_of(desk.browser().get(where))  # told to whoever corrected it
    assert "The lot had expired" in text_of(desk.browser().get(where))  # it stands so on record


# ---- The patient's page ----------------------------------------------------------------------------------------------


def test_the_card_is_printed(desk: Any) -> None:
    browser = desk.browser()
    where = done(desk, browser)
    paper = browser.get(f"{where}/cards.pdf")
    assert paper.mimetype == "application/pdf"
    person_id = where.rsplit("/", 1)[1]
    [card] = desk.service.cards_of_person(person_id, desk.clock.now)
    [code] = read_codes(paper.data)
    digits = code.removeprefix("shc:/")
    assert "".join(chr(int(digits[at : at + 2]) + 45) for at in range(0, len(digits), 2)) == card.jws
    assert "card.print" in actions(desk)


def test_a_link_for_the_phone_opens_the_cards(desk: Any) -> None:
    browser = desk.browser()
    where = done(desk, browser)
    page = text_of(browser.send(f"{where}/link", where))
    token = re.findall(r"http://localhost/c/([A-Za-z0-9_-]+)", page)[0]
    assert len(desk.service.cards_by_link(token, desk.clock.now)) == 1
    assert "card.link" in actions(desk)


def test_another_clinic_sees_neither_card_nor_record(desk: Any) -> None:
    where = done(desk)
    desk.member("stranger", clinic_id=desk.clinic("Hill Clinic"))
    stranger = desk.browser("stranger")
    for path in (where, f"{where}/cards.pdf"):
        answer = stranger.get(path)
        assert answer.status_code == 404
        assert "Quasimodo" not in text_of(answer)
    assert stranger.send(f"{where}/link", FORM).status_code == 404


def test_undo_takes_it_back_within_the_minute(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser)))
    record_id = re.findall(r'name="record" value="([0-9a-f]{32})"', page)[0]
    answer = browser.send("/clinic/undo", FORM, record=record_id)
    assert answer.status_code == 303
    assert "Undone" in text_of(browser.get(answer.headers["Location"]))
    assert recorded(desk) == 0
    assert "record.delete" in actions(desk)


def test_undo_ends_after_its_minute(desk: Any) -> None:
    browser = desk.browser()
    page = text_of(browser.get(done(desk, browser)))
    record_id = re.findall(r'name="record" value="([0-9a-f]{32})"', page)[0]
    desk.clock.now += timedelta(seconds=61)
    later = text_of(browser.get(FORM))
    assert 'name="record"' not in later
    assert browser.get(f"/corrections/{record_id}").status_code == 200  # from then on with a reason
    assert f'href="/corrections/{record_id}"' in later
    answer = browser.send("/clinic/undo", FORM, record=record_id)
    assert answer.status_code == 409
    assert recorded(desk) == 1


def test_another_clinic_cannot_undo(desk: Any) -> None:
    page = text_of(desk.browser().get(done(desk)))
    desk.member("stranger", clinic_id=desk.clinic("Hill Clinic"))
    browser = desk.browser("nurse")
    record_id = re.findall(r'name="record" value="([0-9a-f]{32})"', page + text_of(browser.get(FORM)))
    assert record_id == []  # another browser of the same nurse remembers nothing
    with reading(desk.service.store._engine) as connection:
        one = connection.scalar(select(record.c.id))
    assert desk.browser("stranger").send("/clinic/undo", FORM, record=one).status_code == 404
    assert recorded(desk) == 1


# ---- History ---------------------------------------------------------------------------------------------------------


def test_a_history_needs_a_reason(desk: Any) -> None:
    done(desk)
    answer = text_of(desk.browser().send(FORM, **WHO, rows="1d", do="open"))
    assert 'href="#reason"' in answer
    assert "Boostrix" not in answer
    other = text_of(desk.browser().send(FORM, **WHO, rows="1d", reason="other", do="open"))
    assert 'href="#reason"' in other
    assert "person.open" not in actions(desk)


def test_a_history_of_another_clinic_opens_for_a_present_patient_and_is_logged(desk: Any) -> None:
    where = done(desk)
    desk.member("stranger", clinic_id=desk.clinic("Hill Clinic"))
    browser = desk.browser("stranger")
    page = text_of(browser.send(FORM, **WHO, rows="1d", reason="vaccination", do="open"))
    assert "History of Wilhelmina Quasimodo" in page
    assert "Harbour Clinic" in page
    assert fields(page)["person_id"] == where.rsplit("/", 1)[1]
    assert actions(desk)[-1] == "person.open"
    kept = {**fields(page), **BOOSTRIX, "r1-product": "fluarix"}
    again = browser.send(FORM, **{**kept, "sex": "female"}, do="record")
    assert again.headers["Location"].rsplit("/", 1)[1] == where.rsplit("/", 1)[1]


def test_an_opened_person_is_let_go_when_the_name_is_another(desk: Any) -> None:
    done(desk)
    browser = desk.browser()
    kept = fields(text_of(browser.send(FORM, **WHO, rows="1d", reason="card", do="open")))
    assert kept["person_id"]
    kept = fields(text_of(browser.send(FORM, **{**kept, "given": "Esmeralda"}, do="add-dose")))
    assert kept["person_id"] == ""


def test_nobody_of_the_name_is_said(desk: Any) -> None:
    page = text_of(desk.browser().send(FORM, **WHO, rows="1d", reason="vaccination", do="open"))
    assert "Nobody of this name and birth date is on record" in page


def test_whoever_is_not_logged_in_is_asked_to(desk: Any) -> None:
    answer = desk.app.test_client().get(FORM)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")


def test_the_start_page_says_how_the_day_stands(desk: Any) -> None:
    browser = desk.browser()
    done(desk, browser)
    page = text_of(browser.get("/clinic"))
    assert "Harbour Clinic" in page
    assert "Wilhelmina Quasimodo" in page
    assert "Files" not in page  # a vaccinator runs no imports
