"""Codes of cards that are spread over several: which belong together (requirements E4, E5).

A chunk tells its place and how many there are, not whose it is. Two cards of two codes each, side by side, are told
apart by trying: only chunks of one card make a card whose signature holds.
"""

from collections.abc import Callable, Sequence
from itertools import product
from math import prod

from cards.errors import CardError
from cards.shc import numeric
from verifier.verdict import Verdict

MAX_COMBINATIONS = 32
"""Tried for one pile of chunks: four cards of two codes are 16, two of five 32. Beyond it, nobody is told apart."""

_BADLY_MADE = frozenset({"malformed-card", "not-a-health-card", "unsupported-algorithm", "bad-signature"})
"""What chunks of different cards, put together, come to."""

Chunks = Sequence[str]


def total_of(text: str) -> int:
    """Of how many codes this is one; 0 where it is no chunk."""
    if not numeric.is_chunk(text):
        return 0
    try:
        return numeric.chunk_position(text)[1]
    except CardError:
        return 0


def combinations(chunks: Chunks) -> list[Chunks]:
    """Every card that these chunks of one total could make; none where they do not clash, or in far too many ways."""
    places: dict[int, dict[str, None]] = {}
    for chunk in chunks:
        index, total = numeric.chunk_position(chunk)
        places.setdefault(index, {})[chunk] = None
    ways = prod(len(place) for place in places.values())
    if len(places) < total or not 1 < ways <= MAX_COMBINATIONS:
        return []
    return list(product(*(places[index] for index in sorted(places))))


def judge_pile(chunks: Chunks, check: Callable[[Chunks], Verdict]) -> list[Verdict]:
    """One verdict a card in a pile of chunks of one total; what is left over gets one together.

    Where no combination makes a card, the pile is judged as one card, which it is not.
    """
    tried = [(one, check(one)) for one in combinations(chunks)]
    cards = [(one, verdict) for one, verdict in tried if verdict.card is not None]
    used = {chunk for one, _ in cards for chunk in one}
    # Nobody can tell without the issuer's key, but these may be genuine: they are not called wrongly made.
    for one, verdict in tried:
        if verdict.code not in _BADLY_MADE and used.isdisjoint(one):
            cards.append((one, verdict))
            used.update(one)
    left = _without_clash([chunk for chunk in chunks if chunk not in used])
    return [verdict for _, verdict in cards] + ([check(left)] if left else [])


def _without_clash(chunks: Chunks) -> Chunks:
    """Of chunks of several cards that do not make a whole, one for each place: some are missing, none is badly made."""
    places: dict[int, str] = {}
    for chunk in chunks:
        places.setdefault(numeric.chunk_position(chunk)[0], chunk)
    return chunks if not chunks or len(places) == total_of(chunks[0]) else list(places.values())


def pool(inputs: Sequence[Sequence[str]]) -> list[list[str]]:
    """The texts of several inputs, where the chunks of a card that came in several of them stand in the first.

    Chunks that make a whole within their own input stay there.
    """
    pooled: list[list[str]] = []
    home: dict[int, list[str]] = {}
    for texts in inputs:
        pooled.append([])
        lone = _lone_totals(texts)
        for text in texts:
            total = total_of(text.strip())
            place = home.setdefault(total, pooled[-1]) if total in lone else pooled[-1]
            place.append(text)
    return pooled


def _lone_totals(texts: Sequence[str]) -> set[int]:
    """The totals of which not all chunks are among the texts."""
    seen: dict[int, set[int]] = {}
    for text in texts:
        if total := total_of(text.strip()):
            seen.setdefault(total, set()).add(numeric.chunk_position(text.strip())[0])
    return {total for total, indexes in seen.items() if len(indexes) < total}
