"""The log, kept: appended with its cause, sealed once, never changed unnoticed."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from issuer.audit.lines import Filter
from issuer.db import reading, writing
from issuer.rights import Actor
from issuer.store.audit import MAX_SEALED, append

SECRET = b"s" * 32
NOW = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)


def run(engine, *statements):
    with writing(engine) as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def unguarded(engine):
    """Takes the triggers away, as somebody would who owns the database."""
    if engine.dialect.name == "postgresql":
        run(engine, "ALTER TABLE audit_entry DISABLE TRIGGER USER", "ALTER TABLE audit_seal DISABLE TRIGGER USER")
    else:
        with reading(engine) as connection:
            names = list(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
        run(engine, *(f"DROP TRIGGER {name}" for name in names))


def problems(log, head=None):
    return [(one.kind, one.seal) for one in log.verify(SECRET, head).problems]


# ---- Appending -------------------------------------------------------------------------------------------------------


class Mishap(Exception):
    pass


def test_an_entry_stands_and_falls_with_its_transaction(engine, log, entry):
    def write_and_fail():
        with writing(engine) as connection:
            append(connection, [entry()])
            raise Mishap

    with pytest.raises(Mishap):
        write_and_fail()
    assert log.entries(Filter()) == ()


def test_what_was_written_reads_back(log, entry):
    log.note([entry(1, reason="asked at the desk", detail={"b": 2, "a": "x"}), entry(2, person_id="")])
    newest, oldest = log.entries(Filter())
    assert (oldest.actor, oldest.role, oldest.clinic_id, oldest.origin) == ("staff:n1", "vaccinator", "c1", "192.0.2.7")
    assert (oldest.action, oldest.object_kind, oldest.object_id, oldest.person_id) == (
        "record.add",
        "record",
        "r1",
        "p1",
    )
    assert (oldest.reason, oldest.detail, oldest.sealed_by) == ("asked at the desk", '{"a":"x","b":2}', None)
    assert oldest.at == entry(1).at
    assert (newest.person_id, newest.detail) == ("", "{}")


def test_nothing_to_append_is_nothing(engine, log):
    with writing(engine) as connection:
        append(connection, [])
    assert log.entries(Filter()) == ()


def test_what_somebody_typed_never_stops_a_change(log, entry):
    log.note([entry(1, reason="a\0b\ud800" + "x" * 10_000)])
    assert log.seal(SECRET, NOW) == 1
    assert log.entries(Filter())[0].reason.startswith("ab?x")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET reason = 'x'",
        "UPDATE audit_entry SET seq = 99",
        "UPDATE audit_entry SET sealed_by = NULL",
        "UPDATE audit_entry SET sealed_by = 2",
        "DELETE FROM audit_entry",
        "UPDATE audit_seal SET hash = 'x'",
        "DELETE FROM audit_seal",
    ],
)
def test_the_database_itself_refuses_changes(engine, log, written, statement):
    written(1)
    log.seal(SECRET, NOW)
    before = log.entries(Filter())
    with pytest.raises(DBAPIError):
        run(engine, statement)
    assert log.entries(Filter()) == before
    assert log.verify(SECRET).whole


@pytest.mark.parametrize("table", ["audit_entry", "audit_seal"])
def test_postgresql_refuses_to_empty_it(engine, log, written, table):
    if engine.dialect.name != "postgresql":
        return
    written(1)
    with pytest.raises(DBAPIError):
        run(engine, f"TRUNCATE {table}")


# ---- Sealing ---------------------------------------------------------------------------------------------------------


def test_seals_are_chained_in_order(log, written):
    assert log.seal(SECRET, NOW) == 0
    assert log.head() is None
    written(1, 2)
    assert log.verify(SECRET).unsealed == 2
    assert log.seal(SECRET, NOW) == 2
    first = log.head()
    written(3)
    assert log.seal(SECRET, NOW) == 1
    found = log.verify(SECRET, first.text)
    assert found.whole
    assert (found.entries, found.seals, found.unsealed, found.head.number) == (3, 2, 0, 2)
    assert found.head == log.head()


def test_many_entries_get_several_seals(log, entry):
    log.note([entry(number) for number in range(MAX_SEALED + 1)])
    assert log.seal(SECRET, NOW) == MAX_SEALED + 1
    assert log.verify(SECRET).seals == 2
    assert log.verify(SECRET).whole


def test_what_commits_later_gets_a_later_seal(engine, log, entry):
    if engine.dialect.name != "postgresql":
        return  # SQLite has one writer: entries commit in their order
    with writing(engine) as slow:
        append(slow, [entry(1)])
        log.note([entry(2)])
        assert log.seal(SECRET, NOW) == 1
    assert log.verify(SECRET).unsealed == 1
    assert log.seal(SECRET, NOW) == 1
    assert [(line.seq, line.sealed_by) for line in log.entries(Filter())] == [(2, 1), (1, 2)]
    assert log.verify(SECRET).whole


def test_two_sealers_beside_four_writers(log, entry):
    failures: list[BaseException] = []
    writers = threading.Barrier(6)

    def write():
        for number in range(15):
            log.note([entry(number), entry(number + 100)])

    def seal():
        for _ in range(12):
            log.seal(SECRET, NOW)

    def guarded(work):
        try:
            writers.wait(30)
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (write,) * 4 + (seal,) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    log.seal(SECRET, NOW)
    found = log.verify(SECRET)
    assert found.whole
    assert (found.entries, found.unsealed) == (120, 0)


# ---- Verifying -------------------------------------------------------------------------------------------------------


@pytest.fixture
def three_seals(log, written, unguarded):
    for numbers in ((1, 2), (3, 4), (5, 6)):
        written(*numbers)
        log.seal(SECRET, NOW)
    return log


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit_entry SET reason = 'x' WHERE seq = 3", ("entry-changed", 2)),
        ("UPDATE audit_entry SET actor = 'staff:other' WHERE seq = 6", ("entry-changed", 3)),
        ("DELETE FROM audit_entry WHERE seq = 4", ("entry-removed", 2)),
        ("UPDATE audit_entry SET sealed_by = NULL WHERE seq = 1", ("entry-removed", 1)),
        ("UPDATE audit_seal SET entries = 3 WHERE number = 2", ("entry-removed", 2)),
        ("UPDATE audit_seal SET digest = hash WHERE number = 2", ("entry-changed", 2)),
        ("UPDATE audit_seal SET hash = digest WHERE number = 2", ("seal-changed", 2)),
        ("UPDATE audit_seal SET first_seq = 1 WHERE number = 2", ("seal-changed", 2)),
        ("DELETE FROM audit_seal WHERE number = 2", ("seal-missing", 2)),
        ("DELETE FROM audit_seal WHERE number = 1", ("seal-missing", 1)),
        ("DELETE FROM audit_seal WHERE number = 3", ("seal-unknown", 3)),
    ],
)
def test_what_was_changed_is_named(engine, three_seals, statement, found):
    assert problems(three_seals) == []
    run(engine, statement)
    assert found in problems(three_seals)


def test_an_entry_put_in_afterwards(engine, three_seals):
    columns = "at, actor, role, clinic_id, action, object_kind, object_id, person_id, origin, reason, detail"
    run(
        engine,
        f"INSERT INTO audit_entry (seq, {columns}, sealed_by) SELECT 50, {columns}, 2 FROM audit_entry WHERE seq = 1",
    )
    assert ("entry-added", 2) in problems(three_seals)


def test_entries_moved_from_one_seal_to_another(engine, three_seals):
    run(engine, "UPDATE audit_entry SET sealed_by = 5 - sealed_by WHERE seq IN (3, 5)")
    assert {seal for _, seal in problems(three_seals)} == {2, 3}


def test_another_secret_verifies_nothing(three_seals):
    assert {one.kind for one in three_seals.verify(b"t" * 32).problems} == {"seal-changed"}


def test_a_log_cut_short_is_found_by_its_noted_head(engine, three_seals):
    noted = three_seals.head().text
    assert problems(three_seals, noted) == []
    run(engine, "DELETE FROM audit_seal WHERE number = 3", "DELETE FROM audit_entry WHERE sealed_by = 3")
    assert problems(three_seals) == []  # nobody can tell
    assert problems(three_seals, noted) == [("head-missing", 3)]


def test_a_log_sealed_anew_is_found_by_its_noted_head(engine, three_seals):
    noted = three_seals.head().text
    run(
        engine,
        "DELETE FROM audit_seal",
        "UPDATE audit_entry SET sealed_by = NULL",
        "DELETE FROM audit_entry WHERE seq = 4",
    )
    for _ in range(3):
        run(engine, "UPDATE audit_entry SET reason = reason")
    three_seals.seal(SECRET, NOW)
    assert problems(three_seals) == []
    assert problems(three_seals, noted) == [("head-missing", 3)]
    assert problems(three_seals, f"1:{noted.partition(':')[2]}") == [("head-differs", 1)]


@pytest.mark.parametrize("head", ["x", "1", "1:ab", "-1:" + "0" * 64, "1:" + "G" * 64])
def test_what_is_no_head_is_refused(log, head):
    with pytest.raises(ValueError, match="audit head"):
        log.verify(SECRET, head)


# ---- Looking ---------------------------------------------------------------------------------------------------------


def test_filters_and_pages(log, entry):
    auditor = Actor("staff:a", "auditor")
    log.note([entry(number) for number in range(5)])
    log.note([entry(9, actor=auditor, action="audit.search", clinic_id="c9")])
    assert [line.object_id for line in log.entries(Filter(actor="staff:n1"), limit=2)] == ["r4", "r3"]
    after = log.entries(Filter(actor="staff:n1"), limit=2)[-1].seq
    assert [line.object_id for line in log.entries(Filter(actor="staff:n1"), after)] == ["r2", "r1", "r0"]
    for wanted in (
        Filter(action="audit.search"),
        Filter(clinic_id="c9"),
        Filter(role="auditor"),
        Filter(object_id="r9"),
    ):
        assert [line.object_id for line in log.entries(wanted)] == ["r9"]
    start = entry(0).at
    window = Filter(since=start + timedelta(seconds=1), until=start + timedelta(seconds=3))
    assert [line.object_id for line in log.export(window)] == ["r1", "r2"]


def test_who_saw_or_changed_a_persons_record(engine, log, entry):
    moment = "'2026-11-20 12:00:00'"
    persons = [
        f"INSERT INTO person (id, demographics, birth_date, protected, merged_into, created_at)"
        f" VALUES ('{name}', '', '', {protected}, {into}, {moment})"
        for name, protected, into in (("p1", "false", "NULL"), ("p2", "false", "'p1'"), ("p3", "false", "'p2'"))
    ]
    run(
        engine,
        f"INSERT INTO clinic (id, name, public_name, state, details, created_at)"
        f" VALUES ('c1', '', '', 'live', '', {moment})",
        *persons,
        f"INSERT INTO submission (id, door, actor, clinic_id, message_id, digest, received_at)"
        f" VALUES ('s1', 'csv', 'staff:n1', 'c1', '', '', {moment})",
        f"INSERT INTO record (id, person_id, clinic_id, key, kind, code, day, lot, status, source, unsigned_because,"
        f" vaccinator, resource, marks, version, submission_id, recorded_at, changed_at)"
        f" VALUES ('r1', 'p1', 'c1', 'k', 'immunization', '', '', '', 'completed', 'administered', '', '', '', '', 1,"
        f" 's1', {moment}, {moment})",
    )
    log.note(
        [
            entry(1, action="person.open"),
            entry(2, action="record.add"),
            entry(3, action="person.open"),
            entry(4, action="person.open"),
            entry(5, action="record.batch", object_kind="submission", object_id="s1", person_id=""),
            entry(6, action="record.batch", object_kind="submission", object_id="s2", person_id=""),
        ]
    )
    assert [line.object_id for line in log.of_person("p1")] == ["s1", "r3", "r2", "r1"]
    assert [line.object_id for line in log.of_person("p1", limit=1)] == ["s1"]
    assert [line.object_id for line in log.of_person("p1", after=2)] == ["r1"]
    assert log.of_person("nobody") == ()
