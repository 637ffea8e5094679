"""A resident's own links: made, shown again, listed with who opened them, stopped.

    links = Holding(service, address, vault)
    made = links.make(person_id, Wish(titles, "School", "481516", days=30, follows=True), now, actor)
    links.one(person_id, made, now, actor).text               # shlink:/…
    links.of(person_id, now); links.stop(person_id, made, now, actor)

Whose they are is asked by the caller (the visit); here every question names the person, and somebody else's link is
answered as none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from cards import shlink
from cards.encoding import b64url_encode
from cards.shlink.addresses import MAX_MADE_CHARACTERS, is_fit, is_https
from cards.shlink.link import ENTROPY_OCTETS, KEY_OCTETS, MAX_LABEL_CHARACTERS
from cards.shlink.manifest import one_line
from cards.shlink.passcode import MAX_WRONG_PASSCODES, SALT_OCTETS, keep
from issuer.audit.entry import Entry
from issuer.rights import Actor
from issuer.sharing.carrying import carried_now
from issuer.sharing.choice import Choice, carried, chosen, handed_out, offered, read_choice, record_ids
from issuer.sharing.kept import Secret, open_secret, passcode_text, seal_secret
from issuer.staff.tokens import Unsealable, digest, new_id
from issuer.store import audit, shares
from issuer.store.cards import StoredCard
from issuer.store.shares import Opening, Share

if TYPE_CHECKING:
    from issuer.service import IssuerService

PATH = "/s"
"""Below it every link of this service lies. Short: an address has at most 128 characters (requirement G1)."""
MOST_STANDING = 20
"""Links of one person that stand at a time: more than anybody can keep in mind, few enough to look through."""
MOST_A_DAY = 30
"""New links of one person in 24 hours; stopping one does not make room at once."""
MOST_DAYS = 366
"""A link ends after a year at the latest: what was shared and forgotten closes by itself."""
MOST_CARDS_DIRECT = 50
"""When it is made: in one file without a manifest, of which readers take a hundred; a long-term link may grow."""
MIN_PASSCODE, MAX_PASSCODE = 4, 32
"""Ten wrong ones end a link: four digits leave a guesser one chance in a thousand."""

Status = Literal["open", "ended", "stopped", "passcodes", "protected"]
Why = Literal[
    "no-cards", "label-too-long", "passcode-short", "passcode-long", "direct-passcode", "days", "unknown-card",
    "too-many", "too-large", "no-https",
]  # fmt: skip


class NotShared(Exception):
    """A link was not made. `why` is a code; the page has the words."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class NoSuchLink(Exception):
    """There is no such link of this person's."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a resident chose."""

    titles: tuple[str, ...] = field(default=(), repr=False)
    """Of the cards offered; none for everything."""
    label: str = field(default="", repr=False)
    passcode: str = field(default="", repr=False)
    days: int = 7
    follows: bool = False
    """Whether new doses come along (flag L)."""
    direct: bool = False
    """Whether it is a file at once, without a manifest (flag U)."""


@dataclass(frozen=True, slots=True)
class Held:
    """A link as its holder sees it."""

    share: Share
    status: Status
    follows: bool
    titles: tuple[str, ...] = field(repr=False)
    """What was chosen; none for everything."""
    openings: tuple[Opening, ...] = field(repr=False)

    @property
    def remaining(self) -> int:
        """Wrong passcodes that are left."""
        return max(0, MAX_WRONG_PASSCODES - self.share.wrong)


@dataclass(frozen=True, slots=True)
class Shown:
    """A link with its text: whoever has it can open it."""

    held: Held
    text: str = field(repr=False)
    """`shlink:/…`; "" where it opens nothing any more."""
    cards: tuple[str, ...] = field(repr=False)
    """Titles of the cards that it hands out now."""


@dataclass(frozen=True, slots=True)
class Holding:
    """The links of residents, for residents."""

    service: "IssuerService"
    address: str
    """Where the service is reached."""
    vault: bytes = field(repr=False)
    viewer: str = ""
    """A page that opens links, put before them: whoever scans one without a wallet lands there."""

    def offered(self, person_id: str, now: datetime, actor: Actor) -> tuple[str, ...]:
        """Titles of the cards that a link can carry."""
        return offered(self.service.cards_of_person(person_id, now, actor))

    def make(self, person_id: str, wish: Wish, now: datetime, actor: Actor) -> str:
        """Make a link; its id.

        Raises:
            NotShared: nothing was made. StorageFull, StorageBusy; UnknownCard: no such person.
        """
        _check(wish, self.address)
        current = handed_out(self.service.cards_of_person(person_id, now, actor))
        choice = _choice_of(wish, current)
        carries = carried(choice, None, current)
        if not carries:
            raise NotShared("no-cards")
        if wish.direct and len(carries) > MOST_CARDS_DIRECT:
            raise NotShared("too-large")
        share, token = self._new(person_id, wish, choice, carries, now)
        with self.service.store.writing() as connection:
            shares.lock_owner(connection, person_id)
            _check_room(shares.shares_of(connection, person_id), now)
            shares.add_share(connection, share, digest(token))
            audit.append(connection, [Entry(now, actor, "share.make", "share", share.id, "", person_id)])
        return share.id

    def of(self, person_id: str, now: datetime) -> tuple[Held, ...]:
        """Every link of a person's that is still kept, newest first, with who opened it."""
        with self.service.store.reading() as connection:
            found = shares.shares_of(connection, person_id)
            openings = shares.openings_of(connection, [one.id for one in found])
            owner = shares.owner_of(connection, person_id)
        return tuple(self._held(one, openings[one.id], owner, now) for one in found)

    def one(self, person_id: str, share_id: str, now: datetime, actor: Actor) -> Shown:
        """One link with its text, to be shown again.

        Raises:
            NoSuchLink: none of this person's.
        """
        with self.service.store.reading() as connection:
            share = shares.own_share(connection, share_id, person_id)
            if share is None:
                raise NoSuchLink
            openings = shares.openings_of(connection, [share.id])[share.id]
            owner = shares.owner_of(connection, person_id)
        held = self._held(share, openings, owner, now)
        if held.status != "open":
            return Shown(held, "", ())
        secret = open_secret(self.vault, share)
        titles = tuple(card.title for card in carried_now(self.service, share, secret, now, actor))
        return Shown(held, self._text(share, secret), titles)

    def stop(self, person_id: str, share_id: str, now: datetime, actor: Actor) -> None:
        """End a link at once. One that has ended stays as it is.

        Raises:
            NoSuchLink: none of this person's.
        """
        with self.service.store.writing() as connection:
            if shares.own_share(connection, share_id, person_id) is None:
                raise NoSuchLink
            if shares.stop(connection, share_id, "by-holder", now):
                audit.append(connection, [Entry(now, actor, "share.stop", "share", share_id, "", person_id)])

    def _new(
        self, person_id: str, wish: Wish, choice: Choice, carries: Sequence[StoredCard], now: datetime
    ) -> tuple[Share, str]:
        random, share_id = self.service.random, new_id(self.service.random)
        token = b64url_encode(random(ENTROPY_OCTETS))
        records = None if wish.follows else tuple(sorted(frozenset().union(*map(record_ids, carries))))
        sealed = seal_secret(self.vault, share_id, Secret(token, random(KEY_OCTETS), records), random)
        passcode = passcode_text(keep(wish.passcode, random(SALT_OCTETS))) if wish.passcode else None
        end = now + timedelta(days=wish.days)
        share = Share(
            share_id, person_id, sealed, one_line(wish.label), choice.text(), wish.direct, passcode, 0, now, end
        )
        return share, token

    def _held(self, share: Share, openings: tuple[Opening, ...], owner: shares.Owner | None, now: datetime) -> Held:
        try:
            follows = open_secret(self.vault, share).follows
        except Unsealable:  # its holder still sees that it is there, and can stop it
            follows = False
        titles = read_choice(share.groups).titles
        return Held(share, status_of(share, owner, now), follows, titles, openings)

    def _text(self, share: Share, secret: Secret) -> str:
        flags = ("L" if secret.follows else "") + ("P" if share.passcode else "") + ("U" if share.is_direct else "")
        end = int(share.ends_at.timestamp()) if share.ends_at else None
        url = f"{self.address}{PATH}/{secret.token}"
        return shlink.make(url, secret.key, label=share.label, exp=end, flags=flags, viewer=self.viewer)


def status_of(share: Share, owner: shares.Owner | None, now: datetime) -> Status:
    """Whether a link opens now. One that was made before its person was protected does not while that lasts: whoever
    was trusted then may be whom they are protected from."""
    if share.stopped_at is not None:
        return "passcodes" if share.stopped_because == "passcodes" else "stopped"
    if share.ends_at is not None and share.ends_at <= now:
        return "ended"
    if owner is None:
        return "stopped"
    if owner.protected and (owner.protected_at is None or share.made_at <= owner.protected_at):
        return "protected"
    return "open"


def can_be_made(address: str) -> bool:
    """Whether links can lie at this address: https only, and short enough."""
    longest = f"{address}{PATH}/{b64url_encode(bytes(ENTROPY_OCTETS))}"
    return is_fit(longest, MAX_MADE_CHARACTERS) and is_https(address)


def _choice_of(wish: Wish, current: Sequence[StoredCard]) -> Choice:
    """Raises NotShared: something was chosen that is not there."""
    if not set(wish.titles) <= set(offered(current)):
        raise NotShared("unknown-card")
    return chosen(wish.titles)


def _check(wish: Wish, address: str) -> None:
    """Raises NotShared."""
    if not can_be_made(address):
        raise NotShared("no-https")
    if len(wish.label) > MAX_LABEL_CHARACTERS:
        raise NotShared("label-too-long")
    if not 1 <= wish.days <= MOST_DAYS:
        raise NotShared("days")
    if wish.passcode and len(wish.passcode.strip()) < MIN_PASSCODE:
        raise NotShared("passcode-short")
    if len(wish.passcode) > MAX_PASSCODE:
        raise NotShared("passcode-long")
    if wish.passcode and wish.direct:
        raise NotShared("direct-passcode")


def _check_room(found: Sequence[Share], now: datetime) -> None:
    """Raises NotShared."""
    standing = [one for one in found if one.stopped_at is None and (one.ends_at is None or one.ends_at > now)]
    lately = [one for one in found if one.made_at > now - timedelta(days=1)]
    if len(standing) >= MOST_STANDING or len(lately) >= MOST_A_DAY:
        raise NotShared("too-many")
