"""A sheet of paper on which text of any script can be set.

fpdf2 brings the file format, the embedding of typefaces and the structure of the document. Its way of setting text is
not used: fpdf2 2.8.9 tears a cluster apart at a joiner, loses the lines of a page that begins with a fallback face, and
puts a number behind Arabic at the wrong end. `wallet_export.lines` does that part, `wallet_export.faces` the glyphs;
tagged content is written here as well, since fpdf2 has no room for what a text says.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Literal, cast

from fpdf import FPDF
from fpdf.prefs import ViewerPreferences

from wallet_export import typefaces
from wallet_export.faces import DocumentFace, opened
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
HAIR = 0.3
"""Millimetres of a thin line."""
_DARK = re.compile(b"\x00+")
_MIRRORED: dict[Align, Align] = {"left": "right", "right": "left", "centre": "centre"}


class Sheet(FPDF):
    """Pages in millimetres; nothing breaks by itself, the caller measures and places.

    With `right_to_left` each page is mirrored: the caller goes on counting from where lines begin.
    """

    def __init__(
        self, paper: Paper, title: str, dated: date, language: str = "en", *, right_to_left: bool = False
    ) -> None:
        super().__init__(format=paper, unit="mm")
        self.set_auto_page_break(auto=False)
        self.alias_nb_pages(None)  # type: ignore[arg-type]  # else "{nb}" in a name becomes a number
        self.set_title(title)
        self.set_lang(language)
        self.set_creator("Countersign")
        self.set_creation_date(datetime.combine(dated, time(), UTC))
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._sans = typefaces.SANS
        self._mirrored = right_to_left
        self._broken: dict[tuple[str, float, float, str], list[list[Piece]]] = {}

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
        if self._mirrored:
            x, align = self.w - x - width, _MIRRORED[align]
        elif typefaces.runs_right_to_left(shown) and len(lines) > 1:
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

    def fill_squares(self, rows: Sequence[bytes], x: float, y: float, side: float) -> None:
        """Fill the dark modules (0x00) of a square matrix: one path, exact at any resolution."""
        module = side / len(rows) * self.k
        x = self.w - x - side if self._mirrored else x
        boxes = [
            f"{start} {row} {end - start} 1 re"
            for row, octets in enumerate(rows)
            for start, end in [run.span() for run in _DARK.finditer(octets)]
        ]
        place = f"{module:.6f} 0 0 {-module:.6f} {x * self.k:.4f} {(self.h - y) * self.k:.4f} cm"
        self._out(f"q 0 g {place}\n" + "\n".join(boxes) + "\nf Q")

    def fill_polygon(self, corners: Sequence[tuple[float, float]], colour: Colour) -> None:
        """A filled shape."""
        self.set_fill_color(*colour)
        self.polygon([(self._at(x), y) for x, y in corners], style="F")

    def fill_box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle."""
        self.set_fill_color(*colour)
        self.rect(self.w - x - width if self._mirrored else x, y, width, height, style="F")

    def rule(
        self, start: tuple[float, float], end: tuple[float, float], thick: float = HAIR, colour: Colour = INK
    ) -> None:
        """A straight line."""
        self.set_draw_color(*colour)
        self.set_line_width(thick)
        self.line(self._at(start[0]), start[1], self._at(end[0]), end[1])

    def frame(self, x: float, y: float, width: float, height: float, radius: float, colour: Colour) -> None:
        """A thin line round a box, its corners rounded."""
        self.set_draw_color(*colour)
        self.set_line_width(HAIR)
        left = self.w - x - width if self._mirrored else x
        self.rect(left, y, width, height, round_corners=True, corner_radius=radius)

    def back_to(self, page: int) -> None:
        """Go on drawing on an earlier page. fpdf2 writes a colour only where it changes: make the next one a change."""
        self.page = page
        self.set_draw_color(255, 255, 255)

    def pdf(self) -> bytes:
        """The file. Nothing can be drawn afterwards."""
        for font in self.fonts.values():
            if isinstance(font, DocumentFace):
                font.cut()
        return bytes(self.output())

    @property
    def _line_height(self) -> float:
        return self.font_size_pt * MM_PER_POINT * LEADING

    def _lines(self, shown: str, width: float) -> list[list[Piece]]:
        key = (shown, width, self.font_size_pt, self._sans)  # most text is measured first and set afterwards
        if key not in self._broken:
            self._broken[key] = lines_of(shown, width, self._width_of, self._sans)
        return self._broken[key]

    def _width_of(self, piece: Piece) -> float:
        face = self._face(piece.face)
        units = sum([glyph.advance for glyph in face.place(piece.text, piece.level % 2 == 1)])
        return units * face.scale * self.font_size_pt / 1000 / self.k

    def _draw_line(self, line: list[Piece], x: float, y: float, width: float, align: Align) -> None:
        widths = [self._width_of(piece) for piece in line]
        spare = width - sum(widths)
        x += {"left": 0, "centre": spare / 2, "right": spare}[align]
        y += self.font_size_pt * MM_PER_POINT * BASELINE
        colour = self.text_color.serialize().lower() if self.text_color else ""
        for piece, wide in zip(line, widths, strict=True):
            face = self._face(piece.face)
            font = self._set_font_for_page(face, self.font_size_pt, wrap_in_text_object=False)
            glyphs = face.show(face.place(piece.text, piece.level % 2 == 1), self.font_size_pt)
            self._out(f"BT {font} {colour} {x * self.k:.2f} {(self.h - y) * self.k:.2f} Td {glyphs} ET")
            x += wide

    def _face(self, name: str) -> DocumentFace:
        key = name.lower()
        if key not in self.fonts:
            self.fonts[key] = opened(name).first.for_document(len(self.fonts) + 1)
        return cast(DocumentFace, self.fonts[key])  # nothing else is put there

    def _at(self, x: float) -> float:
        return self.w - x if self._mirrored else x
