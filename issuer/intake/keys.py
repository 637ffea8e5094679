"""Keys that make a record the same one when it is sent again. Hashed: an index of them says nothing about anybody."""

import base64
import hashlib

KEY_OCTETS = 16
_SEPARATOR = "\x1f"
"""Stands in no text of a record (the checker refuses control characters): parts cannot run into each other."""


def hashed(letter: str, *parts: str) -> str:
    """A letter for the kind of key and 128 bits of SHA-256 over the parts: 23 characters."""
    digest = hashlib.sha256(_SEPARATOR.join(parts).encode("utf-8", "surrogatepass")).digest()
    return letter + base64.urlsafe_b64encode(digest[:KEY_OCTETS]).decode().rstrip("=")


def record_key(person_id: str, clinic_id: str, kind: str, system: str, code: str, moment: str) -> str:
    """One person gets one product from one clinic once a day; one test has one result at a moment."""
    return hashed("r", person_id, clinic_id, kind, system, code, moment)


def event_key(clinic_id: str, event_id: str) -> str:
    """The sender's own id of a dose or result, within its clinic."""
    return hashed("e", clinic_id, event_id)
