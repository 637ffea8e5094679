"""What has to happen so that all cards of a person, also those in a drawer, say what the records say. Pure.

`issuer.card_making.CardMaker` decides on the cards that are handed out. Cards that a larger one took the place of are
still in people's hands and still accepted: when a record on one of them changes they are taken back as well; and when
what remains is just what one of them says, that one is handed out again instead of a new one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from issuer.card_making import CORRECTED, CardMaker
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.store import CardChanges, StoredCard


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is to become of cards, in one transaction."""

    changes: CardChanges = field(default_factory=CardChanges)
    revived: tuple[str, ...] = ()
    """Cards that a larger one had taken the place of, and that say again what is so."""

    def __bool__(self) -> bool:
        return bool(self.changes or self.revived)


def renewal(
    maker: CardMaker,
    person: HeldPerson,
    records: Iterable[HeldRecord],
    everything: Sequence[StoredCard],
    performers: Mapping[str, str],
    now: datetime,
    reason: str = CORRECTED,
) -> Renewal:
    """Of one person. Where there was no card, one is made.

    Args:
        everything: all of the person's cards, oldest first: also those taken back and those superseded.
        performers: display name of each clinic.
    Raises:
        issuer.card_making.DoseTooLarge, issuer.signing.UnreadableCard.
    """
    made = maker.changes(person, records, everything, performers, now, reason)
    if not made:
        return Renewal()
    return Renewal(CardChanges(made.new, made.superseded, made.revoked, made.reason), made.again)


def joined(many: Iterable[Renewal], reason: str = CORRECTED) -> Renewal:
    """Of several persons as one, so that each list's `ctr` goes up once for all of them."""
    whole = list(many)
    changes = CardChanges(
        tuple(card for one in whole for card in one.changes.new),
        tuple(card_id for one in whole for card_id in one.changes.superseded),
        tuple(card_id for one in whole for card_id in one.changes.revoked),
        reason,
    )
    return Renewal(changes, tuple(card_id for one in whole for card_id in one.revived))
