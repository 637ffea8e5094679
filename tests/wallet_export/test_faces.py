"""Faces opened once: the quick way to place letters gives what HarfBuzz gives, and cut faces draw the same."""

import random
from datetime import date

import pypdfium2
import pytest

from wallet_export import typefaces
from wallet_export.faces import opened
from wallet_export.typesetting import Sheet

pytestmark = pytest.mark.usefixtures("typefaces")

ALPHABETS = ((0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x3FF), (0x400, 0x482), (0x48A, 0x52F), (0x1E00, 0x1EFF))


def characters(face: str) -> list[str]:
    covered = typefaces._coverage(face)
    return [chr(code) for first, last in ALPHABETS for code in range(first, last + 1) if code in covered]


@pytest.mark.parametrize("name", [typefaces.SANS, typefaces.SANS_BOLD])
def test_pairs_place_what_shaping_places(name: str) -> None:
    face, source, letters = opened(name), random.Random(1), characters(name)
    for alphabet in (letters, [char for char in letters if ord(char) < 0x180]):
        for _ in range(700):
            text = "".join(source.choices(alphabet, k=9))
            assert face.place(text) == face.shape(text)


def test_the_same_face_serves_every_document() -> None:
    assert opened(typefaces.SANS) is opened(typefaces.SANS)
    one, two = (opened(typefaces.SANS).first.for_document(number) for number in (1, 2))
    assert one.cmap is two.cmap
    assert (one.i, two.i) == (1, 2)
    one.show(one.place("abc", right_to_left=False), 10)
    assert one.codes
    assert not two.codes


@pytest.mark.parametrize(
    "text", ["AVATAR ffi Łódź", "Ольга", "Ελένη", "مُحَمَّد", "क्षत्रिय कि", "王小明", "김민수", "ကျော်", "น้ำ"]
)
def test_text_comes_back_and_ink_stands_where_it_was_measured(text: str) -> None:
    sheet = Sheet("A4", "Test", date(2026, 11, 20))
    sheet.add_page()
    sheet.use(20)
    sheet.write_paragraph(text, 20, 20, 150)
    page = pypdfium2.PdfDocument(sheet.pdf())[0]
    picture = page.render(scale=4, grayscale=True).to_pil().point(lambda value: 255 if value < 128 else 0)
    left, _, right, _ = picture.getbbox()
    glyphs = [glyph for run in typefaces.runs(typefaces.drawable(text)) for glyph in placed(run)]
    advance = sum(glyph.advance for glyph in glyphs) / 1000 * 20
    assert abs((right - left) / 4 - advance) < 5  # points; side bearings are less


def placed(run: typefaces.Run) -> tuple[object, ...]:
    return opened(run.face).place(run.text, typefaces.runs_right_to_left(run.text))


def test_what_is_embedded_is_small() -> None:
    cut = opened(typefaces.SANS).cut({36, 37, 38})
    assert len(cut._octets) < 4000
    assert cut.getGlyphOrder()[0] == ".notdef"
    assert list(cut.keys()) == []
    assert "glyf" not in cut
