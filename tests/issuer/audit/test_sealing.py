"""Seals: what is hashed, and that no change goes unnoticed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from issuer.audit.lines import Line
from issuer.audit.sealing import SEAL_SECONDS, START, Head, canonical, digest_of, run_sealer, seal_of
from issuer.audit.verifying import verify

SECRET = b"s" * 32
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LINE = Line(7, NOW, "staff:1", "vaccinator", "c1", "record.add", "record", "r1", "p1", "", "", '{"a":1}', 1)


def test_the_canonical_text_stays_as_it_is():
    """Seals made by earlier versions must verify with later ones."""
    assert canonical(LINE) == (
        b'[7,"2026-11-20T12:00:00.000000+00:00","staff:1","vaccinator","c1","record.add","record","r1","p1","","",'
        b'"{\\"a\\":1}"]\n'
    )
    assert len(seal_of(SECRET, START, 1, 7, 7, 1, digest_of([LINE]), NOW).hash) == 64


def test_the_same_moment_in_another_zone_is_the_same():
    elsewhere = replace(LINE, at=NOW.astimezone(timezone(timedelta(hours=-8))))
    assert canonical(elsewhere) == canonical(LINE)


def test_under_which_seal_it_stands_is_not_part_of_it():
    assert canonical(replace(LINE, sealed_by=None)) == canonical(LINE)


def test_heads_read_back():
    head = Head(12, "a" * 64)
    assert Head.read(head.text + "\n") == head


def chain(under, secret=SECRET):
    """Entries 1, 2, 3 … each under the seal named, and those seals."""
    entries = [replace(LINE, seq=seq, sealed_by=number) for seq, number in enumerate(under, 1)]
    seals, previous = [], START
    for number in range(1, max(under) + 1):
        lines = [one for one in entries if one.sealed_by == number]
        seal = seal_of(secret, previous, number, lines[0].seq, lines[-1].seq, len(lines), digest_of(lines), NOW)
        seals.append(seal)
        previous = seal.hash
    return seals, entries


UNDER = st.lists(st.integers(1, 5), min_size=1, max_size=30).filter(
    lambda under: set(under) == set(range(1, max(under) + 1))
)


@given(UNDER)
@settings(deadline=None)
def test_whatever_committed_when_the_log_is_whole(under):
    seals, entries = chain(under)
    found = verify(SECRET, seals, iter(entries), Head(seals[-1].number, seals[-1].hash), 0)
    assert found.whole
    assert (found.entries, found.seals) == (len(under), max(under))


FIELDS = st.sampled_from([name for name in Line.__slots__ if name not in ("seq", "sealed_by", "at")])


@given(UNDER, st.data())
@settings(deadline=None, max_examples=200)
def test_any_change_is_found_and_its_seal_is_named(under, data):
    seals, entries = chain(under)
    at = data.draw(st.integers(0, len(entries) - 1))
    kind = data.draw(st.sampled_from(["change", "remove", "move", "moment"]))
    harmed = entries[at].sealed_by
    if kind == "remove":
        del entries[at]
    elif kind == "move":
        entries[at] = replace(entries[at], sealed_by=data.draw(st.integers(1, 6).filter(lambda to: to != harmed)))
    elif kind == "moment":
        entries[at] = replace(entries[at], at=NOW + timedelta(microseconds=1))
    else:
        name = data.draw(FIELDS)
        entries[at] = replace(entries[at], **{name: getattr(entries[at], name) + "x"})
    assert harmed in [one.seal for one in verify(SECRET, seals, iter(entries), None, 0).problems]


@given(UNDER, st.data())
@settings(deadline=None)
def test_a_seal_taken_out_is_found(under, data):
    seals, entries = chain(under)
    gone = data.draw(st.integers(0, len(seals) - 1))
    number = seals.pop(gone).number
    assume(seals)
    found = [(one.kind, one.seal) for one in verify(SECRET, seals, iter(entries), None, 0).problems]
    assert ("seal-missing", number) in found or ("seal-unknown", number) in found


def test_members_cannot_run_into_one_another():
    assert canonical(replace(LINE, actor='a","b', role="c")) != canonical(replace(LINE, actor="a", role='b","c'))


def test_the_sealer_goes_on_after_a_fault_and_ends_when_told():
    class Store:
        calls = 0

        def seal(self, secret, now):
            self.calls += 1
            if self.calls == 2:
                raise OSError("no disk")
            return 1

    store, waits, faults = Store(), [], []
    run_sealer(store, SECRET, lambda: NOW, lambda seconds: waits.append(seconds) or len(waits) == 3, faults.append)
    assert store.calls == 3
    assert waits == [SEAL_SECONDS] * 3
    assert [type(one) for one in faults] == [OSError]
