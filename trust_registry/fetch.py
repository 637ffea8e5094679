"""Read what a stranger names: an issuer's keys and lists, over a network that may answer anything.

https only, public addresses only (looked up once and then connected to, so that a second answer of the name service
cannot lead elsewhere), redirects only within the same host, limits on octets and on time (requirements C9, C10).
It is called for issuers an operator has chosen to trust, never for the `iss` of a card that is being judged.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3

MAX_OCTETS = 64 * 1024 * 1024
"""A revocation list of a million cards takes 14 MB."""
MAX_JWKS_OCTETS = 1024 * 1024
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0
"""From the first octet sent to the last one read."""
MAX_REDIRECTS = 3
_CHUNK = 65536

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):
    """No answer that could be used. The message says why, and holds nothing the stranger sent."""


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet; an IPv4 address in IPv6 clothes is judged as what it is."""
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return is_public(mapped) if mapped else address.is_global and not address.is_multicast


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's name service."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Network:
    """The world, as arguments: name service, certificates, clock, and which addresses may be asked."""

    look_up: Callable[[str, int], list[str]] = look_up
    allowed: Callable[[Address], bool] = is_public
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    monotonic: Callable[[], float] = time.monotonic

    def get(self, url: str, max_octets: int = MAX_OCTETS) -> bytes:
        """The body of a 200 answer.

        Raises:
            Unreachable: any other answer, or none within the limits.
        """
        deadline = self.monotonic() + TOTAL_SECONDS
        for _ in range(MAX_REDIRECTS + 1):
            parts = _checked(url)
            answer = self._ask(parts)
            try:
                if answer.status in (301, 302, 303, 307, 308):
                    url = _within(parts, answer.headers.get("location", ""))
                    continue
                if answer.status != 200:
                    raise Unreachable(f"the answer has status {answer.status}")
                return self._body(answer, max_octets, deadline)
            finally:
                answer.close()
        raise Unreachable("too many redirects")

    def _ask(self, parts: SplitResult) -> urllib3.BaseHTTPResponse:
        host, port = str(parts.hostname), parts.port or 443
        pool = urllib3.HTTPSConnectionPool(
            self._address(host, port),
            port,
            ssl_context=self.tls(),
            server_hostname=host,
            assert_hostname=host,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=CONNECT_SECONDS),
            retries=False,
        )
        headers = {"Host": parts.netloc, "Accept": "application/json", "User-Agent": "countersign"}
        target = parts.path or "/"
        try:
            return pool.urlopen("GET", target, headers=headers, redirect=False, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"no connection: {type(error).__name__}") from None

    def _address(self, host: str, port: int) -> str:
        try:
            found = [ipaddress.ip_address(text.split("%")[0]) for text in self.look_up(host, port)]
        except (OSError, ValueError):
            raise Unreachable("the host has no address") from None
        if not found or not all(self.allowed(address) for address in found):
            raise Unreachable("the host has no public address, or also a private one")
        return str(found[0])

    def _body(self, answer: urllib3.BaseHTTPResponse, max_octets: int, deadline: float) -> bytes:
        body = bytearray()
        try:
            for chunk in answer.stream(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > max_octets:
                    raise Unreachable(f"the answer is larger than {max_octets} octets")
                if self.monotonic() > deadline:
                    raise Unreachable(f"the answer took longer than {TOTAL_SECONDS:.0f} s")
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"the answer broke off: {type(error).__name__}") from None
        return bytes(body)


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unreachable("not a URL") from None
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or port == 0:
        raise Unreachable("only https URLs without user are asked")
    return parts


def _within(parts: SplitResult, location: str) -> str:
    """Where a redirect leads, if it stays on the same host."""
    target = urljoin(parts.geturl(), location)
    if _checked(target).netloc != parts.netloc:
        raise Unreachable("redirected to elsewhere")
    return target
