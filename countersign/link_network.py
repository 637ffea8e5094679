"""The guarded way to a link's server: what `verifier.links` is handed as its network.

The rules are those of `trust_registry.fetch`: https, public addresses only, looked up once and then connected to;
redirects within the same host for a GET and none for a POST, whose body may hold a passcode; limits on octets and time.
Here every status is an answer, and one clock runs over all questions that one link asks.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from urllib.parse import SplitResult

import urllib3

from cards.shlink import LinkUnreachable, read
from keys.jwe import unseal
from trust_registry.fetch import CONNECT_SECONDS, MAX_REDIRECTS, Line, Network, Unreachable, checked, within
from verifier.links import Answer, Asking, Behind, fetch

LINK_SECONDS = 60.0
"""For a manifest and all its files together."""
_CHUNK = 65536
_AGENT = "countersign"


@dataclass(slots=True)
class LinkNetwork:
    """One link's questions. Make a new one for each link."""

    world: Network
    total_seconds: float = LINK_SECONDS
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = self.world.monotonic() + self.total_seconds

    def get(self, url: str, max_octets: int) -> Answer:
        """As `verifier.links.Network`."""
        return self._asked("GET", url, None, max_octets)

    def post(self, url: str, body: bytes, max_octets: int) -> Answer:
        """As `verifier.links.Network`."""
        return self._asked("POST", url, body, max_octets)

    def _asked(self, method: str, url: str, body: bytes | None, max_octets: int) -> Answer:
        # A stranger may send one octet at a time: the line is cut from beside.
        line = Line()
        cutter = threading.Timer(max(0.0, self._deadline - self.world.monotonic()), line.cut)
        cutter.daemon = True
        cutter.start()
        try:
            answer = self._followed(method, url, body, max_octets, line)
        except Unreachable as error:
            raise LinkUnreachable(f"link: {error}") from None
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            reason = "it took too long" if line.was_cut else type(error).__name__
            raise LinkUnreachable(f"link: no connection, or no usable answer: {reason}") from None
        finally:
            cutter.cancel()
            line.close()
        if line.was_cut:  # a cut can look like the end of an answer without a length
            raise LinkUnreachable("link: no usable answer: it took too long")
        return answer

    def _followed(self, method: str, url: str, body: bytes | None, max_octets: int, line: Line) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            parts = checked(url)
            response = self._sent(method, parts, body, line)
            try:
                if response.status in (301, 302, 303, 307, 308) and method == "GET":
                    url = within(parts, response.headers.get("location", ""))
                    continue
                content = self._body(response, max_octets)
                return Answer(response.status, content, response.headers.get("retry-after"))
            finally:
                response.close()
        raise Unreachable("too many redirects")

    def _sent(self, method: str, parts: SplitResult, body: bytes | None, line: Line) -> urllib3.BaseHTTPResponse:
        host, port = str(parts.hostname), parts.port or 443
        pool = urllib3.HTTPSConnectionPool(
            self.world.address_of(host, port),
            port,
            ssl_context=self.world.tls(),
            server_hostname=host,
            assert_hostname=host,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=CONNECT_SECONDS),
            retries=False,
        )
        pool.ConnectionCls = line.connection  # type: ignore[assignment]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return pool.urlopen(
            method, target, body=body, headers=_headers(parts, body), redirect=False, preload_content=False
        )

    def _body(self, response: urllib3.BaseHTTPResponse, max_octets: int) -> bytes:
        body = bytearray()
        for chunk in response.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > max_octets:
                raise Unreachable(f"the answer is larger than {max_octets} octets")
            if self.world.monotonic() > self._deadline:
                raise Unreachable("it took too long")
        return bytes(body)


def _headers(parts: SplitResult, body: bytes | None) -> Mapping[str, str]:
    headers = {"Host": parts.netloc, "Accept": "application/json, application/jose", "User-Agent": _AGENT}
    return headers if body is None else headers | {"Content-Type": "application/json"}


def open_link(text: str, asking: Asking, now: datetime, world: Network | None = None) -> Behind:
    """Read a link, ask its server, open its files.

    Args:
        world: the network of machines; by default this one's.
    Raises:
        cards.shlink.LinkError: it was not opened.
    """
    return fetch(read(text), asking, LinkNetwork(world or Network()), unseal, now)
