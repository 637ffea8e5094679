"""What stands beside the records of a submission: its own row, its lines in the audit log, its events. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from issuer.audit.entry import Entry, Event
from issuer.intake.held import Writes
from issuer.intake.proposal import Outcome
from issuer.rights import Actor

ONE_LINE_FROM = 50
"""From how many proposals on the audit log gets one line for the batch instead of one for each record. The line names
the submission, and each record names it too."""
_DONE = {
    "recorded": "record.add",
    "corrected": "record.correct",
    "deleted": "record.delete",
    "reinstated": "record.add",
}
_EVENTS = {
    "recorded": "record.added",
    "corrected": "record.corrected",
    "deleted": "record.deleted",
    "reinstated": "record.added",
}


def changes_something(outcomes: Sequence[Outcome]) -> bool:
    """Whether anything was recorded, corrected or taken back."""
    return any(outcome.did not in ("refused", "asked", "unchanged") for outcome in outcomes)


def submission_row(
    submission_id: str, door: str, actor: Actor, clinic_id: str, message_id: str, digest: str, now: datetime
) -> dict[str, Any]:
    """That a message came."""
    return {
        "id": submission_id,
        "door": door,
        "actor": actor.id,
        "clinic_id": clinic_id,
        "message_id": message_id,
        "digest": digest,
        "received_at": now,
    }


def entries_of(
    actor: Actor, clinic_id: str, submission_id: str, outcomes: Sequence[Outcome], writes: Writes, now: datetime
) -> list[Entry]:
    """A line for each record, or one for a large batch."""
    done = [outcome for outcome in outcomes if outcome.did in _DONE]
    lines = [
        Entry(now, actor, "review.open", "review", review_id, clinic_id, newer)
        for review_id, newer, _, _, _ in writes.reviews
    ]
    lines += [
        Entry(now, actor, "person.update", "person", one, clinic_id, one) for one in sorted(writes.changed_persons)
    ]
    if len(outcomes) >= ONE_LINE_FROM:
        ids = "\n".join(sorted(outcome.record_id for outcome in done))
        detail: dict[str, str | int] = {did: sum(one.did == did for one in outcomes) for did in _DONE}
        detail["records"] = hashlib.sha256(ids.encode()).hexdigest()
        return [*lines, Entry(now, actor, "record.batch", "submission", submission_id, clinic_id, "", "", detail)]
    lines += [Entry(now, actor, _DONE[one.did], "record", one.record_id, clinic_id, one.person_id) for one in done]
    lines += [
        Entry(now, actor, "person.update", "person", one.person_id, clinic_id, one.person_id)
        for one in outcomes
        if one.did == "noted" and one.person_id not in writes.changed_persons
    ]
    return lines


def events_of(clinic_id: str, submission_id: str, outcomes: Sequence[Outcome], now: datetime) -> list[Event]:
    """What others are told of."""
    if len(outcomes) >= ONE_LINE_FROM:
        added = Event(now, "records.added", "submission", submission_id, clinic_id)
        return [added] if changes_something(outcomes) else []
    return [Event(now, _EVENTS[one.did], "record", one.record_id, clinic_id) for one in outcomes if one.did in _EVENTS]
