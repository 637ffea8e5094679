"""Typefaces for fpdf2, each opened once a process instead of once a document.

What fpdf2 does with a face for every document costs a quarter of a second: parsing it, and cutting the used glyphs out
of some thousands. Here a document gets a light copy of a face opened before, HarfBuzz shapes the text and cuts the
used glyphs out, and fpdf2 embeds what is left as it embeds any face. Figures: docs/adr/0016.
"""

import re
from collections.abc import Sequence
from copy import copy
from functools import cache
from threading import Lock
from typing import Any, BinaryIO, NamedTuple

import uharfbuzz as hb
from fpdf import FPDF
from fpdf.fonts import Glyph, SubsetMap, TTFFont

from wallet_export import typefaces

LARGE = 2_000_000
"""Octets. A larger file (Chinese, Japanese, Korean) is not prepared for cutting: it takes up to a second."""
PAIRS_REMEMBERED = 20_000
"""Pairs of characters in a face: those of a dozen alphabets. They tell of nobody's name."""

_DROPPED = (
    "GSUB", "GPOS", "GDEF", "BASE", "MATH", "name", "post", "OS/2", "cmap", "kern", "gasp", "DSIG", "STAT", "meta",
    "vhea", "vmtx", "VORG", "hdmx", "VDMX", "LTSH",
)  # fmt: skip
"""What a PDF reader does not look at in an embedded face (ISO 32000-1, 9.9)."""
_FLAGS = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE | hb.SubsetFlags.NOTDEF_OUTLINE
_PLAIN = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02af\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e]+")
"""Letters that stand beside each other without joining, stacking or turning round."""
_OPENING = Lock()


class Placed(NamedTuple):
    """One glyph at its place, in the units of its face."""

    number: int
    advance: int
    right: int
    up: int
    text: str
    """The characters it stands for; "" where an earlier glyph of its cluster has them."""


class OpenFace:
    """A face as it is shared by all documents of a process."""

    def __init__(self, name: str) -> None:
        """Raises typefaces.TypefacesMissing."""
        path = typefaces.path_of(name)
        self.first = DocumentFace(FPDF(), path, name.lower(), "")
        self.first.open = self
        self.names: list[str] = self.first.ttfont.getGlyphOrder()
        metrics = self.first.ttfont["hmtx"].metrics
        self.widths = [metrics[name][0] for name in self.names]
        self.first.ttfont.close()
        self._face = hb.Face(hb.Blob.from_file_path(str(path)))
        self._font = hb.Font(self._face)
        self._prepared = hb.subset_preprocess(self._face) if path.stat().st_size < LARGE else self._face
        self._pairs: dict[str, Placed | None] = {}

    def place(self, text: str, right_to_left: bool = False) -> tuple[Placed, ...]:
        """Glyphs of text of one script, from left to right.

        Shaping a name in Noto Sans takes 90 us; reading plain letters from a table of pairs gives the same (a test
        compares them) in a tenth of that.
        """
        if not right_to_left and _PLAIN.fullmatch(text):
            found = [self._first_of(text[at : at + 2]) for at in range(len(text))]
            if None not in found:
                return tuple(glyph for glyph in found if glyph)
        return self.shape(text, right_to_left)

    def shape(self, text: str, right_to_left: bool = False) -> tuple[Placed, ...]:
        """The same by HarfBuzz, whatever the script."""
        buffer: Any = hb.Buffer()
        buffer.add_codepoints([ord(char) for char in text])  # not add_str: a lone surrogate is no UTF-8
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if right_to_left else "ltr"
        hb.shape(self._font, buffer, {})
        infos, places = buffer.glyph_infos, buffer.glyph_positions
        starts = sorted({info.cluster for info in infos})
        says = {start: text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)}
        return tuple(
            Placed(info.codepoint, place.x_advance, place.x_offset, place.y_offset, says.pop(info.cluster, ""))
            for info, place in zip(infos, places, strict=True)
        )

    def _first_of(self, pair: str) -> Placed | None:
        """The first of two characters, or the one at the end, placed; None where the two join."""
        if pair in self._pairs:
            return self._pairs[pair]
        glyphs, alone = self.shape(pair), self.shape(pair[0])
        apart = len(glyphs) == len(pair) and glyphs[0].number == alone[0].number
        placed = any(glyph.right or glyph.up for glyph in glyphs)
        found = glyphs[0] if apart and not placed else None
        if len(self._pairs) < PAIRS_REMEMBERED:
            self._pairs[pair] = found
        return found

    def cut(self, numbers: set[int]) -> "Cut":
        """A small face with these glyphs."""
        wanted: Any = hb.SubsetInput()
        wanted.glyph_set.update(numbers)
        wanted.drop_table_tag_set.update(int.from_bytes(tag.ljust(4).encode(), "big") for tag in _DROPPED)
        wanted.flags = _FLAGS
        plan: Any = hb.SubsetPlan(self._prepared, wanted)
        places = {self.names[old]: new for old, new in plan.old_to_new_glyph_mapping.items()}
        return Cut(bytes(plan.execute().blob.data), places)


class Cut:
    """A face that HarfBuzz has cut already, as fpdf2 asks a fontTools face: it finds no table to cut any more.

    fontTools would take 4 ms a face to take nothing away. A test embeds, renders and compares the glyphs.
    """

    def __init__(self, octets: bytes, places: dict[str, int]) -> None:
        self._octets = octets
        self._places = places
        self._names = sorted(places, key=places.__getitem__)

    def __contains__(self, tag: str) -> bool:
        """No table is shown."""
        return False

    def keys(self) -> list[str]:
        """The tables to be cut: none."""
        return []

    def getGlyphOrder(self) -> list[str]:
        """Names of the glyphs in their order."""
        return self._names

    def setGlyphOrder(self, names: list[str]) -> None:
        """The order stands."""

    def getReverseGlyphMap(self) -> dict[str, int]:
        """Where each glyph stands in the small face."""
        return self._places

    def getGlyphID(self, name: str) -> int:
        """Where this one does."""
        return self._places[name]

    def save(self, file: BinaryIO) -> None:
        """Write the small face."""
        file.write(self._octets)

    def close(self) -> None:
        """Nothing is open."""


class DocumentFace(TTFFont):
    """A face in one document."""

    open: OpenFace
    codes: dict[int, str]
    placed: dict[tuple[str, bool], tuple[Placed, ...]]

    def for_document(self, number: int) -> "DocumentFace":
        """A copy that shares what never changes."""
        face = copy(self)
        face.i = number
        face.desc = copy(self.desc)  # fpdf2 numbers it
        face.missing_glyphs = []
        face.subset = SubsetMap(face)
        face.codes, face.placed = {}, {}
        return face

    def place(self, text: str, right_to_left: bool) -> tuple[Placed, ...]:
        """Glyphs from left to right; remembered for this document and not longer, for they are somebody's name."""
        key = (text, right_to_left)
        if key not in self.placed:
            self.placed[key] = self.open.place(text, right_to_left)
        return self.placed[key]

    def show(self, glyphs: Sequence[Placed], size: float) -> str:
        """The operators that draw glyphs (ISO 32000-1, 9.4.3): TJ, and Ts where one stands above or below the line.

        Args:
            size: of the text, in points.
        """
        parts, up = ["[<"], 0
        for glyph in glyphs:
            code = self.codes.get(glyph.number) or self._code(glyph)
            if glyph.up != up:
                up = glyph.up
                parts.append(f">] TJ {up * self.scale * size / 1000:.3f} Ts [<")
            parts.append(f">{-glyph.right * self.scale:g}<{code}" if glyph.right else code)
            spare = self.open.widths[glyph.number] + glyph.right - glyph.advance
            if spare:
                parts.append(f">{spare * self.scale:g}<")
        shown = "".join(parts) + (">] TJ 0 Ts" if up else ">] TJ")
        return shown.replace("<>", "")  # pdfium misplaces what stands beside an empty string

    def _code(self, placed: Placed) -> str:
        """The number of a glyph in this document's face, as four hexadecimal digits."""
        width = round(self.scale * self.open.widths[placed.number])
        name, characters = self.open.names[placed.number], tuple(map(ord, placed.text))
        number = self.subset.pick_glyph(Glyph(placed.number, characters, name, width))
        code = self.codes[placed.number] = f"{number:04x}"
        return code

    def cut(self) -> None:
        """Leave the glyphs that were drawn; fpdf2 embeds them."""
        self.ttfont = self.open.cut({glyph.glyph_id for glyph, _ in self.subset.items() if glyph})


def opened(name: str) -> OpenFace:
    """The face of that name, opened by the first that asks.

    Raises:
        typefaces.TypefacesMissing: its file is not there.
    """
    with _OPENING:
        return _opened(name)


@cache
def _opened(name: str) -> OpenFace:
    return OpenFace(name)
