"""Cards for the printer beside the chair. Pure: the PDF itself is `wallet_export.print_page`."""

from issuer.presentation import CardView, Line
from wallet_export.printable import PrintableCard, PrintLine


def printable(card: CardView, issuer_name: str, sample: bool) -> PrintableCard:
    """A card and the words beside its code."""
    lines = tuple(PrintLine(line.what, line.date, _detail(line)) for line in card.lines)
    return PrintableCard(
        card.jws, issuer_name, card.name, card.birth_date, lines, card.issued_at.date(), sample, card.title
    )


def _detail(line: Line) -> str:
    return " · ".join(part for part in (line.outcome, *line.details) if part)
