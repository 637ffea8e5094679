"""All codes of a record on as few pages as they need, for a school or a new clinic; millimetres throughout.

First the codes, two beside each other, each with what it holds beneath; then every entry with the number of its code.
"""

from collections.abc import Iterator, Sequence

from wallet_export.print_parts import FOOTER, FORMAT, HAIRLINE, MARGIN, MUTED, Job
from wallet_export.printable import PrintableCard, PrintLine

CODE_BOX = 66.0
"""Code and quiet zone: 61 mm of code at version 22."""
GUTTER = 12.0
CAPTION = 23.0
"""Beneath a code: its number and what it holds, cut visibly beyond."""
LONGEST_CAPTION = 170
DATE_COLUMN, CODE_COLUMN = 31.0, 17.0
ROW_SIZE = 8.5
"""Points: a record of forty doses is one page of rows."""
ROWS_TOGETHER = 3
"""Rows that stand beneath the heading at least, where there are so many."""


def draw_record(job: Job, cards: Sequence[PrintableCard]) -> None:
    """Add the pages of one record. Name and date of birth are those of the first card."""
    first = cards[0]
    advice = job.advice(cards)
    rows = _entries(cards)
    pages: list[int] = []
    _begin(job, pages)
    y = _head(job, cards)
    for number, card in enumerate(cards, start=1):
        if number % 2 and number > 1:
            y += CODE_BOX + CAPTION
        if y + CODE_BOX + CAPTION > _bottom(job):
            _begin(job, pages)
            y = _small_head(job, first)
        _code(job, card, number, len(cards), MARGIN + (1 - number % 2) * (job.width / 2 + GUTTER / 2), y)
    _list(job, rows, first, y + CODE_BOX + CAPTION, pages)
    _feet(job, advice, pages)


def _begin(job: Job, pages: list[int]) -> None:
    job.sheet.add_page()
    pages.append(job.sheet.page)


def _bottom(job: Job) -> float:
    return job.sheet.h - MARGIN - FOOTER


def _head(job: Job, cards: Sequence[PrintableCard]) -> float:
    sheet, words, first = job.sheet, job.words, cards[0]
    y = job.banner(first.sample)
    half = job.width / 2
    name = job.name_of(first)
    sheet.use(9.5, colour=MUTED)
    sheet.write_paragraph(words.birth_date, MARGIN + half + GUTTER / 2, y, half - GUTTER / 2)
    below = sheet.write_paragraph(words.name, MARGIN, y, half)
    sheet.use(15)
    born = sheet.write_paragraph(
        words.date(first.birth_date) or words.nothing, MARGIN + half + GUTTER / 2, below, half - GUTTER / 2
    )
    sheet.use(20 if len(name) <= 30 else 14 if len(name) <= 80 else 9)
    y = max(sheet.write_paragraph(name or words.nothing, MARGIN, below, half, kind="H1"), born) + 2
    sheet.use(10)
    said = f"{FORMAT}: {words.record(len(cards))}. {first.issuer_name}, {words.date(first.issued_on.isoformat())}"
    return sheet.write_paragraph(said, MARGIN, y, job.width) + 4


def _small_head(job: Job, card: PrintableCard) -> float:
    y = job.banner(card.sample)
    job.sheet.use(11)
    name = job.name_of(card, 120) or job.words.nothing
    return job.sheet.write_paragraph(job.words.continued.format(name=name), MARGIN, y, job.width) + 5


def _code(job: Job, card: PrintableCard, number: int, count: int, x: float, y: float) -> None:
    sheet, width = job.sheet, job.width / 2 - GUTTER / 2
    inset = (width - CODE_BOX) / 2
    with sheet.decoration():
        sheet.frame(x, y, width, CODE_BOX + CAPTION - 5, 2.2, HAIRLINE)
    job.code(card, x + inset, y + 1, CODE_BOX)
    sheet.use(10, bold=True)
    said = job.words.code.format(number=number, count=count)
    below = sheet.write_paragraph(said, x + 4, y + CODE_BOX - 0.5, width - 8, kind="H2", align="centre")
    holds = card.heading if len(card.heading) <= LONGEST_CAPTION else card.heading[:LONGEST_CAPTION] + "…"
    size = next(size for size in (9.5, 8.5, 7.5, 6.5, 5.5) if _fits(job, holds, width - 8, size) or size == 5.5)
    sheet.use(size)
    sheet.write_paragraph(holds, x + 4, below, width - 8, align="centre")


def _fits(job: Job, text: str, width: float, size: float) -> bool:
    job.sheet.use(size)
    return job.sheet.height_of(text, width) <= CAPTION - 9.5


def _entries(cards: Sequence[PrintableCard]) -> list[tuple[PrintLine, int]]:
    """Every line with the number of its code, in the order of their dates."""
    numbered = [(line, number) for number, card in enumerate(cards, start=1) for line in card.lines]
    return sorted(numbered, key=lambda one: one[0].date)


def _list(job: Job, rows: list[tuple[PrintLine, int]], card: PrintableCard, y: float, pages: list[int]) -> None:
    sheet, words = job.sheet, job.words
    what = job.width - DATE_COLUMN - CODE_COLUMN
    for place, (line, number) in enumerate(rows):
        height = max(_heights(job, line, what))
        needed = height if place else 9 + min(ROWS_TOGETHER, len(rows)) * height
        if y + needed > _bottom(job):
            _begin(job, pages)
            y = _small_head(job, card)
        if place == 0:
            sheet.use(12.5, bold=True)
            y = sheet.write_paragraph(words.holds, MARGIN, y, job.width, kind="H2") + 1.5
        with sheet.decoration():
            sheet.rule((MARGIN, y), (sheet.w - MARGIN, y), 0.2, HAIRLINE)
        _row(job, line, number, y + 1, what)
        y += height


def _heights(job: Job, line: PrintLine, what: float) -> Iterator[float]:
    job.sheet.use(ROW_SIZE)
    yield 2 + job.sheet.height_of(job.words.date(line.date), DATE_COLUMN - 4)
    yield 2 + job.sheet.height_of(_said(line), what - 4)


def _row(job: Job, line: PrintLine, number: int, y: float, what: float) -> None:
    sheet = job.sheet
    sheet.use(ROW_SIZE)
    sheet.write_paragraph(job.words.date(line.date), MARGIN, y, DATE_COLUMN - 4)
    sheet.write_paragraph(_said(line), MARGIN + DATE_COLUMN, y, what - 4)
    sheet.use(ROW_SIZE, colour=MUTED)
    said = job.words.in_code.format(number=number)
    sheet.write_paragraph(said, MARGIN + DATE_COLUMN + what, y, CODE_COLUMN, align="right")


def _said(line: PrintLine) -> str:
    text = f"{line.what} · {line.detail}" if line.detail else line.what
    return text if len(text) <= 400 else text[:400] + "…"


def _feet(job: Job, advice: str, pages: list[int]) -> None:
    """Written last, when the number of pages is known."""
    for number, page in enumerate(pages, start=1):
        job.sheet.back_to(page)
        job.foot(advice, number, len(pages))
