"""Which addresses a link may name: https with a host, in characters that every reader understands alike.

Source: SMART Health Cards and Links 1.0.0, "Construct a SMART Health Link Payload"; requirement G16. Whether an address
is on the public internet is the network's question, asked when it is connected to.
"""

import re
from ipaddress import ip_address
from typing import TypeGuard
from urllib.parse import quote, urlsplit

MAX_MADE_CHARACTERS = 128
"""Of the `url` in a link that we make (requirement G1)."""
MAX_READ_CHARACTERS = 4096
"""Of any address that is read: signed addresses of cloud storage take some 1,500."""

_PLAIN = re.compile(r"[!#-\[\]_a-z~]+")
"""Printable ASCII without quotation mark, backslash, caret, backtick and braces: readers of URLs differ about those."""
_PLACE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
"""A host and a port, nothing that readers of URLs differ about: no user, percent sign or stray bracket."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that cannot be listened in on (W3C Secure Contexts): developers' links name them with http."""


def is_fit(url: object, max_characters: int = MAX_READ_CHARACTERS) -> TypeGuard[str]:
    """Whether `url` may be asked at all: https, or http on this very machine; no user, no fragment."""
    if not isinstance(url, str) or len(url) > max_characters or not _PLAIN.fullmatch(url) or "#" in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not _PLACE.fullmatch(parts.netloc) or not _is_host(parts.hostname or "") or port == 0:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _is_host(host: str) -> bool:
    """What has a colon is an address of IPv6."""
    try:
        return ":" not in host or ip_address(host).version == 6
    except ValueError:
        return False


def is_https(url: str) -> bool:
    """Whether a fit address is https."""
    return url[:6].lower() == "https:"


def with_recipient(url: str, recipient: str) -> str:
    """The address of a direct file, told who asks (requirement G10)."""
    return f"{url}{'&' if '?' in url else '?'}recipient={quote(recipient, safe='')}"
