"""The residents' pages in six languages: whole catalogs, the right one for each reader, dates as they are written."""

import re
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import issuer
from issuer.revocation import REASONS
from issuer.web.languages import ENGLISH, LANGUAGES, catalog, chosen, date_of

FOLDER = Path(issuer.__file__).parent
OTHERS = [language for language in LANGUAGES if language is not ENGLISH]
TEMPLATES = ("resident", "landing", "shares")
PLACEHOLDER = re.compile(r"%\(\w+\)s|</?[a-z]+[^>]*>")
SAME = {"Error:", "Lot %(lot)s", "Date", "Code", "Message"}
"""Messages that some language writes as English does."""


@cache
def messages() -> frozenset[Any]:
    """Everything that the pages say: text, or (one, many)."""
    methods = [("web/**.py", "python"), *((f"templates/{name}/**.html", "jinja2") for name in TEMPLATES)]
    options = {pattern: {"trimmed": "true"} for pattern, method in methods if method == "jinja2"}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    return frozenset(found[2] for found in extract_from_dir(str(FOLDER), methods, options, keywords))


def entries(tag: str) -> list[Any]:
    octets = (FOLDER / "translations" / f"{tag}.po").read_bytes()
    return [message for message in read_po(BytesIO(octets), locale=tag.replace("-", "_")) if message.id]


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.tag)
def test_a_catalog_has_every_message_and_no_other(language: Any) -> None:
    there = {message.id for message in entries(language.tag)}
    assert there == messages()
    for message in entries(language.tag):
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(form.strip() for form in forms), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.tag)
def test_placeholders_are_those_of_the_message(language: Any) -> None:
    for message in entries(language.tag):
        if isinstance(message.id, str):
            assert sorted(PLACEHOLDER.findall(message.string)) == sorted(PLACEHOLDER.findall(message.id)), message.id
            continue
        wanted = set(PLACEHOLDER.findall(message.id[1]))
        assert set(PLACEHOLDER.findall(message.string[-1])) == wanted, message.id
        assert all(set(PLACEHOLDER.findall(form)) <= wanted for form in message.string), message.id


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.tag)
def test_no_message_was_left_in_english(language: Any) -> None:
    same = {message.id for message in entries(language.tag) if message.id == message.string}
    assert same <= SAME


def test_reasons_of_cancelled_cards_are_in_the_catalogs() -> None:
    assert set(REASONS.values()) <= messages()


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        ([], "en"),
        (["de"], "en"),
        (["de", "fr-CA"], "fr"),
        (["es-419"], "es"),
        (["ES"], "es"),
        (["zh-CN"], "zh-Hans"),
        (["zh-Hans-SG"], "zh-Hans"),
        (["zh-TW"], "zh-Hans"),
        (["ar-EG", "en"], "ar"),
        (["*"], "en"),
        (["", "-", "vi"], "vi"),
    ],
)
def test_the_first_language_that_we_have(wanted: list[str], tag: str) -> None:
    assert chosen(wanted).tag == tag


@pytest.mark.parametrize(
    ("tag", "day", "month"),
    [
        ("en", "20 November 2026", "November 2026"),
        ("es", "20 de noviembre de 2026", "noviembre de 2026"),
        ("fr", "20 novembre 2026", "novembre 2026"),
        ("zh-Hans", "2026年11月20日", "2026年11月"),
        ("vi", "20 tháng 11, 2026", "tháng 11 năm 2026"),
        ("ar", "20 نوفمبر 2026", "نوفمبر 2026"),
    ],
)
def test_dates_are_written_as_readers_expect(tag: str, day: str, month: str) -> None:
    language = next(one for one in LANGUAGES if one.tag == tag)
    assert date_of("2026-11-20", language) == day
    assert date_of("2026-11", language) == month
    assert "2026" in date_of("2026", language)
    assert "UTC" in date_of("2026-11-20T10:00:00-05:00", language)
    for nothing in ("", "soon", "2026-13", "2026-02-30"):
        assert date_of(nothing, language) in (nothing, "30 February 2026")


@pytest.mark.parametrize(
    ("count", "said"), [(1, "فحص واحد"), (2, "فحصان"), (5, "5 فحوص"), (11, "11 فحصًا"), (100, "100 فحص ")]
)
def test_arabic_counts_in_six_forms(count: int, said: str) -> None:
    one, many = "%(count)s test with its result and time", "%(count)s tests with their results and times"
    assert (catalog("ar").ngettext(one, many, count) % {"count": count}).startswith(said)


def test_a_page_in_each_language(app: Any) -> None:
    for language in LANGUAGES:
        page = app.test_client().get("/", headers={"Accept-Language": language.tag}).text
        assert f'<html lang="{language.tag}" dir="{language.direction}">' in page
        for other in LANGUAGES:
            assert f'href="?lang={other.tag}" lang="{other.tag}"' in page
        if language is not ENGLISH:
            assert catalog(language.tag).gettext("Get my record") in page
            assert "Get my record" not in page


def test_a_choice_holds_without_a_cookie_and_is_remembered_with_one(app: Any) -> None:
    client = app.test_client(use_cookies=False)
    assert '<html lang="ar" dir="rtl">' in client.get("/?lang=ar").text
    client = app.test_client()
    chosen_page = client.get("/?lang=ar", headers={"Accept-Language": "es"})
    assert re.match(r"lang=ar; .*HttpOnly; .*SameSite=Lax", chosen_page.headers["Set-Cookie"])
    assert '<html lang="ar"' in client.get("/find", headers={"Accept-Language": "es"}).text
    assert "Set-Cookie" not in client.get("/").headers
    for nonsense in ("xx", "../en", "ar\r\nX: y", "é" * 3000):
        assert '<html lang="ar"' in client.get("/", query_string={"lang": nonsense}).text


def test_larger_text_is_remembered(app: Any) -> None:
    client = app.test_client()
    assert "large.css" not in client.get("/").text
    assert "large.css" in client.get("/?text=large").text
    assert "large.css" in client.get("/find").text
    assert "large.css" not in client.get("/?text=normal").text


def test_problems_speak_the_readers_language(app: Any) -> None:
    page = app.test_client().get("/my", headers={"Accept-Language": "fr"})
    assert page.status_code == 401
    assert catalog("fr").gettext("Your cards are closed") in page.text.replace("&#39;", "’")
    document = app.test_client().get("/my", headers={"Accept": "application/problem+json", "Accept-Language": "fr"})
    assert document.json["code"] == "visit-over"
    assert "next_step" not in document.json
