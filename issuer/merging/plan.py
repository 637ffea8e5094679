"""What putting two persons together changes, and what taking them apart changes back. Pure.

The survivor's data win where both say something; what the other one knew is added (`issuer.persons.updated`). The other
one's records become the survivor's, their keys are made anew. Where a clinic recorded the same dose for both, the later
one is deleted as a duplicate. A card keeps standing: what it says was said of the same person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from cards.terminology import LOINC
from issuer.intake.events import moment_of, read_event
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.intake.keys import record_key
from issuer.intake.proposal import Demographics, Dose
from issuer.persons import keys_of, updated

DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of two persons who are one."""

    survivor: HeldPerson = field(repr=False)
    records: tuple[tuple[HeldRecord, HeldRecord], ...] = field(repr=False)
    """(before, after) of each record that changes."""
    duplicates: frozenset[str]
    """Ids of the records deleted because the same stands on another."""
    same: Mapping[str, str]
    """What a card holds now by what it held, where both say the same."""
    new_keys: frozenset[str] = field(repr=False)
    """Keys by which the survivor is found from now on, too."""


def planned(
    survivor: HeldPerson,
    gone: HeldPerson,
    records: Iterable[HeldRecord],
    keys: Mapping[str, frozenset[str]],
    again: int,
    now: datetime,
) -> Plan:
    """Put `gone` with `survivor`.

    Args:
        records: of both. keys: of each, by the person's id.
        again: how often these two were put together and taken apart before: their records get versions of their own,
            for a card that was taken back then is not the one that is made now.
    """
    merged = updated(gone.demographics, survivor.demographics)
    protected = survivor.protected or gone.protected
    after = HeldPerson(survivor.id, replace(merged, protected=protected or merged.protected), protected)
    names = keys_of(after.demographics)
    added = keys[gone.id] | {*names.identifiers, *names.names}
    changed, duplicates, same = _moved(survivor.id, list(records), again, now)
    return Plan(after, changed, duplicates, same, frozenset(added - keys[survivor.id]))


def _moved(
    survivor_id: str, records: list[HeldRecord], again: int, now: datetime
) -> tuple[tuple[tuple[HeldRecord, HeldRecord], ...], frozenset[str], dict[str, str]]:
    before = {one.id: one for one in records}
    after = {one.id: one for one in records if one.person_id == survivor_id}
    claimed = {one.key: one.id for one in after.values()}
    duplicates, same = set(), {}
    for one in sorted((one for one in records if one.person_id != survivor_id), key=_best_first):
        key = key_for(survivor_id, one)
        moved = replace(one, person_id=survivor_id, key=key, version=one.version + again)
        twin = claimed.get(key)
        if twin is None:
            claimed[key] = one.id
            after[one.id] = moved
            continue
        kept, later = sorted((after[twin], moved), key=_best_first)
        claimed[key] = kept.id
        after[kept.id] = replace(kept, key=key, event_key=kept.event_key or later.event_key)
        after[later.id] = _as_duplicate(later, one.key, now)
        if later.status != "deleted":
            duplicates.add(later.id)
        if later.resource == kept.resource:
            same[before[later.id].ref] = kept.id
    refs = {one.ref: after[one.id].ref for one in before.values() if one.id not in duplicates}
    refs |= {ref: after[record_id].ref for ref, record_id in same.items()}
    changed = tuple((before[record_id], one) for record_id, one in after.items() if one != before[record_id])
    return changed, frozenset(duplicates), {old: new for old, new in refs.items() if old != new}


def _best_first(one: HeldRecord) -> tuple[bool, bool, datetime, str]:
    return (one.status == "deleted", one.status != "completed", one.recorded_at, one.id)


def _as_duplicate(one: HeldRecord, key: str, now: datetime) -> HeldRecord:
    """It gives its key and the sender's id away: whoever sends it again means the one that was kept."""
    if one.status == "deleted":
        return replace(one, key=key, event_key=None)
    return replace(one, key=key, event_key=None, status="deleted", version=one.version + 1, changed_at=now)


def key_for(person_id: str, one: HeldRecord) -> str:
    """`record.key` of a record as a person's."""
    event = read_event(one.kind, one.resource).event
    system = event.system if isinstance(event, Dose) else LOINC
    return record_key(person_id, one.clinic_id, one.kind, system, event.code, moment_of(event))


# ---- Taking apart ----------------------------------------------------------------------------------------------------


def apart(before: Demographics, merged: Demographics, now: Demographics, other: Demographics) -> Demographics:
    """The survivor without what the other one brought, at the merge or since; what else was said since stays.

    Args:
        before: the survivor's, `merged` what was made of both, `now` as it stands; `other`: the other one's own.
    """
    members: dict[str, Any] = {}
    for each in fields(Demographics):
        was, made, is_now, others = (getattr(one, each.name) for one in (before, merged, now, other))
        if is_now in (made, others):
            members[each.name] = was
        elif isinstance(is_now, tuple):
            members[each.name] = (*(one for one in is_now if one in was or one not in (*made, *others)),)
        else:
            members[each.name] = is_now
    kept = Demographics(**members)
    strangers = {kept.name, other.name} - {*before.aliases}
    return replace(kept, aliases=tuple(one for one in kept.aliases if one not in strangers))


def taken_back(known: HeldRecord, was: Mapping[str, Any], taken: Iterable[str]) -> HeldRecord:
    """A record as it was before the merge; one that was changed since keeps the change and goes back to its person.

    Args:
        was: `person_id`, `key`, `event_key`, `status`, `version`, `changed_at` before, and `after`, the version then.
        taken: keys that other records have.
    """
    if known.version == was["after"]:
        changed_at = datetime.fromisoformat(was["changed_at"])
        return replace(known, **{name: was[name] for name in RESTORED}, changed_at=changed_at)
    key = key_for(was["person_id"], known)
    return replace(known, person_id=was["person_id"], key=known.key if key in set(taken) else key)


RESTORED = ("person_id", "key", "event_key", "status", "version")
