"""What the printed pages share: the code, the band of a sample, the foot; millimetres throughout.

A code is drawn as a path, never under 40 mm wide without its quiet zone (requirement E3), and each one drawn is noted
with its place, so that it can be read back from the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from wallet_export.printable import PrintableCard, PrintWords
from wallet_export.qr_image import QUIET_ZONE, qr_modules
from wallet_export.typefaces import REPLACEMENT, drawable
from wallet_export.typesetting import INK, Colour, Sheet

FORMAT = "SMART Health Card"
"""The format's name, which stands at every code (requirement E6) and is translated nowhere."""
LONGEST_NAME = 1000
"""Characters; a longer one is cut, visibly. No legal name comes near it, a hostile record may."""
MARGIN = 18.0
BANNER = 13.0
FOOTER = 20.0

MUTED: Colour = (82, 96, 109)
HAIRLINE: Colour = (205, 209, 214)
SAMPLE: Colour = (59, 74, 158)
_STRIPE: Colour = (88, 102, 180)
WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where a code stands, quiet zone included; millimetres from the page's upper left corner."""

    page: int
    """From 0."""
    x: float
    y: float
    side: float
    jws: str = field(repr=False)


@dataclass(slots=True)
class Job:
    """A sheet being drawn, in one language, and the codes on it so far."""

    sheet: Sheet
    words: PrintWords
    codes: list[CodePlace] = field(default_factory=list)

    def code(self, card: PrintableCard, x: float, y: float, box: float) -> None:
        """Draw a card's code into a box that its quiet zone fills.

        Raises:
            CardTooLarge, MalformedCard: no code can hold the card.
        """
        rows = qr_modules(card.jws)
        module = box / (len(rows) + 2 * QUIET_ZONE)
        quiet = QUIET_ZONE * module
        with self.sheet.tagged("Figure", picture_of=self.words.picture.format(holds=card.heading)):
            self.sheet.fill_squares(rows, x + quiet, y + quiet, len(rows) * module)
        left = self.sheet.w - x - box if self.words.right_to_left else x
        self.codes.append(CodePlace(self.sheet.page - 1, left, y, box, card.jws))

    def name_of(self, card: PrintableCard, most: int = LONGEST_NAME) -> str:
        """The name, cut visibly where it has no end; "" where there is none."""
        return card.name if len(card.name) <= most else card.name[:most] + "…"

    def banner(self, sample: bool) -> float:
        """On a sample a striped band over the whole width; answers the y beneath it."""
        sheet, words = self.sheet, self.words
        if not sample:
            return MARGIN
        with sheet.decoration():
            sheet.fill_box(0, 0, sheet.w, BANNER, SAMPLE)
            for x in range(-10, int(sheet.w), 12):
                corners = [(x, BANNER), (x + 5, BANNER), (x + 5 + BANNER, 0), (x + BANNER, 0)]
                sheet.fill_polygon(corners, _STRIPE)
            sheet.fill_box(MARGIN - 4, 0, self.width + 8, BANNER, SAMPLE)
        sheet.use(15, bold=True, colour=WHITE)
        sheet.write_paragraph(words.sample, MARGIN, 2.9, 60)
        sheet.use(10.5, colour=WHITE)
        sheet.write_paragraph(words.sample_means, MARGIN + 62, 3.9, self.width - 62, align="right")
        return BANNER + 12

    def top(self, sample: bool) -> float:
        """Where a page begins under its band."""
        return BANNER + 12 if sample else MARGIN

    def foot(self, said: str, number: int, count: int, size: float = 8.5, height: float = FOOTER) -> None:
        """What to know about the code, and the number of the page."""
        sheet = self.sheet
        y = sheet.h - MARGIN - height + 7
        with sheet.decoration():
            sheet.rule((MARGIN, y), (sheet.w - MARGIN, y), 0.3, INK)
        sheet.use(size, colour=MUTED)
        column = 3.3 * size
        sheet.write_paragraph(said, MARGIN, y + 2, self.width - column - 2)
        page = self.words.page.format(number=number, count=count)
        sheet.write_paragraph(page, sheet.w - MARGIN - column, y + 2, column, align="right")

    def advice(self, cards: Iterable[PrintableCard]) -> str:
        """What the foot says: how to show the code, and whether something could not be drawn."""
        missing = any(REPLACEMENT in drawable(text) for card in cards for text in _texts(card))
        return self.words.show + (" " + self.words.not_drawn.format(mark=REPLACEMENT) if missing else "")

    @property
    def width(self) -> float:
        """Between the margins."""
        return self.sheet.w - 2 * MARGIN


def _texts(card: PrintableCard) -> list[str]:
    return [card.issuer_name, card.name, card.heading, *(part for one in card.lines for part in (one.what, one.detail))]
