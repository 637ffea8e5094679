"""What the intake needs to know before it decides, and what it decided, written. One transaction around both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    String,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    text,
    update,
)

from issuer.intake.held import HeldPerson, HeldRecord, Holdings, Writes
from issuer.models import clinic, person, person_key, question, record, record_version, review, submission
from issuer.persons import demographics_json, read_demographics
from issuer.store.rows import Question, add_rows, answers, in_portions

KEEP_BEFORE = timedelta(days=180)
"""How long what a record was before a correction is kept: long enough for a complaint, then it is forgotten."""
RECORD_COLUMNS = tuple(HeldRecord.__slots__)


def clinic_row(connection: Connection, clinic_id: str) -> RowMapping | None:
    """A clinic's row: id, name, public_name, state, details."""
    return connection.execute(_CLINIC, {"wanted": clinic_id}).mappings().first()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a submission can know before anything is decided."""

    clinic_state: str
    """"unknown" where there is no such clinic."""
    seen: tuple[str, ...]
    """Digests of the messages that this sender sent under the same id."""
    close: Holdings = field(repr=False)
    """Everybody with one of the keys, and none of their records: most of them are somebody else."""
    sent: tuple[HeldRecord, ...] = field(repr=False)
    """The records with the sender's own ids."""


def opening(
    connection: Connection, clinic_id: str, message: tuple[str, str], keys: Iterable[str], event_keys: Iterable[str]
) -> Opening:
    """Nobody else decides about persons with these keys until the transaction ends; and what is known of them.

    Args:
        message: who sent it, and its id: "" where it has none.
    """
    dialect, keys = connection.dialect.name, sorted(set(keys))
    asked: list[Question] = [(_CLINIC_STATE, {"wanted": clinic_id}), (_SEEN, {"who": message[0], "what": message[1]})]
    asked += [(_BY_INDEX, {})] if dialect == "postgresql" else []
    asked += _lock_questions(dialect, keys)
    by_key = _questions(dialect, person_key.c.key, _KEY, keys)
    sent = _questions(dialect, record.c.event_key, _RECORD, event_keys)
    said = answers(connection, *asked, *by_key, *sent)
    state, seen, found = said[0], said[1], said[len(asked) :]
    return Opening(
        state[0][0] if state else "unknown",
        tuple(digest for (digest,) in seen) if message[1] else (),
        _near(connection, chain.from_iterable(found[: len(by_key)])),
        tuple(_in_order(chain.from_iterable(found[len(by_key) :]))),
    )


def near(connection: Connection, keys: Iterable[str]) -> Holdings:
    """Everybody with one of the keys, and none of their records."""
    return _near(connection, _where_in(connection, person_key.c.key, keys, _KEY))


def _near(connection: Connection, filed: Iterable[Any]) -> Holdings:
    # Two statements and no join: with an array of two thousand keys the planner would rather scan all persons.
    by_key: dict[str, tuple[str, ...]] = {}
    for key, person_id in filed:
        by_key[key] = (*by_key.get(key, ()), person_id)
    return Holdings(persons_of(connection, {who for many in by_key.values() for who in many}), by_key)


def holdings(
    connection: Connection, close: Holdings, person_ids: Iterable[str], sent: Sequence[HeldRecord]
) -> Holdings:
    """What a decision needs: `close` as it is, those with one of the ids and those of the records `sent` anew and with
    all their records."""
    ids = {who for who in person_ids if who} | {one.person_id for one in sent}
    # Whoever comes by an id alone, and whoever is found by other keys than another message's, waits here for the other.
    lock_keys(connection, (f"p{who}" for who in ids))
    if sent:
        sent = records_where(connection, record.c.event_key, {one.event_key for one in sent if one.event_key})
    by_event = {one.event_key: one for one in sent if one.event_key}
    # Somebody who was merged into another while we waited is nobody any more.
    others = {who: one for who, one in close.persons.items() if who not in ids}
    persons = others | persons_of(connection, ids)
    records: dict[str, list[HeldRecord]] = {who: [] for who in ids if who in persons}
    for one in records_where(connection, record.c.person_id, records):
        records[one.person_id].append(one)
    return Holdings(persons, close.by_key, {who: tuple(many) for who, many in records.items()}, by_event)


def lock_keys(connection: Connection, keys: Iterable[str]) -> None:
    """Nobody else decides about persons with these keys until the transaction ends: two messages about one new person
    make one person. SQLite has one writer anyhow."""
    answers(connection, *_lock_questions(connection.dialect.name, sorted(set(keys))))


def persons_of(connection: Connection, ids: Iterable[str]) -> dict[str, HeldPerson]:
    """Persons by id; those merged into another are not among them."""
    return {
        person_id: HeldPerson(person_id, read_demographics(demographics), protected, protected_at=protected_at)
        for person_id, demographics, protected, protected_at, merged_into in _where_in(
            connection, person.c.id, ids, _PERSON
        )
        if merged_into is None
    }


def records_where(connection: Connection, chosen: Any, wanted: Iterable[str]) -> list[HeldRecord]:
    """Records by a column's values, oldest first."""
    return _in_order(_where_in(connection, chosen, wanted, _RECORD))


def _in_order(rows: Iterable[Any]) -> list[HeldRecord]:
    return sorted((HeldRecord(*row) for row in rows), key=lambda one: (one.recorded_at, one.id))


_CLINIC = select(clinic).where(clinic.c.id == bindparam("wanted"))
_CLINIC_STATE = select(clinic.c.state).where(clinic.c.id == bindparam("wanted"))
_SEEN = select(submission.c.digest).where(
    submission.c.actor == bindparam("who"), submission.c.message_id == bindparam("what")
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM unnest(string_to_array(:keys, ',')) AS k")
_BY_INDEX = text("SELECT set_config('enable_seqscan', 'off', true)")
"""Until the transaction ends. A plan is made while the tables are small, remembered by each connection, and reads them
from end to end long after they are large: a new deployment's first hour was spent so."""
_KEY = (person_key.c.key, person_key.c.person_id)
_ADD_KEY = person_key.insert().from_select(
    ["key", "person_id"],
    select(bindparam("key", type_=String), bindparam("person_id", type_=String)).where(
        ~exists().where(person_key.c.key == bindparam("key"), person_key.c.person_id == bindparam("person_id"))
    ),
)
_PERSON = (person.c.id, person.c.demographics, person.c.protected, person.c.protected_at, person.c.merged_into)
_RECORD = tuple(record.c[name] for name in RECORD_COLUMNS)


def _where_in(connection: Connection, chosen: Any, wanted: Iterable[str], columns: tuple[Any, ...]) -> list[Any]:
    """Rows whose column is one of many values."""
    asked = _questions(connection.dialect.name, chosen, columns, wanted)
    return list(chain.from_iterable(answers(connection, *asked)))


def _questions(dialect: str, chosen: Any, columns: tuple[Any, ...], wanted: Iterable[str]) -> list[Question]:
    values = sorted({value for value in wanted if "," not in value})  # none of ours has one
    if len(values) == 1:
        return [(_select_one(chosen, columns), {"wanted": values[0]})]
    statement = _select_in(dialect, chosen, columns)
    if dialect == "postgresql":  # as one text: an array costs the driver a call for each value
        return [(statement, {"wanted": ",".join(values)})] if values else []
    return [(statement, {"wanted": portion}) for portion in in_portions(values)]


@cache
def _select_one(chosen: Any, columns: tuple[Any, ...]) -> Select[Any]:
    """The plainest plan for what is asked most."""
    return select(*columns).where(chosen == bindparam("wanted"))


def _lock_questions(dialect: str, keys: Sequence[str]) -> list[Question]:
    return [(_LOCK, {"keys": ",".join(keys)})] if keys and dialect == "postgresql" else []


@cache
def _select_in(dialect: str, chosen: Any, columns: tuple[Any, ...]) -> Select[Any]:
    """Built once: SQLAlchemy takes longer to put a statement together than the database to answer it. PostgreSQL gets
    one array: one plan, whatever the number."""
    if dialect == "postgresql":
        one_of = chosen == any_(func.string_to_array(bindparam("wanted", type_=String), literal_column("','")))
    else:
        one_of = chosen.in_(bindparam("wanted", expanding=True))
    return select(*columns).where(one_of)


def write(connection: Connection, writes: Writes, actor: str, now: datetime) -> None:
    """Everything a batch decided."""
    add_rows(connection, person, [_person_values(one, now) for one in writes.new_persons.values()])
    keys = dict.fromkeys(writes.new_keys)
    of_new = [{"key": key, "person_id": who} for key, who in keys if who in writes.new_persons]
    add_rows(connection, person_key, of_new)
    _add_keys(connection, [{"key": key, "person_id": who} for key, who in keys if who not in writes.new_persons])
    for one in writes.changed_persons.values():
        changed = _person_values(one, now)
        del changed["created_at"]
        connection.execute(update(person).where(person.c.id == one.id).values(changed))
    add_rows(connection, record, [record_values(one) for one in writes.new_records.values()])
    for before, after, reason in writes.changed_records.values():
        _change(connection, before, after, reason, actor, now)
    asked = {(who, code) for who, code in writes.questions}
    for record_id, code in sorted(asked):
        _ask(connection, record_id, code, now, writes)
    add_rows(connection, review, _review_values(writes, now))


def _add_keys(connection: Connection, rows: list[dict[str, str]]) -> None:
    """Of persons who are known: they have most of them already. Nobody else adds the same: they are locked."""
    if rows:
        connection.execute(_ADD_KEY, rows)


def _change(
    connection: Connection, before: HeldRecord, after: HeldRecord, reason: str, actor: str, now: datetime
) -> None:
    version = {
        "record_id": before.id,
        "version": before.version,
        "status": before.status,
        "resource": before.resource,
        "reason": reason,
        "changed_by": actor,
        "changed_at": now,
        "forget_after": now + KEEP_BEFORE,
    }
    add_rows(connection, record_version, [version])
    connection.execute(update(record).where(record.c.id == after.id).values(record_values(after)))


def _ask(connection: Connection, record_id: str, code: str, now: datetime, writes: Writes) -> None:
    changed = writes.changed_records.get(record_id)
    owner = changed[1] if changed else writes.new_records.get(record_id)
    if owner is None:
        return
    if changed:
        old = (question.c.record_id == record_id) & (question.c.code == code)
        connection.execute(question.delete().where(old))
    add_rows(
        connection,
        question,
        [{"record_id": record_id, "code": code, "clinic_id": owner.clinic_id, "asked_at": now}],
    )


def _review_values(writes: Writes, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": review_id,
            "newer": newer,
            "older": older,
            "score": score,
            "reasons": reasons,
            "state": "open",
            "opened_at": now,
        }
        for review_id, newer, older, score, reasons in writes.reviews
    ]


def _person_values(one: HeldPerson, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "demographics": demographics_json(one.demographics),
        "birth_date": one.demographics.birth_date[:10],
        "protected": one.protected,
        "protected_at": one.protected_at,
        "created_at": now,
    }


def record_values(one: HeldRecord) -> dict[str, Any]:
    """A record as a row."""
    return {name: getattr(one, name) for name in RECORD_COLUMNS}


def add_submission(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep that a message came."""
    add_rows(connection, submission, [row])
