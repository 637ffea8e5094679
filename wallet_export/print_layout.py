"""Where everything stands on the page of a printed card; millimetres throughout.

The code is drawn as a path, more than 60 mm wide where 40 mm is the least (requirement E3), in the order that the
specification's FAQ asks for: name of the format, code without a picture in it, name of the issuer (E6). Paper proves
nothing by what is printed on it in words, and the page says so (J13).
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from wallet_export.printable import PrintableCard, PrintLine, date_in_words
from wallet_export.qr_image import QUIET_ZONE, qr_modules
from wallet_export.typefaces import REPLACEMENT, drawable
from wallet_export.typesetting import INK, Colour, Sheet

SHOW = (
    "Show this code together with a photo ID. A verifier goes by the code alone; the words on this page are for you. "
    "Whoever scans the code can read what is listed here."
)
NOT_DRAWN = f"What is shown as {REPLACEMENT} could not be printed. The code holds it in full."
SAMPLE = "SAMPLE"
SAMPLE_MEANS = "Made-up data. This page is nobody's proof."

LONGEST_NAME = 1000
"""Characters; a longer one is cut, visibly. No legal name comes near it, a hostile record may."""
CONTINUED_NAME = 120
"""Characters of the name at the head of a second page: two lines; the first page has it whole."""
LONGEST_PIECE = 600
"""Characters of an entry that stay together on one page; a longer one goes on as a second entry."""

MARGIN = 18.0
PANEL = 78.0
CODE_BOX = 74.0
"""Code and quiet zone: 68.8 mm of code at version 22, never under 60."""
GAP = 10.0
DATE_COLUMN = 40.0
BANNER = 13.0
FOOTER = 20.0

_MUTED: Colour = (82, 96, 109)
_HAIRLINE: Colour = (205, 209, 214)
_SAMPLE: Colour = (59, 74, 158)
_STRIPE: Colour = (88, 102, 180)
_WHITE: Colour = (255, 255, 255)
_NAME_SIZES = ((40, 22.0), (100, 16.0), (300, 12.0), (LONGEST_NAME, 8.0))
"""(characters up to, points)"""


def draw_card(sheet: Sheet, card: PrintableCard) -> None:
    """Add the pages of one card."""
    sheet.add_page()
    top = _banner(sheet, card)
    below = max(_person(sheet, card, top), _panel(sheet, card, top)) + GAP
    pages = list(_paginate(sheet, card, below))
    for number, lines in enumerate(pages, start=1):
        if number > 1:
            sheet.add_page()
            below = _continued(sheet, card)
        _entries(sheet, card.heading, lines, below)
        _footer(sheet, card, f"Page {number} of {len(pages)}")


def _banner(sheet: Sheet, card: PrintableCard) -> float:
    """On a sample a striped band over the whole width; answers the y beneath it."""
    if not card.sample:
        return MARGIN
    with sheet.decoration():
        sheet.set_fill_color(*_SAMPLE)
        sheet.rect(0, 0, sheet.w, BANNER, style="F")
        sheet.set_fill_color(*_STRIPE)
        for x in range(-10, int(sheet.w), 12):
            sheet.polygon([(x, BANNER), (x + 5, BANNER), (x + 5 + BANNER, 0), (x + BANNER, 0)], style="F")
        sheet.set_fill_color(*_SAMPLE)
        sheet.rect(MARGIN - 4, 0, _width(sheet) + 8, BANNER, style="F")
    sheet.use(15, bold=True, colour=_WHITE)
    sheet.write_paragraph(SAMPLE, MARGIN, 2.9, 40)
    sheet.use(10.5, colour=_WHITE)
    sheet.write_paragraph(SAMPLE_MEANS, MARGIN + 32, 3.9, _width(sheet) - 32, align="right")
    return BANNER + 12


def _person(sheet: Sheet, card: PrintableCard, y: float) -> float:
    """Name, birth date, date of issue in the column beside the code; answers the y beneath them."""
    width = _width(sheet) - PANEL - GAP
    name = card.name if len(card.name) <= LONGEST_NAME else card.name[:LONGEST_NAME] + "…"
    y = _label(sheet, "Name", y, width)
    sheet.use(next(size for most, size in _NAME_SIZES if len(name) <= most + 1))
    y = sheet.write_paragraph(name or "Not on this card", MARGIN, y, width, kind="H1") + 5
    y = _label(sheet, "Date of birth", y, width)
    sheet.use(15)
    y = sheet.write_paragraph(date_in_words(card.birth_date) or "Not on this card", MARGIN, y, width) + 5
    y = _label(sheet, "Card issued", y, width)
    sheet.use(11.5)
    return sheet.write_paragraph(date_in_words(card.issued_on.isoformat()), MARGIN, y, width)


def _panel(sheet: Sheet, card: PrintableCard, y: float) -> float:
    """The code in its frame, the format's name above and the issuer's beneath; answers the y beneath it."""
    left, inside = sheet.w - MARGIN - PANEL, (PANEL - CODE_BOX) / 2
    rows = qr_modules(card.jws)
    module = CODE_BOX / (len(rows) + 2 * QUIET_ZONE)
    sheet.use(11, bold=True)
    code_top = sheet.write_paragraph("SMART Health Card", left, y + 3, PANEL, align="centre")
    with sheet.tagged("Figure", picture_of="QR code of this SMART Health Card, to be scanned by a verifier"):
        quiet = QUIET_ZONE * module
        sheet.fill_squares(rows, left + inside + quiet, code_top + quiet, len(rows) * module)
    sheet.use(10)
    text_width = PANEL - 8
    bottom = sheet.write_paragraph(card.issuer_name, left + 4, code_top + CODE_BOX, text_width, align="centre") + 3.5
    with sheet.decoration():
        sheet.set_draw_color(*_HAIRLINE)
        sheet.set_line_width(0.3)
        sheet.rect(left, y, PANEL, bottom - y, round_corners=True, corner_radius=2.2)
    return bottom


def _entries(sheet: Sheet, heading: str, lines: Sequence[PrintLine], y: float) -> None:
    """The heading and these lines, a hairline between them."""
    if not lines:
        return
    sheet.use(12.5, bold=True)
    y = sheet.write_paragraph(heading, MARGIN, y, _width(sheet), kind="H2") + 1.5
    for line in lines:
        with sheet.decoration():
            sheet.set_draw_color(*_HAIRLINE)
            sheet.set_line_width(0.2)
            sheet.line(MARGIN, y, sheet.w - MARGIN, y)
        y = _entry(sheet, line, y + 2)


def _entry(sheet: Sheet, line: PrintLine, y: float) -> float:
    sheet.use(10.5)
    sheet.write_paragraph(date_in_words(line.date), MARGIN, y, DATE_COLUMN - 4)
    left, width = MARGIN + DATE_COLUMN, _width(sheet) - DATE_COLUMN
    bottom = sheet.write_paragraph(line.what, left, y, width)
    if line.detail:
        sheet.use(9, colour=_MUTED)
        bottom = sheet.write_paragraph(line.detail, left, bottom + 0.4, width)
    return bottom + 2


def _entry_height(sheet: Sheet, line: PrintLine) -> float:
    """What `_entry` will take: keep the two in step."""
    width = _width(sheet) - DATE_COLUMN
    sheet.use(10.5)
    dated = sheet.height_of(date_in_words(line.date), DATE_COLUMN - 4)
    height = sheet.height_of(line.what, width)
    if line.detail:
        sheet.use(9)
        height += 0.4 + sheet.height_of(line.detail, width)
    return 4 + max(height, dated)


def _paginate(sheet: Sheet, card: PrintableCard, first_top: float) -> Iterator[list[PrintLine]]:
    """The lines of each page, no entry torn apart; at least one page, even where there is no line."""
    heading, page = 9.0, list[PrintLine]()
    left = sheet.h - MARGIN - FOOTER - first_top - heading
    fresh = sheet.h - MARGIN - FOOTER - _continued_top(card) - heading
    for line in _pieces(card.lines):
        needed = _entry_height(sheet, line)
        if needed > left and (page or left < fresh):
            yield page
            page, left = [], fresh
        page.append(line)
        left -= needed
    yield page


def _pieces(lines: Sequence[PrintLine]) -> Iterator[PrintLine]:
    """The lines, those too long for a page in pieces."""
    for line in lines:
        parts = zip_longest(wrap(line.what, LONGEST_PIECE), wrap(line.detail, LONGEST_PIECE), fillvalue="")
        what, detail = next(parts, ("", ""))
        yield PrintLine(what, line.date, detail)
        yield from (PrintLine(what, "", detail) for what, detail in parts)


def _continued(sheet: Sheet, card: PrintableCard) -> float:
    """The head of a second page; answers the y beneath it."""
    top = _banner(sheet, card)
    sheet.use(11)
    name = card.name if len(card.name) <= CONTINUED_NAME else card.name[:CONTINUED_NAME] + "…"
    sheet.write_paragraph(f"{name}, continued" if name else "Continued", MARGIN, top, _width(sheet))
    return _continued_top(card)


def _continued_top(card: PrintableCard) -> float:
    return (BANNER + 12 if card.sample else MARGIN) + 16


def _footer(sheet: Sheet, card: PrintableCard, page: str) -> None:
    texts = (
        card.issuer_name,
        card.name,
        card.heading,
        *(text for line in card.lines for text in (line.what, line.detail)),
    )
    note = f" {NOT_DRAWN}" if any(REPLACEMENT in drawable(text) for text in texts) else ""
    y = sheet.h - MARGIN - FOOTER + 7
    with sheet.decoration():
        sheet.set_draw_color(*INK)
        sheet.set_line_width(0.3)
        sheet.line(MARGIN, y, sheet.w - MARGIN, y)
    sheet.use(8.5, colour=_MUTED)
    sheet.write_paragraph(SHOW + note, MARGIN, y + 2, _width(sheet) - 30)
    sheet.write_paragraph(page, sheet.w - MARGIN - 28, y + 2, 28, align="right")


def _label(sheet: Sheet, text: str, y: float, width: float) -> float:
    sheet.use(9.5, colour=_MUTED)
    return sheet.write_paragraph(text, MARGIN, y, width)


def _width(sheet: Sheet) -> float:
    return sheet.w - 2 * MARGIN
