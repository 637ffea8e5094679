"""The page of one card: the code at the right, whose it is at the left, what it says beneath; millimetres throughout.

In the order that the specification's FAQ asks for: name of the format, code without a picture in it, name of the issuer
(E6). Paper proves nothing by what is printed on it in words, and the page says so (J13).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap

from wallet_export.print_parts import FOOTER, FORMAT, HAIRLINE, MARGIN, MUTED, Job
from wallet_export.printable import PrintableCard, PrintLine

CONTINUED_NAME = 120
"""Characters of the name at the head of a second page: two lines; the first page has it whole."""
LONGEST_PIECE = 600
"""Characters of an entry that stay together on one page; a longer one goes on as a second entry."""
GAP = 10.0


@dataclass(frozen=True, slots=True)
class Measures:
    """What a page in ordinary print and one in large print differ in."""

    panel: float
    """Width of the frame round the code."""
    box: float
    """Code and quiet zone."""
    beside: bool
    """Whether the person stands beside the code; else above it."""
    label: float
    """Points, as all that follow."""
    names: tuple[tuple[int, float], ...]
    """(characters up to, points)"""
    born: float
    issued: float
    issuer: float
    heading: float
    entry: float
    detail: float
    date_column: float
    """Millimetres again; 0 sets the date above its entry."""
    foot: float
    foot_height: float


ORDINARY = Measures(
    78.0,
    74.0,
    True,
    9.5,
    ((40, 22.0), (100, 16.0), (300, 12.0), (1000, 8.0)),
    15.0,
    11.5,
    10.0,
    12.5,
    10.5,
    9.0,
    40.0,
    8.5,
    FOOTER,
)
"""68.8 mm of code at version 22, never under 60."""
LARGE = Measures(
    126.0, 120.0, False, 16.0, ((40, 32.0), (100, 24.0), (300, 18.0), (1000, 10.0)), 24.0, 18.0, 18.0, 22.0, 20.0, 18.0,
    0.0, 14.0, 36.0,
)  # fmt: skip
"""Nothing under 14 points, names, doses and dates 18 and more; a code of 112 mm is read from an arm's length."""


def draw_card(job: Job, card: PrintableCard, measures: Measures = ORDINARY) -> None:
    """Add the pages of one card."""
    job.sheet.add_page()
    top = job.banner(card.sample)
    said = _person(job, card, measures, top)
    below = max(said, _panel(job, card, measures, top if measures.beside else said + 5)) + GAP
    pages = list(_paginate(job, card, measures, below))
    advice = job.advice([card])
    for number, lines in enumerate(pages, start=1):
        if number > 1:
            job.sheet.add_page()
            below = _continued(job, card, measures)
        _entries(job, card.heading, lines, measures, below)
        job.foot(
            advice if number == 1 or measures.beside else "", number, len(pages), measures.foot, measures.foot_height
        )


def _person(job: Job, card: PrintableCard, m: Measures, y: float) -> float:
    """Name, birth date, date of issue; answers the y beneath them."""
    sheet, words = job.sheet, job.words
    width = job.width - m.panel - GAP if m.beside else job.width
    name = job.name_of(card)
    facts = [
        (words.name, name, next(size for most, size in m.names if len(name) <= most + 1), "H1"),
        (words.birth_date, words.date(card.birth_date), m.born, "P"),
        (words.issued, words.date(card.issued_on.isoformat()), m.issued, "P"),
    ]
    for label, value, size, kind in facts if m.beside else facts[:2]:
        sheet.use(m.label, colour=MUTED)
        y = sheet.write_paragraph(label, MARGIN, y, width)
        sheet.use(size)
        y = sheet.write_paragraph(value or words.nothing, MARGIN, y, width, kind=kind) + (5 if m.beside else 2)
    return y - (5 if m.beside else 2)


def _panel(job: Job, card: PrintableCard, m: Measures, y: float) -> float:
    """The code in its frame, the format's name above and the issuer's beneath; answers the y beneath it."""
    sheet = job.sheet
    left = sheet.w - MARGIN - m.panel if m.beside else (sheet.w - m.panel) / 2
    sheet.use(11 if m.beside else 18, bold=True)
    code_top = sheet.write_paragraph(FORMAT, left, y + 3, m.panel, align="centre")
    job.code(card, left + (m.panel - m.box) / 2, code_top, m.box)
    sheet.use(m.issuer)
    bottom = sheet.write_paragraph(card.issuer_name, left + 4, code_top + m.box, m.panel - 8, align="centre") + 3.5
    with sheet.decoration():
        sheet.frame(left, y, m.panel, bottom - y, 2.2, HAIRLINE)
    return bottom


def _entries(job: Job, heading: str, lines: Sequence[PrintLine], m: Measures, y: float) -> None:
    """The heading and these lines, a hairline between them."""
    sheet = job.sheet
    if not lines:
        return
    sheet.use(m.heading, bold=True)
    y = sheet.write_paragraph(heading, MARGIN, y, job.width, kind="H2") + 1.5
    for line in lines:
        with sheet.decoration():
            sheet.rule((MARGIN, y), (sheet.w - MARGIN, y), 0.2, HAIRLINE)
        y = _entry(job, line, m, y + 2)


def _entry(job: Job, line: PrintLine, m: Measures, y: float) -> float:
    sheet = job.sheet
    sheet.use(m.entry)
    dated = sheet.write_paragraph(
        job.words.date(line.date), MARGIN, y, m.date_column - 4 if m.date_column else job.width
    )
    left, width = MARGIN + m.date_column, job.width - m.date_column
    bottom = sheet.write_paragraph(line.what, left, y if m.date_column else dated, width)
    if line.detail:
        sheet.use(m.detail, colour=MUTED)
        bottom = sheet.write_paragraph(line.detail, left, bottom + 0.4, width)
    return max(bottom, dated) + 2


def _entry_height(job: Job, line: PrintLine, m: Measures) -> float:
    """What `_entry` will take: keep the two in step."""
    sheet, width = job.sheet, job.width - m.date_column
    sheet.use(m.entry)
    dated = sheet.height_of(job.words.date(line.date), m.date_column - 4 if m.date_column else job.width)
    height = sheet.height_of(line.what, width)
    if line.detail:
        sheet.use(m.detail)
        height += 0.4 + sheet.height_of(line.detail, width)
    return 4 + (max(height, dated) if m.date_column else height + dated)


def _paginate(job: Job, card: PrintableCard, m: Measures, first_top: float) -> Iterator[list[PrintLine]]:
    """The lines of each page, no entry torn apart; at least one page, even where there is no line."""
    sheet = job.sheet
    sheet.use(m.heading, bold=True)
    heading, page = 1.5 + sheet.height_of(card.heading, job.width), list[PrintLine]()
    left = sheet.h - MARGIN - m.foot_height - first_top - heading
    fresh = sheet.h - MARGIN - m.foot_height - _continued_top(job, card, m) - heading
    for line in _pieces(card.lines):
        needed = _entry_height(job, line, m)
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


def _continued(job: Job, card: PrintableCard, m: Measures) -> float:
    """The head of a second page; answers the y beneath it."""
    top = job.banner(card.sample)
    job.sheet.use(11 if m.beside else 18)
    name = job.name_of(card, CONTINUED_NAME) or job.words.nothing
    job.sheet.write_paragraph(job.words.continued.format(name=name), MARGIN, top, job.width)
    return _continued_top(job, card, m)


def _continued_top(job: Job, card: PrintableCard, m: Measures) -> float:
    return job.top(card.sample) + (16 if m.beside else 24)
