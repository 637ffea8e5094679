"""Texts: whole in every language, within their segments, and silent about everybody."""

import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.composing import RLM, Unsendable, compose
from outreach.messages import CHANNELS, PURPOSES, Email, Letter, Sms, Values
from outreach.never_said import said
from outreach.sender import MAX_LINK, LinkRefused, Sender
from outreach.sms_text import GSM7, GSM7_EXTENSION, MAX_SEGMENTS, segments
from outreach.templates import REQUIRED, TemplateError, catalogue, fill, load, placeholders
from tests.outreach.world import ENDS, LINK

OURS = Path(str(files("outreach") / "templates"))
WIDE = Sender("D" * 60, "D" * 20, "cards.health.example-state.govxx", stop_path="/n/")
STOP = "/n/" + "x" * 22
LONGEST = {"link": f"https://{WIDE.domain}/r/".ljust(MAX_LINK, "x"), "code": "123456789012", "ends": date(2026, 9, 30)}


def values(purpose: str, **chosen: Any) -> Values:
    given = {"link": LINK, "code": "482913", "ends": ENDS} | chosen
    return Values(**{name: given[name] for name in PURPOSES[purpose]})


def made(purpose: str, language: str, channel: Any, sender: Sender = Sender("Department of Health", "State DOH", "cards.example.gov")) -> Any:  # fmt: skip  # noqa: B008,E501
    chosen = LONGEST if sender is WIDE else {}
    return compose(catalogue(), sender, purpose, language, channel, values(purpose, **chosen),
                   f"https://{sender.domain}{STOP}", "A. Bell\n1 Main Street")  # fmt: skip


@pytest.mark.parametrize("language", REQUIRED)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_message_of_every_language_in_every_channel(purpose: str, language: str) -> None:
    for channel in CHANNELS:
        text = made(purpose, language, channel)
        whole = {Email: lambda t: t.plain, Sms: lambda t: t.text, Letter: lambda t: "\n".join(t.paragraphs)}[
            type(text)
        ](text)
        wanted = values(purpose)
        assert wanted.link in whole
        assert wanted.code in whole
        assert whole.count(f"https://cards.example.gov{STOP}") == 1
        assert "Department of Health" in whole or "State DOH" in whole
        assert "{" not in whole
        assert "}" not in whole
        if "ends" in PURPOSES[purpose]:
            assert "4" in whole
        assert said(language, whole.replace("Department of Health", "")) is None


@pytest.mark.parametrize("language", REQUIRED)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_sms_costs_more_than_its_segments_even_at_its_longest(purpose: str, language: str) -> None:
    text = made(purpose, language, "sms", WIDE)
    assert text.segments <= MAX_SEGMENTS[text.encoding]
    assert text.encoding == ("GSM-7" if language in ("en", "es", "fr") else "UCS-2")


def test_days_as_each_language_writes_them() -> None:
    shown = {language: made("record-ready", language, "letter").paragraphs[2] for language in REQUIRED}
    assert "4 December 2026" in shown["en"]
    assert "4 de diciembre de 2026" in shown["es"]
    assert "4 décembre 2026" in shown["fr"]
    assert "2026年12月4日" in shown["zh-Hans"]
    assert "ngày 4 tháng 12 năm 2026" in shown["vi"]
    assert "4 ديسمبر 2026" in shown["ar"]


def test_a_region_speaks_its_language_and_a_stranger_english() -> None:
    assert catalogue().words("es-MX").language == "es"
    assert catalogue().words("tlh").language == "en"


def test_arabic_runs_from_right_to_left_whatever_its_line_begins_with() -> None:
    sms = made("record-ready", "ar", "sms").text.split("\n")
    assert sms[0].startswith(RLM + "State DOH")
    assert sms[1].startswith("https://")
    mail = made("record-ready", "ar", "email")
    assert '<html lang="ar" dir="rtl">' in mail.html
    assert f'<a dir="ltr" href="{LINK}">' in mail.html
    assert "<bdi>Department of Health</bdi>" in mail.html
    assert "\u2068Department of Health\u2069" in mail.plain
    assert all(line.startswith((RLM, "https://")) for line in mail.plain.strip().split("\n") if line)
    assert made("record-ready", "ar", "letter").direction == "rtl"


@pytest.mark.browser
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_phone_shows_the_whole_of_it(browser: Any, language: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 600})
    try:
        page.set_content(made("record-ready", language, "email", WIDE).html)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
        assert (
            page.evaluate(
                "() => Math.min(...[...document.querySelectorAll('a')].map(a => a.getBoundingClientRect().left))"
            )
            >= 0
        )
    finally:
        page.close()


def test_html_loads_nothing_and_takes_nothing_for_markup() -> None:
    sender = Sender("Health & Care 'Dept'", "H&C", "cards.example.gov")
    html = made("record-ready", "en", "email", sender).html
    assert "Health &amp; Care &#x27;Dept&#x27;" in html
    assert all(word not in html for word in ("<img", "<script", "<link", "src=", "url(", "@import"))


@pytest.mark.parametrize(
    ("purpose", "given_values"),
    [
        ("birthday", Values()),
        ("record-ready", Values(link=LINK)),
        ("record-ready", Values(link=LINK, ends=ENDS, code="123456")),
        ("contact-confirm", Values(code="12 34")),
        ("contact-confirm", Values(code="<b>1</b>")),
        ("contact-confirm", Values(code="1" * 13)),
    ],
)
def test_anything_else_is_refused(purpose: str, given_values: Values) -> None:
    sender = Sender("Department", "DOH", "cards.example.gov")
    with pytest.raises(Unsendable):
        compose(catalogue(), sender, purpose, "en", "sms", given_values, f"https://cards.example.gov{STOP}")


def test_a_foreign_link_is_refused_when_it_is_composed_too() -> None:
    sender = Sender("Department", "DOH", "cards.example.gov")
    with pytest.raises(Unsendable, match="domain"):
        compose(catalogue(), sender, "request-answered", "en", "sms", Values(link="https://bit.ly/x"), f"https://cards.example.gov{STOP}")  # fmt: skip  # noqa: E501
    with pytest.raises(LinkRefused):
        sender.checked("https://bit.ly/x")


# ---- Files -----------------------------------------------------------------------------------------------------------

SPOILED = [
    ("\n{link}\n", "\n{link!r}\n", "format"),
    ("\n{link}\n", "\n{link.x}\n", "no such placeholder"),
    ("{sender}: your record", "{name}: your record", "no such placeholder"),
    ("{sender}: your record", "{sender}: your vaccination record", "vaccin"),
    ("{sender}: your record", "{sender} clinic: your record", "clinic"),
    ("{sender}: your record is ready", "Your record is ready", "names exactly"),
    ("Your record is ready. Open it here:", "See www.example.com or:", "address of its own"),
    ("Your record is ready. Open it here:", "Your record is ready. Open it here, or {stop_link}:", "stop_link once"),
    ("{sender}: your record is ready,", "{sender}: your record is ready, " + "x" * 80 + ",", "268 fit"),
    ('subject = "Your record is ready"', 'subject = "Your record\\nis ready"', "one line"),
    ('subject = "Your record is ready"', 'subject = ""', "no text"),
    ('subject = "Your record is ready"', "", "missing or too many"),
    ('direction = "ltr"', 'direction = "up"', "ltr or rtl"),
    ('"January", ', "", "twelve"),
    ("[purposes.share-opened]", "[purposes.birthday]", "missing or too many"),
    ("[frames]", "[frames", "not TOML"),
    ("{sender}: your code is {code}.", "{sender}: your code is {code.", "braces"),
]


@pytest.mark.parametrize(("was", "becomes", "why"), SPOILED)
def test_a_file_that_is_not_whole_is_refused_with_all_others(tmp_path: Path, was: str, becomes: str, why: str) -> None:
    shutil.copytree(OURS, tmp_path / "t")
    path = tmp_path / "t" / "en.toml"
    text = path.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes, 1), "utf-8")
    with pytest.raises(TemplateError, match=why):
        load(tmp_path / "t")


def test_a_missing_language_is_refused(tmp_path: Path) -> None:
    shutil.copytree(OURS, tmp_path / "t")
    (tmp_path / "t" / "vi.toml").unlink()
    with pytest.raises(TemplateError, match="vi"):
        load(tmp_path / "t")


def test_a_further_language_may_come(tmp_path: Path) -> None:
    shutil.copytree(OURS, tmp_path / "t")
    shutil.copy(OURS / "en.toml", tmp_path / "t" / "ht.toml")
    assert load(tmp_path / "t").words("ht-HT").language == "ht"


def test_every_language_has_the_same_parts() -> None:
    assert {path.stem for path in OURS.glob("*.toml")} == set(REQUIRED)
    wanted = set(catalogue().words("en").texts)
    assert all(set(catalogue().words(language).texts) == wanted for language in REQUIRED)


def test_values_are_never_templates() -> None:
    assert placeholders("{a} {b}") == ("a", "b")
    assert fill("{sender}!", {"sender": "{link}"}) == "{link}!"


# ---- Segments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", (1, "GSM-7")), ("a" * 160, (1, "GSM-7")), ("a" * 161, (2, "GSM-7")), ("a" * 306, (2, "GSM-7")),
        ("a" * 307, (3, "GSM-7")), ("€" * 80, (1, "GSM-7")), ("€" * 81, (2, "GSM-7")), ("ñ" * 160, (1, "GSM-7")),
        ("ê", (1, "UCS-2")), ("中" * 70, (1, "UCS-2")), ("中" * 71, (2, "UCS-2")), ("中" * 134, (2, "UCS-2")),
        ("😀" * 35, (1, "UCS-2")), ("😀" * 36, (2, "UCS-2")), ("😀" * 67, (3, "UCS-2")), ("a" * 152 + "€", (1, "GSM-7")),  # noqa: E501
        ("a" * 152 + "€" + "a" * 7, (2, "GSM-7")),
    ],
)  # fmt: skip
def test_segments(text: str, wanted: tuple[int, str]) -> None:
    assert segments(text) == wanted


@given(st.text(st.sampled_from(sorted(GSM7 | GSM7_EXTENSION)), max_size=400))
def test_segments_hold_all_septets(text: str) -> None:
    count, encoding = segments(text)
    septets = len(text) + sum(character in GSM7_EXTENSION for character in text)
    assert encoding == "GSM-7"
    assert count >= -(-septets // 160)
    assert (count - 1) * 152 < max(septets, 1)
