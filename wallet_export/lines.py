"""Text cut into lines, and each line into pieces from left to right: Unicode's bidirectional algorithm, pure.

Levels come from fpdf2's implementation of Unicode Standard Annex 9; the order within a line (rule L2) is applied here,
since fpdf2 knows two levels only and puts the number of an Arabic address at the wrong end.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from wallet_export import typefaces

Span = tuple[int, int]
_TURNING = frozenset(("R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"))
"""Bidirectional classes without which nothing turns round (Unicode Standard Annex 9, table 4)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of one face, one script and one direction."""

    face: str
    text: str
    level: int
    """Embedding level: odd is right to left."""


Measure = Callable[[Piece], float]


def lines_of(text: str, width: float, measure: Measure, sans: str = typefaces.SANS) -> list[list[Piece]]:
    """The lines of a paragraph of drawable text, each as the pieces to draw from left to right; at least one.

    Args:
        width: of the column, in the unit of `measure`.
        measure: how wide a piece is once shaped.
        sans: the face for Latin, Greek and Cyrillic.
    """
    levels = _levels(text)

    whole = list(_pieces(text, levels, (0, len(text)), sans))
    alike = len(whole) == 1  # then every part of it is of the same face, script and level

    def width_of(span: Span) -> float:
        if alike:
            return measure(Piece(whole[0].face, text[slice(*span)], whole[0].level))
        return sum(measure(piece) for piece in _pieces(text, levels, span, sans))

    return [_left_to_right(list(_pieces(text, levels, span, sans))) for span in _spans(text, width, width_of)]


def _levels(text: str) -> list[int]:
    """Of each character. Text without a right-to-left or Arabic-digit character is on level 0 throughout."""
    if text.isascii() or not any(unicodedata.bidirectional(char) in _TURNING for char in text):
        return [0] * len(text)
    from fpdf.bidi import BidiParagraph  # a whole PDF engine comes with it, so only for those who need it

    return [char.embedding_level for char in BidiParagraph(text, preserve_bn_chars=True).characters]


def _pieces(text: str, levels: Sequence[int], span: Span, sans: str) -> Iterator[Piece]:
    """In the order of reading."""
    start, end = span
    for run in typefaces.runs(text[start:end], sans):
        for level, group in groupby(zip(run.text, levels[start:], strict=False), key=lambda pair: pair[1]):
            yield Piece(run.face, "".join(char for char, _ in group), level)
        start += len(run.text)


def _left_to_right(pieces: list[Piece]) -> list[Piece]:
    """Rule L2: from the highest level down to 1, reverse whatever stands at that level or above."""
    for level in range(max((piece.level for piece in pieces), default=0), 0, -1):
        pieces = [piece for group in _at_or_above(pieces, level) for piece in group]
    return pieces


def _at_or_above(pieces: list[Piece], level: int) -> Iterator[list[Piece]]:
    for inside, group in groupby(pieces, key=lambda piece: piece.level >= level):
        together = list(group)
        yield together[::-1] if inside else together


def _spans(text: str, width: float, width_of: Callable[[Span], float]) -> Iterator[Span]:
    """Fill each line with as many words as it holds. The space that ends a line is not part of it."""
    if width_of((0, len(text))) <= width:  # most paragraphs are one line
        yield 0, len(text)
        return
    start, used = 0, 0.0
    for first, last in _words(text, width, width_of):
        if first > start and used + width_of((first, _solid(text, last))) > width:
            yield start, _solid(text, first)
            start, used = first, 0.0
        used += width_of((first, last))
    yield start, len(text)


def _words(text: str, width: float, width_of: Callable[[Span], float]) -> Iterator[Span]:
    """What must not be torn apart, with the space behind it; a word wider than a line falls into its clusters."""
    for first, last in pairwise((0, *_word_ends(text), len(text))):
        if width_of((first, _solid(text, last))) <= width:
            yield first, last
        else:
            yield from pairwise((first, *_cluster_ends(text, first, last), last))


def _solid(text: str, end: int) -> int:
    return end - 1 if text[end - 1 : end] == " " else end


def _word_ends(text: str) -> Iterator[int]:
    """Places inside the text where a line may end: behind a space, and around Chinese characters and kana."""
    for place in range(1, len(text)):
        before, after = text[place - 1], text[place]
        if before == " " or (after != " " and (typefaces.is_ideographic(before) or typefaces.is_ideographic(after))):
            yield place


def _cluster_ends(text: str, first: int, last: int) -> Iterator[int]:
    """Places inside a word where it may be cut for want of a better one: not before a mark, not beside a joiner."""
    for place in range(first + 1, last):
        before, after = text[place - 1], text[place]
        if unicodedata.category(after)[0] not in "MZ" and typefaces.JOINERS.isdisjoint((before, after)):
            yield place
