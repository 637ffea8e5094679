"""Addresses as they are sent to and as they are told apart. Pure.

An address that cannot be written to is refused before anything is sent: no line break reaches a header, no number
outside the countries a deployment pays for reaches the gateway.
"""

import ipaddress
import re
from collections.abc import Iterable

from outreach.messages import Contact

MAX_EMAIL = 254
"""Octets of a forward path (RFC 5321 4.5.3.1.3, less the brackets)."""
MAX_LETTER_LINES = 8
MAX_LETTER_LINE = 60
"""What fits the window of an envelope."""
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class UnusableAddress(ValueError):
    """An address that nothing can be sent to. The message names the rule, never the address."""


def usable(contact: Contact, prefixes: Iterable[str] = ("+",)) -> str:
    """The address as it is sent to.

    Args:
        prefixes: how a telephone number may begin: the countries that messages are sent to.

    Raises:
        UnusableAddress.
    """
    if contact.channel == "email":
        return _email(contact.address)
    if contact.channel == "sms":
        return _number(contact.address, tuple(prefixes))
    return _postal(contact.address)


def canonical(contact: Contact, address: str) -> str:
    """What two spellings of one address have in common. `address` is what `usable` gave."""
    return f"{contact.channel}:{' '.join(address.casefold().split())}"


def requester_network(address: str) -> str:
    """Whose requests are counted together: one IPv4 address, or the /64 that one customer has of IPv6 (RFC 6177)."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)


def _email(address: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    if not _LOCAL.fullmatch(local) or len(local) > 64:
        raise UnusableAddress("the part before the @")
    try:
        host = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise UnusableAddress("the part after the @") from None
    labels = host.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or len(local) + len(host) + 1 > MAX_EMAIL:
        raise UnusableAddress("the part after the @")
    return f"{local}@{host}"


def _number(address: str, prefixes: tuple[str, ...]) -> str:
    number = re.sub(r"[ ().-]", "", address)
    if not _NUMBER.fullmatch(number):
        raise UnusableAddress("not a number with its country (E.164)")
    if not number.startswith(prefixes):
        raise UnusableAddress("a country that no messages are sent to")
    return number


def _postal(address: str) -> str:
    lines = [" ".join(line.split()) for line in address.splitlines()]
    lines = [line for line in lines if line]
    if not 2 <= len(lines) <= MAX_LETTER_LINES or any(len(line) > MAX_LETTER_LINE for line in lines):
        raise UnusableAddress("a postal address has two to eight lines that fit a window")
    if not all(line.isprintable() for line in lines):
        raise UnusableAddress("characters that cannot be printed")
    return "\n".join(lines)
