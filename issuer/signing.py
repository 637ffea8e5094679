"""From a checked submission to signed cards: each read back as a verifier will before anybody gets it."""

from collections.abc import Callable
from datetime import datetime

import cards
from cards import CardTooLarge
from cards.encoding import b64url_decode, inflate, write_json
from issuer.faults import InvalidBundle, issuer_fault
from issuer.fhir import Submission
from issuer.grouping import Draft, drafts_of, fitted
from issuer.issuance import Issuer
from issuer.records import IssuedCard, Record
from keys import PublicKey


class UnreadableCard(RuntimeError):
    """A card just signed does not read back as what was to be signed. Nothing of it was stored or delivered."""


def signed_cards(
    submission: Submission, issuer: Issuer, key: PublicKey, new_id: Callable[[], str], now: datetime
) -> list[tuple[str, IssuedCard]]:
    """(title, card) of every card of a submission.

    Args:
        key: the public half of the key that signs, to read the cards back with.
        new_id: chooses a card's id before it is signed.
    Raises:
        InvalidBundle: one dose or result alone is too large for a QR code.
        UnreadableCard: a card does not read back.
    """

    def make(draft: Draft) -> tuple[str, IssuedCard]:
        record = Record(new_id(), draft.bundle(), draft.title)
        try:
            issued = issuer.issue(record, now)
        except CardTooLarge:
            if len(draft.resources) > 1:
                raise
            path = submission.path_of(draft.resources[0])
            raise InvalidBundle([issuer_fault("card-too-large", path)]) from None
        check_reads_back(issued, record, issuer.iss, key)
        return draft.title, issued

    return [made for draft in drafts_of(submission) for made in fitted(draft, make)]


def check_says(issued: IssuedCard, record: Record, iss: str) -> None:
    """The quick half of `check_reads_back`, for batches: the payload, inflated again, holds the record and its rid.

    The signature is OpenSSL's over these octets, with a key whose first card of the batch was verified; whoever is
    handed a card has it verified once more (`issuer.presentation.view_of`).

    Raises:
        UnreadableCard: it says anything but what was to be signed.
    """
    payload = inflate(b64url_decode(issued.jws.split(".")[1]))
    whole = payload.startswith(b'{"iss":%s,' % write_json(iss)) and payload.endswith(
        b'"fhirBundle":%s},"rid":%s}}' % (record.text, write_json(issued.rid))
    )
    if not whole:
        raise UnreadableCard("a card just signed says something else than its record")


def check_reads_back(issued: IssuedCard, record: Record, iss: str, key: PublicKey) -> None:
    """Read a card just signed the way a verifier will.

    Raises:
        UnreadableCard: it says anything but what was to be signed.
    """
    try:
        card = cards.read(issued.jws).verify(key)
    except cards.CardError as error:
        raise UnreadableCard(f"a card just signed was refused: {error.code}") from None
    if (card.iss, card.kid, card.rid) != (iss, issued.kid, issued.rid) or write_json(card.bundle) != record.text:
        raise UnreadableCard("a card just signed says something else than its record")
