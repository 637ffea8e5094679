"""What an operator chooses about messages: who writes, over which mail server and gateway, and how long a visit lasts.

Read from the environment with the other settings (`issuer.settings`). Where neither a mail server nor a gateway is
named, nothing is sent and people are served in person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from issuer.getting_in.terms import PATH, TOKEN_CHARACTERS
from outreach.channels import SendingChannel
from outreach.gateway import Gateway
from outreach.office import Office
from outreach.rules import Rules
from outreach.sender import MAX_SMS_NAME, LinkRefused, Sender, UnusableSender
from outreach.smtp import Security, Smtp
from outreach.templates import catalogue
from outreach.vault import Vault

DEFAULT_IDLE_MINUTES = 30
DEFAULT_LONGEST_HOURS = 4
ENVIRONMENT: Mapping[str, str] = {
    "COUNTERSIGN_MAIL_SERVER": "relay for e-mails: starttls://user@host:587, tls://user@host:465, on this machine "
    "none://127.0.0.1:25; no e-mails where it is not set",
    "COUNTERSIGN_MAIL_PASSWORD": "its password",
    "COUNTERSIGN_SMS_GATEWAY": "https address that SMS are posted to (docs/messages.md); no SMS where it is not set",
    "COUNTERSIGN_SMS_TOKEN": "bearer token of the gateway",
    "COUNTERSIGN_SMS_COUNTRIES": "how numbers that get SMS begin, separated by spaces: dear foreign numbers are what "
    "message pumping lives on; +1",
    "COUNTERSIGN_SENDER_SHORT": f"who writes, in an SMS: at most {MAX_SMS_NAME} characters, because each costs; the "
    "issuer's name where that is short enough",
    "COUNTERSIGN_LETTERHEAD": "lines of the head of a letter, separated by |; the issuer's name",
    "COUNTERSIGN_VISIT_MINUTES": "minutes without a page after which a resident has to come in again: a telephone that "
    f"was put away; {DEFAULT_IDLE_MINUTES}",
    "COUNTERSIGN_VISIT_HOURS": f"hours after which they have to, however busy; {DEFAULT_LONGEST_HOURS}",
}
_PORTS: Mapping[str, tuple[Security, int]] = {"starttls": ("starttls", 587), "tls": ("tls", 465), "none": ("none", 25)}


class BadMessageSettings(ValueError):
    """A setting is missing or wrong. The message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A relay."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MessageSettings:
    """One deployment's choices. The defaults send nothing."""

    mail: MailServer | None = None
    gateway: str = ""
    gateway_token: str = field(default="", repr=False)
    countries: tuple[str, ...] = ("+1",)
    short_name: str = ""
    letterhead: tuple[str, ...] = ()
    visit_idle: timedelta = timedelta(minutes=DEFAULT_IDLE_MINUTES)
    visit_longest: timedelta = timedelta(hours=DEFAULT_LONGEST_HOURS)

    @property
    def channels(self) -> frozenset[str]:
        """What can be sent."""
        return frozenset({"email"} if self.mail else set()) | frozenset({"sms"} if self.gateway else set())


def message_settings(environ: Mapping[str, str]) -> MessageSettings:
    """From an environment. Raises BadMessageSettings."""

    def said(name: str) -> str:
        return environ.get(f"COUNTERSIGN_{name}", "").strip()

    return MessageSettings(
        _mail_server(said("MAIL_SERVER"), environ.get("COUNTERSIGN_MAIL_PASSWORD", "")),
        _gateway(said("SMS_GATEWAY"), said("SMS_TOKEN")),
        said("SMS_TOKEN"),
        _countries(said("SMS_COUNTRIES") or "+1"),
        said("SENDER_SHORT"),
        tuple(line.strip() for line in said("LETTERHEAD").split("|") if line.strip()),
        timedelta(minutes=_number("VISIT_MINUTES", said("VISIT_MINUTES"), DEFAULT_IDLE_MINUTES)),
        timedelta(hours=_number("VISIT_HOURS", said("VISIT_HOURS"), DEFAULT_LONGEST_HOURS)),
    )


def office_of(messages: MessageSettings, name: str, address: str, zone: str, secret: bytes) -> Office:
    """Who writes. Every link leads to the address at which residents reach the service.

    Raises:
        BadMessageSettings: messages are to be sent, and the name or the address cannot stand in them.
    """
    rules = Rules(zone=zone, number_prefixes=messages.countries)
    return Office(sender_of(messages, name, address), catalogue(), Vault(secret), rules)


def channels_of(messages: MessageSettings, office: Office, **options: Any) -> dict[str, SendingChannel]:
    """What a worker sends over.

    Args:
        options: `tls`, of both, for tests with a certificate of their own.
    """
    found: dict[str, SendingChannel] = {}
    if messages.mail:
        one = messages.mail
        found["email"] = Smtp(office.sender, one.host, one.port, one.security, one.user, one.password, **options)
    if messages.gateway:
        found["sms"] = Gateway(messages.gateway, messages.gateway_token, **options)
    return found


def sender_of(messages: MessageSettings, name: str, address: str) -> Sender:
    """The department as messages name it. Raises BadMessageSettings, as `office_of`."""
    parts = urlsplit(address)
    short = messages.short_name or (name if len(name) <= MAX_SMS_NAME else "")
    try:
        sender = Sender(name, short, parts.netloc.lower(), letterhead=messages.letterhead)
    except UnusableSender as error:
        if messages.channels:
            raise BadMessageSettings(_say(error)) from None
        return Sender("Health cards", "Health cards", "localhost")  # it writes nothing
    if messages.channels:
        try:
            sender.checked(f"{address}{PATH}{'x' * TOKEN_CHARACTERS}")
        except LinkRefused as error:
            raise BadMessageSettings(f"COUNTERSIGN_ISSUER_ADDRESS must be https and short ({error})") from None
    return sender


def _say(error: UnusableSender) -> str:
    return (
        f"messages cannot be sent by this name or address ({error}): see COUNTERSIGN_ISSUER_NAME, "
        "COUNTERSIGN_SENDER_SHORT and COUNTERSIGN_ISSUER_ADDRESS"
    )


def _mail_server(text: str, password: str) -> MailServer | None:
    if not text:
        return None
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or parts.path.strip("/") or parts.password:
        raise BadMessageSettings("COUNTERSIGN_MAIL_SERVER must be like starttls://user@host:587, without a password")
    security, usual = _PORTS[parts.scheme]
    server = MailServer(parts.hostname, port or usual, security, parts.username or "", password)
    try:
        Smtp(Sender("x", "x", "localhost"), server.host, server.port, server.security, server.user)
    except ValueError as error:
        raise BadMessageSettings(f"COUNTERSIGN_MAIL_SERVER: {error}") from None
    return server


def _gateway(url: str, token: str) -> str:
    if not url:
        return ""
    try:
        Gateway(url, token)
    except ValueError as error:
        raise BadMessageSettings(f"COUNTERSIGN_SMS_GATEWAY: {error}") from None
    if not token:
        raise BadMessageSettings("COUNTERSIGN_SMS_TOKEN is missing")
    return url


def _countries(text: str) -> tuple[str, ...]:
    found = tuple(text.split())
    if not all(one[0] == "+" and one[1:].isascii() and one[1:].isdecimal() for one in found):
        raise BadMessageSettings("COUNTERSIGN_SMS_COUNTRIES must be like: +1 +52")
    return found


def _number(name: str, text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise BadMessageSettings(f"COUNTERSIGN_{name} must be a whole number of at least 1")
    return int(text)
