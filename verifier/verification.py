"""Did an issuer we trust sign this card, and does it still stand?

`verify` reads as the specification's checklist, one check and one error a line; `check` turns its errors into a
`Verdict` and never raises on a bad card.
"""

from collections.abc import Sequence
from datetime import datetime

import cards
from cards.errors import CardError, ChunksMissing, NotAHealthCard
from cards.shc import numeric
from cards.shc.card import HealthCard
from cards.shc.file import read_file
from trust_registry import TrustedIssuer, TrustRegistry
from verifier.chunks import Chunks, judge_pile, total_of
from verifier.recognise import recognise
from verifier.verdict import Verdict, VerifiedCard, outcome_of


def verify(scanned: str | Sequence[str], registry: TrustRegistry, now: datetime) -> VerifiedCard:
    """Did an issuer we trust sign this card, and does it still stand?

    Raises:
        cards.CardError: it does not, or we cannot tell.
    """
    progress = _Progress()
    return VerifiedCard(_verify(scanned, registry, now, progress), progress.found_issuer(), verified_at=now)


def check(scanned: str | Sequence[str], registry: TrustRegistry, now: datetime) -> Verdict:
    """The verdict on one card; a sequence is the chunks of one card, in any order. Never raises on a bad card."""
    progress = _Progress()
    try:
        card = _verify(scanned, registry, now, progress)
    except CardError as error:
        found = recognise(scanned) if isinstance(error, NotAHealthCard) and progress.card is None else None
        chunk, seen = _chunks(scanned) if isinstance(error, ChunksMissing) else (None, frozenset[int]())
        return Verdict(outcome_of(error), error.code, str(error), progress.card, progress.issuer, found, chunk, seen)
    return Verdict("accepted", None, "", card, progress.issuer)


def check_all(scanned: Sequence[str], registry: TrustRegistry, now: datetime) -> list[Verdict]:
    """One verdict a card: a file with several, a family's codes, one picture with many, chunks put together.

    Every card that is given gets a verdict; how many may be given is the caller's limit.
    """
    return judge(split(scanned), registry, now)


def judge(found: Sequence[str | Chunks], registry: TrustRegistry, now: datetime) -> list[Verdict]:
    """The verdicts on what `split` found."""
    verdicts: list[Verdict] = []
    for card in found:
        if isinstance(card, str):
            verdicts.append(check(card, registry, now))
        else:
            verdicts += judge_pile(card, lambda chunks: check(chunks, registry, now))
    return verdicts


class _Progress:
    """What is known when a check fails: the issuer once found, the card once its signature held."""

    __slots__ = ("card", "issuer")

    def __init__(self) -> None:
        self.card: HealthCard | None = None
        self.issuer: TrustedIssuer | None = None

    def found_issuer(self) -> TrustedIssuer:
        """The issuer of a card that passed."""
        if self.issuer is None:
            raise RuntimeError("a card passed without an issuer")
        return self.issuer


def _verify(scanned: str | Sequence[str], registry: TrustRegistry, now: datetime, progress: _Progress) -> HealthCard:
    unverified = cards.read(scanned)  # MalformedCard, NotAHealthCard, UnsupportedAlgorithm, ChunksMissing
    issuer = registry.issuer(unverified.iss)  # UntrustedIssuer
    progress.issuer = issuer
    key = issuer.key(unverified.kid)  # UnknownKey, WithdrawnKey
    card = unverified.verify(key)  # BadSignature
    progress.card = card
    card.check_valid_at(now)  # NotYetValid, Expired
    issuer.check_not_revoked(card, key.kid)  # Revoked, RevocationListMissing, RevocationListStale
    registry.check_current_at(now)  # RegistryExpired
    return card


def split(scanned: Sequence[str]) -> list[str | Chunks]:
    """One item a card, in the order of the first code of each; chunks of the same total are one item."""
    found: list[str | Chunks] = []
    chunks: dict[int, list[str]] = {}
    seen: set[str] = set()
    for text in scanned:
        text = text.strip()
        if (total := total_of(text)) > 1:
            if total not in chunks:
                found.append(chunks.setdefault(total, []))
            chunks[total].append(text)
        elif text.startswith("{"):
            found += _cards_of(text)
        elif text not in seen:
            seen.add(text)
            found.append(text)
    return found


def _cards_of(text: str) -> Sequence[str]:
    try:
        return read_file(text)
    except CardError:
        return [text]


def _chunks(scanned: str | Sequence[str]) -> tuple[tuple[int, int], frozenset[int]]:
    texts = [scanned] if isinstance(scanned, str) else scanned
    positions = [numeric.chunk_position(text.strip()) for text in texts]
    return positions[0], frozenset(index for index, _ in positions)
