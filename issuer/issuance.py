"""Sign one record as one card.

Storing and delivering it are the caller's business (`issuer.service`): what is to be delivered is stored first.
"""

import hashlib
import hmac
from datetime import datetime

from cards.encoding import b64url_encode
from cards.shc.card import is_issuer_url, sign
from cards.signing import SigningKey
from issuer.records import IssuedCard, Record

RID_OCTETS = 8
RID_SECRET_OCTETS = 32


class Issuer:
    """One `iss`, the key that signs now, and the secret behind its revocation ids."""

    __slots__ = ("_key", "_rid_secret", "iss")

    def __init__(self, iss: str, key: SigningKey, rid_secret: bytes) -> None:
        """Raises ValueError where `iss` is no issuer URL or the secret is shorter than 256 bits."""
        if not is_issuer_url(iss):
            raise ValueError("iss must be an https URL without trailing slash, query or fragment")
        if len(rid_secret) < RID_SECRET_OCTETS:
            raise ValueError(f"the rid secret needs {RID_SECRET_OCTETS} octets")
        self.iss = iss
        self._key = key
        self._rid_secret = rid_secret

    def issue(self, record: Record, now: datetime) -> IssuedCard:
        """The card for `record`. The same record, key and second give the same octets (RFC 6979).

        Raises:
            cards.CardTooLarge: it does not fit one QR code of version 22.
        """
        kid = self._key.kid
        rid = self.rid(kid, record.card_id)
        jws = sign(self._key, iss=self.iss, nbf=int(now.timestamp()), bundle=record.text, rid=rid)
        return IssuedCard(jws, kid, rid, record.card_id)

    def rid(self, kid: str, card_id: str) -> str:
        """The card's own revocation id: 64 bits of HMAC-SHA-256(secret, kid ‖ card id) (requirement D1).

        Its own, not its holder's: revoking a card must not revoke the one that replaces it.
        """
        digest = hmac.digest(self._rid_secret, f"{kid}{card_id}".encode(), hashlib.sha256)
        return b64url_encode(digest[:RID_OCTETS])
