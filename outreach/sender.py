"""Who writes: one name, one domain for every link, no shortener. Checked when it is made."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_NAME = 60
"""Characters of the sender's name in e-mails and letters."""
MAX_SMS_NAME = 20
"""Characters of it in an SMS, where each costs."""
MAX_DOMAIN = 32
"""Characters: with MAX_LINK what keeps every SMS within its segments."""
MAX_LINK = 88
"""Characters: https, the domain, a short path and 256 bits in base64url."""
SHORTENERS = frozenset(
    "bit.ly bitly.com buff.ly cutt.ly goo.gl is.gd j.mp lnkd.in ow.ly qr.co rb.gy rebrand.ly s.id short.io shorturl.at "
    "soo.gd t.co t.ly t2m.io tiny.cc tinyurl.com tr.ee trib.al u.to v.gd x.co wa.me lihi.cc shorte.st adf.ly".split()
)
"""Whose links hide where they lead, and can be changed by somebody else afterwards."""
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff<>\"@{}/\\]+")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?|\[::1\](:[0-9]{1,5})?")
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*")


class UnusableSender(ValueError):
    """A setting of the sender that could not be sent."""


class LinkRefused(ValueError):
    """A link that does not lead to the sender. The message names the rule, never the link."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The department as people read it.

    Raises:
        UnusableSender: a name with control characters or an address in it, a shortener's domain, a path that is none.
    """

    name: str
    sms_name: str
    domain: str
    """Of every link and of the e-mail address; with a port only on this machine."""
    local_part: str = "messages"
    """Of the address that e-mails come from."""
    bounce_local: str = "bounces"
    """Reports come back to `bounces+KEY@domain`."""
    stop_path: str = "/n/"
    """Of the page "this is not my number"; what follows is a contact's token."""
    letterhead: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_name(self.name, MAX_NAME)
        _check_name(self.sms_name, MAX_SMS_NAME)
        if not _HOST.fullmatch(self.domain) or len(self.domain) > MAX_DOMAIN:
            raise UnusableSender(f"the domain is a lower-case host name of at most {MAX_DOMAIN} characters")
        if _is_shortener(self.host):
            raise UnusableSender("the domain of a link shortener")
        if not _LOCAL.fullmatch(self.local_part) or not _LOCAL.fullmatch(self.bounce_local):
            raise UnusableSender("the part before the @")
        if not re.fullmatch(r"/[a-z0-9/-]{0,8}", self.stop_path):
            raise UnusableSender("the path of the stop page")

    @property
    def host(self) -> str:
        """The domain without a port."""
        return str(urlsplit(f"//{self.domain}").hostname)

    @property
    def origin(self) -> str:
        """How every link begins."""
        return f"{'http' if is_loopback(self.host) else 'https'}://{self.domain}"

    @property
    def address(self) -> str:
        """Where e-mails come from."""
        return f"{self.local_part}@{self.mail_domain}"

    @property
    def mail_domain(self) -> str:
        """What follows the @; this machine in brackets (RFC 5321 4.1.3)."""
        return f"[{self.host}]" if self.host[0].isdigit() and is_loopback(self.host) else self.host

    def bounce_address(self, key: str) -> str:
        """Where a report about one message comes back to."""
        return f"{self.bounce_local}+{key}@{self.mail_domain}"

    def stop_link(self, token: str) -> str:
        """The page that ends messages to one contact."""
        return self.checked(f"{self.origin}{self.stop_path}{token}")

    def checked(self, link: str) -> str:
        """The same link.

        Raises:
            LinkRefused: another host or scheme, a port, a user name, a shortener, or too long.
        """
        if len(link) > MAX_LINK:
            raise LinkRefused(f"longer than {MAX_LINK} characters")
        rest = link.removeprefix(self.origin)
        # Compared as text, not as what a parser makes of it: parsers differ over \\, @ and control characters.
        if rest == link or not rest.startswith("/") or rest.startswith("//") or not _PATH.fullmatch(rest):
            raise LinkRefused("not on the sender's domain")
        return link


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, without asking a name service."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_shortener(host: str) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in SHORTENERS)


def _check_name(name: str, longest: int) -> None:
    if not _NAME.fullmatch(name) or name != name.strip() or len(name) > longest or "://" in name or "www." in name:
        raise UnusableSender(f"a name is 1 to {longest} characters of text, without an address in it")
