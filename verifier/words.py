"""One table from code to words: what staff read about a card, and what they can do.

Each sentence says what is the case, `todo` what to do about it. No word depends on what stands on the card.
`{issuer}` is the name from our registry, never one from the card (requirement J12).
"""

from dataclasses import dataclass
from types import MappingProxyType

VENUE = "Ask for another proof, or follow your venue’s rule."
ANOTHER = "Do not rely on this card. Ask for another proof."


@dataclass(frozen=True, slots=True)
class Words:
    """One word, what is the case, what to do."""

    word: str
    sentence: str
    todo: str


ACCEPTED = Words(
    "Accepted",
    "{issuer} signed this card, and it still stands.",
    "Compare the name and birth date with a photo ID.",
)
SAMPLE = Words(
    "Sample",
    "This card is for tests and demonstrations. It proves nothing about anybody.",
    "Ask for the guest’s real card.",
)

NO_CARD = "no-card"
"""The code of an answer about no card at all."""
NOTHING = Words("No card", "There is no card in it.", "Ask for the code or the file of a SMART Health Card.")

BY_CODE = MappingProxyType(
    {
        "malformed-card": Words(
            "Rejected",
            "This code claims to be a health card, but it is damaged or wrongly made.",
            "Scan it again, straight and sharp. If this comes up again, the guest needs a new copy of the card.",
        ),
        "unsupported-algorithm": Words(
            "Rejected", "This card is signed in a way that no health card is. It cannot be genuine.", ANOTHER
        ),
        "bad-signature": Words(
            "Rejected",
            "The signature does not fit. The card was changed after it was signed, or {issuer} never signed it.",
            ANOTHER,
        ),
        "not-a-health-card": Words(
            "No card",
            "This is {kind}, not a health card.",
            "Ask for the code of a SMART Health Card.",
        ),
        "not-yet-valid": Words(
            "Rejected",
            "This card is dated in the future, so it does not count yet.",
            "Ask for another proof. If this happens with every card, this verifier’s clock is wrong.",
        ),
        "expired": Words("Rejected", "This card has run out. {issuer} put an end date on it.", "Ask for a newer card."),
        "revoked": Words(
            "Rejected",
            "{issuer} took this card back.",
            "Do not rely on it. The guest may have a newer card from {issuer}: ask for that one.",
        ),
        "withdrawn-key": Words(
            "Rejected",
            "{issuer} took back the key that signed this card, so nobody can tell any more who made it.",
            "Ask for a newer card from {issuer}.",
        ),
        "untrusted-issuer": Words(
            "Undecided", "We cannot tell whether this card is genuine: its issuer is not on our list.", VENUE
        ),
        "unknown-key": Words(
            "Undecided",
            "We cannot tell whether this card is genuine: {issuer} is on our list, but this signing key is not.",
            VENUE,
        ),
        "registry-expired": Words(
            "Undecided",
            "Our list of issuers is too old to rely on. The card itself may be good.",
            "Tell whoever runs this verifier to bring the list up to date. " + VENUE,
        ),
        "revocation-list-missing": Words(
            "Undecided",
            "We could not check whether this card was taken back: we do not have that list of {issuer}.",
            VENUE,
        ),
        "revocation-list-stale": Words(
            "Undecided",
            "We could not check whether this card was taken back: {issuer} has a newer list than ours.",
            VENUE,
        ),
        "perhaps-revoked": Words(
            "Undecided",
            "This card may have been taken back. We cannot tell for sure until {issuer}’s full list is here.",
            VENUE,
        ),
        "chunks-missing": Words(
            "Incomplete",
            "This card is spread over several codes, and not all of them were scanned.",
            "Scan the other codes of this card, in any order.",
        ),
    }
)

KINDS = MappingProxyType(
    {
        "smart-health-link": (
            "a link to health records (SMART Health Link)",
            "Ask the guest to open the link and to show the card itself.",
        ),
        "eu-or-who-certificate": (
            "an EU or WHO health certificate",
            "This verifier does not read those. " + VENUE,
        ),
        "german-check-in": ("a check-in code for an event or a place", ""),
        "icao-visible-seal": ("a travel health proof of the ICAO kind", "This verifier does not read those. " + VENUE),
        "mobile-driving-licence": ("a mobile driving licence", ""),
        "driving-licence": ("a driving licence", "It can serve to compare the name. Ask for the health card as well."),
        "openid-credential": ("an invitation to a digital wallet", ""),
        "wifi": ("the code for a Wi-Fi network", ""),
        "contact": ("somebody’s contact details", ""),
        "calendar": ("a calendar entry", ""),
        "payment": ("a code for a payment", ""),
        "phone-number": ("a phone number", ""),
        "e-mail": ("an e-mail address", ""),
        "place": ("a place on the map", ""),
        "web-address": ("a web address", ""),
        "boarding-pass": ("a boarding pass", ""),
        "number": ("a number", ""),
        "text": ("some other text", ""),
        "nothing": ("an empty code", ""),
    }
)
"""What another kind of code is, by `verifier.recognise`, and what to do where there is something better to say."""


def words_of(code: str | None, *, sample: bool, issuer: str | None, found: str | None) -> Words:
    """The words for a verdict. `code` None means accepted."""
    words = BY_CODE[code] if code else SAMPLE if sample else ACCEPTED
    kind, todo = KINDS.get(found or "text", KINDS["text"])
    if code == "not-a-health-card" and found is None:
        kind = "another kind of signed document"
    values = {"issuer": issuer or "the issuer", "kind": kind}
    todo = todo if found and todo else words.todo
    sentence = words.sentence.format(**values)
    if issuer is None:
        sentence = sentence[0].upper() + sentence[1:]
    return Words(words.word, sentence, todo.format(**values))
