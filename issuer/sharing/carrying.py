"""The cards behind a link at this moment, from the store: the same for who opens it and for its holder's page."""

from datetime import datetime
from typing import TYPE_CHECKING

from issuer.rights import Actor
from issuer.sharing.choice import carried, read_choice
from issuer.sharing.kept import Secret
from issuer.store import shares
from issuer.store.cards import StoredCard, all_cards_of
from issuer.store.shares import Share

if TYPE_CHECKING:
    from issuer.service import IssuerService


def carried_now(
    service: "IssuerService", share: Share, secret: Secret, now: datetime, actor: Actor
) -> tuple[StoredCard, ...]:
    """What was not signed yet is signed; what a withdrawn key signed is left out; nothing where nobody is left.

    Raises:
        StorageFull, StorageBusy, UnreadableCard, KeyStoreError.
    """
    with service.store.reading() as connection:
        owner = shares.owner_of(connection, share.person_id)
    if owner is None:
        return ()
    service.cards_of_person(owner.person_id, now, actor)
    with service.store.reading() as connection:
        cards = all_cards_of(connection, owner.person_id)
    published = {key.kid for key in service.keys.published()}
    return carried(read_choice(share.groups), secret.records, [card for card in cards if card.kid in published])
