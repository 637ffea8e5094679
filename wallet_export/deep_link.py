"""Links that hand cards to an app on the same phone (requirements F6 and F7).

The card stands behind the `#`: a browser does not send that part to any server. It stays in the phone's history, so a
link is for the person whose card it is, never for a log, a message to somebody else, or a redirect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from cards.encoding import write_json
from cards.shc import numeric

PATH_ENDING = "/SMARTHealthCard/"
APPLE_HEALTH = "https://redirect.health.apple.com/SMARTHealthCard/#"
"""Seen in public code, not in the specification: the digits follow, not JSON; WebKit matches this very text."""


def app_link(base: str, cards: Sequence[str]) -> str:
    """The specification's form: `base#` and URL-encoded `{"verifiableCredential":[…]}` ("via Deep Link").

    Args:
        base: the app's https address; it should end with `/SMARTHealthCard/`, and here it must.
        cards: JWS texts.

    Raises:
        ValueError: the base is not https, does not end as it should, or carries a query or fragment; no card.
    """
    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("deep link: the base must be an https address")
    if not parts.path.endswith(PATH_ENDING) or not base.endswith(PATH_ENDING):
        raise ValueError(f"deep link: the base must end with {PATH_ENDING}")
    if parts.query or "@" in parts.netloc:
        raise ValueError("deep link: the base must carry no query and no user name")
    if not cards:
        raise ValueError("deep link: there is no card to carry")
    return f"{base}#{quote(write_json({'verifiableCredential': list(cards)}), safe='')}"


def apple_health_link(jws: str) -> str:
    """The link that an iPhone opens in Apple Health: one card, in its numeric form.

    Raises:
        MalformedCard: not the compact form of a JWS.
    """
    return APPLE_HEALTH + numeric.encode(jws).removeprefix(numeric.PREFIX)


@dataclass(frozen=True, slots=True)
class HealthAppOffer:
    """What the page says about Apple's Health app: what it takes changes with Apple, so it is data, not code.

    As published by Apple for iOS 15 and later: Health stores SMART Health Cards with vaccinations and laboratory
    results (HealthKit's credential types `immunization` and `laboratory`). A deployment replaces any of it.
    """

    label: str = "Add to Apple Health"
    """On the button; Apple's name for it."""
    takes: frozenset[str] = frozenset({"immunization", "laboratory"})
    """Kinds of card the app takes."""
    hint: str = "For an iPhone or iPad with iOS 15 or later. The Health app shows you the card before it keeps it."
    not_taken: str = "Apple Health does not take this kind of card today. Save the picture or the file instead."
    base: str = APPLE_HEALTH
    """Empty takes the offer off the page."""


TODAY = HealthAppOffer()


@dataclass(frozen=True, slots=True)
class HealthAppLink:
    """A button and what stands beneath it."""

    label: str
    hint: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotOffered:
    """Why there is no button; in words for the page, "" where nothing need be said."""

    reason: str


def health_app_link(jws: str, kind: str, offer: HealthAppOffer = TODAY) -> HealthAppLink | NotOffered:
    """The button for a card, or why there is none.

    Args:
        kind: "immunization" or "laboratory": what stands on the card.

    Raises:
        MalformedCard: not the compact form of a JWS.
        ValueError: the configured base is no https address that ends in `#`.
    """
    if not offer.base:
        return NotOffered("")
    if not offer.base.startswith("https://") or not offer.base.endswith("#"):
        raise ValueError("deep link: the base for Apple Health must be an https address that ends in #")
    if kind not in offer.takes:
        return NotOffered(offer.not_taken)
    return HealthAppLink(offer.label, offer.hint, offer.base + numeric.encode(jws).removeprefix(numeric.PREFIX))
