"""Events, the webhooks they are sent to, and how each delivery fares.

An event is written within the transaction that caused it. A deliverer turns it into one delivery for each webhook that
asked for its kind, and takes due deliveries for a time: a worker that dies gives them back. Each is delivered at least
once, always under the same id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, delete, func, insert, select, update

from issuer.audit.entry import Entry, Event
from issuer.db import reading, writing
from issuer.models.audit import delivery, event, webhook
from issuer.store.audit import append as append_audit
from issuer.store.rows import add_rows
from issuer.webhooks.deliveries import LEASE, Attempt, Due, Failing, NewWebhook, StoppedBecause, Webhook

MAX_ADDRESSED = 500
"""Events turned into deliveries in one transaction."""


def append(connection: Connection, events: Sequence[Event]) -> None:
    """Write events with what caused them: one statement, within the caller's transaction."""
    if events:
        add_rows(connection, event, [_values(one) for one in events])


class EventStore:
    """Webhooks and deliveries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # ---- Webhooks ---------------------------------------------------------------------------------------------------

    def add_webhook(self, new: NewWebhook, noted: Entry) -> None:
        """Keep a webhook, with its line in the audit log."""
        with writing(self._engine) as connection:
            values = {name: getattr(new, name) for name in NewWebhook.__slots__} | {"kinds": " ".join(new.kinds)}
            connection.execute(insert(webhook).values(active=True, stopped_because="", **values))
            append_audit(connection, [noted])

    def stop_webhook(self, webhook_id: str, noted: Entry) -> bool:
        """Send it nothing more; whether there was anything to stop. What waits for it is given up."""
        with writing(self._engine) as connection:
            stopped = _stop(connection, webhook_id, "by-staff", noted.at)
            if stopped:
                append_audit(connection, [noted])
            return stopped

    def webhooks(self) -> tuple[Webhook, ...]:
        """All, the newest first, each with how its deliveries stand."""
        with reading(self._engine) as connection:
            counted = select(delivery.c.webhook_id, delivery.c.state, func.count())
            counts = {
                (webhook_id, state): count
                for webhook_id, state, count in connection.execute(
                    counted.group_by(delivery.c.webhook_id, delivery.c.state)
                )
            }
            rows = connection.execute(select(webhook).order_by(webhook.c.created_at.desc(), webhook.c.id))
            return tuple(_webhook(row, counts) for row in rows)

    def failing(self, limit: int = 100) -> tuple[Failing, ...]:
        """Deliveries that were given up, or failed at least once and are tried again; the newest first."""
        trouble = and_(delivery.c.state != "delivered", delivery.c.attempts > 0)
        query = (
            select(event.c.kind, event.c.at, delivery, webhook.c.url)
            .join_from(delivery, event)
            .join(webhook)
            .where(trouble)
            .order_by(event.c.id.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(_failing(row) for row in connection.execute(query))

    # ---- Delivering -------------------------------------------------------------------------------------------------

    def address(self, now: datetime) -> int:
        """Turn new events into deliveries; how many events were looked at. Two at once do it once."""
        new = select(event).where(event.c.addressed_at.is_(None)).order_by(event.c.id).limit(MAX_ADDRESSED)
        with reading(self._engine) as connection:
            if connection.execute(new.limit(1)).first() is None:
                return 0
        with writing(self._engine) as connection:
            events = connection.execute(new.with_for_update(skip_locked=True)).all()
            hooks = connection.execute(select(webhook).where(webhook.c.active)).all()
            rows = [_delivery(one, hook, now) for one in events for hook in hooks if _wants(hook, one)]
            if rows:
                connection.execute(insert(delivery), rows)
            looked_at = update(event).where(event.c.id.in_([one.id for one in events]))
            connection.execute(looked_at.values(addressed_at=now))
            return len(events)

    def take_due(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Deliveries that are due, taken for `LEASE`: nobody else gets them meanwhile."""
        due = (
            select(delivery, event, webhook.c.url, webhook.c.secret_sealed)
            .join_from(delivery, event)
            .join(webhook)
            .where(delivery.c.state == "waiting", delivery.c.due_at <= now)
            .order_by(delivery.c.due_at)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            if connection.execute(due.limit(1)).first() is None:
                return ()
        with writing(self._engine) as connection:
            rows = connection.execute(due.with_for_update(of=delivery, skip_locked=True)).all()
            taken = tuple(_due(row) for row in rows)
            for one in taken:
                connection.execute(update(delivery).where(_is(one)).values(due_at=now + LEASE))
            return taken

    def attempted(self, due: Due, attempt: Attempt, now: datetime) -> None:
        """Note how an attempt went. A webhook that answered "gone" is sent nothing more."""
        with writing(self._engine) as connection:
            done = attempt.state != "waiting"
            values = {"state": attempt.state, "attempts": due.attempts + 1, "met": attempt.met}
            moment = {"done_at": now} if done else {"due_at": now + (attempt.again_in or timedelta())}
            connection.execute(update(delivery).where(_is(due)).values(**values, **moment))
            if attempt.gone:
                _stop(connection, due.webhook_id, "gone", now)

    def try_again(self, webhook_id: str, noted: Entry) -> int:
        """Put what was given up for an active webhook in line again; how many deliveries."""
        given_up = and_(delivery.c.webhook_id == webhook_id, delivery.c.state == "given-up")
        with writing(self._engine) as connection:
            if not connection.scalar(select(webhook.c.active).where(webhook.c.id == webhook_id)):
                return 0
            again = update(delivery).where(given_up).values(state="waiting", attempts=0, due_at=noted.at, done_at=None)
            count = connection.execute(again).rowcount
            append_audit(connection, [noted])
            return count

    def forget(self, before: datetime) -> int:
        """Delete events that are older and wait for nobody, with their deliveries; how many."""
        waiting = select(delivery.c.event_id).where(delivery.c.event_id == event.c.id, delivery.c.state == "waiting")
        old = and_(event.c.at < before, event.c.addressed_at.is_not(None), ~waiting.exists())
        with writing(self._engine) as connection:
            ids = list(connection.scalars(select(event.c.id).where(old).order_by(event.c.id).limit(MAX_ADDRESSED)))
            connection.execute(delete(delivery).where(delivery.c.event_id.in_(ids)))
            connection.execute(delete(event).where(event.c.id.in_(ids)))
            return len(ids)


def _stop(connection: Connection, webhook_id: str, because: StoppedBecause, now: datetime) -> bool:
    active = and_(webhook.c.id == webhook_id, webhook.c.active)
    stopped = connection.execute(update(webhook).where(active).values(active=False, stopped_because=because)).rowcount
    waiting = and_(delivery.c.webhook_id == webhook_id, delivery.c.state == "waiting")
    connection.execute(update(delivery).where(waiting).values(state="given-up", done_at=now))
    return stopped > 0


def _values(one: Event) -> Mapping[str, Any]:
    return {name: getattr(one, name) for name in ("kind", "object_kind", "object_id", "clinic_id", "at")}


def _wants(hook: Row[Any], one: Row[Any]) -> bool:
    kinds = hook.kinds.split()
    return (not kinds or one.kind in kinds) and hook.clinic_id in ("", one.clinic_id) and hook.created_at <= one.at


def _delivery(one: Row[Any], hook: Row[Any], now: datetime) -> Mapping[str, Any]:
    return {
        "event_id": one.id, "webhook_id": hook.id, "state": "waiting", "attempts": 0, "due_at": now, "met": "",
    }  # fmt: skip


def _is(due: Due) -> Any:
    return and_(delivery.c.event_id == due.event_id, delivery.c.webhook_id == due.webhook_id)


def _due(row: Row[Any]) -> Due:
    said = Event(row.at, row.kind, row.object_kind, row.object_id, row.clinic_id)
    return Due(row.event_id, row.webhook_id, row.attempts, said, row.url, row.secret_sealed)


def _webhook(row: Row[Any], counts: Mapping[tuple[str, str], int]) -> Webhook:
    states = [counts.get((row.id, state), 0) for state in ("waiting", "delivered", "given-up")]
    said = {name: row._mapping[name] for name in ("id", "url", "clinic_id", "active", "stopped_because", "created_at")}
    return Webhook(**said, kinds=tuple(row.kinds.split()), waiting=states[0], delivered=states[1], given_up=states[2])


def _failing(row: Row[Any]) -> Failing:
    return Failing(**{name: row._mapping[name] for name in Failing.__slots__})
