"""Read what a stranger names: an issuer's keys and lists, over a network that may answer anything.

https only, public addresses only (looked up once and then connected to, so that a second answer of the name service
cannot lead elsewhere), redirects only within the same host, limits on octets and on time (requirements C9, C10).
It is called for issuers an operator has chosen to trust, never for the `iss` of a card that is being judged.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
import urllib3.connection

from network import Address, LookUp, NoPublicAddress, is_public, look_up, public_address

MAX_OCTETS = 64 * 1024 * 1024
"""A revocation list of a million cards takes 14 MB."""
MAX_JWKS_OCTETS = 1024 * 1024
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0
"""From the first octet sent to the last one read."""
MAX_REDIRECTS = 3
_CHUNK = 65536


class Unreachable(Exception):
    """No answer that could be used. The message says why, and holds nothing the stranger sent."""


@dataclass(frozen=True, slots=True)
class Network:
    """The world, as arguments: name service, certificates, clock, and which addresses may be asked."""

    look_up: LookUp = look_up
    allowed: Callable[[Address], bool] = is_public
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    monotonic: Callable[[], float] = time.monotonic
    total_seconds: float = TOTAL_SECONDS

    def get(self, url: str, max_octets: int = MAX_OCTETS) -> bytes:
        """The body of a 200 answer.

        Raises:
            Unreachable: any other answer, or none within the limits.
        """
        # A stranger may send one octet at a time, in handshake, headers or body: the line is cut from beside.
        line = Line()
        cutter = threading.Timer(self.total_seconds, line.cut)
        cutter.daemon = True
        cutter.start()
        try:
            body = self._get(url, max_octets, line)
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            reason = self._too_long() if line.was_cut else type(error).__name__
            raise Unreachable(f"no connection, or no usable answer: {reason}") from None
        finally:
            cutter.cancel()
            line.close()
        if line.was_cut:  # a cut can look like the end of an answer without a length
            raise Unreachable(f"no usable answer: {self._too_long()}")
        return body

    def _too_long(self) -> str:
        return f"it took longer than {self.total_seconds:.0f} s"

    def _get(self, url: str, max_octets: int, line: "Line") -> bytes:
        deadline = self.monotonic() + self.total_seconds
        for _ in range(MAX_REDIRECTS + 1):
            parts = checked(url)
            answer = self._ask(parts, line)
            try:
                if answer.status in (301, 302, 303, 307, 308):
                    url = within(parts, answer.headers.get("location", ""))
                    continue
                if answer.status != 200:
                    raise Unreachable(f"the answer has status {answer.status}")
                return self._body(answer, max_octets, deadline)
            finally:
                answer.close()
        raise Unreachable("too many redirects")

    def _ask(self, parts: SplitResult, line: "Line") -> urllib3.BaseHTTPResponse:
        host, port = str(parts.hostname), parts.port or 443
        pool = urllib3.HTTPSConnectionPool(
            self.address_of(host, port),
            port,
            ssl_context=self.tls(),
            server_hostname=host,
            assert_hostname=host,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=CONNECT_SECONDS),
            retries=False,
        )
        pool.ConnectionCls = line.connection  # type: ignore[assignment]
        headers = {"Host": parts.netloc, "Accept": "application/json", "User-Agent": "countersign"}
        target = parts.path or "/"
        return pool.urlopen("GET", target, headers=headers, redirect=False, preload_content=False)

    def address_of(self, host: str, port: int) -> str:
        """A public address of the host: the one that is connected to, so that no second look-up can change it."""
        try:
            return public_address(host, port, self.look_up, self.allowed)
        except NoPublicAddress as refused:
            raise Unreachable(str(refused) if refused.is_private else "the host has no address") from None

    def _body(self, answer: urllib3.BaseHTTPResponse, max_octets: int, deadline: float) -> bytes:
        body = bytearray()
        for chunk in answer.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > max_octets:
                raise Unreachable(f"the answer is larger than {max_octets} octets")
            if self.monotonic() > deadline:
                raise Unreachable(f"no usable answer: {self._too_long()}")
        return bytes(body)


class Line:
    """The connections of one question, so that they can be cut from beside."""

    def __init__(self) -> None:
        self.was_cut = False
        self._ends: list[socket.socket] = []

    def connection(self, *arguments: Any, **options: Any) -> urllib3.connection.HTTPSConnection:
        """A connection whose socket is remembered from before its TLS handshake on."""
        made = urllib3.connection.HTTPSConnection(*arguments, **options)
        connect = made._new_conn

        def remembered() -> socket.socket:
            plain = connect()
            # Wrapping it for TLS takes the descriptor away from `plain`: a duplicate stays.
            self._ends.append(plain.dup())
            return plain

        made._new_conn = remembered  # type: ignore[method-assign]
        return made

    def cut(self) -> None:
        """End them all; whoever reads from one gets an error."""
        self.was_cut = True
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the duplicates."""
        for end in self._ends:
            end.close()


def checked(url: str) -> SplitResult:
    """The parts of an https URL that names a host and nothing secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unreachable("not a URL") from None
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or port == 0:
        raise Unreachable("only https URLs without user are asked")
    return parts


def within(parts: SplitResult, location: str) -> str:
    """Where a redirect leads, if it stays on the same host."""
    target = urljoin(parts.geturl(), location)
    if checked(target).netloc != parts.netloc:
        raise Unreachable("redirected to elsewhere")
    return target
