"""The store, by subject. Rows stay here; frozen values come out.

One transaction holds everything that belongs together: a change, its cards and revocations, its line in the audit log.
"""

from issuer.store.cards import FIRST_CTR, CardChanges, CardRevoked, DuplicateCard, Store, StoredCard

__all__ = ["FIRST_CTR", "CardChanges", "CardRevoked", "DuplicateCard", "Store", "StoredCard"]
