"""Cards on paper: a PDF for A4 or US Letter with the code, whose it is, and what it says in words.

Source: SMART Health Cards and Links 1.0.0, "User Experience": paper or PDF with a QR code is one of the two ways that
every issuer has to offer. Text may be in any script; docs/adr/0005-print-page.md says what is drawn with what.
"""

from collections.abc import Sequence
from typing import Literal

from wallet_export.print_layout import LARGE, draw_card
from wallet_export.print_parts import FORMAT, Job
from wallet_export.printable import ENGLISH, PrintableCard, PrintLine, PrintWords, date_in_words
from wallet_export.read_back import UnreadableCode, read_back
from wallet_export.typefaces import TypefacesMissing
from wallet_export.typesetting import Paper, Sheet

__all__ = [
    "Layout", "Paper", "PrintLine", "PrintableCard", "TypefacesMissing", "UnreadableCode", "date_in_words",
    "print_pdf", "set_pages",
]  # fmt: skip

Layout = Literal["page", "large", "wallet", "record"]
"""A page a card; the same in large print; bank-card size, to cut out; all codes of a record on few pages."""


def print_pdf(
    cards: Sequence[PrintableCard], paper: Paper = "A4", layout: Layout = "page", words: PrintWords = ENGLISH
) -> bytes:
    """Cards as a PDF; the same input gives the same octets. Each code on it has been read back from its page.

    Raises:
        ValueError: no card.
        UnreadableCode: a code cannot be read from the page; there is no file then.
        CardTooLarge, MalformedCard: a JWS that no code can hold.
        TypefacesMissing: `make setup` has not brought the typefaces.
    """
    job = set_pages(cards, paper, layout, words)
    pdf = job.sheet.pdf()
    read_back(pdf, job.codes)
    return pdf


def set_pages(
    cards: Sequence[PrintableCard], paper: Paper = "A4", layout: Layout = "page", words: PrintWords = ENGLISH
) -> Job:
    """The pages before they become a file, with the places of their codes. Raises as `print_pdf` does."""
    if not cards:
        raise ValueError("print page: there is no card to print")
    dated = max(card.issued_on for card in cards)
    job = Job(Sheet(paper, FORMAT, dated, words.language, right_to_left=words.right_to_left), words)
    match layout:
        case "wallet":
            from wallet_export.print_wallet import draw_wallet_cards

            draw_wallet_cards(job, cards)
        case "record":
            from wallet_export.print_record import draw_record

            draw_record(job, cards)
        case _:
            for card in cards:
                draw_card(job, card, *([LARGE] if layout == "large" else []))
    return job
