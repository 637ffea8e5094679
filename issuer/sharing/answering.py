"""What a link's address answers to whoever asks: the manifest, a file of it, a direct file.

    answering = Answering(service, address, vault, limits.count)
    answer = answering.manifest(token, body, network, now)      # cards.shlink.serving.Answer

Nobody is logged in here: the token opens, and a passcode where there is one. Unknown, ended, stopped and locked links
get the same octets. The cards are looked up at each answer, so that a link carries them as they stand now: none that
was cancelled, its replacement instead.

Source: SMART Health Cards and Links 1.0.0, "SMART Health Links"; requirements G5 to G12.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from cards.shlink import LocationGone, MalformedRequest, seal_cards, serving
from cards.shlink.locations import check_ticket, ticket
from cards.shlink.manifest import ManifestRequest, one_line, read_request
from cards.shlink.passcode import MAX_WRONG_PASSCODES, Judgement, judge
from cards.shlink.serving import Answer, SharedFile
from issuer.audit.entry import Entry
from issuer.rights import Actor
from issuer.sharing.carrying import carried_now
from issuer.sharing.holding import PATH, Status, status_of
from issuer.sharing.kept import Secret, open_secret, read_passcode
from issuer.staff.attempts import Limit, TooManyAttempts
from issuer.staff.tokens import Unsealable, derived, digest, keyed_digest
from issuer.store import audit, shares
from issuer.store.cards import StoredCard
from issuer.store.shares import Opening, Share
from keys.jwe import seal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from issuer.service import IssuerService

CARDS_A_FILE = 50
"""A whole record stands in one file; a reader takes a hundred cards of one."""
POLL_SECONDS = 3600
"""How long a viewer of a long-term link should wait before it asks again: doses come weeks apart."""
PER_LINK = 120
"""Requests for one link in a quarter of an hour: a class of children is scanned; a loop is stopped. Each may cost the
work of a passcode and of sealing."""
PER_NETWORK = 600
"""Requests from one address in a quarter of an hour, for links that are there: a school, a hospital behind one."""


class _Closed(Exception):
    """The link opens nothing."""


Count = Callable[[Sequence[Limit], datetime], None]
"""Counts a request under each key. Raises issuer.staff.attempts.TooManyAttempts."""


@dataclass(frozen=True, slots=True)
class Answering:
    """The public side of every link."""

    service: "IssuerService"
    address: str
    vault: bytes = field(repr=False)
    count: Count = field(repr=False)

    def manifest(self, token: str, body: bytes, network: str, now: datetime) -> Answer:
        """POST to the address of a link.

        Raises:
            StorageFull, StorageBusy, UnreadableCard, KeyStoreError.
        """
        try:
            request = read_request(body)
        except MalformedRequest:
            return serving.malformed()
        try:
            share, judged = self._judged(token, request, network, now)
            if judged.outcome == "wrong":
                return serving.wrong_passcode(judged.remaining_after)
            return self._listed(share, token, request, network, now)
        except TooManyAttempts as many:
            return serving.too_often(_seconds(many, now))
        except (_Closed, Unsealable):
            return serving.ended()

    def file(self, token: str, number: str, ticket_text: str, network: str, now: datetime) -> Answer:
        """GET of a file that a manifest named. Stopping a link ends it at once.

        Raises:
            StorageFull, StorageBusy, UnreadableCard, KeyStoreError.
        """
        try:
            check_ticket(ticket_text, self._tickets(), token, number, int(now.timestamp()))
            share, status = self._looked_up(token, now)
            self._count(share, status, network, now)
            if status != "open" or share.is_direct:
                return serving.ended()
            secret = open_secret(self.vault, share)
            files = _files(self._cards(share, secret, now))
            return serving.file(seal_cards(files[int(number)], secret.key, seal))
        except TooManyAttempts as many:
            return serving.too_often(_seconds(many, now))
        except (LocationGone, _Closed, Unsealable, IndexError):
            return serving.ended()

    def direct(self, token: str, recipient: str, network: str, now: datetime) -> Answer:
        """GET of a direct link: the one file, at once (requirement G10).

        Raises:
            StorageFull, StorageBusy, UnreadableCard, KeyStoreError.
        """
        who = one_line(recipient)
        try:
            share, status = self._looked_up(token, now)
            if not share.is_direct or not who:
                return serving.ended()
            self._count(share, status, network, now)
            if status != "open":
                self._note(share, Opening(now, "ended", who))
                return serving.ended()
            secret = open_secret(self.vault, share)
            cards = [card.jws for card in self._cards(share, secret, now)]
            if not cards:
                return serving.ended()
            self._note(share, Opening(now, "file", who), self._opened(share, len(cards), network, now))
            return serving.file(seal_cards(cards, secret.key, seal))
        except TooManyAttempts as many:
            return serving.too_often(_seconds(many, now))
        except (_Closed, Unsealable):
            return serving.ended()

    # ---- Whether it opens -------------------------------------------------------------------------------------------

    def _judged(self, token: str, request: ManifestRequest, network: str, now: datetime) -> tuple[Share, Judgement]:
        """The passcode judged and counted, the link's row locked from reading to commit. Raises _Closed."""
        known, status = self._looked_up(token, now)
        self._count(known, status, network, now)
        with self.service.store.writing() as connection:
            share = shares.locked(connection, digest(token))
            if share is None or share.is_direct:
                raise _Closed
            owner = shares.owner_of(connection, share.person_id)
            if status_of(share, owner, now) != "open":
                judged = Judgement("ended", 0)
            else:
                left = MAX_WRONG_PASSCODES - share.wrong
                judged = judge(request.passcode, read_passcode(share.passcode), left)
                self._write(connection, share, judged, network, now)
            if judged.outcome == "ended":
                shares.note_opening(connection, share.id, Opening(now, "ended", request.recipient))
            elif judged.outcome == "wrong" and request.passcode:
                shares.note_opening(connection, share.id, Opening(now, "wrong-passcode", request.recipient))
        if judged.outcome == "ended":  # committed by now: its holder sees that somebody asked
            raise _Closed
        return share, judged

    def _write(self, connection: "Connection", share: Share, judged: Judgement, network: str, now: datetime) -> None:
        wrong = MAX_WRONG_PASSCODES - judged.remaining_after
        if wrong == share.wrong:
            return
        shares.count_wrong(connection, share.id, wrong)
        actor = _somebody(network)
        entries = [Entry(now, actor, "share.refused", "share", share.id, "", share.person_id)]
        if judged.remaining_after == 0 and shares.stop(connection, share.id, "passcodes", now):
            entries.append(Entry(now, actor, "share.stop", "share", share.id, "", share.person_id, "passcodes"))
        audit.append(connection, entries)

    def _looked_up(self, token: str, now: datetime) -> tuple[Share, Status]:
        """Raises _Closed: there is no such link."""
        with self.service.store.reading() as connection:
            share = shares.share_by_token(connection, digest(token))
            if share is None:
                raise _Closed
            return share, status_of(share, shares.owner_of(connection, share.person_id), now)

    def _count(self, share: Share, status: Status, network: str, now: datetime) -> None:
        """Raises TooManyAttempts; _Closed for a link that does not open: nobody learns that it once did."""
        at_link = Limit(keyed_digest(self.vault, "share", share.id), PER_LINK)
        at_network = Limit(keyed_digest(self.vault, "share network", network), PER_NETWORK)
        try:
            self.count([at_link, at_network], now)
        except TooManyAttempts:
            if status != "open":
                raise _Closed from None
            raise

    # ---- What it carries --------------------------------------------------------------------------------------------

    def _listed(self, share: Share, token: str, request: ManifestRequest, network: str, now: datetime) -> Answer:
        secret = open_secret(self.vault, share)
        cards = self._cards(share, secret, now)
        opened = self._opened(share, len(cards), network, now)
        self._note(share, Opening(now, "manifest", request.recipient), opened)
        moment, files = int(now.timestamp()), []
        for number, texts in enumerate(_files(cards)):
            made = ticket(self._tickets(), token, str(number), moment)
            location = f"{self.address}{PATH}/{token}/{number}/{made}"
            sealed = seal_cards(texts, secret.key, seal)
            files.append(SharedFile(sealed, location, "can-change" if secret.follows else "finalized"))
        return serving.manifest(files, request, POLL_SECONDS if secret.follows else None)

    def _cards(self, share: Share, secret: Secret, now: datetime) -> tuple[StoredCard, ...]:
        return carried_now(self.service, share, secret, now, _somebody())

    def _note(self, share: Share, opening: Opening, *entries: Entry) -> None:
        """For its holder, and for the audit log."""
        with self.service.store.writing() as connection:
            if shares.note_opening(connection, share.id, opening):
                audit.append(connection, entries)

    def _opened(self, share: Share, cards: int, network: str, now: datetime) -> Entry:
        said = {"cards": cards}
        return Entry(now, _somebody(network), "share.open", "share", share.id, "", share.person_id, "", said)

    def _tickets(self) -> bytes:
        return derived(self.vault, "share location")


def _files(cards: Sequence[StoredCard]) -> list[list[str]]:
    """The texts of the cards, as many files as they need."""
    texts = [card.jws for card in cards]
    return [texts[start : start + CARDS_A_FILE] for start in range(0, len(texts), CARDS_A_FILE)]


def _somebody(network: str = "") -> Actor:
    """Whoever has the link: nobody knows who that is."""
    return Actor("nobody", "system", "", network)


def _seconds(many: TooManyAttempts, now: datetime) -> int:
    return max(1, int((many.until - now).total_seconds()))
