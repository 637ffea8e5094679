"""Which cards a link carries. Pure.

A link of some groups carries the cards of those groups; each dose on a card counts for the group that its title names
first, so a card is taken by that one and never by a group of which it holds only one dose among others. A link that
does not follow carries the records that were there when it was made, on whatever card they stand now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cards.encoding import read_json, write_json
from issuer.store.cards import StoredCard

BETWEEN_TITLES = "; "
"""Between the names of the groups that one card stands for (`issuer.grouping`)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What its holder wants in a link."""

    titles: tuple[str, ...] = field(default=(), repr=False)
    """Names of vaccine groups and tests; none for everything."""

    @property
    def is_everything(self) -> bool:
        """Whether nothing was left out."""
        return not self.titles

    def text(self) -> str:
        """For the table: JSON, or "" for everything."""
        return write_json(list(self.titles)).decode() if self.titles else ""


def read_choice(text: str) -> Choice:
    """What `Choice.text` wrote."""
    return Choice(tuple(str(one) for one in read_json(text.encode())) if text else ())


def titles_of(card: StoredCard) -> tuple[str, ...]:
    """The groups that a card stands for, the one first that all of its doses are of; without "(1 of 2)"."""
    return tuple(_without_part(card.title).split(BETWEEN_TITLES))


def offered(cards: Iterable[StoredCard]) -> tuple[str, ...]:
    """What can be chosen of these cards: their titles, each once."""
    return tuple(dict.fromkeys(_without_part(card.title) for card in handed_out(cards)))


def chosen(titles: Iterable[str]) -> Choice:
    """The choice of some cards by their titles, as `offered` has them."""
    return Choice(tuple(dict.fromkeys(one for title in titles for one in title.split(BETWEEN_TITLES))))


def handed_out(cards: Iterable[StoredCard]) -> tuple[StoredCard, ...]:
    """The cards that stand and were not superseded."""
    return tuple(card for card in cards if card.revoked_at is None and card.superseded_at is None)


def carried(choice: Choice, records: Sequence[str] | None, cards: Iterable[StoredCard]) -> tuple[StoredCard, ...]:
    """The cards behind a link, of all of a person's: none that was taken back.

    Args:
        records: those it may carry; None for a link that follows.
    """
    of_choice = [card for card in cards if choice.is_everything or titles_of(card)[0] in choice.titles]
    if records is None:
        return handed_out(of_choice)
    fixed = frozenset(records)
    return _largest([card for card in of_choice if card.revoked_at is None and record_ids(card) <= fixed])


def record_ids(card: StoredCard) -> frozenset[str]:
    """The records on a card, whatever version of them."""
    return frozenset(ref.split(".")[0] for ref in card.refs if "." in ref)


def _largest(cards: Sequence[StoredCard]) -> tuple[StoredCard, ...]:
    """Without those whose records all stand on another one of them; of two that say the same, the later one."""
    kept: list[StoredCard] = []
    for card in sorted(cards, key=lambda one: (-len(record_ids(one)), -one.issued_at.timestamp())):
        if not any(record_ids(card) <= record_ids(other) for other in kept):
            kept.append(card)
    return tuple(sorted(kept, key=lambda one: (one.issued_at, one.title)))


def _without_part(title: str) -> str:
    """A card with too many doses for one code is several: "COVID-19 (1 of 2)"."""
    name, _, rest = title.rpartition(" (")
    numbers = rest.removesuffix(")").split(" of ")
    is_part = bool(name) and rest.endswith(")") and len(numbers) == 2 and all(one.isdecimal() for one in numbers)
    return name if is_part else title
