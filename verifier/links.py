"""What lies behind a SMART Health Link: fetched, opened, and the signed cards in it judged.

    behind = links.fetch(link, asking, network, unseal, now)     # cards.shlink.LinkError
    judged = links.judge(behind, registry, now)                  # one verdict a card, by `verifier.check_all`

The network is two functions handed in; whoever makes them keeps private addresses, redirects and time in bounds.
Source: SMART Health Cards and Links 1.0.0, "Receiving Application processes a SMART Health Link"; requirements G5 to
G12, G16. A link vouches for nothing: what is not signed by an issuer (FHIR resources, access tokens) is not fetched.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol

from cards.encoding import read_json
from cards.errors import MalformedCard
from cards.shc.file import MAX_CARDS
from cards.shlink import (
    Link,
    LinkBusy,
    LinkEnded,
    LinkUnreachable,
    LocationGone,
    ManifestFile,
    ManifestRequest,
    Opened,
    PasscodeNeeded,
    TooMuchBehindLink,
    Unseal,
    WrongPasscode,
    cards_of,
    open_file,
    read_manifest,
    request_document,
)
from cards.shlink.addresses import with_recipient
from cards.shlink.files import MAX_SEALED_OCTETS
from cards.shlink.manifest import API_ACCESS, EMBEDDED_LENGTH_MAX, FHIR, HEALTH_CARDS, MAX_MANIFEST_OCTETS, one_line
from trust_registry import TrustRegistry
from verifier.verdict import Verdict
from verifier.verification import check_all, split
from verifier.workload import is_too_heavy

MANIFEST_REQUESTS = 2
"""The second because a file's address may have been spent: viewers must be able to ask anew (requirement G8)."""
MAX_OPENED_OCTETS = 10 * 1024 * 1024
"""Of all files of a link together, once opened."""
MAX_RETRY_SECONDS = 7 * 24 * 3600
"""A server that wants to be left alone for longer is believed this long."""
MAX_RETRY_CHARACTERS = 40
"""Of `Retry-After`; a date takes 29."""
MAX_REFUSAL_OCTETS = 1024
"""Of the body of a 401, which holds one number; a longer one is no such body."""
MAX_REMAINING = 1_000_000
"""A count beyond it is not worth telling."""

Reason = Literal["not-signed", "access-token", "unknown-type", "no-longer-valid"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, whatever its status."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str | None = None


class Network(Protocol):
    """The way to a link's server. Both raise `LinkUnreachable` where there is no usable answer."""

    def get(self, url: str, max_octets: int) -> Answer:
        """Ask for a file."""

    def post(self, url: str, body: bytes, max_octets: int) -> Answer:
        """Ask for a manifest; never follows a redirect, for the body may hold a passcode."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who opens the link: the name that its sharer is told, and the passcode if it has one."""

    recipient: str
    passcode: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Behind:
    """What lay behind a link."""

    link: Link
    cards: tuple[str, ...] = field(repr=False)
    left_out: tuple[Reason, ...] = ()
    """Why files were not opened, one each."""
    may_change: bool = False
    """Whether the sharer may change it: asking again later can show more."""
    ask_again_after: int | None = None
    """Seconds the server wants to be left alone before that."""


@dataclass(frozen=True, slots=True)
class JudgedLink:
    """A link's cards, each with its verdict. None at all where it held no signed card."""

    behind: Behind
    verdicts: tuple[Verdict, ...]


def judge(behind: Behind, registry: TrustRegistry, now: datetime) -> JudgedLink:
    """The verdicts on what `fetch` brought. That it came by a link counts for nothing."""
    return JudgedLink(behind, tuple(check_all(behind.cards, registry, now)))


def fetch(link: Link, asking: Asking, network: Network, unseal: Unseal, now: datetime) -> Behind:
    """Ask the link's server, and open what it hands out.

    A wrong passcode is tried once: the server counts them for the link's whole life.

    Raises:
        PasscodeNeeded: before anything was sent.
        LinkEnded, WrongPasscode, LinkBusy, LinkUnreachable, LocationGone: nothing was to be had.
        MalformedManifest, UnreadableFile, TooMuchBehindLink: what was had is no good.
    """
    if not one_line(asking.recipient):
        raise ValueError("who asks must say so: the protocol wants a recipient")
    if link.needs_passcode and not asking.passcode:
        raise PasscodeNeeded("link: it asks for a passcode")
    opener = _Opener(link, network, unseal, now)
    if link.direct:
        return opener.direct(one_line(asking.recipient))
    for _ in range(MANIFEST_REQUESTS - 1):
        with suppress(LocationGone):
            return opener.by_manifest(asking)
    return opener.by_manifest(asking)


class _Opener:
    """One link being opened."""

    def __init__(self, link: Link, network: Network, unseal: Unseal, now: datetime) -> None:
        self._link, self._network, self._unseal, self._now = link, network, unseal, now

    def direct(self, recipient: str) -> Behind:
        """The one file of a link with U: never a manifest (requirement G10)."""
        answer = self._network.get(with_recipient(self._link.url, recipient), MAX_SEALED_OCTETS)
        self._check(answer)
        opened = open_file(_text(answer.body), self._link.key, self._unseal, None)
        reason = _why_left_out(ManifestFile(opened.content_type or ""))
        cards = () if reason else _bounded(cards_of(opened))
        left_out = (reason,) if reason else ()
        return Behind(self._link, cards, left_out, self._link.long_term, self._wait(answer))

    def by_manifest(self, asking: Asking) -> Behind:
        """All files of a manifest that hold signed cards."""
        passcode = asking.passcode if self._link.needs_passcode else None
        body = request_document(ManifestRequest(asking.recipient, passcode, EMBEDDED_LENGTH_MAX))
        answer = self._network.post(self._link.url, body, MAX_MANIFEST_OCTETS)
        self._check(answer)
        files = read_manifest(answer.body)
        reasons = [_why_left_out(file) for file in files]
        wanted = [file for file, reason in zip(files, reasons, strict=True) if reason is None]
        may_change = self._link.long_term or any(file.status == "can-change" for file in files)
        left_out = tuple(reason for reason in reasons if reason)
        return Behind(self._link, self._cards(wanted), left_out, may_change, self._wait(answer))

    def _cards(self, files: Sequence[ManifestFile]) -> tuple[str, ...]:
        cards: list[str] = []
        octets = 0
        for file in files:
            opened = self._open(file)
            octets += len(opened.content)
            if octets > MAX_OPENED_OCTETS:
                raise TooMuchBehindLink("link: its files are far too large together")
            cards += cards_of(opened)
        return _bounded(cards)

    def _open(self, file: ManifestFile) -> Opened:
        if file.embedded is not None:
            return open_file(file.embedded, self._link.key, self._unseal, file.content_type)
        answer = self._network.get(file.location or "", MAX_SEALED_OCTETS)
        if answer.status in (401, 403, 404, 410):
            raise LocationGone("link: a file's address was spent or has ended")
        self._check(answer)
        return open_file(_text(answer.body), self._link.key, self._unseal, file.content_type)

    def _check(self, answer: Answer) -> None:
        """Return if the answer is good (requirements G6, G12)."""
        if answer.status == 200:
            return
        if answer.status == 401 and self._link.needs_passcode:
            raise WrongPasscode("link: its server refuses the passcode", _remaining(answer.body))
        if answer.status in (404, 410):
            raise LinkEnded("link: its server says that it is no longer active")
        if answer.status == 429:
            raise LinkBusy("link: its server was asked too often", self._wait(answer))
        raise LinkUnreachable(f"link: its server answered with status {answer.status}")

    def _wait(self, answer: Answer) -> int | None:
        return seconds_to_wait(answer.retry_after, self._now)


def seconds_to_wait(retry_after: str | None, now: datetime) -> int | None:
    """`Retry-After` (RFC 9110 section 10.2.3), as seconds or as a date; None where it is neither."""
    if retry_after is None or len(retry_after) > MAX_RETRY_CHARACTERS:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(int(text), MAX_RETRY_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return int(min(max(seconds, 0), MAX_RETRY_SECONDS))


_NOT_OURS: Mapping[str, Reason] = MappingProxyType({FHIR: "not-signed", API_ACCESS: "access-token"})


def _why_left_out(file: ManifestFile) -> Reason | None:
    """Why a file is not opened; None for one that holds signed cards."""
    if file.content_type != HEALTH_CARDS:
        return _NOT_OURS.get(file.content_type, "unknown-type")
    return "no-longer-valid" if file.status == "no-longer-valid" else None


def _bounded(cards: Sequence[str]) -> tuple[str, ...]:
    """The cards, if judging them is no more work than one request of the verifier's page may ask for.

    A text in a file of cards can be a file itself: what counts is what comes of them.
    """
    found = split(cards)
    if len(found) > MAX_CARDS or is_too_heavy(found):
        raise TooMuchBehindLink("link: far too many cards, or far too large ones")
    return tuple(cards)


def _text(body: bytes) -> str:
    """A JWE is ASCII; what is not becomes something that no JWE is."""
    return body.decode("ascii", "replace")


def _remaining(body: bytes) -> int | None:
    try:
        document: Any = read_json(body[:MAX_REFUSAL_OCTETS])
    except MalformedCard:
        return None
    count = document.get("remainingAttempts") if isinstance(document, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MAX_REMAINING else None
