"""A resident's links, on both kinds of database: made, opened, stopped; passcodes counted; what they carry."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from cards import shlink
from cards.encoding import write_json
from cards.shlink.files import cards_of, open_file
from issuer.models import person
from issuer.models.audit import audit_entry
from issuer.models.residents import share, share_opening
from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.sharing import Answering, Holding, NoSuchLink, NotShared, Wish, forget
from issuer.sharing.holding import MOST_STANDING, Shown
from issuer.staff.attempts import Limit, TooManyAttempts
from issuer.store.shares import MOST_OPENINGS, Opening, note_opening
from keys import jwe

ADDRESS = "https://health.example"
VAULT = b"v" * 32
HOLDER = Actor("resident", "system")
PASSCODE = "481516"


class World:
    """One person with two vaccines, and both sides of their links."""

    def __init__(self, service: IssuerService, made: Any) -> None:
        self.service, self.made, self.now = service, made, made.now
        self.counted: list[Limit] = []
        self.holding = Holding(service, ADDRESS, VAULT)
        self.answering = Answering(service, ADDRESS, VAULT, lambda limits, _: self.counted.extend(limits))
        self.person = self.record(("208", "2021-03-01"), ("03", "1990-03-01"))

    def record(self, *doses: tuple[str, str], person_id: str | None = None) -> str:
        bundle = self.made.bundle(*(self.made.dose(code, day) for code, day in doses))
        return self.service.record_and_issue(self.made.octets(bundle), self.now, person_id).person_id

    def share(self, **wish: Any) -> Shown:
        made = self.holding.make(self.person, Wish(**wish), self.now, HOLDER)
        return self.holding.one(self.person, made, self.now, HOLDER)

    def ask(self, shown: Shown, **asked: Any) -> Any:
        body = write_json({"recipient": "School nurse", **asked})
        return self.answering.manifest(token_of(shown), body, "192.0.2.1", self.now)

    def cards(self, shown: Shown, **asked: Any) -> list[str]:
        """The titles of the cards that a viewer gets, over the manifest."""
        answer = self.ask(shown, **asked)
        assert answer.status == 200, answer.status
        (file,) = shlink.read_manifest(answer.body)
        return self.titles(file.embedded or self.located(file.location).body.decode(), shown)

    def located(self, location: str | None) -> Any:
        *_, token, number, ticket = str(location).split("/")
        return self.answering.file(token, number, ticket, "192.0.2.1", self.now)

    def titles(self, sealed: str, shown: Shown) -> list[str]:
        opened = open_file(sealed, shlink.read(shown.text).key, jwe.unseal, "application/smart-health-card")
        known = {card.jws: card.title for card in self.all_cards()}
        return sorted(known[text] for text in cards_of(opened))

    def all_cards(self) -> Any:
        from issuer.store.cards import all_cards_of

        with self.service.store.reading() as connection:
            return all_cards_of(connection, self.person)

    def rows(self, *columns: Any) -> list[Any]:
        with self.service.store.reading() as connection:
            return list(connection.execute(select(*columns)))


def token_of(shown: Shown) -> str:
    return shlink.read(shown.text).url.rsplit("/", 1)[1]


@pytest.fixture
def world(service: IssuerService, made: Any) -> World:
    return World(service, made)


@pytest.fixture
def local(local_service: IssuerService, made: Any) -> World:
    return World(local_service, made)


def test_a_link_carries_the_signed_cards(world: World) -> None:
    shown = world.share(label="School")
    link = shlink.read(shown.text)
    assert (link.label, link.flags, link.remarks) == ("School", frozenset(), ())
    assert link.exp == int((world.now + timedelta(days=7)).timestamp())
    assert len(link.url) <= 128
    assert world.cards(shown) == sorted(card.title for card in world.all_cards())
    assert shown.cards == tuple(card.title for card in world.all_cards())
    (opening,) = world.holding.one(world.person, shown.held.share.id, world.now, HOLDER).held.openings
    assert (opening.what, opening.recipient) == ("manifest", "School nurse")


def test_without_the_key_of_the_link_a_file_says_nothing(local: World) -> None:
    first, second = local.share(), local.share()
    (file,) = shlink.read_manifest(local.ask(first).body)
    with pytest.raises(shlink.UnreadableFile):
        open_file(str(file.embedded), shlink.read(second.text).key, jwe.unseal, None)


# ---- What is carried -------------------------------------------------------------------------------------------------


def test_some_groups_only(local: World) -> None:
    offered = local.holding.offered(local.person, local.now, HOLDER)
    assert len(offered) == 2
    covid = next(title for title in offered if "COVID" in title)
    shown = local.share(titles=(covid,))
    assert local.cards(shown) == [covid] == list(shown.cards)
    with pytest.raises(NotShared) as refused:
        local.share(titles=("Rabies",))
    assert refused.value.why == "unknown-card"


def test_a_long_term_link_follows_new_doses_and_another_does_not(world: World) -> None:
    follows, fixed = world.share(follows=True), world.share()
    before = world.cards(fixed)
    world.record(("115", "2024-05-05"), ("208", "2021-04-01"), person_id=world.person)
    assert len(world.cards(follows)) == 3
    assert world.cards(fixed) == before
    answer = world.ask(follows)
    (file,) = shlink.read_manifest(answer.body)
    assert (file.status, answer.headers["Retry-After"]) == ("can-change", "3600")
    answer = world.ask(fixed)
    (file,) = shlink.read_manifest(answer.body)
    assert file.status == "finalized"
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("follows", [True, False])
def test_a_cancelled_card_is_not_handed_out_and_its_replacement_is(local: World, follows: bool) -> None:
    shown = local.share(follows=follows)
    lost, other = local.all_cards()
    new = local.service.replace_card(lost.id, "misused", local.now)
    assert sorted(local.holding.one(local.person, shown.held.share.id, local.now, HOLDER).cards) == sorted(
        [lost.title, other.title]
    )
    (file,) = shlink.read_manifest(local.ask(shown).body)
    texts = cards_of(open_file(str(file.embedded), shlink.read(shown.text).key, jwe.unseal, None))
    assert new.jws in texts
    assert lost.jws not in texts
    local.service.revoke_card(new.id, "wrong-person", local.now)
    assert local.cards(shown) == [other.title]


def test_nothing_left_is_an_empty_manifest_and_no_file(local: World) -> None:
    shown, direct = local.share(), local.share(direct=True)
    local.service.revoke_person(local.person, "wrong-person", local.now)
    assert json.loads(local.ask(shown).body) == {"files": []}
    assert local.answering.direct(token_of(direct), "Nurse", "", local.now).status == 404
    with pytest.raises(NotShared) as refused:
        local.share()
    assert refused.value.why == "no-cards"


def test_a_file_lies_at_its_address_for_five_minutes_and_not_after_a_stop(world: World) -> None:
    shown = world.share()
    (file,) = shlink.read_manifest(world.ask(shown, embeddedLengthMax=0).body)
    assert file.embedded is None
    assert str(file.location).startswith(f"{ADDRESS}/s/")
    assert len(world.titles(world.located(file.location).body.decode(), shown)) == 2
    assert world.located(str(file.location).replace("/0/", "/1/")).status == 404
    world.holding.stop(world.person, shown.held.share.id, world.now, HOLDER)
    assert world.located(file.location).status == 404
    other = world.share()
    (file,) = shlink.read_manifest(world.ask(other, embeddedLengthMax=0).body)
    world.now += timedelta(minutes=6)
    assert world.located(file.location).status == 404


def test_a_direct_link(world: World) -> None:
    shown = world.share(direct=True)
    assert shlink.read(shown.text).direct
    answer = world.answering.direct(token_of(shown), "  School\n nurse ", "192.0.2.1", world.now)
    assert answer.headers["Content-Type"] == "application/jose"
    assert len(world.titles(answer.body.decode(), shown)) == 2
    (opening,) = world.holding.one(world.person, shown.held.share.id, world.now, HOLDER).held.openings
    assert (opening.what, opening.recipient) == ("file", "School nurse")
    assert world.ask(shown).status == 404
    assert world.answering.direct(token_of(world.share()), "School nurse", "", world.now).status == 404
    assert world.answering.direct(token_of(shown), "\u0000 \n", "", world.now).status == 404


# ---- Whether it opens ------------------------------------------------------------------------------------------------


def test_every_link_that_does_not_open_gets_the_same_octets(world: World) -> None:
    stopped, ended, locked = world.share(), world.share(days=1), world.share(passcode=PASSCODE)
    world.holding.stop(world.person, stopped.held.share.id, world.now, HOLDER)
    for _ in range(10):
        world.ask(locked, passcode="000000")
    world.now += timedelta(days=1)
    answers = [world.ask(one, passcode=PASSCODE) for one in (stopped, ended, locked)]
    answers.append(world.answering.manifest("A" * 43, b'{"recipient":"x"}', "", world.now))
    answers.append(world.answering.manifest("", b'{"recipient":"x"}', "", world.now))
    answers.append(world.answering.direct("\ud800", "x", "", world.now))
    answers.append(world.answering.file("A" * 43, "0", "x", "", world.now))
    assert len({(one.status, one.body, tuple(sorted(one.headers.items()))) for one in answers}) == 1
    assert answers[0].status == 404
    statuses = [one.status for one in world.holding.of(world.person, world.now)]
    assert sorted(statuses) == ["ended", "passcodes", "stopped"]


def test_stopping_is_at_once_and_its_text_is_gone(world: World) -> None:
    shown = world.share()
    assert world.ask(shown).status == 200
    world.holding.stop(world.person, shown.held.share.id, world.now, HOLDER)
    assert world.ask(shown).status == 404
    again = world.holding.one(world.person, shown.held.share.id, world.now, HOLDER)
    assert (again.text, again.cards, again.held.status) == ("", (), "stopped")
    world.holding.stop(world.person, shown.held.share.id, world.now, HOLDER)  # twice changes nothing
    said = {one.what for one in again.held.openings}
    assert said == {"manifest", "ended"}


def test_ten_wrong_passcodes_in_a_link_s_life(world: World) -> None:
    shown = world.share(passcode=PASSCODE)
    assert shlink.read(shown.text).needs_passcode
    assert json.loads(world.ask(shown).body) == {"remainingAttempts": 10}  # no passcode at all is no guess
    for remaining in (9, 8, 7, 6, 5):
        answer = world.ask(shown, passcode="000000")
        assert (answer.status, json.loads(answer.body)) == (401, {"remainingAttempts": remaining})
    assert world.ask(shown, passcode="４８１５１６").status == 200  # the right one gives none of them back
    for remaining in (4, 3, 2, 1, 0):
        assert json.loads(world.ask(shown, passcode="1").body) == {"remainingAttempts": remaining}
    assert world.ask(shown, passcode=PASSCODE).status == 404
    held = world.holding.one(world.person, shown.held.share.id, world.now, HOLDER).held
    assert (held.status, held.remaining) == ("passcodes", 0)
    assert sum(one.what == "wrong-passcode" for one in held.openings) == 10


def test_a_link_from_before_the_protection_does_not_open_and_a_new_one_does(world: World) -> None:
    before = world.share(follows=True)
    protected = update(person).where(person.c.id == world.person)
    with world.service.store.writing() as connection:
        connection.execute(protected.values(protected=True, protected_at=world.now))
    assert world.ask(before).status == 404
    assert world.holding.one(world.person, before.held.share.id, world.now, HOLDER).held.status == "protected"
    world.now += timedelta(minutes=1)
    assert world.ask(world.share()).status == 200
    with world.service.store.writing() as connection:
        connection.execute(protected.values(protected_at=None))
    assert [one.status for one in world.holding.of(world.person, world.now)] == ["protected", "protected"]


def test_a_person_who_became_another_keeps_the_links(world: World) -> None:
    shown = world.share(follows=True)
    bundle = world.made.bundle(world.made.dose(), person=world.made.patient(birthDate="1950-01-01"))
    other = world.service.record_and_issue(world.made.octets(bundle), world.now).person_id
    with world.service.store.writing() as connection:
        connection.execute(update(person).where(person.c.id == world.person).values(merged_into=other))
    assert world.ask(shown).status == 200
    assert [one.share.id for one in world.holding.of(other, world.now)] == [shown.held.share.id]
    world.holding.stop(other, shown.held.share.id, world.now, HOLDER)
    assert world.ask(shown).status == 404


def test_nobody_sees_or_stops_another_s_link(local: World) -> None:
    shown = local.share()
    bundle = local.made.bundle(local.made.dose(), person=local.made.patient(birthDate="1950-01-01"))
    other = local.service.record_and_issue(local.made.octets(bundle), local.now).person_id
    assert local.holding.of(other, local.now) == ()
    with pytest.raises(NoSuchLink):
        local.holding.one(other, shown.held.share.id, local.now, HOLDER)
    with pytest.raises(NoSuchLink):
        local.holding.stop(other, shown.held.share.id, local.now, HOLDER)
    assert local.ask(shown).status == 200


# ---- Bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"label": "x" * 81}, "label-too-long"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
        ({"passcode": "123"}, "passcode-short"),
        ({"passcode": " 1  "}, "passcode-short"),
        ({"passcode": "1" * 33}, "passcode-long"),
        ({"passcode": PASSCODE, "direct": True}, "direct-passcode"),
    ],
)
def test_what_is_not_made(local: World, wish: dict[str, Any], why: str) -> None:
    with pytest.raises(NotShared) as refused:
        local.share(**wish)
    assert refused.value.why == why
    assert local.rows(share.c.id) == []


def test_without_https_no_link_is_made(local: World) -> None:
    for address in ("http://127.0.0.1:8000", "http://health.example", "https://" + "h" * 100 + ".example"):
        with pytest.raises(NotShared) as refused:
            replace(local.holding, address=address).make(local.person, Wish(), local.now, HOLDER)
        assert refused.value.why == "no-https"


def test_there_are_so_many_links_and_no_more(local: World) -> None:
    made = [local.share() for _ in range(MOST_STANDING)]
    with pytest.raises(NotShared) as refused:
        local.share()
    assert refused.value.why == "too-many"
    local.holding.stop(local.person, made[0].held.share.id, local.now, HOLDER)
    local.share()


def test_what_viewers_say_is_bounded_and_openings_do_not_fill_the_disk(local: World) -> None:
    shown = local.share()
    with local.service.store.writing() as connection:
        for number in range(MOST_OPENINGS + 20):
            assert note_opening(connection, shown.held.share.id, Opening(local.now, "manifest", f"Nurse {number}"))
    local.ask(shown, recipient=f"Nurse {MOST_OPENINGS + 19}")  # the same again: it stands there once
    local.ask(shown, recipient="\u202e<b>\n" + "x" * 500)
    openings = local.holding.one(local.person, shown.held.share.id, local.now, HOLDER).held.openings
    assert len(openings) == MOST_OPENINGS
    assert openings[0].recipient == "<b> " + "x" * 196
    assert openings[1].recipient == f"Nurse {MOST_OPENINGS + 19}"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"x" * 9000, b'{"recipient": 1}', b'{"recipient":" \\u0007"}'])
def test_what_is_no_request(local: World, body: bytes) -> None:
    assert local.answering.manifest("A" * 43, body, "", local.now).status == 400


def test_requests_for_a_link_are_counted(local: World) -> None:
    local.ask(local.share())
    assert [limit.at_most for limit in local.counted] == [120, 600]
    assert all("192.0.2.1" not in limit.key for limit in local.counted)
    local.answering.manifest("A" * 43, b'{"recipient":"x"}', "192.0.2.1", local.now)
    assert len(local.counted) == 2


def test_a_stopped_link_answers_the_same_however_often_it_is_asked(local: World) -> None:
    shown, direct = local.share(), local.share(direct=True)
    for one in (shown, direct):
        local.holding.stop(local.person, one.held.share.id, local.now, HOLDER)

    def too_often(_: object, now: datetime) -> None:
        raise TooManyAttempts(now)

    busy = World.__new__(World)
    busy.answering, busy.now = replace(local.answering, count=too_often), local.now
    assert busy.ask(shown).status == 404
    assert busy.answering.direct(token_of(direct), "Nurse", "", local.now).status == 404
    assert busy.ask(local.share()).status == 429
    local.answering.direct(token_of(direct), "Nurse", "", local.now)
    (opening,) = local.holding.one(local.person, direct.held.share.id, local.now, HOLDER).held.openings
    assert (opening.what, opening.recipient) == ("ended", "Nurse")


# ---- What is kept ----------------------------------------------------------------------------------------------------


def test_neither_token_nor_key_nor_passcode_stands_in_the_table(world: World) -> None:
    shown = world.share(passcode=PASSCODE, label="School")
    (row,) = world.rows(share)
    kept = b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
    link = shlink.read(shown.text)
    for secret in (token_of(shown).encode(), link.key, PASSCODE.encode()):
        assert secret not in kept
    for said in (repr(shown), repr(world.holding), repr(world.answering), repr(Wish(("a",), "School", PASSCODE))):
        assert "School" not in said
        assert PASSCODE not in said
        assert token_of(shown) not in said


def test_another_secret_opens_nothing(local: World) -> None:
    shown = local.share()
    answering = replace(local.answering, vault=b"w" * 32)
    assert answering.manifest(token_of(shown), b'{"recipient":"x"}', "", local.now).status == 404


def test_the_audit_log_says_that_it_was_opened_and_not_by_whom(world: World) -> None:
    shown = world.share(passcode=PASSCODE)
    world.ask(shown, passcode="000000")
    for _ in range(3):
        world.ask(shown, passcode=PASSCODE)
    world.holding.stop(world.person, shown.held.share.id, world.now, HOLDER)
    lines = [row for row in world.rows(audit_entry) if row.action.startswith("share.")]
    assert [row.action for row in lines] == ["share.make", "share.refused", "share.open", "share.stop"]
    assert {row.person_id for row in lines} == {world.person}
    assert "nurse" not in repr(lines)
    assert token_of(shown) not in repr(lines)


def test_old_openings_and_ended_links_are_forgotten(world: World) -> None:
    stays, goes = world.share(days=366), world.share(days=1)
    for shown in (stays, goes):
        world.ask(shown)
    forget(world.service.store, world.now + timedelta(days=30))
    assert len(world.rows(share.c.id)) == 2
    forget(world.service.store, world.now + timedelta(days=31, seconds=1))
    assert [row.id for row in world.rows(share.c.id)] == [stays.held.share.id]
    assert len(world.rows(share_opening.c.id)) == 1
    forget(world.service.store, world.now + timedelta(days=180, seconds=1))
    assert world.rows(share_opening.c.id) == []
    assert len(world.rows(share.c.id)) == 1


def test_a_viewer_s_address_may_stand_before_a_link(local: World) -> None:
    shown = local.share()
    holding = replace(local.holding, viewer="https://check.example/links")
    text = holding.one(local.person, shown.held.share.id, local.now, HOLDER).text
    assert text == f"https://check.example/links#{shown.text}"
