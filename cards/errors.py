"""Why a card was not accepted.

    CardError
    ├── Refused                  the card itself is bad; nothing we could fetch would mend it
    │   ├── MalformedCard            malformed-card
    │   ├── UnsupportedAlgorithm     unsupported-algorithm
    │   ├── BadSignature             bad-signature
    │   ├── NotAHealthCard           not-a-health-card
    │   ├── NotYetValid              not-yet-valid
    │   ├── Expired                  expired
    │   ├── Revoked                  revoked
    │   └── WithdrawnKey             withdrawn-key
    └── CannotDecide             we do not know enough to say yes or no
        ├── UntrustedIssuer          untrusted-issuer
        ├── UnknownKey               unknown-key
        ├── RegistryExpired          registry-expired
        ├── RevocationListMissing    revocation-list-missing
        ├── RevocationListStale      revocation-list-stale
        ├── PerhapsRevoked           perhaps-revoked
        └── ChunksMissing            chunks-missing

    CardTooLarge(ValueError)     issuing: the card does not fit one QR code (not about a scanned card)

The two families never mix: "bad card" turns somebody away, "cannot decide" sends for another proof.
Messages name the rule that was broken and never carry a value out of the card: they end up in logs.
"""

from typing import ClassVar


class CardError(Exception):
    """A card was not accepted. `code` is stable and documented in docs/verification.md."""

    code: ClassVar[str]


class Refused(CardError):
    """The card is bad."""


class CannotDecide(CardError):
    """What we hold does not suffice to judge the card."""


class MalformedCard(Refused):
    """It claims to be a SMART Health Card and breaks the format."""

    code = "malformed-card"


class UnsupportedAlgorithm(Refused):
    """Signed or compressed in a way the specification does not allow (only ES256 and DEF are)."""

    code = "unsupported-algorithm"


class BadSignature(Refused):
    """The signature does not belong to these bytes and this key."""

    code = "bad-signature"


class NotAHealthCard(Refused):
    """Something else: another kind of code, or a credential without the type #health-card."""

    code = "not-a-health-card"


class NotYetValid(Refused):
    """`nbf` lies in the future."""

    code = "not-yet-valid"


class Expired(Refused):
    """`exp` lies in the past."""

    code = "expired"


class Revoked(Refused):
    """The issuer lists this card's `rid` as revoked."""

    code = "revoked"


class WithdrawnKey(Refused):
    """The issuer took the signing key back, or it is known to be compromised."""

    code = "withdrawn-key"


class UntrustedIssuer(CannotDecide):
    """`iss` is not in the registry."""

    code = "untrusted-issuer"


class UnknownKey(CannotDecide):
    """The issuer is known; this key is not among those we have of it."""

    code = "unknown-key"


class RegistryExpired(CannotDecide):
    """The registry is older than its publisher allows it to be used."""

    code = "registry-expired"


class RevocationListMissing(CannotDecide):
    """The issuer revokes cards, and we do not have its list for this key."""

    code = "revocation-list-missing"


class RevocationListStale(CannotDecide):
    """The list we have is older than the one the issuer announces."""

    code = "revocation-list-stale"


class PerhapsRevoked(CannotDecide):
    """A filter hints at a revocation; the exact list is not here yet."""

    code = "perhaps-revoked"


class ChunksMissing(CannotDecide):
    """The card is spread over several codes and not all of them were scanned."""

    code = "chunks-missing"


class CardTooLarge(ValueError):
    """A card to be issued does not fit one QR code of version 22."""
