"""Whose signatures count: the trust registry.

Read from directories and by hand, published as one signed, numbered, dated, expiring file. It refuses to learn an
issuer from a card, to let one bad entry spoil the list, and to go back to an older number.

    registry = TrustRegistry.from_vci_snapshot(octets)     # trust_registry.directory
    issuer = registry.issuer(card.iss)                     # UntrustedIssuer
    key = issuer.key(card.kid)                             # UnknownKey, WithdrawnKey
    registry.findings                                      # what was left out, and why
"""

from trust_registry.directory import Entry, NotADirectory
from trust_registry.registry import Finding, TrustedIssuer, TrustRegistry

__all__ = ["Entry", "Finding", "NotADirectory", "TrustRegistry", "TrustedIssuer"]
