"""Put two persons together, within the caller's transaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry, Event
from issuer.card_making import CardMaker
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.merging.before import Before, card_before, octets_of, record_before
from issuer.merging.plan import DUPLICATE, Plan, planned
from issuer.models import record
from issuer.persons import demographics_json, keys_of
from issuer.rights import Actor
from issuer.store import StoredCard, audit, events
from issuer.store.cards import public_names, write_cards
from issuer.store.holdings import lock_keys, persons_of, records_where
from issuer.store.putting_right import cards_by_person, change_records, lock_persons, note_many
from issuer.store.reviews import (
    add_merge,
    decide_pair,
    followers_of,
    give_keys,
    keep_person,
    keys_by_person,
    lead_to,
    move_cards,
    person_rows,
    rewrite_records,
    take_keys,
    times_merged,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

ID_OCTETS = 16


def locked(connection: "Connection", ids: Iterable[str]) -> Mapping[str, HeldPerson]:
    """Persons whom no door changes until the transaction ends; whoever was merged meanwhile is not among them."""
    found = persons_of(connection, ids)
    keys = [keys_of(one.demographics) for one in found.values()]
    lock_keys(connection, [key for one in keys for key in (*one.identifiers, *one.names)])
    lock_persons(connection, found)
    return persons_of(connection, found)


def cards_renewed(
    connection: "Connection",
    maker: CardMaker,
    random: Callable[[int], bytes],
    person: HeldPerson,
    records: Iterable[HeldRecord],
    now: datetime,
) -> None:
    """A person's cards say what the records say; whoever lost one is told. Whoever had none gets none."""
    cards = cards_by_person(connection, [person.id]).get(person.id, ())
    if not cards:
        return
    done = maker.changes(person, records, cards, public_names(connection), now, skip_large=True)
    write_cards(connection, done, now)
    if done.revoked:
        note_many(connection, {random(ID_OCTETS).hex(): person.id}, "card-replaced", now)
    events.append(connection, [Event(now, "card.revoked", "card", card_id) for card_id in done.revoked])
    events.append(connection, [Event(now, "card.issued", "card", card.id) for card in done.new])


@dataclass(frozen=True, slots=True)
class Joining:
    """One merge."""

    maker: CardMaker
    random: Callable[[int], bytes] = field(repr=False)
    connection: "Connection"

    def join(self, actor: Actor, gone: str, into: str, now: datetime) -> str | None:
        """`gone` becomes `into`. The merge's id; None where one of them was merged meanwhile."""
        people = locked(self.connection, (gone, into))
        if len(people) != 2:
            return None
        merge_id = self.random(ID_OCTETS).hex()
        held = records_where(self.connection, record.c.person_id, (gone, into))
        keys = keys_by_person(self.connection, (gone, into))
        again = times_merged(self.connection, gone, into)
        plan = planned(people[into], people[gone], held, keys, again, now)
        cards = self._cards(gone, into)
        before = self._before(people[into], gone, plan, keys[gone], cards)
        row = {"id": merge_id, "gone": gone, "into": into, "merged_by": actor.id, "merged_at": now}
        moved = " ".join(sorted(one.id for one in held if one.person_id == gone))
        add_merge(self.connection, row | {"records": moved, "before": octets_of(before)})
        decide_pair(self.connection, gone, into, "open", "merged", actor.id, now)
        self._write(actor, gone, into, plan, before, keys[gone], now)
        self._move_cards(cards, into, plan)
        after = {one.id: one for one in held} | {one.id: one for _, one in plan.records}
        cards_renewed(self.connection, self.maker, self.random, plan.survivor, after.values(), now)
        detail: dict[str, str | int] = {"gone": gone, "records": len(moved.split()), "duplicates": len(plan.duplicates)}
        entry = Entry(now, actor, "person.merge", "merge", merge_id, actor.clinic_id, into, "", detail)
        audit.append(self.connection, [entry])
        return merge_id

    def _cards(self, gone: str, into: str) -> tuple[StoredCard, ...]:
        found = cards_by_person(self.connection, (gone, into))
        return (*found.get(into, ()), *found.get(gone, ()))

    def _before(
        self, survivor: HeldPerson, gone: str, plan: Plan, keys: frozenset[str], cards: Iterable[StoredCard]
    ) -> Before:
        row = person_rows(self.connection, [survivor.id])[survivor.id]
        return Before(
            row["demographics"],
            demographics_json(plan.survivor.demographics),
            survivor.protected,
            tuple(sorted(plan.new_keys)),
            tuple(sorted(keys)),
            {before.id: record_before(before, after) for before, after in plan.records},
            {card.id: card_before(card) for card in cards},
            followers_of(self.connection, gone),
        )

    def _write(
        self, actor: Actor, gone: str, into: str, plan: Plan, before: Before, keys: frozenset[str], now: datetime
    ) -> None:
        duplicates = [pair for pair in plan.records if pair[0].id in plan.duplicates]
        rewrite_records(self.connection, [after for _, after in plan.records])
        change_records(self.connection, duplicates, DUPLICATE, actor.id, now)
        born = plan.survivor.demographics.birth_date
        keep_person(self.connection, into, before.merged, born, plan.survivor.protected)
        take_keys(self.connection, gone, keys)
        give_keys(self.connection, into, plan.new_keys)
        lead_to(self.connection, (gone, *before.followers), into)

    def _move_cards(self, cards: Iterable[StoredCard], into: str, plan: Plan) -> None:
        """Every card is the survivor's now; one that stands holds what it says under the ids of now."""
        moved = {}
        for card in cards:
            same = {} if card.revoked_at else plan.same
            holds = " ".join(same.get(ref, ref) for ref in card.holds.split())
            if (card.person_id, card.holds) != (into, holds):
                moved[card.id] = {"person_id": into, "holds": holds}
        move_cards(self.connection, moved)
