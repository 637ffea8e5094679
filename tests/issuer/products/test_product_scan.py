"""The vial's barcode as scanners and cameras give it."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.intake.proposal import PLACES
from issuer.products import SCAN_FINDINGS, scan
from issuer.products.gs1 import check_digit

TODAY = date(2026, 11, 20)
BOOSTRIX = "00358160842115"
WHOLE = f"01{BOOSTRIX}1727063010AB12E5"


def read(text, today=TODAY):
    vial = scan(text, today)
    return vial, [found.code for found in vial.findings]


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        f"]d2{WHOLE}",
        f"]C1{WHOLE}\r\n",
        f"\x1d{WHOLE}",
        f"]d2\x1d{WHOLE}\x1d2112345678",
        f"]d201{BOOSTRIX}2112345678\x1d1727063010AB12E5\t",
        f"01{BOOSTRIX}10AB12E5\x1d17270630",
        f"01{BOOSTRIX}10AB12E5<GS>17270630",
        f"01{BOOSTRIX}10AB12E5\u241d17270630",
        f"(01){BOOSTRIX}(17)270630(10)AB12E5",
        f"(01) {BOOSTRIX} (10) AB12E5 (17) 270630 (21) 7",
    ],
)
def test_each_way_of_writing_the_same_code(text):
    vial, codes = read(text)
    assert codes == []
    assert (vial.gtin, vial.ndc, vial.code, vial.name, vial.manufacturer) == (
        BOOSTRIX,
        "58160-0842-11",
        "115",
        "Boostrix",
        "SKB",
    )
    assert (vial.lot, vial.expires) == ("AB12E5", "2027-06-30")


@pytest.mark.parametrize(
    ("digits", "day"),
    [
        ("270600", "2027-06-30"),
        ("280200", "2028-02-29"),
        ("270200", "2027-02-28"),
        ("270228", "2027-02-28"),
        ("760101", "2076-01-01"),
        ("770101", "1977-01-01"),
    ],
)
def test_day_00_is_the_last_of_the_month_and_years_have_a_century(digits, day):
    assert read(f"01{BOOSTRIX}17{digits}")[0].expires == day


def test_the_century_of_later_years():
    assert read(f"01{BOOSTRIX}17030101", date(2096, 1, 1))[0].expires == "2103-01-01"


@pytest.mark.parametrize("digits", ["271300", "270231", "270000", "27AB00"])
def test_an_expiry_date_that_is_none_leaves_the_rest(digits):
    vial, codes = read(f"01{BOOSTRIX}10AB12E5\x1d17{digits}")
    assert (vial.code, vial.lot, vial.expires) == ("115", "AB12E5", "")
    assert codes in (["expiry-form"], ["scan-unreadable"])
    assert read(f"(01){BOOSTRIX}(17){digits}")[1] == ["expiry-form"]


def test_a_wrong_check_digit_is_said_and_lot_and_expiry_are_filled_in():
    vial, codes = read(WHOLE.replace(BOOSTRIX, BOOSTRIX[:-1] + "6"))
    assert codes == ["gtin-check-digit"]
    assert (vial.gtin, vial.code, vial.lot, vial.expires) == ("", "", "AB12E5", "2027-06-30")


def test_an_unknown_product_is_said_and_lot_and_expiry_are_filled_in():
    digits = "0039999999999"
    vial, codes = read(f"01{digits}{check_digit(digits)}1727063010AB12E5")
    assert codes == ["gtin-unknown"]
    assert (vial.gtin, vial.ndc, vial.code, vial.lot, vial.expires) == (
        digits + check_digit(digits),
        "",
        "",
        "AB12E5",
        "2027-06-30",
    )


def test_a_product_from_elsewhere_and_a_code_without_product():
    digits = "0401234567890"
    assert read(f"01{digits}{check_digit(digits)}10X")[1] == ["gtin-not-us"]
    vial, codes = read("1727063010AB12E5")
    assert (codes, vial.lot) == (["gtin-missing"], "AB12E5")


@pytest.mark.parametrize("indicator", "012345678")
def test_the_package_indicator_does_not_change_the_product(indicator):
    digits = indicator + "030069020701"
    assert len(digits) == 13
    vial, codes = read(f"01{digits}{check_digit(digits)}17270630")
    assert (codes, vial.code, vial.ndc) == ([], "305", "00069-0207-01")


def test_linear_codes_of_a_box():
    assert read(BOOSTRIX)[0].code == "115"
    assert read(BOOSTRIX[1:])[0].code == "115"
    assert read(BOOSTRIX[2:])[0].code == "115"


@pytest.mark.parametrize(
    "text", ["", "  \r\n", "hello", "]d2", "99999", "(01", "https://example.org/", "x" * 500, "(01)123(x)"]
)
def test_what_is_no_code_of_a_vial(text):
    vial, codes = read(text)
    assert "scan-unreadable" in codes or codes == ["gtin-check-digit"]
    assert (vial.code, vial.gtin) == ("", "")


def test_half_a_code_gives_what_it_has():
    vial, codes = read(f"01{BOOSTRIX}1727063010AB12E5\x1d91")
    assert (vial.code, vial.lot, vial.expires) == ("115", "AB12E5", "2027-06-30")
    assert codes == ["scan-unreadable"]


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="01721035816084211AB()]d\x1d<GS>", max_size=60) | st.text(max_size=40))
def test_any_text_may_be_scanned(text):
    vial = scan(text, TODAY)
    assert all(found.place in PLACES for found in vial.findings)
    assert {found.code for found in vial.findings} <= {*SCAN_FINDINGS, "expiry-form"}


def test_the_lot_stands_in_no_representation():
    assert "AB12E5" not in repr(scan(WHOLE, TODAY))
