"""Who sends, and for which facilities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from issuer.rights import Actor, Forbidden
from issuer.staff.scopes import covers


@dataclass(frozen=True, slots=True)
class Peer:
    """Who connected."""

    address: str
    fingerprint: str = ""
    """SHA-256 of the client's certificate, in lower-case hexadecimal; "" without TLS."""
    subject: str = ""
    """The common name of the client's certificate; "" without one."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A clinic's or laboratory's system, bound to its facilities."""

    actor: Actor
    facilities: Mapping[str, str]
    """Codes as they stand in MSH-4 and RXA-11.4 (namespace or universal id), each with the clinic's id."""
    scopes: Sequence[str] | None = None
    """What the token reaches (SMART: `system/Immunization.c`); None where nothing limits the sender."""

    def check_reaches(self, scopes: Iterable[str]) -> None:
        """Raises Forbidden where the token does not reach all of these."""
        missing = [] if self.scopes is None else [one for one in scopes if not covers(self.scopes, one)]
        if missing:
            raise Forbidden("the token does not reach " + ", ".join(sorted(set(missing))))

    def from_address(self, address: str) -> "Sender":
        """The sender, connected from there: the audit log keeps it."""
        return replace(self, actor=replace(self.actor, origin=address))

    def at(self, clinic_id: str) -> "Sender":
        """A system acting for the clinic of one of its facilities: it is bound to that clinic as well as to its own."""
        if self.actor.role != "system" or self.actor.clinic_id == clinic_id:
            return self
        return replace(self, actor=replace(self.actor, clinic_id=clinic_id))

    def clinic_of(self, codes: Sequence[str]) -> str | None:
        """The clinic of a facility that goes by these codes (HD: namespace id, universal id).

        None where none is this sender's, or where the codes contradict each other: one may not borrow a namespace of
        its own to speak for somebody else's universal id.
        """
        found = [self.facilities.get(code) for code in codes if code]
        clinics = {clinic for clinic in found if clinic is not None}
        return clinics.pop() if len(clinics) == 1 else None
