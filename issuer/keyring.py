"""The key that signs, opened once.

Opening a sealed key behind a passphrase costs 0.2 s (Argon2id) and a card some 0.1 ms. The store's list of lives is
read for every record all the same: a key that was rotated or withdrawn meanwhile never signs again.
"""

from threading import Lock

from keys import PublicKey
from keys.private import PrivateKey
from keys.store import KeyStore


class Keyring:
    """A `KeyStore` that remembers the opened active key."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._opened: PrivateKey | None = None
        self._lock = Lock()

    def active(self) -> PrivateKey:
        """The key that signs now. Raises keys.store.KeyStoreError where there is none or it does not open."""
        kid = next((record.kid for record in self._store.records() if record.state == "active"), None)
        with self._lock:
            if self._opened is None or self._opened.kid != kid:
                self._opened = self._store.active()
            return self._opened

    def known(self) -> tuple[PublicKey, ...]:
        """Every key this issuer ever had, to read its own old cards with."""
        return self._store.known()

    def published(self) -> tuple[PublicKey, ...]:
        """The keys that verifiers get to see."""
        return self._store.published()
