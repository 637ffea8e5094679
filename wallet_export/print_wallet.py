"""Cards of a bank card's size (ISO/IEC 7810 ID-1) to be cut out; millimetres throughout.

At the left the code, at the right whose it is and what it holds. Two columns; rows as the paper has room.
"""

from collections.abc import Sequence

from wallet_export.print_parts import FORMAT, HAIRLINE, MUTED, SAMPLE, WHITE, Job
from wallet_export.printable import PrintableCard
from wallet_export.typesetting import INK

WIDTH, HEIGHT = 85.6, 53.98
"""ID-1."""
CODE_BOX = 49.0
"""Code and quiet zone: 45.5 mm of code at version 22, where 40 is the least (E3)."""
PRINTER_MARGIN = 12.0
"""Which most printers leave white, with room for a line of advice."""
MARK = 4.0
"""Length of a cut mark, outside the cards."""
GAP = 0.0
_INSET = (HEIGHT - CODE_BOX) / 2
_LONGEST = {"name": 90, "heading": 160, "issuer": 70}
"""Characters that fit; the code holds all of it."""


def draw_wallet_cards(job: Job, cards: Sequence[PrintableCard]) -> None:
    """As many sheets as the cards need."""
    rows = int((job.sheet.h - 2 * PRINTER_MARGIN) // HEIGHT)
    for first in range(0, len(cards), 2 * rows):
        _draw_sheet(job, cards[first : first + 2 * rows])


def _draw_sheet(job: Job, cards: Sequence[PrintableCard]) -> None:
    sheet = job.sheet
    sheet.add_page()
    rows = (len(cards) + 1) // 2
    columns = min(2, len(cards))
    left, top = (sheet.w - 2 * WIDTH) / 2, PRINTER_MARGIN
    sheet.use(7.5, colour=MUTED)
    sheet.write_paragraph(job.words.cut, left, top - 8.5, 2 * WIDTH)
    _cut_marks(job, left, top, columns, rows)
    for number, card in enumerate(cards):
        _draw_one(job, card, left + number % 2 * WIDTH, top + number // 2 * HEIGHT)


def _cut_marks(job: Job, left: float, top: float, columns: int, rows: int) -> None:
    """Marks outside the cards, and a hairline where they touch."""
    sheet = job.sheet
    right, bottom = left + columns * WIDTH, top + rows * HEIGHT
    with sheet.decoration():
        for column in range(columns + 1):
            x = left + column * WIDTH
            sheet.rule((x, top), (x, bottom), 0.1, HAIRLINE)
            sheet.rule((x, top - MARK), (x, top), 0.2, INK)
            sheet.rule((x, bottom), (x, bottom + MARK), 0.2, INK)
        for row in range(rows + 1):
            y = top + row * HEIGHT
            sheet.rule((left, y), (right, y), 0.1, HAIRLINE)
            sheet.rule((left - MARK, y), (left, y), 0.2, INK)
            sheet.rule((right, y), (right + MARK, y), 0.2, INK)


def _draw_one(job: Job, card: PrintableCard, x: float, y: float) -> None:
    sheet, words = job.sheet, job.words
    job.code(card, x + _INSET, y + _INSET, CODE_BOX)
    left = x + _INSET + CODE_BOX + 0.5
    width = WIDTH - (left - x) - 3
    at = y + 3.5
    if card.sample:
        with sheet.decoration():
            sheet.fill_box(left, at - 0.5, width, 4.2, SAMPLE)
        sheet.use(6.5, bold=True, colour=WHITE)
        sheet.write_paragraph(words.sample, left, at, width, align="centre")
        at += 5
    sheet.use(6.5, bold=True, colour=MUTED)
    at = sheet.write_paragraph(FORMAT, left, at, width) + 0.8
    name = job.name_of(card, _LONGEST["name"])
    sheet.use(10.5 if len(name) <= 26 else 8 if len(name) <= 50 else 6.5)
    at = sheet.write_paragraph(name or words.nothing, left, at, width, kind="H1") + 0.2
    sheet.use(8)
    at = sheet.write_paragraph(words.date(card.birth_date) or words.nothing, left, at, width) + 1.2
    sheet.use(7.5 if len(card.heading) <= 60 else 6.5, bold=True)
    at = sheet.write_paragraph(_short(card.heading, "heading"), left, at, width) + 0.6
    sheet.use(6.5, colour=MUTED)
    at = sheet.write_paragraph(words.entries(len(card.lines)), left, at, width)
    issuer = _short(card.issuer_name, "issuer")
    issued = words.date(card.issued_on.isoformat())
    bottom = y + HEIGHT - 3.2 - sheet.height_of(issuer, width) - sheet.height_of(issued, width)
    if at <= bottom:  # a long name leaves no room for who issued it; the code says it
        bottom = sheet.write_paragraph(issuer, left, bottom, width)
        sheet.write_paragraph(issued, left, bottom, width)


def _short(text: str, what: str) -> str:
    most = _LONGEST[what]
    return text if len(text) <= most else text[:most] + "…"
