"""Faults that the issuer finds beside those of the profiles: what was sent, not what may stand on a card.

Both tables together are documented in docs/issuance.md. Texts never carry a value out of a record.
"""

from collections.abc import Sequence

from cards.shc.profiles import PROFILE_FAULTS, Fault, Severity

ISSUER_FAULTS: dict[str, tuple[Severity, str, str]] = {
    "json-malformed": (
        "error",
        "This is not one strict JSON text.",
        "Send UTF-8 without byte order mark, each member once, at most 64 levels deep.",
    ),
    "bundle-kind": (
        "error",
        "We do not read bundles of this type.",
        "Send a Bundle of type collection, document, transaction or batch.",
    ),
    "entries-too-many": ("error", "The bundle has more than 500 entries.", "Send one person's record at a time."),
    "entry-empty": ("error", "The entry has no resource.", "Send the resource itself."),
    "entry-not-created": (
        "error",
        "The entry asks to delete or patch a resource.",
        "Send whole resources to be certified. To take a card back, revoke it.",
    ),
    "required-missing": ("error", "This is required and missing.", "Send it; what is not known cannot be certified."),
    "fhir-structure": ("error", "FHIR R4 does not allow this here.", "Send it as FHIR R4 (4.0.1) defines it."),
    "contained-reference": (
        "error",
        "It refers to a resource contained in itself.",
        "Send the Patient as an entry of its own and refer to its fullUrl.",
    ),
    "date-in-future": ("error", "The date lies in the future.", "Correct the date; plans cannot be certified."),
    "person-mismatch": (
        "error",
        "The date of birth is not that of the person this record was sent for.",
        "Check whose record it is; send a corrected date of birth as a new person.",
    ),
    "card-too-large": (
        "error",
        "This single dose or result does not fit one QR code.",
        "Shorten the name, the performer or the lot number.",
    ),
    "resource-left-out": (
        "warning",
        "A resource of this type is not certified; it was left out.",
        "Nothing, unless it was meant to be a vaccination or a test result.",
    ),
}

ALL_FAULTS = {**PROFILE_FAULTS, **ISSUER_FAULTS}


def issuer_fault(code: str, path: str) -> Fault:
    """The fault of the table at a place."""
    severity, message, remedy = ISSUER_FAULTS[code]
    return Fault(path, code, severity, message, remedy)


class InvalidBundle(ValueError):
    """The bundle cannot be certified. Carries every fault found; nothing was recorded."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        codes = sorted({fault.code for fault in faults if fault.severity == "error"})
        super().__init__("the bundle cannot be certified: " + ", ".join(codes))
        self.faults = tuple(faults)

    def in_order(self) -> list[Fault]:
        """Errors first, each kind in the order of the bundle."""
        return sorted(self.faults, key=lambda found: found.severity != "error")
