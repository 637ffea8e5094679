"""Text on the sheet: joined, in the right order, and lost nowhere."""

import re
from collections.abc import Callable, Sequence
from datetime import date

import pypdfium2
import pytest

from wallet_export.typesetting import Sheet

pytestmark = pytest.mark.usefixtures("typefaces")

NewSheet = Callable[[], Sheet]
SheetWith = Callable[..., Sheet]
ARABIC, DEVANAGARI = "notosansarabic_400regular", "notosansdevanagari_400regular"


@pytest.fixture
def new_sheet() -> NewSheet:
    """An empty page."""

    def make() -> Sheet:
        sheet = Sheet("A4", "Test", date(2026, 11, 20))
        sheet.add_page()
        return sheet

    return make


@pytest.fixture
def sheet_with(new_sheet: NewSheet) -> SheetWith:
    """A page with a paragraph for each text."""

    def make(*texts: str, width: float = 170) -> Sheet:
        return written(new_sheet(), texts, width)

    return make


def written(sheet: Sheet, texts: Sequence[str], width: float) -> Sheet:
    y = 20.0
    for text in texts:
        sheet.use(14)
        y = sheet.write_paragraph(text, 20, y, width) + 4
    return sheet


def glyphs(sheet: Sheet, face: str) -> set[str]:
    """Names of the glyphs of a face that the sheet draws."""
    return set(sheet.fonts[face].subset.get_all_glyph_names()) - {".notdef", "NULL", "space"}


def isolated(sheet: Sheet, face: str, text: str) -> set[str]:
    """Names of the glyphs of the bare characters."""
    return {sheet.fonts[face].cmap[ord(char)] for char in text}


def places(sheet: Sheet, text: str) -> dict[str, float]:
    """Where each character stands, in points from the left, as a reader of the PDF finds it."""
    sheet.use(14)
    sheet.write_paragraph(text, 20, 20, 170)
    sheet.set_compression(False)
    spelled_out = re.compile(rb" /ActualText <[0-9a-f]+>")
    octets = spelled_out.sub(lambda found: b" " * len(found[0]), sheet.pdf())
    page = pypdfium2.PdfDocument(octets)[0].get_textpage()
    return {page.get_text_range(index, 1): page.get_charbox(index)[0] for index in range(page.count_chars())}


def ink(sheet: Sheet, top: float, bottom: float) -> int:
    """Dark pixels of a band of the page, between two heights in millimetres."""
    picture = pypdfium2.PdfDocument(sheet.pdf())[0].render(scale=2, grayscale=True).to_pil()
    scale = picture.height / sheet.h
    band = picture.crop((0, round(top * scale), picture.width, round(bottom * scale)))
    return sum(band.histogram()[:128])


def test_arabic_is_joined(sheet_with: SheetWith) -> None:
    sheet = sheet_with("محمد")
    assert len(glyphs(sheet, ARABIC)) == 4
    assert not glyphs(sheet, ARABIC) & isolated(sheet, ARABIC, "محمد")


def test_arabic_with_vowel_marks_is_joined(sheet_with: SheetWith) -> None:
    sheet = sheet_with("مُحَمَّد")
    assert not glyphs(sheet, ARABIC) & isolated(sheet, ARABIC, "محمد")


def test_devanagari_forms_a_conjunct(sheet_with: SheetWith) -> None:
    sheet = sheet_with("क्ष")
    assert len(glyphs(sheet, DEVANAGARI)) == 1
    assert not glyphs(sheet, DEVANAGARI) & isolated(sheet, DEVANAGARI, "क्ष")


def test_a_joiner_keeps_the_half_form(sheet_with: SheetWith) -> None:
    assert glyphs(sheet_with("क्\u200dष"), DEVANAGARI) != glyphs(sheet_with("क्ष"), DEVANAGARI)


def test_right_to_left_runs_right_to_left(new_sheet: NewSheet) -> None:
    found = places(new_sheet(), "אבג")
    assert found["א"] > found["ב"] > found["ג"]


def test_mixed_text_keeps_its_own_directions(new_sheet: NewSheet) -> None:
    found = places(new_sheet(), "xy אב 12")
    assert found["x"] < found["y"] < found["1"] < found["2"] < found["ב"] < found["א"]


@pytest.mark.parametrize("first", ["محمد", "می\u200cخواهم", "王小明", "김민수", "שרה"])
def test_lines_after_a_fallback_face_are_drawn(sheet_with: SheetWith, first: str) -> None:
    sheet = sheet_with(first, "Łukasz", "क्\u200dष", "{nb} **x**")
    step = 14 * 25.4 / 72 * 1.35 + 4
    assert all(ink(sheet, 20 + step * line, 20 + step * (line + 1)) > 40 for line in range(4))


@pytest.mark.parametrize("word", ["Ana ", "محمد ", "क्षमा ", "王小明"])
def test_long_text_wraps_inside_its_column(sheet_with: SheetWith, word: str) -> None:
    sheet = sheet_with(word * 50, width=80)
    picture = pypdfium2.PdfDocument(sheet.pdf())[0].render(scale=2, grayscale=True).to_pil()
    left, top, right, bottom = picture.point(lambda value: 255 if value < 128 else 0).getbbox()
    millimetre = picture.width / sheet.w
    assert left >= 19 * millimetre
    assert right <= 101 * millimetre
    assert bottom - top > 15 * millimetre


def test_height_is_foretold(sheet_with: SheetWith) -> None:
    sheet = sheet_with()
    for text in ("Ana", "محمد عبد الرحمن " * 20, "क्षत्रिय " * 30, "王小明" * 40, ""):
        sheet.use(11)
        foretold = sheet.height_of(text, 60)
        assert sheet.write_paragraph(text, 20, 20, 60) - 20 == pytest.approx(foretold)


def test_what_glyphs_do_not_give_back_is_spelled_out(sheet_with: SheetWith) -> None:
    sheet = sheet_with("محمد", "Ana")
    sheet.set_compression(False)
    octets = sheet.pdf()
    assert b"/ActualText <feff" + "محمد".encode("utf-16-be").hex().encode() in octets
    assert octets.count(b"/ActualText") == 1
    assert octets.count(b"BDC") == octets.count(b"EMC") == 2


def test_text_with_a_lone_surrogate_is_drawn(sheet_with: SheetWith) -> None:
    assert ink(sheet_with("a\ud800b"), 20, 28) > 40
