"""A card as its holder reads it: the content of `issuer.presentation`, kept apart so that each piece can be said in the
reader's language, and what its code tells whoever scans it. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import cards
from cards.shc.content import Dose, Result, content_of
from issuer.presentation import CardView, Line, view_of
from issuer.store import StoredCard
from issuer.web.languages import marked as _
from keys import PublicKey

CANCELLED = (
    _("The record was entered in error"),
    _("A corrected card took its place"),
    _("The card was issued to the wrong person"),
    _("The product was recalled or the dose does not count"),
    _("The card was passed on or misused"),
    _("The person asked for it"),
    _("It was taken back"),
    _("The key that signed it was withdrawn"),
)
"""Why a card does not stand, in the words of `issuer.revocation` and `issuer.presentation`, for the catalogs."""


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """One dose or one result. Names of products and outcomes are English; the page says so to screen readers."""

    what: str = field(repr=False)
    date: str = field(repr=False)
    outcome: str = field(repr=False, default="")
    performer: str = field(repr=False, default="")
    lot: str = field(repr=False, default="")
    is_weaker: bool = field(repr=False, default=False)


@dataclass(frozen=True, slots=True)
class ReaderCard:
    """One card, and what its code reveals."""

    view: CardView
    lines: tuple[ReaderLine, ...] = field(repr=False, default=())
    doses: int = 0
    results: int = 0

    @property
    def id(self) -> str:
        """Of the card."""
        return self.view.id

    @property
    def title(self) -> str:
        """Its vaccine group, or its test."""
        return self.view.title

    @property
    def name(self) -> str:
        """Whose it is."""
        return self.view.name

    @property
    def birth_date(self) -> str:
        """As in FHIR."""
        return self.view.birth_date

    @property
    def issued_at(self) -> datetime:
        """When it was signed."""
        return self.view.issued_at

    @property
    def names_places(self) -> bool:
        """Whether the code says who gave a dose or did a test."""
        return any(line.performer for line in self.lines)

    @property
    def names_lots(self) -> bool:
        """Whether the code has lot numbers."""
        return any(line.lot for line in self.lines)


def reader_card(stored: StoredCard, published: Iterable[PublicKey]) -> ReaderCard:
    """A stored card for its holder; one that does not stand has no lines.

    Raises:
        cards.CardError: the stored octets are not what was signed; nothing of them is shown.
    """
    keys = tuple(published)
    view = view_of(stored, keys)
    key = next((key for key in keys if key.kid == stored.kid), None)
    if not view.stands or key is None:
        return ReaderCard(view)
    content = content_of(cards.read(stored.jws).verify(key).bundle)
    pieces = (*map(_of_dose, content.doses), *map(_of_result, content.results))
    lines = tuple(_line(said, *piece) for said, piece in zip(view.lines, pieces, strict=True))
    return ReaderCard(view, lines, len(content.doses), len(content.results))


def _of_dose(dose: Dose) -> tuple[str, str, bool]:
    return dose.performer or "", dose.lot or "", bool(dose.subpotent)


def _of_result(result: Result) -> tuple[str, str, bool]:
    return result.performer or "", "", False


def _line(said: Line, performer: str, lot: str, is_weaker: bool) -> ReaderLine:
    return ReaderLine(said.what, said.date, said.outcome, performer, lot, is_weaker)
