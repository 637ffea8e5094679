"""Products by typing, by NDC and by name; CDC's own files beside ours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.terminology import CVX, is_no_vaccine, vaccine
from issuer.products import Catalog, NotProducts, Product, builtin_catalog, read_products
from issuer.products.catalog import manufacturer_name
from issuer.products.ndc import eleven_digits, product_keys
from issuer.products.us_products import PRODUCTS


def first(typed):
    hits = builtin_catalog().search(typed)
    return (hits[0].title, hits[0].code) if hits else None


def test_the_table_holds_together():
    catalog = builtin_catalog()
    keys = [key for *_, ndcs in PRODUCTS for ndc in ndcs for key in product_keys(ndc)]
    assert len(keys) == len(set(keys)) >= 120
    for name, cvx, mvx, ndcs in PRODUCTS:
        assert vaccine(CVX, cvx), name
        assert not is_no_vaccine(cvx), name
        assert manufacturer_name(mvx), name
        assert ndcs, name
        assert [product.cvx for product in catalog.named(name)] == [cvx]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("shingrix", "187"),
        ("shringix", "187"),
        ("gardisil 9", "165"),
        ("Comirnty", "309"),
        ("tdap", "115"),
        ("mmr", "03"),
        ("208", "208"),
        ("8", "08"),
        ("hep b adult", "43"),
        ("hepatitis b pediatric", "08"),
        ("chickenpox", "21"),
        ("fluzone high", "135"),
        ("prevnar 20", "216"),
        ("pfizer covid purple", "208"),
        ("moderna red", "207"),
        ("yellow fever", "37"),
        ("vaxneuvance", "215"),
    ],
)
def test_what_people_type(typed, code):
    assert code in [hit.code for hit in builtin_catalog().search(typed)[:3]]


def test_the_order_of_what_is_found():
    titles = [hit.title for hit in builtin_catalog().search("boos", 20)]
    assert titles[0] == "Boostrix"
    hits = builtin_catalog().search("influenza", 200)
    assert [bool(hit.mvx) for hit in hits] == sorted((bool(hit.mvx) for hit in hits), reverse=True)
    assert not builtin_catalog().search("influenza unspecified")[0].mvx
    assert [hit.unspecified for hit in builtin_catalog().search("rotavirus")][-1:] == [True]
    assert first("115") == ("Adacel", "115")
    assert len(builtin_catalog().search("a", 7)) == 7


def test_nothing_is_found_for_nothing():
    assert [builtin_catalog().search(typed) for typed in ("", "  ", "zzzzz", "?!", "xq")] == [()] * 5


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=120))
def test_any_text_may_be_typed(typed):
    assert len(builtin_catalog().search(typed)) <= 10
    builtin_catalog().named(typed)


@pytest.mark.parametrize(
    ("written", "cvx"),
    [
        ("58160-842-11", "115"),
        ("58160-0842-11", "115"),
        ("58160084211", "115"),
        ("5816084211", "115"),
        ("58160-842", "115"),
        ("0006-4121-02", "165"),
        ("0006412102", "165"),
        ("00006-4121-02", "165"),
        ("43528-003-05", "189"),
    ],
)
def test_an_ndc_in_each_of_its_forms(written, cvx):
    assert builtin_catalog().by_ndc(written).cvx == cvx


def test_what_is_no_ndc_or_unknown():
    assert [
        builtin_catalog().by_ndc(text) for text in ("", "12345", "99999-9999-99", "5816-0842", "five", "58160-0842-111")
    ] == [None] * 6
    with pytest.raises(ValueError):
        eleven_digits("5816084211", "000000000")


def test_ten_digits_that_could_be_two_products_are_neither():
    catalog = Catalog([Product("A", "03", "", ("01234-5678",)), Product("B", "08", "", ("12345-0678",))])
    assert catalog.by_ndc("1234567890") is None
    assert catalog.by_ndc("1234-5678-90").cvx == "03"
    assert catalog.by_ndc("12345-678-90").cvx == "08"


def test_names_of_several_codes_give_all_of_them():
    catalog = Catalog([Product("Twice", "03"), Product("TWICE", "08")])
    assert [product.cvx for product in catalog.named("twice")] == ["03", "08"]


# ---- CDC's files -----------------------------------------------------------------------------------------------------

USE = (
    "3085|58160|842|11|BOOSTRIX|tetanus toxoid …|GlaxoSmithKline Biologicals SA|20090101||VIAL|00358160842115|115"
    "       |Tdap|False     |58160-0842-11|2024-07-18 00:00:00|00358160842115\r\n"
    "77|90001|55|01|NEWVAX|new|Some Maker|20260101||VIAL||333       |new|False     |90001-0055-01|2026-07-18 00:00:00|"
    "\r\n"
)
SALE = (
    "729|0006|4109|02|GARDASIL|HPV …|Merck Sharp & Dohme LLC|20060608||CARTON|INTRAMUSCULAR|2022-07-05 00:00:00|62"
    "      |HPV|00006-4109-02|\r\n"
)
NAMES = "NEWVAX|new|333       |Novavax, Inc.|NVX       |Active|Active|2026/06/02|\r\n"


def test_cdcs_files_one_behind_the_other():
    products = read_products((USE + SALE + NAMES).encode())
    assert products == (
        Product("BOOSTRIX", "115", "SKB", ("58160-0842",)),
        Product("NEWVAX", "333", "NVX", ("90001-0055",)),
        Product("GARDASIL", "62", "MSD", ("00006-4109",)),
    )
    catalog = builtin_catalog().with_more(products)
    assert catalog.by_ndc("90001-055-01").name == "NEWVAX"
    assert catalog.search("newvax")[0].code == "333"
    assert catalog.by_ndc("58160-842-11").name == "BOOSTRIX"


def test_cdcs_tables_with_a_header_and_in_utf_16():
    table = 'Use Unit Prop Name,CVX Code,NDC11,Use Unit Labeler Name\nNEWVAX,333,90001-0055-01,"Novavax, Inc."\n,,,\n'
    assert read_products(table.encode("utf-16")) == (Product("NEWVAX", "333", "NVX", ("90001-0055",)),)


@pytest.mark.parametrize("octets", [b"", b"a|b|c\n", b"\0\1\2", b"PK\x03\x04", "x|" * 20])
def test_what_is_none_of_cdcs_files(octets):
    with pytest.raises(NotProducts):
        read_products(octets if isinstance(octets, bytes) else octets.encode())
