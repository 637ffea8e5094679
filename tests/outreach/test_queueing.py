"""Written with what caused it; to which contact; never more than the caps let through."""

import threading
from datetime import timedelta
from functools import partial

import pytest

import outreach
from outreach.messages import NotQueued, Queued
from outreach.rules import Cap
from outreach.sender import LinkRefused
from outreach.vault import Vault
from tests.outreach.world import LINK, NOW, World, cause, email, letter, new, office, sms, world


def reasons(answers: list[object]) -> list[str]:
    return [answer.reason if isinstance(answer, NotQueued) else "" for answer in answers]


def test_committed_with_what_caused_it_or_not_at_all(at: World) -> None:
    with pytest.raises(KeyError), at.begin() as connection:  # noqa: PT012
        connection.execute(cause.insert().values(id="dose 1"))
        outreach.queue(connection, at.office, [new()], at.clock(), at.new_id)
        raise KeyError
    assert at.rows() == []
    assert at.counts() == {}
    with at.begin() as connection:
        connection.execute(cause.insert().values(id="dose 1"))
        outreach.queue(connection, at.office, [new()], at.clock(), at.new_id)
    assert at.row().state == "waiting"


def test_nothing_readable_stands_in_the_rows(at: World) -> None:
    asked = new(email("marked.address@mail.example"), asked_at=NOW, requester="192.0.2.77")
    at.queue(asked)
    from outreach.store import contact, count

    with at.begin() as connection:
        everything = repr([list(connection.execute(table.select())) for table in (contact, count)])
    everything += repr(at.rows())
    for mark in ("marked.address", "mail.example", LINK[-20:], "192.0.2.77"):
        assert mark not in everything
        assert mark.encode().hex() not in everything
    assert "marked.address" not in repr(asked)


def test_the_same_cause_once(at: World) -> None:
    first = at.queue(new(once="dose 1"), new(once="dose 1"), new(once="dose 2"))
    assert reasons(first) == ["", "already", ""]
    assert reasons(at.queue(new(once="dose 2"), new(), new())) == ["already", "", ""]
    assert at.counts()["not-sent/already"] == (2, 2)


def test_the_first_contact_that_can_be_written_to(at: World) -> None:
    bad, good = email("nonsense"), sms()
    (answer,) = at.queue(new(bad, good))
    assert answer == Queued(answer.id, "sms")
    assert at.row().position == 1
    assert reasons(at.queue(new(bad), outreach.NewMessage("card-cancelled", "en", "p", (), outreach.Values(link=LINK)))) == [  # noqa: E501
        "unusable-address", "no-contact",
    ]  # fmt: skip


def test_per_contact_this_hour_and_this_day(at: World) -> None:
    at.office = office(per_contact=Cap(3, 4))
    assert reasons(at.queue(*[new() for _ in range(5)])) == ["", "", "", "over-contact", "over-contact"]
    at.clock.turn(hours=1)
    assert reasons(at.queue(new(), new())) == ["over-contact"] * 2, "the day's count holds those that were refused too"
    at.clock.turn(days=1)
    assert reasons(at.queue(new())) == [""]
    assert reasons(at.queue(new(email("bea@mail.example")))) == [""]


def test_two_spellings_of_an_address_share_a_cap(at: World) -> None:
    at.office = office(per_contact=Cap(1, 1))
    assert reasons(at.queue(new(email("ada@mail.example")), new(email("Ada@MAIL.example")))) == ["", "over-contact"]


def test_who_asks_too_much_is_stopped_before_the_contact_is_counted(at: World) -> None:
    at.office = office(per_requester=Cap(2, 3), per_contact_asked=Cap(100, 100))

    def asked(address: str) -> outreach.NewMessage:
        return new(purpose="link-requested", asked_at=at.clock(), requester=address)

    assert reasons(at.queue(*[asked("2001:db8::1"), asked("2001:db8::2"), asked("2001:db8::3")])) == ["", "", "over-requester"]  # fmt: skip  # noqa: E501
    assert reasons(at.queue(asked("192.0.2.1"))) == [""]
    at.clock.turn(hours=1)
    assert reasons(at.queue(asked("2001:db8::9"))) == ["over-requester"], "the day"
    assert at.counts()["not-sent/over-requester"] == (1, 2)


def test_all_that_is_asked_for_is_capped_and_news_are_not(at: World) -> None:
    at.office = office(asked=Cap(2, 100), per_requester=Cap(99, 99))
    asked = [new(email(f"a{number}@mail.example"), asked_at=NOW, requester=f"192.0.2.{number}") for number in range(4)]
    assert reasons(at.queue(*asked)) == ["", "", "over-asked", "over-asked"]
    assert reasons(at.queue(new())) == [""]
    assert at.counts()["asked"] == (4, 4)


def test_asked_without_anybody_to_write_to_counts_the_same(at: World) -> None:
    nobody = outreach.NewMessage("link-requested", "en", "", (), new(purpose="link-requested").values, asked_at=NOW, requester="192.0.2.1")  # fmt: skip  # noqa: E501
    assert reasons(at.queue(nobody)) == ["no-contact"]
    assert at.counts()["asked"] == (1, 1)


def test_caps_hold_when_many_ask_at_once(at: World) -> None:
    at.office = office(per_contact_asked=Cap(4, 4), per_requester=Cap(99, 99))
    answers: list[object] = []
    start = threading.Barrier(8)

    def ask(number: int) -> None:
        start.wait()
        for turn in range(3):
            with at.begin() as connection:
                one = new(purpose="link-requested", asked_at=NOW, requester=f"192.0.2.{number}")
                answers.extend(
                    outreach.queue(connection, at.office, [one], NOW, partial(format, number * 10 + turn, "032x"))
                )

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]  # type: ignore[func-returns-value]
    [thread.join() for thread in threads]  # type: ignore[func-returns-value]
    assert sorted(reasons(answers)) == [""] * 4 + ["over-contact"] * 20
    assert len(at.rows()) == 4


def test_a_message_that_may_not_be_sent_stops_everything(here: World) -> None:
    with pytest.raises(LinkRefused):
        here.queue(new(), new(values=outreach.Values(link="https://bit.ly/x", ends=new().values.ends)))
    assert here.rows() == []
    with pytest.raises(ValueError, match="contacts"):
        here.queue(new(*[email()] * 9))
    with pytest.raises(ValueError, match="cause"):
        here.queue(new(once="x" * 121))


# ---- Not mine, no more -----------------------------------------------------------------------------------------------


def stop_token(of: World, contact: outreach.Contact) -> str:
    from outreach.queueing import route

    return of.office.vault.stop_token(route(of.office, contact).fingerprint)


def test_not_mine_ends_everything_to_it(at: World) -> None:
    at.queue(new(email(), sms(), person="p1"), new(email(ref="e2"), person="p2"), new(sms(), person="p3"))
    token = stop_token(at, email())
    with at.begin() as connection:
        from outreach.contacts import channel_of

        assert channel_of(connection, token) == "email"
        assert channel_of(connection, "x" * 22) is None
        told = outreach.disown(connection, at.office, token, NOW)
    assert {(one.contact_ref, one.person, one.because) for one in told} == {
        ("e1", "p1", "disowned"),
        ("e2", "p2", "disowned"),
    }
    assert [row.state for row in at.rows()] == ["cancelled", "cancelled", "waiting"]
    assert at.rows()[0].contacts_sealed is None
    asked = new(purpose="link-requested", asked_at=NOW)
    assert reasons(at.queue(new(), asked)) == ["flagged", "flagged"], "not even what is asked for"
    assert reasons(at.queue(new(purpose="contact-removed", asked_at=NOW))) == [""], "but the word that it was done"
    at.clock.turn(hours=3)
    assert reasons(at.queue(new(purpose="contact-removed", asked_at=NOW))) == ["flagged"]
    (answer,) = at.queue(new(email(), sms()))
    assert answer.channel == "sms"


def test_not_mine_is_told_even_when_the_messages_are_forgotten(here: World) -> None:
    here.queue(new())
    with here.begin() as connection:
        outreach.forget(connection, "p1")
        (told,) = outreach.disown(connection, here.office, stop_token(here, email()), NOW)
    assert (told.contact_ref, told.person) == ("", "")
    assert told.fingerprint == outreach.fingerprint_of(here.office, email())


def test_opting_out_holds_but_for_what_is_asked_this_minute(at: World) -> None:
    at.queue(new())
    with at.begin() as connection:
        assert outreach.opt_out(connection, at.office, stop_token(at, email()), NOW)
        assert not outreach.opt_out(connection, at.office, "x" * 22, NOW)
        assert outreach.flags_of(connection, at.office, [email(), sms(), email("no")]) == ["opted-out", "", "unusable"]
    asked = new(purpose="link-requested", asked_at=NOW - timedelta(seconds=59))
    late = new(purpose="link-requested", asked_at=NOW - timedelta(seconds=61))
    soon = new(purpose="link-requested", asked_at=NOW + timedelta(seconds=5))
    assert reasons(at.queue(new(), asked, late, soon)) == ["opted-out", "", "opted-out", "opted-out"]


def test_the_help_desk_puts_it_right(at: World) -> None:
    at.queue(new())
    with at.begin() as connection:
        outreach.disown(connection, at.office, stop_token(at, email()), NOW)
        assert outreach.flags_of(connection, at.office, [email()]) == ["disowned"]
        outreach.restore(connection, at.office, email(), NOW)
    assert reasons(at.queue(new())) == [""]


def test_a_strange_token_ends_nothing(here: World) -> None:
    here.queue(new())
    with here.begin() as connection:
        assert outreach.channel_of(connection, "x" * 22) is None
        for token in ("", "x" * 22, "x" * 5000, "\ud800", "' OR 1=1 --"):
            assert outreach.disown(connection, here.office, token, NOW) == ()
    assert here.row().state == "waiting"


def test_another_secret_opens_nothing(here: World) -> None:
    from outreach.vault import Unopenable

    sealed = here.office.vault.seal(b"x", "row 1")
    assert here.office.vault.unseal(sealed, "row 1") == b"x"
    for vault, octets, about in ((Vault(b"t" * 32), sealed, "row 1"), (here.office.vault, sealed, "row 2"), (here.office.vault, b"", "row 1"), (here.office.vault, None, "row 1")):  # fmt: skip  # noqa: E501
        with pytest.raises(Unopenable):
            vault.unseal(octets, about)
    with pytest.raises(ValueError):
        Vault(b"short")
    assert "sss" not in repr(here.office)


def test_the_tables_go_into_a_callers_metadata() -> None:
    from sqlalchemy import MetaData

    found = MetaData()
    assert outreach.tables(found).message.name in found.tables
    assert sorted(found.tables) == ["outreach_contact", "outreach_count", "outreach_message"]


def test_ended_for_a_person_who_became_protected(at: World) -> None:
    at.queue(new(person="p1"), new(letter(), person="p1"), new(person="p2"))
    with at.begin() as connection:
        assert outreach.cancel(connection, NOW, person="p1") == 2
        with pytest.raises(ValueError):
            outreach.cancel(connection, NOW)
    assert [(row.person, row.state, row.values_sealed is None) for row in at.rows()] == [
        ("p1", "cancelled", True), ("p1", "cancelled", True), ("p2", "waiting", False),
    ]  # fmt: skip
    with at.begin() as connection:
        assert outreach.forget(connection, "p1") == 2


def test_the_library_knows_no_service() -> None:
    import subprocess
    import sys

    script = (
        "import sys, outreach; heavy = {'sqlalchemy', 'requests', 'urllib3', 'issuer', 'pages', 'flask'} & set(sys.modules)\n"  # noqa: E501
        "assert not heavy, heavy\n"
        "outreach.queue, outreach.deliver_some, outreach.sweep\n"
        "assert not {'issuer', 'verifier', 'pages', 'wallet_export', 'trust_registry', 'flask'} & set(sys.modules)\n"
        "assert all(hasattr(outreach, name) for name in outreach.__all__)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_two_worlds_in_one_process(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with world(f"sqlite:///{tmp_path / 'a.db'}") as one, world(f"sqlite:///{tmp_path / 'b.db'}") as other:
        one.queue(new())
        assert len(one.rows()) == 1
        assert other.rows() == []
