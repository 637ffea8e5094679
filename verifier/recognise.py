"""What a code is, where it is no SMART Health Card: named, so that staff can tell the guest what to show instead.

Told by its first characters alone; the content is not read.
"""

import re
from collections.abc import Sequence

_KINDS = (
    ("smart-health-link", re.compile(r"(?:https://\S*#)?shlink:/", re.IGNORECASE)),
    ("eu-or-who-certificate", re.compile(r"HC1:|HC2:")),
    ("german-check-in", re.compile(r"https://e\.coronawarn\.app", re.IGNORECASE)),
    ("icao-visible-seal", re.compile(r'\{\s*"data"\s*:|\s*vds', re.IGNORECASE)),
    ("mobile-driving-licence", re.compile(r"mdoc:", re.IGNORECASE)),
    ("driving-licence", re.compile(r"@\n\x1e\rANSI |@\s*ANSI ", re.IGNORECASE)),
    ("openid-credential", re.compile(r"openid", re.IGNORECASE)),
    ("wifi", re.compile(r"WIFI:", re.IGNORECASE)),
    ("contact", re.compile(r"BEGIN:VCARD|MECARD:", re.IGNORECASE)),
    ("calendar", re.compile(r"BEGIN:V(?:EVENT|CALENDAR)", re.IGNORECASE)),
    ("payment", re.compile(r"BCD\n|upi:|bitcoin:|000201", re.IGNORECASE)),
    ("phone-number", re.compile(r"tel:|smsto?:", re.IGNORECASE)),
    ("e-mail", re.compile(r"mailto:", re.IGNORECASE)),
    ("place", re.compile(r"geo:", re.IGNORECASE)),
    ("web-address", re.compile(r"https?://", re.IGNORECASE)),
    ("boarding-pass", re.compile(r"M[1-4][A-Z/ ]{20}")),
    ("number", re.compile(r"[0-9]+$")),
)


def recognise(scanned: str | Sequence[str]) -> str:
    """The kind of a text that is no health card; "text" where nothing better is known, "nothing" where it is empty."""
    text = (scanned if isinstance(scanned, str) else next(iter(scanned), "")).strip()
    if not text:
        return "nothing"
    return next((kind for kind, pattern in _KINDS if pattern.match(text)), "text")


KINDS = frozenset(kind for kind, _ in _KINDS) | {"text", "nothing"}
"""Every kind; each has its words in the pages."""
