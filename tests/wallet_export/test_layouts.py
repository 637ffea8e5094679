"""Every layout on both papers: each code reads back as printed, blurred and skewed; nothing runs off the page."""

from collections.abc import Callable
from datetime import date

import pypdfium2
import pytest
import zxingcpp

from cards.shc import numeric
from wallet_export import PrintableCard, PrintLine, print_pdf
from wallet_export.print_page import Layout, Paper, set_pages
from wallet_export.printable import ENGLISH
from wallet_export.read_back import UnreadableCode, pictures, read_back

pytestmark = pytest.mark.usefixtures("typefaces")

MakeCard = Callable[..., PrintableCard]
MakeJws = Callable[..., str]
PAPERS: tuple[Paper, ...] = ("A4", "Letter")
LAYOUTS: tuple[Layout, ...] = ("page", "large", "wallet", "record")
MM = 72 / 25.4
GROUPS = "Diphtheria, tetanus, pertussis (5); Hepatitis B (3); Polio (4)"
NAMES = (
    "Amara Okafor",
    "محمد عبد الرحمن",
    "王小明",
    "Maximiliano Alejandro de la Santísima Trinidad " * 3,
    "Ольга",
    "",
)


@pytest.fixture
def record(make_card: MakeCard, make_jws: MakeJws) -> list[PrintableCard]:
    """Eleven cards of all sizes: more than one sheet of any layout."""
    return [
        make_card(
            jws=make_jws(1195 - 90 * number, seed=number),
            name=NAMES[number % len(NAMES)],
            heading=f"Group {number}; " + GROUPS * (number % 3),
            lines=tuple(
                PrintLine(f"Vaccine {number}-{n}", f"2020-01-{n + 1:02}", "Lot A1 · A clinic") for n in range(number)
            ),
        )
        for number in range(11)
    ]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_code_reads_back_from_the_rendered_page(record: list[PrintableCard], paper: Paper, layout: Layout) -> None:
    job = set_pages(record, paper, layout)
    pdf = job.sheet.pdf()
    assert [place.jws for place in job.codes] == [card.jws for card in record]
    read_back(pdf, job.codes)  # blurred and skewed as well
    for pixels in (2.5, 4):
        for card, picture in zip(record, pictures(pdf, job.codes, pixels), strict=True):
            assert seen(picture) == [numeric.encode(card.jws)]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_whole_pages_hold_each_code_once(record: list[PrintableCard], paper: Paper, layout: Layout) -> None:
    document = pypdfium2.PdfDocument(print_pdf(record, paper, layout))
    found = [text for page in document for text in seen(page.render(scale=200 / 72).to_pil())]
    assert sorted(found) == sorted(numeric.encode(card.jws) for card in record)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_text_stays_on_the_page_and_off_the_codes(record: list[PrintableCard], paper: Paper, layout: Layout) -> None:
    job = set_pages(record, paper, layout)
    document = pypdfium2.PdfDocument(job.sheet.pdf())
    for number, page in enumerate(document):
        width, height = page.get_size()
        text = page.get_textpage()
        codes = [place for place in job.codes if place.page == number]
        for index in range(text.count_chars()):
            if text.get_text_range(index, 1).isspace():
                continue
            left, bottom, right, top = text.get_charbox(index)
            assert 8 < left < right + 0.1 < width - 8
            assert 8 < bottom < top + 0.1 < height - 8
            for place in codes:
                x, y, side = place.x * MM, height - (place.y + place.side) * MM, place.side * MM
                assert not (x + 8 < (left + right) / 2 < x + side - 8 and y + 8 < (bottom + top) / 2 < y + side - 8)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_codes_are_forty_millimetres_wide_at_least(record: list[PrintableCard], layout: Layout) -> None:
    for place in set_pages(record, "Letter", layout).codes:
        modules = 17 + 4 * numeric.qr_version(place.jws)
        assert place.side * modules / (modules + 8) >= 40


def test_a_record_says_what_each_code_holds(record: list[PrintableCard]) -> None:
    document = pypdfium2.PdfDocument(print_pdf(record, "A4", "record"))
    text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)
    assert "Amara Okafor" in text
    for number, card in enumerate(record, start=1):
        assert f"Code {number} of 11" in text
        assert f"Group {number - 1};" in text
        assert all(text.count(f"{line.what} ·") == 1 for line in card.lines)
    assert all(f"Page {page} of {len(document)}" in text for page in range(1, len(document) + 1))


def test_wallet_cards_say_whose_they_are(make_card: MakeCard) -> None:
    page = pypdfium2.PdfDocument(print_pdf([make_card(sample=True, heading="Polio")], "A4", "wallet"))[0]
    text = " ".join(page.get_textpage().get_text_range().split())
    for words in ("SAMPLE", "Anyperson, John B.", "20 January 1951", "Polio", "State of Example", "100 %"):
        assert words in text


def test_large_print_is_large(make_card: MakeCard) -> None:
    octets = print_pdf([make_card()], "A4", "large")
    text = pypdfium2.PdfDocument(octets)[0].get_textpage()
    place = text.search("COVID-19").get_next()
    page = pypdfium2.PdfDocument(octets)
    if place is None:
        text = page[1].get_textpage()
        place = text.search("COVID-19").get_next()
    _, bottom, _, top = text.get_charbox(place[0])
    assert top - bottom > 0.65 * 18  # a capital's height, of 18 points


def test_a_page_in_another_language_is_mirrored(make_card: MakeCard) -> None:
    from dataclasses import replace

    words = replace(ENGLISH, language="ar", right_to_left=True, name="الاسم")
    job = set_pages([make_card(name="محمد")], "A4", "page", words)
    (place,) = job.codes
    assert place.x < 40
    pdf = job.sheet.pdf()
    read_back(pdf, job.codes)
    assert b"/Lang (ar)" in pdf


def test_a_page_whose_code_says_something_else_is_not_handed_out(make_card: MakeCard, make_jws: MakeJws) -> None:
    from dataclasses import replace

    job = set_pages([make_card()])
    pdf = job.sheet.pdf()
    read_back(pdf, job.codes)
    with pytest.raises(UnreadableCode, match="read back"):
        read_back(pdf, [replace(job.codes[0], jws=make_jws(seed=9))])
    with pytest.raises(UnreadableCode):
        read_back(pdf, [replace(job.codes[0], x=place_elsewhere(job.codes[0].x))])


def place_elsewhere(x: float) -> float:
    return x - 60


def test_layouts_are_reproducible(record: list[PrintableCard]) -> None:
    assert all(print_pdf(record[:3], "A4", layout) == print_pdf(record[:3], "A4", layout) for layout in LAYOUTS)
    assert record[0].issued_on == date(2026, 11, 20)


def seen(picture: object) -> list[str]:
    return [
        code.text
        for code in zxingcpp.read_barcodes(
            picture, formats=zxingcpp.BarcodeFormat.QRCode, text_mode=zxingcpp.TextMode.Plain
        )
    ]
