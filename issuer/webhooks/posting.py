"""Post to an address that somebody typed: https only, public addresses only, nothing of the answer but its status.

The host is looked up once, and what was looked up is connected to, so that a second answer of the name service cannot
lead elsewhere. Redirects are not followed. Slow answers are cut off from beside.
"""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from network import Address, LookUp, NoPublicAddress, is_public, look_up, public_address

POST_SECONDS = 15.0
"""From the first octet sent to the status read: Standard Webhooks gives receivers 15 to 30 s."""
MAX_URL_CHARACTERS = 500


class NotPosted(Exception):
    """No answer. `args[0]` is a code: address, no-address, private-address, tls, too-slow, no-connection."""


class UnusableUrl(ValueError):
    """This cannot be a webhook's address. The message says why, in words for whoever typed it."""


def check_url(url: str) -> SplitResult:
    """The parts of an address that may be posted to.

    Raises:
        UnusableUrl.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnusableUrl("This is no web address.") from None
    if len(url) > MAX_URL_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise UnusableUrl(f"Use at most {MAX_URL_CHARACTERS} plain characters, without spaces.")
    if parts.scheme != "https" or not parts.hostname or port == 0:
        raise UnusableUrl("The address must begin with https:// and name a host.")
    if parts.username is not None or parts.fragment:
        raise UnusableUrl("Leave out user, password and everything after #.")
    if not _may_be_public(parts.hostname):
        raise UnusableUrl("This address is not on the public internet.")
    return parts


def _may_be_public(host: str) -> bool:
    """A number is judged at once; a name when it is looked up."""
    try:
        return is_public(ipaddress.ip_address(host))
    except ValueError:
        return True


@dataclass(frozen=True, slots=True)
class Poster:
    """The world, as arguments: name service, certificates, and which addresses may be asked."""

    look_up: LookUp = look_up
    allowed: Callable[[Address], bool] = is_public
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> int:
        """The status of the answer.

        Args:
            timeout: seconds for everything after the look-up.

        Raises:
            NotPosted.
        """
        try:
            parts = check_url(url)
        except UnusableUrl:
            raise NotPosted("address") from None
        host, port = str(parts.hostname), parts.port or 443
        address = self._address(host, port)
        slow = threading.Event()
        try:
            return self._post(address, host, port, parts, headers, body, timeout, slow)
        except ssl.SSLError:
            raise NotPosted("too-slow" if slow.is_set() else "tls") from None
        except TimeoutError:
            raise NotPosted("too-slow") from None
        except (OSError, HTTPException):
            raise NotPosted("too-slow" if slow.is_set() else "no-connection") from None

    def _address(self, host: str, port: int) -> str:
        try:
            return public_address(host, port, self.look_up, self.allowed)
        except NoPublicAddress as refused:
            raise NotPosted("private-address" if refused.is_private else "no-address") from None

    def _post(
        self,
        address: str,
        host: str,
        port: int,
        parts: SplitResult,
        headers: Mapping[str, str],
        body: bytes,
        timeout: float,
        slow: threading.Event,
    ) -> int:
        plain = socket.create_connection((address, port), timeout)
        # A stranger may send one octet at a time: the line is cut from beside. Wrapping it for TLS takes the descriptor
        # away from `plain`, so a duplicate is what is cut.
        end = plain.dup()
        cutter = threading.Timer(timeout, _cut, (end, slow))
        cutter.daemon = True
        cutter.start()
        try:
            connection = HTTPSConnection(host, port, timeout=timeout)
            connection.sock = self.tls().wrap_socket(plain, server_hostname=host)
            connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", body, dict(headers))
            status = connection.getresponse().status
            connection.close()
            return status
        finally:
            cutter.cancel()
            end.close()
            plain.close()


def _cut(end: socket.socket, slow: threading.Event) -> None:
    slow.set()
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
