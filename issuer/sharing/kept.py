"""What is kept of a link, sealed: its token, its key, and, where its content is fixed, the records it may carry.

    sealed = seal_secret(vault, share_id, Secret(token, key, records), random)
    secret = open_secret(vault, share)                         # issuer.staff.tokens.Unsealable

Whoever steals the table alone opens no link. The passcode is kept as `cards.shlink.passcode` makes it, as one text.
"""

from dataclasses import dataclass, field

from cards.encoding import b64url_decode, b64url_encode, read_json, write_json
from cards.errors import MalformedCard
from cards.shlink.passcode import KeptPasscode
from issuer.staff.tokens import Random, Unsealable, seal, unseal
from issuer.store.shares import Share

_SCRYPT = "scrypt"


@dataclass(frozen=True, slots=True)
class Secret:
    """What only the link's own text says, and this service when its holder asks."""

    token: str = field(repr=False)
    """The last part of its address: 256 random bits."""
    key: bytes = field(repr=False)
    """Seals every file of the link."""
    records: tuple[str, ...] | None = None
    """Ids of the records that stood on the cards when it was made; None for a link that follows what comes later."""

    @property
    def follows(self) -> bool:
        """Whether it is a long-term link (flag L)."""
        return self.records is None


def seal_secret(vault: bytes, share_id: str, secret: Secret, random: Random) -> bytes:
    """Sealed for this link's row: in another row it does not open."""
    members = {"token": secret.token, "key": b64url_encode(secret.key), "records": secret.records}
    said = {name: list(one) if isinstance(one, tuple) else one for name, one in members.items() if one is not None}
    return seal(vault, write_json(said), _owner(share_id), random)


def open_secret(vault: bytes, share: Share) -> Secret:
    """What was sealed.

    Raises:
        Unsealable: with another deployment's secret, or altered. The link opens nothing.
    """
    try:
        said = read_json(unseal(vault, share.secret, _owner(share.id)))
        records = said.get("records")
        return Secret(said["token"], b64url_decode(said["key"]), None if records is None else tuple(records))
    except (MalformedCard, KeyError, TypeError, AttributeError):
        raise Unsealable("a link's secret is not what was sealed") from None


def passcode_text(kept: KeptPasscode) -> str:
    """One text for the table."""
    return f"{_SCRYPT}${b64url_encode(kept.salt)}${b64url_encode(kept.digest)}"


def read_passcode(text: str | None) -> KeptPasscode | None:
    """What `passcode_text` wrote; None where the link has none.

    Raises:
        Unsealable: it is of some other form. The link opens nothing.
    """
    if text is None:
        return None
    try:
        kind, salt, digest = text.split("$")
        if kind != _SCRYPT:
            raise ValueError
        return KeptPasscode(b64url_decode(salt), b64url_decode(digest))
    except (MalformedCard, ValueError):
        raise Unsealable("a link's passcode is not of the form it is kept in") from None


def _owner(share_id: str) -> str:
    return f"share:{share_id}"
