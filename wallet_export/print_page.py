"""Cards on paper: a PDF for A4 or US Letter with the code, whose it is, and what it says in words.

Source: SMART Health Cards and Links 1.0.0, "User Experience": paper or PDF with a QR code is one of the two ways that
every issuer has to offer. Text may be in any script; docs/adr/0005-print-page.md says what is drawn with what.
"""

from collections.abc import Sequence
from contextlib import closing

from wallet_export.print_layout import draw_card
from wallet_export.printable import PrintableCard, PrintLine, date_in_words
from wallet_export.typefaces import TypefacesMissing
from wallet_export.typesetting import Paper, Sheet

__all__ = ["Paper", "PrintLine", "PrintableCard", "TypefacesMissing", "date_in_words", "print_pdf"]

TITLE = "SMART Health Card"


def print_pdf(cards: Sequence[PrintableCard], paper: Paper = "A4") -> bytes:
    """One page for each card, more where its entries need them; the same input gives the same octets.

    Raises:
        ValueError: no card.
        CardTooLarge, MalformedCard: a JWS that no code can hold.
        TypefacesMissing: `make setup` has not brought the typefaces.
    """
    if not cards:
        raise ValueError("print page: there is no card to print")
    with closing(Sheet(paper, title=TITLE, dated=max(card.issued_on for card in cards))) as sheet:
        for card in cards:
            draw_card(sheet, card)
        return bytes(sheet.output())
