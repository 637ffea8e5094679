"""What may be signed is a policy, as data. Pure.

    unsigned = why_not_signed(event, SigningPolicy())     # None: a card is made

Whether a dose counts is another question (`issuer.plausibility.judge`): a dose given too early was given, and a card
says what was given. A department that wants it otherwise makes a policy of its own; a page or a message never does.
"""

from dataclasses import dataclass
from typing import Final

from issuer.intake.findings import finding
from issuer.intake.proposal import Dose, Event, Finding
from issuer.plausibility.signed_tests import SIGNED_TESTS

EVIDENCE: Final = frozenset({"02", "03", "05", "06", "07", "08", "provider", "record", "school", "jurisdiction"})
"""What a historical dose may be signed on. Of CDC's table NIP001: another provider (02), the parent's *written* record
(03), another registry (05), birth certificate (06), school record (07), public agency (08); of FHIR R4
immunization-origin the same. Not: 01, source unspecified; 04 and `recall`, what somebody remembers. Source: ACIP
General Best Practice Guidelines, vaccination records: only written, dated records are evidence of vaccination."""
EVIDENCE_SOURCE: Final = "CDC table NIP001; ACIP General Best Practice Guidelines, vaccination records"
POLICY_SOURCE: Final = "the department's signing policy"


@dataclass(frozen=True, slots=True)
class SigningPolicy:
    """What a deployment signs. The defaults are meant to be safe to show to a stranger."""

    administered: bool = True
    """Doses that the sender gave itself."""
    evidence: frozenset[str] = EVIDENCE
    """Kinds of evidence with which a historical dose is signed; empty: none is."""
    tests: frozenset[str] = frozenset(SIGNED_TESTS)
    """LOINC codes of the tests whose results are signed."""
    statuses: frozenset[str] = frozenset({"final", "amended", "corrected"})
    """Of a result. There is no policy that signs a self-test or a dose that was not given."""


def why_not_signed(event: Event, policy: SigningPolicy) -> Finding | None:
    """The reason why no card is made of a dose or result; None where one is."""
    if isinstance(event, Dose):
        if event.status != "completed":
            return finding("unsigned-not-given", "event.status", POLICY_SOURCE)
        if event.administered and policy.administered:
            return None
        if not event.administered and event.evidence in policy.evidence:
            return None
        return finding("unsigned-no-evidence", "event.evidence", EVIDENCE_SOURCE)
    if event.self_test:
        return finding("unsigned-self-test", "event", POLICY_SOURCE)
    if event.status not in policy.statuses:
        return finding("unsigned-status", "event.status", POLICY_SOURCE)
    if event.code not in policy.tests:
        return finding("unsigned-test", "event.code", POLICY_SOURCE)
    return None
