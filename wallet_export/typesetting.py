"""A sheet of paper on which text of any script can be set.

fpdf2 brings the file format, subsets of the typefaces and shaping (HarfBuzz). Its way of setting text is not used:
fpdf2 2.8.9 tears a cluster apart at a joiner, loses the lines of a page that begins with a fallback face, and puts a
number behind Arabic at the wrong end. `wallet_export.lines` does that part; tagged content is written here as well,
since fpdf2 has no room for what a text says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Literal

from fpdf import FPDF
from fpdf.enums import TextDirection
from fpdf.fonts import TTFFont
from fpdf.line_break import Fragment
from fpdf.prefs import ViewerPreferences

from wallet_export import typefaces
from wallet_export.lines import Piece, lines_of

Paper = Literal["A4", "Letter"]
Align = Literal["left", "centre", "right"]
Colour = tuple[int, int, int]
INK: Colour = (20, 33, 61)
LEADING = 1.35
"""Line height as a multiple of the size: Noto's tallest scripts (Khmer, Myanmar) just fit."""
BASELINE = 1.0
"""From the top of a line to its baseline, as a multiple of the size."""
MM_PER_POINT = 25.4 / 72


class Sheet(FPDF):
    """Pages in millimetres; nothing breaks by itself, the caller measures and places. Close it when done."""

    def __init__(self, paper: Paper, title: str, dated: date) -> None:
        super().__init__(format=paper, unit="mm")
        self.set_auto_page_break(auto=False)
        self.alias_nb_pages(None)  # type: ignore[arg-type]  # else "{nb}" in a name becomes a number
        self.set_title(title)
        self.set_lang("en")
        self.set_creator("Countersign")
        self.set_creation_date(datetime.combine(dated, time(), UTC))
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._sans = typefaces.SANS

    def use(self, size: float, *, bold: bool = False, colour: Colour = INK) -> None:
        """Choose size (points), weight and colour. Weight is for Latin, Greek and Cyrillic; other scripts have one."""
        self._sans = typefaces.SANS_BOLD if bold else typefaces.SANS
        self.font_size_pt = size
        self.set_text_color(*colour)

    def height_of(self, text: str, width: float) -> float:
        """Millimetres that `text` takes in a column of `width` millimetres, in the size and weight in use."""
        return self._line_height * len(self._lines(typefaces.drawable(text), width))

    def write_paragraph(
        self, text: str, x: float, y: float, width: float, kind: str = "P", align: Align = "left"
    ) -> float:
        """Set text in a column; answers the y beneath it.

        Right-to-left text that fills more than one line begins at the right; a single line stays beside its label.
        """
        shown = typefaces.drawable(text)
        lines = self._lines(shown, width)
        if typefaces.runs_right_to_left(shown) and len(lines) > 1:
            align = "right"
        with self.tagged(kind, says=text if typefaces.needs_spelling_out(shown) else None):
            for line in lines:
                self._draw_line(line, x, y, width, align)
                y += self._line_height
        return y

    @contextmanager
    def tagged(self, kind: str, says: str | None = None, picture_of: str | None = None) -> Iterator[None]:
        """What is drawn inside is one element of the document (ISO 32000-1, 14.6 to 14.9).

        Args:
            kind: P, H1, H2 or Figure.
            says: the text itself, for copying and reading aloud, where glyphs do not give it back.
            picture_of: what a picture shows.
        """
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{kind}", mcid=number, alt_text=picture_of)
        spelled = ("\ufeff" + says).encode("utf-16-be", "replace").hex() if says else ""
        self._out(f"/{kind} <</MCID {number}{f' /ActualText <{spelled}>' if spelled else ''}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def decoration(self) -> Iterator[None]:
        """What is drawn inside means nothing: screen readers skip it."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")

    def fill_squares(self, rows: tuple[bytes, ...], x: float, y: float, side: float) -> None:
        """Fill the dark modules (0x00) of a square matrix: one path, exact at any resolution."""
        module = side / len(rows) * self.k
        self._out(f"q 0 g {module:.6f} 0 0 {-module:.6f} {x * self.k:.4f} {(self.h - y) * self.k:.4f} cm")
        for row, octets in enumerate(rows):
            for start, length in dark_runs(octets):
                self._out(f"{start} {row} {length} 1 re")
        self._out("f Q")

    def close(self) -> None:
        """Close the typefaces' files; fpdf2 leaves them to the garbage collector."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    @property
    def _line_height(self) -> float:
        return self.font_size_pt * MM_PER_POINT * LEADING

    def _lines(self, shown: str, width: float) -> list[list[Piece]]:
        return lines_of(shown, width, lambda piece: self._fragment(piece).get_width(), self._sans)

    def _draw_line(self, line: list[Piece], x: float, y: float, width: float, align: Align) -> None:
        fragments = [self._fragment(piece) for piece in line]
        spare = width - sum(fragment.get_width() for fragment in fragments)
        x += {"left": 0, "centre": spare / 2, "right": spare}[align]
        y += self.font_size_pt * MM_PER_POINT * BASELINE
        for fragment in fragments:
            font = self._set_font_for_page(fragment.font, self.font_size_pt, wrap_in_text_object=False)
            colour = self.text_color.serialize().lower() if self.text_color else ""
            glyphs = fragment.render_with_text_shaping(x, y, self.h, 0)
            self._out(f"BT {font} {colour} {x * self.k:.2f} {(self.h - y) * self.k:.2f} Td {glyphs} ET")
            x += fragment.get_width()

    def _fragment(self, piece: Piece) -> Fragment:
        if piece.face.lower() not in self.fonts:
            self.add_font(piece.face, fname=typefaces.path_of(piece.face))
        state = self._get_current_graphics_state()
        state.current_font = self.fonts[piece.face.lower()]
        direction = TextDirection.RTL if piece.level % 2 else TextDirection.LTR
        state.text_shaping = {"features": {}, "fragment_direction": direction}
        return Fragment(piece.text, state, self.k)


def dark_runs(row: bytes) -> Iterator[tuple[int, int]]:
    """(first module, modules) of each dark run in a row."""
    position = row.find(b"\x00")
    while position >= 0:
        end = row.find(b"\xff", position)
        end = len(row) if end < 0 else end
        yield position, end - position
        position = row.find(b"\x00", end)
