"""Which addresses of the network may be asked, when a stranger names them: public ones, looked up once.

    address = network.public_address("example.org", 443)     # NoPublicAddress; connect to this, not to the name

It opens no connection and judges no URL: whoever asks does (`trust_registry.fetch`, `issuer.webhooks.posting`).
"""

import ipaddress
import socket
from collections.abc import Callable

__all__ = ["Address", "LookUp", "NoPublicAddress", "is_public", "look_up", "public_address"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LookUp = Callable[[str, int], list[str]]

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The one block that IPv6 addresses of the public internet come from (RFC 4291; IANA). What lies outside translates
to other addresses (64:ff9b::/96), is reserved, or is somebody's own."""


class NoPublicAddress(Exception):
    """The host may not be asked. `is_private` tells an address inside from none at all."""

    def __init__(self, *, is_private: bool) -> None:
        super().__init__("the host has no public address, or also a private one" if is_private else "no address")
        self.is_private = is_private


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet; an IPv4 address in IPv6 clothes is judged as what it is."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's name service. Raises OSError."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def public_address(host: str, port: int, ask: LookUp = look_up, allowed: Callable[[Address], bool] = is_public) -> str:
    """The address to connect to: connecting to the name would ask again, and could be answered otherwise.

    Raises:
        NoPublicAddress: none, or not all of them are allowed.
    """
    try:
        found = [ipaddress.ip_address(text.split("%")[0]) for text in ask(host, port)]
    except (OSError, ValueError):
        raise NoPublicAddress(is_private=False) from None
    if not found or not all(map(allowed, found)):
        raise NoPublicAddress(is_private=True)
    return str(found[0])
