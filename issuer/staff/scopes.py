"""Scopes of clinics' systems: `system/Immunization.c`, `system/Patient.rs`.

Source: HL7 SMART App Launch 2.2, "Scopes for requesting FHIR Resources": context/Resource.cruds, the letters in this
order; version 1 spelled them `.read`, `.write` and `.*`, which is understood.
"""

import re
from collections.abc import Iterable

RESOURCES = ("Immunization", "Observation", "Patient", "DiagnosticReport", "Bundle")
LETTERS = "cruds"
SUPPORTED: tuple[str, ...] = (
    "system/Immunization.cruds",
    "system/Observation.cruds",
    "system/DiagnosticReport.c",
    "system/Patient.crus",
    "system/Bundle.c",
)
"""What a client may be registered for at all; published in `/.well-known/smart-configuration`."""

_SCOPE = re.compile(r"system/([A-Za-z]+|\*)\.(read|write|\*|c?r?u?d?s?)")
_OLD = {"read": "rs", "write": "cud", "*": LETTERS}


def read_scopes(text: str) -> dict[str, str]:
    """Resource -> letters. What is no scope of a system is left out: the intersection decides."""
    found: dict[str, set[str]] = {}
    for word in text.split():
        matched = _SCOPE.fullmatch(word)
        if matched is None or not matched[2]:
            continue
        for resource in RESOURCES if matched[1] == "*" else (matched[1],):
            found.setdefault(resource, set()).update(_OLD.get(matched[2], matched[2]))
    return {resource: _ordered(letters) for resource, letters in found.items()}


def intersection(requested: str, registered: Iterable[str]) -> tuple[str, ...]:
    """What is granted: the letters both name, in the order of the request."""
    asked, held = read_scopes(requested), read_scopes(" ".join(registered))
    common = {resource: _ordered(set(letters) & set(held.get(resource, ""))) for resource, letters in asked.items()}
    return tuple(f"system/{resource}.{letters}" for resource, letters in common.items() if letters)


def covers(granted: Iterable[str], needed: str) -> bool:
    """Whether granted scopes hold every letter of the needed one."""
    held = read_scopes(" ".join(granted))
    return all(set(letters) <= set(held.get(resource, "")) for resource, letters in read_scopes(needed).items())


def _ordered(letters: Iterable[str]) -> str:
    return "".join(sorted(set(letters), key=LETTERS.index))
