"""E-mail over SMTP (RFC 5321): encrypted and to a certificate that is checked, several messages over one connection.

Without TLS only to this machine: a relay that listens on loopback. A server that does not offer STARTTLS gets nothing.
What each answer means stands in `judged`; the server's words are not kept: they quote addresses.
"""

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from outreach.channels import LineDown
from outreach.cutting import Line
from outreach.email_message import octets_of
from outreach.messages import Outgoing
from outreach.results import Accepted, Refused, Result, TryAgain, flags_address
from outreach.rules import SEND_SECONDS
from outreach.sender import Sender, is_loopback

Security = Literal["starttls", "tls", "none"]
Stage = Literal["mail", "rcpt", "data"]
_ENHANCED = re.compile(rb"^([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s|$)")
_FAILED_BEFORE_ENHANCED = frozenset({550, 551, 553})
"""What a server without enhanced codes says of a mailbox that it does not have (RFC 5321, 4.2.3)."""
THROTTLED_FOR = timedelta(minutes=5)
"""After 421 or 450 to everything: greylisting and rate limits ask for this much."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """A relay.

    Raises:
        ValueError: no TLS to another machine, or a password over a line without TLS.
    """

    sender: Sender
    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    seconds: float = SEND_SECONDS

    def __post_init__(self) -> None:
        if self.security == "none" and (not is_loopback(self.host) or self.user):
            raise ValueError("without TLS only to a relay on this machine, and without a password")

    @contextmanager
    def line(self) -> Iterator["SmtpLine"]:
        """Connect, encrypt, log in. Raises LineDown."""
        cutter = Line()
        try:
            connection = self._connected(cutter)
            try:
                yield SmtpLine(connection, cutter, self.sender, self.seconds)
            finally:
                with cutter.within(self.seconds), contextlib.suppress(smtplib.SMTPException, OSError):
                    connection.quit()
                connection.close()
        finally:
            cutter.close()

    def _connected(self, cutter: Line) -> smtplib.SMTP:
        connection = _Smtp(cutter, self.tls() if self.security == "tls" else None, self.seconds, self.host)
        try:
            with cutter.within(self.seconds):
                self._greeted(connection)
            return connection
        except ssl.SSLError:
            connection.close()
            raise LineDown("too-slow" if cutter.was_cut else "tls") from None
        except smtplib.SMTPNotSupportedError:
            connection.close()
            raise LineDown("not-offered") from None
        except smtplib.SMTPAuthenticationError:
            connection.close()
            raise LineDown("login-refused") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            connection.close()
            slow = cutter.was_cut or isinstance(error, TimeoutError)
            raise LineDown("too-slow" if slow else "no-connection") from None

    def _greeted(self, connection: smtplib.SMTP) -> None:
        code, _ = connection.connect(self.host, self.port)
        if code != 220:
            raise smtplib.SMTPException
        connection.ehlo_or_helo_if_needed()
        if self.security == "starttls":
            connection.starttls(context=self.tls())
            connection.ehlo_or_helo_if_needed()
        if self.user:
            connection.login(self.user, self.password)


class _Smtp(smtplib.SMTP):
    """The library's client, over a connection that can be cut, with TLS from the first octet where asked for."""

    def __init__(self, cutter: Line, tls: ssl.SSLContext | None, seconds: float, host: str) -> None:
        super().__init__(timeout=seconds, local_hostname="localhost")
        self._cutter, self._tls = cutter, tls
        self._host = host  # what the library checks the certificate against

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        # The cut comes first: smtplib hides a socket's own time limit behind "disconnected".
        plain.settimeout(2 * timeout)
        self._cutter.watch(plain)
        return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain


@dataclass(frozen=True, slots=True)
class SmtpLine:
    """An open connection."""

    connection: smtplib.SMTP = field(repr=False)
    cutter: Line = field(repr=False)
    sender: Sender
    seconds: float

    def send(self, outgoing: Outgoing) -> Result:
        """MAIL, RCPT, DATA; the next message starts clean."""
        try:
            with self.cutter.within(self.seconds):
                return self._sent(outgoing)
        except smtplib.SMTPServerDisconnected:
            return TryAgain("too-slow" if self.cutter.was_cut else "line-lost", line_down=True)
        except smtplib.SMTPException:
            return TryAgain("not-smtp", line_down=True)
        except OSError as error:
            slow = self.cutter.was_cut or isinstance(error, TimeoutError)
            return TryAgain("too-slow" if slow else "line-lost", line_down=True)

    def _sent(self, outgoing: Outgoing) -> Result:
        content = octets_of(outgoing, self.sender)
        code, said = self.connection.mail(self.sender.bounce_address(outgoing.key))
        if code != 250:
            return self._judged("mail", code, said)
        code, said = self.connection.rcpt(outgoing.address)
        if code not in (250, 251):
            return self._judged("rcpt", code, said)
        try:
            code, said = self.connection.data(content)
        except smtplib.SMTPDataError as error:
            code, said = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        return Accepted("250") if code == 250 else self._judged("data", code, said)

    def _judged(self, stage: Stage, code: int, said: bytes) -> Result:
        result = judged(stage, code, said)
        if not (isinstance(result, TryAgain) and result.line_down):
            with contextlib.suppress(smtplib.SMTPException, OSError):  # the next message finds out
                self.connection.rset()
        return result


def judged(stage: Stage, code: int, said: bytes) -> Result:
    """What a refusal means.

    Args:
        said: the server's text; of it only the enhanced status code at its beginning counts (RFC 2034).
    """
    found = _ENHANCED.match(said)
    status = found[1].decode() if found else ""
    met = f"{code} {status}".strip()
    if code == 421 or code < 400:
        return TryAgain(met, THROTTLED_FOR, line_down=True)
    if code < 500:
        return TryAgain(met)
    if stage == "mail":
        # It does not want us, whoever it is for: the operator's trouble, and no reason to try other channels at once.
        return TryAgain(met, line_down=True)
    unknown_box = flags_address(status) if status else code in _FAILED_BEFORE_ENHANCED
    return Refused(met, flags=stage == "rcpt" and unknown_box)
