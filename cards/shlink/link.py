"""The link itself: `shlink:/` and base64url of a small JSON object, with or without a viewer's address before it.

    link = read("https://viewer.example/#shlink:/eyJ1cmwi…")     # NotALink, MalformedLink, UnsupportedLink
    text = make(url, key, label="School", exp=1893456000, flags="LP")

Source: SMART Health Cards and Links 1.0.0, "Construct a SMART Health Link Payload", "Protocol Versioning"; requirements
G1 to G4. Slips of makers that leave one reading are remarks and no refusal: an old issuer's must not turn anybody away.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cards.encoding import b64url_decode, b64url_encode, read_json, write_json
from cards.errors import MalformedCard
from cards.shlink import addresses
from cards.shlink.errors import MalformedLink, NotALink, UnsupportedLink

SCHEME = "shlink:/"
LONG_TERM, PASSCODE, DIRECT = "L", "P", "U"
VERSION = 1
KEY_OCTETS = 32
ENTROPY_OCTETS = 32
"""256 bits: who does not know the address cannot guess it (requirement G1)."""
MAX_TEXT_CHARACTERS = 8192
"""Of a link with its viewer's address; one QR code holds 2,953 octets."""
MAX_LABEL_CHARACTERS = 80
REMARKS = (
    "not-https",
    "url-too-long",
    "label-too-long",
    "flags-unsorted",
    "exp-in-milliseconds",
    "exp-unusable",
)
"""Breaches of rules for makers that leave no doubt about what is meant; docs/links.md has them."""
LAST_SECOND = 253_402_300_799
"""End of the year 9999; a later `exp` is in milliseconds, as in the specification's own example."""

_LINK = re.compile(r"(?:https?://[^\s#]*#)?shlink:/(?P<payload>[^\s#]*)", re.IGNORECASE)
_HAS_ENTROPY = re.compile(r"[A-Za-z0-9_-]{43}")
_WHITE_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says. It is a secret: whoever has it can ask for what lies behind it."""

    url: str = field(repr=False)
    key: bytes = field(repr=False)
    flags: frozenset[str] = frozenset()
    """Of L, P and U; letters nobody knows are left out (requirement G3)."""
    label: str = field(default="", repr=False)
    """The sharer's words, unchecked: show them as such."""
    exp: int | None = None
    """Epoch seconds; a hint. The server decides."""
    remarks: tuple[str, ...] = ()
    """Slips of its maker, of `REMARKS`."""

    @property
    def long_term(self) -> bool:
        """Whether what lies behind it may change, and may be asked for again."""
        return LONG_TERM in self.flags

    @property
    def needs_passcode(self) -> bool:
        """Whether its server wants a passcode."""
        return PASSCODE in self.flags

    @property
    def direct(self) -> bool:
        """Whether its address is that of one file, without a manifest."""
        return DIRECT in self.flags


def is_link(text: str) -> bool:
    """Whether a text is meant as a link; says nothing about its being a good one."""
    return _LINK.match(text.strip(_WHITE_SPACE)) is not None


def read(text: str) -> Link:
    """Read a link; white space around it is forgiven.

    Raises:
        NotALink: some other text.
        MalformedLink, UnsupportedLink: it breaks the format, or is of a newer one.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise (MalformedLink if is_link(text) else NotALink)("link: far too long")
    found = _LINK.fullmatch(text.strip(_WHITE_SPACE))
    if found is None:
        raise (MalformedLink if is_link(text) else NotALink)("link: not shlink:/ and one word behind it")
    try:
        payload = read_json(b64url_decode(found["payload"]))
    except MalformedCard as error:
        raise MalformedLink(f"link: {error}") from None
    return read_payload(payload)


def read_payload(payload: Any) -> Link:
    """The link that a decoded payload describes. Members nobody knows are left alone (requirement G3).

    Raises:
        MalformedLink, UnsupportedLink: as `read`.
    """
    if not isinstance(payload, dict):
        raise MalformedLink("link: not a JSON object")
    _check_version(payload.get("v", VERSION))
    remarks: list[str] = []
    url, key = _url(payload.get("url"), remarks), _key(payload.get("key"))
    flags, label = _flags(payload.get("flag", ""), remarks), _label(payload.get("label", ""), remarks)
    return Link(url, key, flags, label, _exp(payload.get("exp"), remarks), tuple(remarks))


def make(
    url: str, key: bytes, *, label: str = "", exp: int | None = None, flags: Iterable[str] = (), viewer: str = ""
) -> str:
    """The text of a link; `viewer` is the address of a page that opens it, put before it.

    Raises:
        ValueError: it would break a rule for makers.
    """
    letters = "".join(sorted(set(flags)))
    if not addresses.is_fit(url, addresses.MAX_MADE_CHARACTERS) or not addresses.is_https(url):
        raise ValueError("a link's address is https and has at most 128 characters")
    if not _HAS_ENTROPY.search(url) or len(key) != KEY_OCTETS:
        raise ValueError("a link's address holds 256 random bits, and its key has 32 octets")
    if not set(letters) <= {LONG_TERM, PASSCODE, DIRECT} or {PASSCODE, DIRECT} <= set(letters):
        raise ValueError("flags are of L, P and U, and P never with U")
    if len(label) > MAX_LABEL_CHARACTERS or (exp is not None and not 0 < exp <= LAST_SECOND):
        raise ValueError("a label has at most 80 characters, and exp is in epoch seconds")
    given = {"url": url, "flag": letters, "key": b64url_encode(key), "exp": exp, "label": label}
    payload = {name: value for name, value in given.items() if value not in (None, "")}
    return f"{_before(viewer)}{SCHEME}{b64url_encode(write_json(payload))}"


def address(base: str, entropy: bytes) -> str:
    """A new link's address under `base`, from 32 random octets.

    Raises:
        ValueError: too little randomness.
    """
    if len(entropy) != ENTROPY_OCTETS:
        raise ValueError("a link's address is made of 32 random octets")
    return f"{base.rstrip('/')}/{b64url_encode(entropy)}"


def _before(viewer: str) -> str:
    """What is behind `#` never reaches a server (specification, "Viewer URL Prefixes")."""
    if not viewer:
        return ""
    if not addresses.is_fit(viewer.removesuffix("#")) or not addresses.is_https(viewer):
        raise ValueError("a viewer's address is https")
    return viewer.removesuffix("#") + "#"


def _check_version(version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, int | Decimal) or version < 1:
        raise MalformedLink("link: v is not a version")
    if version > VERSION:
        raise UnsupportedLink("link: of a newer version than this reader knows")


def _url(url: Any, remarks: list[str]) -> str:
    if not addresses.is_fit(url):
        raise MalformedLink("link: url is not an https address")
    if not addresses.is_https(url):
        remarks.append("not-https")
    if len(url) > addresses.MAX_MADE_CHARACTERS:
        remarks.append("url-too-long")
    return url


def _key(key: Any) -> bytes:
    if not isinstance(key, str):
        raise MalformedLink("link: no key")
    try:
        octets = b64url_decode(key)
    except MalformedCard:
        raise MalformedLink("link: the key is not base64url") from None
    if len(octets) != KEY_OCTETS:
        raise MalformedLink("link: the key has not 32 octets")
    return octets


def _flags(flag: Any, remarks: list[str]) -> frozenset[str]:
    if not isinstance(flag, str):
        raise MalformedLink("link: flag is not a text")
    if {PASSCODE, DIRECT} <= set(flag):
        raise MalformedLink("link: flag U together with P")
    if list(flag) != sorted(flag):
        remarks.append("flags-unsorted")
    return frozenset(flag) & {LONG_TERM, PASSCODE, DIRECT}


def _label(label: Any, remarks: list[str]) -> str:
    if not isinstance(label, str):
        raise MalformedLink("link: label is not a text")
    if len(label) > MAX_LABEL_CHARACTERS:
        remarks.append("label-too-long")
    return label


def _exp(exp: Any, remarks: list[str]) -> int | None:
    """A hint that cannot be read is none: the server decides whether a link has ended."""
    if exp is None:
        return None
    if isinstance(exp, bool) or not isinstance(exp, int | Decimal) or not 0 < exp <= LAST_SECOND * 1000:
        remarks.append("exp-unusable")
        return None
    if exp > LAST_SECOND:
        remarks.append("exp-in-milliseconds")
        return int(exp // 1000)
    return int(exp)
