"""Whose signatures count, pure: issuers by `iss`, keys by (iss, kid), revocation lists by key.

161 real issuers share one `kid`: a key counts for the issuer it is listed under, and for nobody else (requirement C4).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cards import (
    CardRevocationList,
    HealthCard,
    RegistryExpired,
    RevocationListMissing,
    RevocationListStale,
    UnknownKey,
    UntrustedIssuer,
    WithdrawnKey,
)
from keys import PublicKey


@dataclass(frozen=True, slots=True)
class Finding:
    """Something left out, or kept with a remark, and what can be done. `reason` is a stable slug."""

    iss: str
    subject: str
    """A `kid`, "crl <kid>", or "issuer"."""
    reason: str
    remedy: str
    counts: bool = False
    """True for a remark on something that is in."""


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """One issuer of the registry."""

    iss: str
    name: str
    website: str = ""
    sample: bool = False
    """A sample, demo or test issuer: its cards are genuine and worth nothing at a door."""
    keys: Mapping[str, PublicKey] = field(default_factory=dict, repr=False)
    withdrawn: frozenset[str] = frozenset()
    """`kid`s the issuer took back."""
    crls: Mapping[str, CardRevocationList] = field(default_factory=dict, repr=False)
    unreadable_lists: frozenset[str] = frozenset()
    """`kid`s whose list is there and cannot be read."""
    confirmed_at: datetime | None = None
    """When its keys were last read from the issuer itself."""

    def key(self, kid: str) -> PublicKey:
        """Raises WithdrawnKey or UnknownKey."""
        if kid in self.withdrawn:
            raise WithdrawnKey("the issuer took this key back")
        key = self.keys.get(kid)
        if key is not None:
            return key
        raise UnknownKey("the issuer is known, this key of it is not")

    def check_not_revoked(self, card: HealthCard, kid: str) -> None:
        """Requirements D3, D5, D7: an issuer that revokes is believed only with its list at hand.

        Raises:
            Revoked, RevocationListMissing, RevocationListStale.
        """
        announced = self.keys[kid].crl_version
        crl = self.crls.get(kid)
        if crl is not None and card.rid is not None:
            crl.check(card.rid, card.nbf)
        if kid in self.unreadable_lists:
            raise RevocationListMissing("the issuer's revocation list for this key cannot be read")
        if announced is None:
            return
        if crl is None:
            raise RevocationListMissing("the issuer's revocation list for this key is not here")
        if crl.ctr < announced:
            raise RevocationListStale("the issuer has published a newer revocation list")


class TrustRegistry:
    """A fixed set of issuers. Judging a card never changes it."""

    __slots__ = ("_issuers", "expires_at", "findings", "issued_at", "number")

    def __init__(
        self,
        issuers: Iterable[TrustedIssuer],
        *,
        number: int | None = None,
        issued_at: datetime | None = None,
        expires_at: datetime | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        """Args: number, issued_at, expires_at: of a published registry; a bare directory has none."""
        self._issuers = {issuer.iss: issuer for issuer in issuers}
        self.number = number
        self.issued_at = issued_at
        self.expires_at = expires_at
        self.findings = findings

    def __len__(self) -> int:
        return len(self._issuers)

    def __iter__(self) -> Iterator[TrustedIssuer]:
        return iter(self._issuers.values())

    def issuer(self, iss: str) -> TrustedIssuer:
        """Raises UntrustedIssuer. The comparison is exact (requirement I1)."""
        issuer = self._issuers.get(iss)
        if issuer is None:
            raise UntrustedIssuer("the issuer is not in the registry")
        return issuer

    def check_current_at(self, now: datetime) -> None:
        """Raises RegistryExpired once its publisher no longer stands by it."""
        if self.expires_at is not None and now >= self.expires_at:
            raise RegistryExpired("the registry is past its expiry")

    @classmethod
    def from_vci_snapshot(cls, data: bytes | Mapping[str, Any]) -> "TrustRegistry":
        """A registry from `{"issuerInfo":[{"issuer":{…},"keys":[…],"crls":[…]}]}`; sets no maximum age.

        Raises:
            trust_registry.NotADirectory: not that shape at all. Bad entries in it are left out as `findings`.
        """
        from trust_registry.directory import read_snapshot

        entries, findings = read_snapshot(data)
        return cls((entry.trusted() for entry in entries), findings=tuple(findings))
