"""The printed page, looked at as a camera, a reader and a screen reader would."""

from collections.abc import Callable, Sequence
from datetime import date

import pypdfium2
import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cards.errors import CardTooLarge
from cards.shc import numeric
from wallet_export import PrintableCard, PrintLine, date_in_words, print_pdf

pytestmark = pytest.mark.usefixtures("typefaces")

MakeCard = Callable[..., PrintableCard]
MakeJws = Callable[..., str]
INCH = 25.4


def pages(cards: Sequence[PrintableCard], dpi: int = 150, paper: str = "A4") -> list[Image.Image]:
    document = pypdfium2.PdfDocument(print_pdf(cards, paper))
    return [page.render(scale=dpi / 72).to_pil() for page in document]


def texts(cards: Sequence[PrintableCard]) -> list[str]:
    """The text of each page on one line, as a reader selects it."""
    document = pypdfium2.PdfDocument(print_pdf(cards))
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def codes(picture: Image.Image) -> list[zxingcpp.Barcode]:
    return zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain)


def numbered(count: int) -> tuple[PrintLine, ...]:
    return tuple(PrintLine(f"Vaccine number {n:02d};", "2021-01-02", f"Lot <{n:02d}>") for n in range(count))


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("dpi", [150, 300])
@pytest.mark.parametrize("length", [200, 764, 1195])
def test_the_code_reads_back_and_is_large_enough(
    make_card: MakeCard, make_jws: MakeJws, paper: str, dpi: int, length: int
) -> None:
    jws = make_jws(length)
    (code,) = codes(pages([make_card(jws=jws)], dpi, paper)[0])
    assert code.text == numeric.encode(jws)
    corners = code.position
    side = (corners.top_right.x - corners.top_left.x) / dpi * INCH
    assert 60 <= side <= 72  # 40 mm is the least


@pytest.mark.parametrize(("paper", "width", "height"), [("A4", 210, 297), ("Letter", 215.9, 279.4)])
def test_paper_sizes(make_card: MakeCard, paper: str, width: float, height: float) -> None:
    page = pypdfium2.PdfDocument(print_pdf([make_card()], paper))[0]
    assert [side / 72 * INCH for side in page.get_size()] == pytest.approx([width, height], abs=0.1)


def test_the_page_says_whose_card_it_is_and_what_it_says(make_card: MakeCard) -> None:
    (text,) = texts([make_card()])
    for words in (
        "Anyperson, John B.",
        "20 January 1951",
        "20 November 2026",
        "State of Example",
        "2 January 2021",
        "COVID-19, mRNA, 30 mcg/0.3 mL dose",
        "Lot 0000001",
        "photo ID",
        "Page 1 of 1",
    ):
        assert words in text
    assert "SAMPLE" not in text


def test_a_sample_says_so_on_every_page(make_card: MakeCard) -> None:
    found = texts([make_card(sample=True, lines=numbered(60))])
    assert len(found) > 1
    assert all("SAMPLE" in page for page in found)


def test_several_cards_have_a_page_each(make_card: MakeCard, make_jws: MakeJws) -> None:
    cards = [make_card(jws=make_jws(seed=seed), name=f"Person {seed}") for seed in range(3)]
    found = [codes(picture) for picture in pages(cards)]
    assert [[code.text for code in page] for page in found] == [[numeric.encode(card.jws)] for card in cards]
    assert all(card.name in page for card, page in zip(cards, texts(cards), strict=True))


@pytest.mark.parametrize("count", [0, 1, 10, 11, 12, 13, 14, 30, 90])
def test_no_line_is_lost_between_pages(make_card: MakeCard, count: int) -> None:
    found = texts([make_card(lines=numbered(count))])
    text = " ".join(found)
    for number in range(count):
        assert text.count(f"Vaccine number {number:02d};") == text.count(f"Lot <{number:02d}>") == 1
    assert all(f"Page {number} of {len(found)}" in page for number, page in enumerate(found, start=1))
    assert count not in (0, 1) or len(found) == 1
    assert count < 30 or len(found) > 1


def test_lines_stay_above_the_foot(make_card: MakeCard) -> None:
    card = make_card(lines=numbered(60), name="محمد عبد الرحمن " * 12)
    document = pypdfium2.PdfDocument(print_pdf([card]))
    for page in document:
        text = page.get_textpage()
        foot = text.search("Show this code").get_next()
        last = max(n for n in range(60) if text.search(f"Lot <{n:02d}>").get_next())
        line = text.search(f"Lot <{last:02d}>").get_next()
        assert text.get_charbox(line[0])[1] > text.get_charbox(foot[0])[3]


def test_an_entry_longer_than_a_page_goes_on(make_card: MakeCard) -> None:
    words = [f"word{number:04d}" for number in range(900)]
    found = "".join(texts([make_card(lines=(PrintLine(" ".join(words), "2021"),))])).replace(" ", "")
    assert all(found.count(word) == 1 for word in words)


def test_a_name_of_200_characters_wraps(make_card: MakeCard) -> None:
    name = " ".join(f"Nguyễn{number:02d}" for number in range(23))[:200]
    card = make_card(name=name)
    assert name in texts([card])[0]
    assert len(codes(pages([card])[0])) == 1  # and does not run into the code


def test_a_name_without_end_is_cut_and_shows_it(make_card: MakeCard) -> None:
    (text,) = texts([make_card(name="A" * 5000)])
    assert text.replace(" ", "").count("A" * 50) > 10
    assert "A…" in text


def test_what_cannot_be_drawn_is_marked_and_explained(make_card: MakeCard) -> None:
    (marked,) = texts([make_card(lines=(PrintLine("Lot \U00012000", ""),))])
    assert "could not be printed" in marked
    assert "could not be printed" not in texts([make_card()])[0]


def test_the_document_has_title_language_and_structure(make_card: MakeCard) -> None:
    octets = print_pdf([make_card()])
    assert pypdfium2.PdfDocument(octets).get_metadata_dict()["Title"] == "SMART Health Card"
    for mark in (b"/Lang (en)", b"/DisplayDocTitle true", b"/StructTreeRoot", b"/MarkInfo", b"/S /H1", b"/S /Figure"):
        assert mark in octets
    assert b"/Alt" in octets


def test_the_same_cards_give_the_same_octets(make_card: MakeCard) -> None:
    assert print_pdf([make_card()]) == print_pdf([make_card()])


def test_refusals(make_card: MakeCard, make_jws: MakeJws) -> None:
    with pytest.raises(ValueError, match="no card"):
        print_pdf([])
    with pytest.raises(CardTooLarge):
        print_pdf([make_card(jws=make_jws(1196))])


def test_a_card_hides_its_data_from_logs(make_card: MakeCard) -> None:
    assert repr(make_card()) == (
        "PrintableCard(issuer_name='State of Example', issued_on=datetime.date(2026, 11, 20), sample=False)"
    )
    assert repr(numbered(1)[0]) == "PrintLine()"


@pytest.mark.parametrize(
    ("fhir", "words"),
    [
        ("2021-01-02", "2 January 2021"),
        ("2021-12", "December 2021"),
        ("2021", "2021"),
        ("", ""),
        ("2024-02-17T11:45:00+02:00", "17 February 2024, 11:45 UTC+02:00"),
        ("2024-02-17T11:45:00.123Z", "17 February 2024, 11:45 UTC"),
        ("2021-13-01", "2021-13-01"),
        ("2021-00-01", "2021-00-01"),
        ("last summer", "last summer"),
        ("٢٠٢١", "٢٠٢١"),
    ],
)
def test_dates_in_words(fhir: str, words: str) -> None:
    assert date_in_words(fhir) == words


@given(name=st.text(max_size=120), what=st.text(max_size=200), detail=st.text(max_size=80), born=st.text(max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_prints_and_leaves_the_code_readable(
    make_jws: MakeJws, name: str, what: str, detail: str, born: str
) -> None:
    lines = (PrintLine(what, born, detail),)
    card = PrintableCard(make_jws(400), detail, name, born, lines, date(2026, 11, 20))
    assert [code.text for code in codes(pages([card], dpi=110)[0])] == [numeric.encode(card.jws)]
