"""How much work a card asks of us, told before it is judged: a kilobyte of DEFLATE can hold a megabyte of JSON."""

from collections.abc import Iterable, Sequence

from cards.encoding import MAX_INFLATED_OCTETS, b64url_decode, inflate
from cards.errors import CardError
from cards.shc import numeric
from verifier.chunks import combinations

MAX_OCTETS = 4 * MAX_INFLATED_OCTETS
"""Of JSON to be read for one request, inflated. A usual card has 3 kB, the largest official one 30 kB: 200 usual or
130 of the largest fit. The dearest JSON (empty objects) takes 0.2 s for 1 MiB."""


def is_too_heavy(cards: Sequence[str | Sequence[str]]) -> bool:
    """Whether these cards together hold more JSON than one request may."""
    jws_texts = [jws for card in cards for jws in _jws_texts(card)]
    if len(jws_texts) * MAX_INFLATED_OCTETS <= MAX_OCTETS:
        return False
    left = MAX_OCTETS
    for jws in jws_texts:
        left -= _inflated(jws)
        if left < 0:
            return True
    return False


def _jws_texts(card: str | Sequence[str]) -> Iterable[str | Sequence[str]]:
    """The card itself, or every card a pile of chunks could make: each of them is tried."""
    return [card] if isinstance(card, str) else combinations(card) or [card]


def _inflated(card: str | Sequence[str]) -> int:
    """Octets of its payload; 0 where it has none that would be read."""
    try:
        if not isinstance(card, str):
            card = numeric.assemble(card)
        elif card.startswith(numeric.PREFIX):
            card = numeric.decode(card)
        parts = card.split(".")
        return len(inflate(b64url_decode(parts[1]))) if len(parts) == 3 else 0
    except CardError:
        return 0
