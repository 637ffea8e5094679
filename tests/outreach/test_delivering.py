"""From the outbox to servers: once in effect, whatever dies, refuses, hangs or lies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import outreach
from outreach.channels import LineDown, Tray
from outreach.messages import Outgoing
from outreach.results import Accepted, Refused, Report, Result, TryAgain
from outreach.rules import Cap, Quiet
from outreach.vault import Vault
from tests.outreach.world import NOW, World, email, letter, new, office, sms

GONE = Refused("550 5.1.1", flags=True)


@dataclass
class Scripted:
    """A channel that answers as it is told; what a real server does stands in the tests of each channel."""

    answers: list[Any] = field(default_factory=list)
    sent: list[Outgoing] = field(default_factory=list)
    lines: int = 0
    down: str = ""

    @contextmanager
    def line(self) -> Iterator["Scripted"]:
        if self.down:
            raise LineDown(self.down)
        self.lines += 1
        yield self

    def send(self, outgoing: Outgoing) -> Result:
        self.sent.append(outgoing)
        answer = self.answers.pop(0) if self.answers else Accepted("250")
        if isinstance(answer, Exception):
            raise answer
        return answer


def with_channels(at: World) -> tuple[Scripted, Scripted]:
    mail, text = Scripted(), Scripted()
    at.channels = {"email": mail, "sms": text, "letter": Tray()}
    return mail, text


def test_sent_and_done(at: World) -> None:
    mail, _ = with_channels(at)
    at.queue(new(), new(email("bea@mail.example")))
    done = at.round()
    assert (done.attempts, done.sent, mail.lines) == (2, 2, 1)
    assert [row.state for row in at.rows()] == ["sent", "sent"]
    assert all(row.values_sealed is None for row in at.rows()), "nowhere else to go: the text is gone at once"
    assert at.round().attempts == 0


def test_what_is_asked_for_goes_first(at: World) -> None:
    mail, _ = with_channels(at)
    at.queue(*[new(email(f"a{number}@mail.example")) for number in range(5)])
    at.queue(new(email("waits@mail.example"), purpose="link-requested", asked_at=NOW))
    at.round(limit=2)
    assert mail.sent[0].address == "waits@mail.example"


def test_a_worker_that_dies_between_accepted_and_its_note(at: World) -> None:
    mail, _ = with_channels(at)
    at.queue(new())
    mail.answers = [Accepted("250")]

    class Died(BaseException):
        pass

    real, at.clock.now = at.begin, NOW
    calls = 0

    @contextmanager
    def dying() -> Iterator[Any]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Died
        with real() as connection:
            yield connection

    with pytest.raises(Died):
        outreach.deliver_some(dying, at.office, at.channels, at.clock, at.chance, at.new_id)
    assert at.row().state == "waiting"
    assert at.round().attempts == 0, "the lease holds"
    at.clock.turn(minutes=5)
    assert at.round().sent == 1
    first, second = mail.sent
    assert first == second, "the same name, the same text"


def test_a_late_worker_notes_nothing(at: World) -> None:
    """Its lease ended, another has sent it: what the first one met does not count."""
    from outreach.settling import settle
    from outreach.taking import take

    _mail, _ = with_channels(at)
    at.queue(new())
    with at.begin() as connection:
        (mine,) = take(connection, at.office, ["email"], NOW, "a" * 32, 10)
    at.clock.turn(minutes=6)
    assert at.round().sent == 1
    with at.begin() as connection:
        assert not settle(connection, at.office, mine.row, Accepted("250"), at.clock(), 0.5, lambda *_: None)
    assert at.row().state == "sent"


def test_two_workers_take_different_messages(at: World) -> None:
    """On PostgreSQL while both are at it; SQLite lets one writer in after the other."""
    from outreach import store

    at.queue(*[new(email(f"a{number}@mail.example")) for number in range(10)])

    def take(connection: Any, claim: str) -> set[str]:
        return {one.id for one in store.take(connection, NOW, NOW + timedelta(minutes=5), claim * 32, ["email"], 6)}

    if at.engine.dialect.name == "postgresql":
        with at.begin() as one, at.begin() as other:
            first, second = take(one, "a"), take(other, "b")
    else:
        with at.begin() as one:
            first = take(one, "a")
        with at.begin() as other:
            second = take(other, "b")
    assert (len(first), len(second)) == (6, 4)
    assert not first & second


def test_tried_again_later_and_later(at: World) -> None:
    mail, _ = with_channels(at)
    at.queue(new())
    waits = []
    for _ in range(5):
        mail.answers = [TryAgain("451 4.7.1")]
        before = at.clock()
        assert at.round().failed == 1
        waits.append((at.row().due_at - before).total_seconds())
        at.clock.now = at.row().due_at - timedelta(seconds=1)
        assert at.round().attempts == 0
        at.clock.turn(seconds=1)
    assert waits == [60, 120, 240, 480, 960]
    assert at.round().sent == 1
    assert len({one.key for one in mail.sent}) == 1


def test_half_of_the_waiting_is_chance() -> None:
    rules = office().rules
    assert [rules.retry_in(2, chance).total_seconds() for chance in (0.0, 0.5, 1.0)] == [120, 180, 240]
    assert rules.retry_in(10_000, 1.0) == rules.longest_retry


def test_given_up_after_a_day_and_then_the_next_contact(at: World) -> None:
    mail, text = with_channels(at)
    at.office = office(quiet=Quiet(channels=frozenset()))
    at.queue(new(email(), sms()))
    mail.down = "no-connection"
    while at.row().channel == "email":
        at.round()
        if at.row().channel == "email":
            at.clock.now = at.row().due_at
    assert timedelta(hours=22) < at.clock() - NOW <= timedelta(hours=24)
    assert at.round().sent == 1
    assert text.sent[0].key.endswith(".1")
    assert at.flagged == [], "the line was down: nobody's address is to blame"


def test_what_somebody_waits_for_goes_to_the_next_contact_soon(at: World) -> None:
    mail, _ = with_channels(at)
    at.queue(new(email(), sms(), purpose="link-requested", asked_at=NOW))
    mail.down = "no-connection"
    while at.row().channel == "email":
        at.round()
        if at.row().channel == "email":
            at.clock.now = at.row().due_at
    assert at.clock() - NOW <= timedelta(minutes=30)


def test_nobody_there_flags_the_contact_and_goes_on(at: World) -> None:
    mail, text = with_channels(at)
    at.queue(new(email(), sms()), new(email(ref="e9"), person="p9"))
    mail.answers = [GONE, GONE]
    at.round()
    assert [(one.contact_ref, one.because) for one in at.flagged] == [("e1", "bounced")], "told once"
    assert [(row.channel, row.state) for row in at.rows()] == [("sms", "waiting"), ("email", "given-up")]
    assert at.rows()[1].contacts_sealed is None
    assert at.round().sent == 1
    assert text.sent[0].text.text.startswith("State DOH")
    assert at.queue(new())[0].reason == "flagged"


def test_our_own_trouble_flags_nobody(at: World) -> None:
    mail, _ = with_channels(at)
    at.queue(new(email(), sms()))
    mail.answers = [Refused("554 5.7.1", flags=False)]
    at.round()
    assert at.flagged == []
    assert at.row().channel == "sms"
    assert isinstance(at.queue(new())[0], outreach.Queued)


def test_accepted_and_then_bounced(at: World) -> None:
    """The lying server."""
    mail, text = with_channels(at)
    at.queue(new(email(), sms()))
    at.round()
    report = Report(mail.sent[0].key, failed=True, flags=True, met="dsn 5.1.1")
    assert at.row().state == "sent"
    assert at.row().values_sealed is not None

    def told(_: Any, one: Any) -> None:
        at.flagged.append(one)

    at.clock.turn(hours=2)
    with at.begin() as connection:
        assert outreach.reported(connection, at.office, report, at.clock(), told)
    assert at.row().state == "waiting"
    assert at.row().channel == "sms"
    with at.begin() as connection:
        assert not outreach.reported(connection, at.office, report, at.clock(), told), "twice is once"
    assert at.round().sent == 1
    assert len(text.sent) == 1
    with at.begin() as connection:
        last = Report(text.sent[0].key, failed=True, flags=True, met="report bad-number")
        assert outreach.reported(connection, at.office, last, at.clock(), told)
    assert at.row().state == "given-up"
    assert at.row().contacts_sealed is None
    assert [one.contact_ref for one in at.flagged] == ["e1", "s1"]


@pytest.mark.parametrize("key", ["f" * 32 + ".0", "nonsense", "0" * 31 + "1.7", "0" * 31 + "1.0"])
def test_reports_that_change_nothing(here: World, key: str) -> None:
    _mail, _ = with_channels(here)
    here.queue(new(email(), sms()))
    here.round()
    with here.begin() as connection:
        failed = key != "0" * 31 + "1.0"
        assert not outreach.reported(connection, here.office, Report(key, failed, True, "x"), NOW)
    assert here.row().state == "sent"


def test_ended_while_a_worker_had_it(at: World) -> None:
    _mail, _ = with_channels(at)
    at.queue(new())

    class Cancelling(Scripted):
        def send(self, outgoing: Outgoing) -> Result:
            with at.begin() as connection:
                outreach.cancel(connection, NOW, person="p1")
            return TryAgain("451")

    at.channels["email"] = Cancelling()
    at.round()
    assert at.row().state == "cancelled"


def test_flagged_between_queueing_and_sending(at: World) -> None:
    mail, _ = with_channels(at)
    at.queue(new(email(), sms()))
    from outreach.queueing import route

    with at.begin() as connection:
        token = at.office.vault.stop_token(route(at.office, email()).fingerprint)
        assert outreach.opt_out(connection, at.office, token, NOW)
    at.round()
    assert mail.sent == []
    assert at.row().channel == "sms"


def test_not_sent_after_its_end(at: World) -> None:
    mail, _ = with_channels(at)
    at.queue(new(ends_at=NOW + timedelta(hours=1)))
    at.clock.turn(hours=1)
    at.round()
    assert mail.sent == []
    assert at.row().state == "expired"
    assert at.row().values_sealed is None
    assert at.counts()["not-sent/expired"] == (1, 1)


def test_a_letter_waits_for_the_help_desk(at: World) -> None:
    with_channels(at)
    at.queue(new(letter()))
    at.round()
    with at.begin() as connection:
        ((name, paper),) = outreach.letters(connection, at.office)
        assert paper.address[0] == "A. Bell"
        assert paper.link
        assert paper.letterhead == ("Department of Health",)
        assert outreach.printed(connection, [name, "f" * 32], NOW) == 1
        assert outreach.letters(connection, at.office) == []
        assert outreach.printed(connection, [name], NOW) == 0
    assert at.row().state == "printed"
    assert at.row().values_sealed is None


def test_the_lease_is_nearly_over(here: World) -> None:
    _mail, _ = with_channels(here)
    here.queue(*[new(email(f"a{number}@mail.example")) for number in range(4)])

    class Slow(Scripted):
        def send(self, outgoing: Outgoing) -> Result:
            here.clock.turn(minutes=3)
            return super().send(outgoing)

    here.channels["email"] = Slow()
    done = here.round()
    assert (done.sent, done.released) == (2, 2)
    waiting = [row for row in here.rows() if row.state == "waiting"]
    assert all(row.due_at <= here.clock() and row.attempts == 0 and row.claim is None for row in waiting)


def test_when_the_line_goes_down_the_rest_comes_later(here: World) -> None:
    mail, _ = with_channels(here)
    here.queue(*[new(email(f"a{number}@mail.example")) for number in range(4)])
    mail.answers = [Accepted("250"), TryAgain("421", timedelta(minutes=5), line_down=True)]
    done = here.round()
    assert (done.sent, done.failed, done.released) == (1, 1, 2)
    assert [row.due_at - NOW for row in here.rows()[1:]] == [timedelta(minutes=5)] * 3


def test_a_message_that_breaks_the_channel_holds_up_no_other(here: World) -> None:
    mail, _ = with_channels(here)
    here.queue(new(), new(email("bea@mail.example")))
    mail.answers = [ValueError("secret")]
    done = here.round()
    assert (done.sent, done.failed) == (1, 1)
    assert {row.met for row in here.rows()} == {"broke-here ValueError", "250"}


def test_a_message_that_kills_its_worker_is_given_up_at_last(here: World) -> None:
    from outreach.taking import take

    with_channels(here)
    here.office = office(quiet=Quiet(channels=frozenset()))
    here.queue(new())
    for _ in range(101):
        with here.begin() as connection:
            take(connection, here.office, ["email"], here.clock(), here.new_id(), 1)
        here.clock.turn(minutes=6)
    assert here.row().state == "given-up"
    assert here.row().met == "taken-too-often"


def test_a_secret_that_was_lost_ends_what_it_sealed(here: World) -> None:
    mail, _ = with_channels(here)
    here.queue(new())
    here.office = outreach.Office(here.office.sender, here.office.catalogue, Vault(b"t" * 32))
    here.round()
    assert mail.sent == []
    assert here.row().met == "not-to-be-opened"


def test_only_channels_that_this_worker_has(here: World) -> None:
    with_channels(here)
    here.queue(new(sms()), new())
    del here.channels["sms"]
    here.round()
    assert [row.state for row in here.rows()] == ["waiting", "sent"]


# ---- Night, pace -----------------------------------------------------------------------------------------------------

NIGHT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
"""22:00 in New York, 19:00 in Los Angeles, 12:00 in Tokyo."""


def test_nobody_is_woken(at: World) -> None:
    mail, _ = with_channels(at)
    at.clock.now = NIGHT
    at.queue(
        new(), new(email("b@mail.example", zone="America/Los_Angeles")), new(email("c@mail.example", zone="Nowhere/X"))
    )
    at.queue(new(email("d@mail.example"), purpose="link-requested", asked_at=NIGHT), new(letter()))
    at.round()
    assert {one.address for one in mail.sent} == {"b@mail.example", "d@mail.example"}
    assert at.rows()[4].state == "to-print"
    at.clock.now = datetime(2026, 11, 21, 12, 59, tzinfo=UTC)
    assert at.round().attempts == 0
    at.clock.turn(minutes=1)
    assert at.round().sent == 2


def test_what_failed_by_day_is_not_tried_again_by_night(at: World) -> None:
    mail, _ = with_channels(at)
    at.clock.now = datetime(2026, 11, 21, 1, 59, tzinfo=UTC)  # 20:59
    at.queue(new())
    mail.answers = [TryAgain("451")]
    at.round()
    at.clock.turn(minutes=1)
    at.round()
    assert len(mail.sent) == 1
    assert at.row().due_at == datetime(2026, 11, 21, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        ("2026-11-20T17:00", "2026-11-20T17:00"), ("2026-11-21T02:00", "2026-11-21T13:00"),
        ("2026-11-21T12:59", "2026-11-21T13:00"), ("2026-11-21T13:00", "2026-11-21T13:00"),
        ("2026-11-01T03:30", "2026-11-01T13:00"), ("2027-03-14T06:30", "2027-03-14T12:00"),
    ],
)  # fmt: skip
def test_the_night_ends_at_eight_where_the_contact_is(moment: str, wanted: str) -> None:
    """Also on the days when clocks change (1 November 2026, 14 March 2027)."""
    rules = office().rules
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert rules.quiet.next_allowed(at, rules.zone_of("")) == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


def test_news_keep_to_the_pace_and_what_is_asked_for_does_not(at: World) -> None:
    mail, _ = with_channels(at)
    at.office = office(sent=Cap(3, 4))
    at.queue(*[new(email(f"a{number}@mail.example")) for number in range(6)])
    at.queue(*[new(email(f"b{number}@mail.example"), purpose="link-requested", asked_at=NOW) for number in range(3)])
    assert at.round().sent == 6
    assert at.counts()["put-off"] == (3, 3)
    assert at.counts()["sent"] == (3, 3)
    assert at.round().attempts == 0
    at.clock.now = NOW + timedelta(hours=1)
    assert at.round().sent == 1, "the day's pace"
    at.clock.now = NOW + timedelta(days=1)
    assert at.round().sent == 2
    assert len(mail.sent) == 9


# ---- Forgetting ------------------------------------------------------------------------------------------------------


def sweep(at: World) -> int:
    with at.begin() as connection:
        return outreach.sweep(connection, at.office, at.clock())


def test_what_is_kept_and_for_how_long(at: World) -> None:
    with_channels(at)
    at.queue(new(email(), sms(), asked_at=NOW, requester="192.0.2.1", purpose="link-requested"))
    at.round()
    at.clock.turn(days=5)
    assert sweep(at) == 4, "only counts of days that are over"
    assert at.row().values_sealed is not None
    at.clock.turn(seconds=1)
    assert sweep(at) == 2
    assert at.row().values_sealed is None
    assert at.row().contacts_sealed is None
    at.clock.turn(days=85)
    assert sweep(at) == 1
    assert at.rows() == []
    at.clock.turn(days=311)
    from outreach.store import contact

    assert sweep(at) == 1
    with at.begin() as connection:
        assert connection.execute(contact.select()).all() == []


def test_who_said_not_mine_is_remembered(at: World) -> None:
    at.queue(new())
    from outreach.queueing import route

    with at.begin() as connection:
        token = at.office.vault.stop_token(route(at.office, email()).fingerprint)
        assert outreach.disown(connection, at.office, token, NOW)
    at.clock.turn(days=4000)
    while sweep(at):
        pass
    assert at.queue(new())[0].reason == "flagged"


def test_a_letter_that_nobody_printed_ends_with_its_link(here: World) -> None:
    with_channels(here)
    here.queue(new(letter(), ends_at=NOW + timedelta(days=1)))
    here.round()
    here.clock.turn(days=1, hours=2)
    assert sweep(here) == 1
    assert here.row().state == "expired"


def test_what_nobody_has_a_channel_for_ends_with_its_link(at: World) -> None:
    at.queue(new(ends_at=NOW + timedelta(days=1)))
    at.clock.turn(days=1, minutes=30)
    assert sweep(at) == 0
    at.clock.turn(hours=1)
    assert sweep(at) == 1
    assert at.row().state == "expired"
    assert at.row().contacts_sealed is None
