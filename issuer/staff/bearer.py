"""What the text behind `Authorization: Bearer` stands for: a system's access token, or the deployment's own token."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from issuer.rights import Actor
from issuer.staff.people import Client
from issuer.staff.tokens import digest

OPERATOR = Actor("operator", "operator")


class TokensOf(Protocol):
    """What this module asks of the store."""

    def by_token(self, token_hash: str, now: datetime) -> tuple[Client, tuple[str, ...]] | None:
        """Whose access token this is, for which scopes."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token it is. `scopes` is None where nothing limits it (the deployment's own token)."""

    actor: Actor
    scopes: tuple[str, ...] | None


class Tokens:
    """Bearer tokens of both kinds."""

    def __init__(self, clients: TokensOf, api_token: str) -> None:
        self._clients = clients
        self._api_token = hashlib.sha256(api_token.encode()).digest()

    def bearer(self, text: str, now: datetime) -> Bearer | None:
        """The owner of a token that stands; None for any other text."""
        given = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        if hmac.compare_digest(given, self._api_token):
            return Bearer(OPERATOR, None)
        found = self._clients.by_token(digest(text), now)
        return None if found is None else Bearer(found[0].actor(), found[1])

    def token_actor(self, text: str, now: datetime) -> Actor | None:
        """Who acts with a token; None where it opens nothing."""
        found = self.bearer(text, now)
        return None if found is None else found.actor
