"""Take two persons apart again, within the caller's transaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from issuer.audit.entry import Entry, Event
from issuer.card_making import CardMaker
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.merging.before import Before, read_before
from issuer.merging.joining import ID_OCTETS, cards_renewed, locked
from issuer.merging.plan import apart, key_for, taken_back
from issuer.models import card as card_table
from issuer.models import record
from issuer.persons import demographics_json, keys_of, read_demographics
from issuer.rights import Actor
from issuer.store import StoredCard, audit, events
from issuer.store.cards import revoke
from issuer.store.holdings import persons_of, records_where
from issuer.store.putting_right import cards_by_person, note_many, records_by_id
from issuer.store.reviews import (
    decide_pair,
    drop_version,
    give_keys,
    keep_person,
    keys_by_person,
    keys_taken,
    lead_to,
    mark_undone,
    merge_row,
    move_cards,
    person_rows,
    rewrite_records,
    take_keys,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

WRONG_PERSON = "wrong-person"


class UnknownMerge(LookupError):
    """There is no merge with this id."""


class NotUndoable(Exception):
    """It was undone before, the person was put together with somebody else since (undo that first), or it is so long
    ago that how they were is forgotten. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Parting:
    """One merge undone."""

    maker: CardMaker
    random: Callable[[int], bytes] = field(repr=False)
    connection: "Connection"

    def undo(self, actor: Actor, merge_id: str, now: datetime) -> None:
        """Everything as it was; what was said of either since is kept.

        Raises:
            UnknownMerge, NotUndoable: nothing was changed.
        """
        row = merge_row(self.connection, merge_id, lock=True)
        if row is None:
            raise UnknownMerge("there is no merge with this id")
        gone, into = row["gone"], row["into"]
        people = person_rows(self.connection, (gone, into))
        if row["undone_at"] or not row["before"] or people[gone]["merged_into"] != into or people[into]["merged_into"]:
            raise NotUndoable("it cannot be undone")
        survivor = locked(self.connection, [into])[into]
        before = read_before(row["before"])
        back = self._put_records_back(before)
        self._put_persons_back(survivor, people[into]["demographics"], people[gone], before)
        self._put_cards_back(before, {one.id for one in back if one.person_id == gone}, into, now)
        mark_undone(self.connection, merge_id, actor.id, now)
        decide_pair(self.connection, gone, into, "merged", "open", None, None)
        self._renew((gone, into), now)
        detail = {"gone": gone, "records": len(row["records"].split())}
        entry = Entry(now, actor, "person.unmerge", "merge", merge_id, actor.clinic_id, into, "", detail)
        audit.append(self.connection, [entry])

    def _put_records_back(self, before: Before) -> list[HeldRecord]:
        held = records_by_id(self.connection, before.records)
        wanted = {key_for(before.records[one.id]["person_id"], one) for one in held.values()}
        taken = keys_taken(self.connection, wanted) - {one.key for one in held.values()}
        back = [taken_back(one, before.records[one.id], taken) for one in held.values()]
        rewrite_records(self.connection, _without_twins(back))
        for one in back:
            if one.version < held[one.id].version:
                drop_version(self.connection, one.id, one.version)
        return back

    def _put_persons_back(self, survivor: HeldPerson, octets: bytes, other: "RowMapping", before: Before) -> None:
        demographics, protected = before.demographics, before.protected
        if octets != before.merged:
            was, made = read_demographics(before.demographics), read_demographics(before.merged)
            others = read_demographics(other["demographics"])
            demographics = demographics_json(apart(was, made, survivor.demographics, others))
            protected = survivor.protected
        known = read_demographics(demographics)
        names = keys_of(known)
        own = {*names.identifiers, *names.names}
        keep_person(self.connection, survivor.id, demographics, known.birth_date, protected)
        take_keys(self.connection, survivor.id, set(before.new_keys) - own)
        give_keys(self.connection, survivor.id, own - keys_by_person(self.connection, [survivor.id])[survivor.id])
        give_keys(self.connection, other["id"], before.gone_keys)
        lead_to(self.connection, [other["id"]], None)
        lead_to(self.connection, before.followers, other["id"])

    def _put_cards_back(self, before: Before, others: set[str], into: str, now: datetime) -> None:
        """Cards of before as they were, unless taken back since; cards of since with a record of the other one are
        the wrong person's."""
        cards = {card.id: card for card in cards_by_person(self.connection, [into]).get(into, ())}
        move_cards(self.connection, {each: _card_values(was, cards[each]) for each, was in before.cards.items()})
        wrong = [
            card.id
            for card in cards.values()
            if card.id not in before.cards
            and card.revoked_at is None
            and others & {ref.split(".")[0] for ref in card.refs}
        ]
        if not wrong:
            return
        revoke(self.connection, card_table.c.id.in_(wrong), WRONG_PERSON, now)
        note_many(self.connection, {self.random(ID_OCTETS).hex(): into}, "card-revoked", now)
        events.append(self.connection, [Event(now, "card.revoked", "card", card_id) for card_id in wrong])

    def _renew(self, ids: Iterable[str], now: datetime) -> None:
        for who, person in sorted(persons_of(self.connection, ids).items()):
            records = records_where(self.connection, record.c.person_id, [who])
            cards_renewed(self.connection, self.maker, self.random, person, records, now)


def _card_values(was: Mapping[str, Any], card: StoredCard) -> dict[str, Any]:
    """What a card held is what it says; whose it is follows from that. One taken back since is not handed out again."""
    values: dict[str, Any] = {"person_id": was["person_id"], "holds": was["holds"]}
    if card.revoked_at is None:
        at = was["superseded_at"]
        values["superseded_at"] = datetime.fromisoformat(at) if at else None
    return values


def _without_twins(back: Iterable[HeldRecord]) -> list[HeldRecord]:
    """No two with one key: the one that was changed since would be the other's double."""
    seen: dict[str, HeldRecord] = {}
    for one in back:
        seen.setdefault(one.key, one)
    return list(seen.values())
