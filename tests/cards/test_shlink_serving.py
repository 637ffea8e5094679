"""What a server of links answers, its passcodes and its short-lived addresses."""

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.shlink import LinkError, LocationGone, ManifestRequest, serving
from cards.shlink.locations import LIFETIME_SECONDS, MAX_SECONDS, check_ticket, ticket
from cards.shlink.manifest import EMBEDDED_LENGTH_MAX, HEALTH_CARDS, read_manifest
from cards.shlink.passcode import MAX_WRONG_PASSCODES, judge, keep
from cards.shlink.serving import SharedFile

SECRET, NOW = bytes(range(32)), 1_795_000_000
FILE = SharedFile("a..b.c.d", "https://f.example/1", "can-change", "2026-11-20T12:00:00Z")
KEPT = keep("481516", bytes(16))


@pytest.mark.parametrize(("longest", "embedded"), [(None, True), (8, True), (7, False), (0, False), (10**9, True)])
def test_a_file_is_embedded_or_at_a_location_never_both_and_never_longer_than_asked(longest, embedded):
    answer = serving.manifest([FILE], ManifestRequest("a", None, longest))
    (file,) = read_manifest(answer.body)
    assert (file.embedded, file.location) == ((FILE.jwe, None) if embedded else (None, FILE.location))
    assert (file.content_type, file.status, file.last_updated) == (HEALTH_CARDS, "can-change", "2026-11-20T12:00:00Z")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")


def test_where_nothing_is_said_long_files_lie_at_a_location():
    (file,) = read_manifest(
        serving.manifest([SharedFile("x" * (EMBEDDED_LENGTH_MAX + 1), FILE.location)], ManifestRequest("a")).body
    )
    assert file.embedded is None


def test_every_answer():
    assert json.loads(serving.wrong_passcode(3).body) == {"remainingAttempts": 3}
    answers = [
        serving.file("a..b.c.d"),
        serving.wrong_passcode(3),
        serving.ended(),
        serving.too_often(60),
        serving.malformed(),
        serving.preflight(),
        serving.manifest([], ManifestRequest("a"), 30),
    ]
    assert [answer.status for answer in answers] == [200, 401, 404, 429, 400, 204, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == [None, None, None, "60", None, None, "30"]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    assert answers[0].headers["Content-Type"] == "application/jose"
    assert "Content-Type" in answers[5].headers["Access-Control-Allow-Headers"]


def test_passcodes_are_counted_for_life():
    remaining = MAX_WRONG_PASSCODES
    for left in range(MAX_WRONG_PASSCODES - 1, -1, -1):
        judged = judge("000000", KEPT, remaining)
        assert (judged.outcome, judged.remaining_after) == ("wrong", left)
        remaining = judged.remaining_after
    assert judge("481516", KEPT, remaining) == judge("000000", KEPT, 0)
    assert judge("481516", KEPT, remaining).outcome == "ended"


def test_the_right_one_and_none():
    assert judge("481516", KEPT, 3) == judge(" ４８１５１６ ", KEPT, 3)
    assert (judge("481516", KEPT, 3).outcome, judge("481516", KEPT, 3).remaining_after) == ("open", 3)
    assert (judge(None, KEPT, 3).outcome, judge("", KEPT, 3).remaining_after) == ("wrong", 3)
    assert judge("anything", None, 0).outcome == "open"


def test_what_is_kept_is_no_passcode():
    assert "481516" not in repr(KEPT)
    assert keep("481516", bytes(16)).digest != keep("481516", b"1" * 16).digest
    for passcode, salt in (("", bytes(16)), ("1", bytes(15))):
        with pytest.raises(ValueError):
            keep(passcode, salt)


def test_parallel_guesses_stand_in_line():
    """As its caller does it: the row is locked from reading to writing."""
    lock, row, outcomes = threading.Lock(), {"remaining": 5}, []

    def guess(number):
        with lock:
            judged = judge(f"{number:06}", KEPT, row["remaining"])
            row["remaining"] = judged.remaining_after
        outcomes.append(judged.outcome)

    threads = [threading.Thread(target=guess, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ended"] * 7 + ["wrong"] * 5


@given(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.integers(0, 2**33),
    st.integers(1, MAX_SECONDS),
    st.integers(-10, 4000),
)
def test_a_ticket_opens_its_file_for_its_time(link, file, now, seconds, later):
    made = ticket(SECRET, link, file, now, seconds)
    assert len(made) == 54
    if later <= seconds:
        check_ticket(made, SECRET, link, file, now + later)
    else:
        with pytest.raises(LocationGone):
            check_ticket(made, SECRET, link, file, now + later)


def test_a_ticket_opens_nothing_else():
    made = ticket(SECRET, "ab", "c", NOW)
    check_ticket(made, SECRET, "ab", "c", NOW + LIFETIME_SECONDS)
    for link, file, secret in (("a", "bc", SECRET), ("ab", "d", SECRET), ("abc", "", SECRET), ("ab", "c", bytes(32))):
        with pytest.raises(LocationGone):
            check_ticket(made, secret, link, file, NOW)
    for place in range(54):
        other = made[:place] + ("A" if made[place] != "A" else "B") + made[place + 1 :]
        with pytest.raises(LocationGone):
            check_ticket(other, SECRET, "ab", "c", NOW)


@given(st.text(max_size=80))
def test_any_text_for_a_ticket(text):
    with pytest.raises(LinkError):
        check_ticket(text, SECRET, "ab", "c", NOW)


def test_no_ticket_lives_longer_than_an_hour():
    for seconds in (0, -1, MAX_SECONDS + 1):
        with pytest.raises(ValueError):
            ticket(SECRET, "a", "b", NOW, seconds)
    with pytest.raises(ValueError):
        ticket(bytes(31), "a", "b", NOW)
