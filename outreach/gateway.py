"""SMS over an HTTP gateway: a small JSON contract (docs/messages.md), so that any provider fits behind a few lines.

    POST {"to": "+15550100", "text": "…", "id": KEY}   Authorization: Bearer …   Idempotency-Key: KEY

Any 2xx: it has it. A second POST of a KEY is answered like the first and sends nothing. https, redirects not followed,
one connection for several messages, cut from beside when it lasts too long.
"""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from outreach.channels import LineDown
from outreach.cutting import Line
from outreach.messages import Outgoing, Sms
from outreach.results import Accepted, Refused, Result, TryAgain
from outreach.rules import SEND_SECONDS
from outreach.sender import is_loopback

MAX_ANSWER_OCTETS = 16 * 1024
"""Of an answer; nothing but one word of it is read."""
MAX_RETRY_AFTER = timedelta(hours=1)
"""A gateway that asks for more is asked again all the same."""
BAD_NUMBER = "bad-number"
"""The one error that says there is nobody at that number."""
_PASSING = frozenset({401, 403, 404, 405, 407, 408, 425, 429})
"""The operator's trouble, or one that passes: the person's number is not to blame, and the message waits."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A provider's address.

    Raises:
        ValueError: not https, except on this machine.
    """

    url: str
    token: str = field(repr=False)
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    seconds: float = SEND_SECONDS

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        here = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or here):
            raise ValueError("the gateway's address has to be https")

    @contextmanager
    def line(self) -> Iterator["GatewayLine"]:
        """Connect. Raises LineDown."""
        cutter = Line()
        connection = self._connection()
        try:
            with cutter.within(self.seconds):
                self._connect(connection, cutter)
            yield GatewayLine(self, connection, cutter)
        finally:
            connection.close()
            cutter.close()

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            return HTTPSConnection(str(parts.hostname), parts.port, timeout=self.seconds)
        return HTTPConnection(str(parts.hostname), parts.port, timeout=self.seconds)

    def _connect(self, connection: HTTPConnection, cutter: Line) -> None:
        try:
            parts = urlsplit(self.url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            plain = socket.create_connection((str(parts.hostname), port), self.seconds)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            cutter.watch(plain)  # before the handshake: that can be dragged out as well
            secure = parts.scheme == "https"
            connection.sock = self.tls().wrap_socket(plain, server_hostname=parts.hostname) if secure else plain
        except ssl.SSLError:
            raise LineDown("too-slow" if cutter.was_cut else "tls") from None
        except TimeoutError:
            raise LineDown("too-slow") from None
        except OSError:
            raise LineDown("too-slow" if cutter.was_cut else "no-connection") from None


@dataclass(frozen=True, slots=True)
class GatewayLine:
    """An open connection."""

    gateway: Gateway
    connection: HTTPConnection = field(repr=False)
    cutter: Line = field(repr=False)

    def send(self, outgoing: Outgoing) -> Result:
        """One POST."""
        if not isinstance(outgoing.text, Sms):
            raise TypeError("not an SMS")
        body = json.dumps({"to": outgoing.address, "text": outgoing.text.text, "id": outgoing.key}).encode()
        try:
            with self.cutter.within(self.gateway.seconds):
                return self._posted(body, outgoing.key)
        except LineDown as error:
            return TryAgain(str(error), line_down=True)
        except (OSError, HTTPException) as error:
            slow = self.cutter.was_cut or isinstance(error, TimeoutError)
            return TryAgain("too-slow" if slow else "line-lost", line_down=True)

    def _posted(self, body: bytes, key: str) -> Result:
        if self.connection.sock is None:  # the gateway ended it after its last answer
            self.gateway._connect(self.connection, self.cutter)
        headers = {
            "Authorization": f"Bearer {self.gateway.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "User-Agent": "countersign",
        }
        parts = urlsplit(self.gateway.url)
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self.connection.request("POST", target, body, headers)
        response = self.connection.getresponse()
        answer = response.read(MAX_ANSWER_OCTETS + 1)
        if not response.isclosed():  # more than it may say: the rest is not waited for
            self.connection.close()
        return judged(response.status, _error(answer), _retry_after(response))


def judged(status: int, error: str, after: timedelta | None) -> Result:
    """What an answer means."""
    met = f"{status} {error}".strip()
    if 200 <= status < 300:
        return Accepted(met)
    if error == BAD_NUMBER and 400 <= status < 500:
        return Refused(met, flags=True)
    if status < 400 or status >= 500 or status in _PASSING:
        return TryAgain(met, after, line_down=status in (401, 403, 429, 503))
    return Refused(met, flags=False)


def _error(answer: bytes) -> str:
    """The one word of an answer that is looked at, if it is that word: anything else may quote a number."""
    try:
        said: Any = json.loads(answer) if len(answer) <= MAX_ANSWER_OCTETS else None
    except (ValueError, RecursionError):
        return ""
    return BAD_NUMBER if isinstance(said, dict) and said.get("error") == BAD_NUMBER else ""


def _retry_after(response: HTTPResponse) -> timedelta | None:
    """Seconds; a date (RFC 9110 10.2.3) is not read, the rules' own waiting holds then."""
    text = response.getheader("Retry-After") or ""
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        return None
    return min(timedelta(seconds=int(text)), MAX_RETRY_AFTER)
