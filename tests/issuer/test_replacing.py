"""A lost or copied card, or one whose key was withdrawn: the same content anew, the old one taken back."""

import contextlib
import threading
from typing import Any

import pytest

import cards
from issuer.revocation import UnknownReason
from issuer.service import IssuerService, UnknownCard
from issuer.store import CardRevoked
from keys.store import KeyStore


def issued(service: IssuerService, made: Any, now: Any) -> Any:
    return service.record_and_issue(made.octets(made.bundle(made.dose())), now).cards[0]


def test_a_card_is_replaced_once(service: IssuerService, made: Any) -> None:
    old = issued(service, made, made.now)
    new = service.replace_card(old.id, "misused", made.now)
    key = service.keys.published()[0]
    before, after = (cards.read(card.jws).verify(key) for card in (old, new))
    assert after.bundle == before.bundle
    assert after.rid != before.rid
    assert (new.replaces, new.person_id, new.holds, new.title) == (old.id, old.person_id, old.holds, old.title)
    revoked = cards.read_crl(service.revocation_list(old.kid))
    with pytest.raises(cards.Revoked):
        revoked.check(before.rid or "", before.nbf)
    revoked.check(after.rid or "", after.nbf)
    assert service.replace_card(old.id, "misused", made.now) == new
    assert len(service.cards_of_person(old.person_id, made.now)) == 2
    assert service.card(old.id).revoked_reason == "misused"


def test_what_was_taken_back_does_not_come_to_life_again(service: IssuerService, made: Any) -> None:
    old = issued(service, made, made.now)
    service.revoke_card(old.id, "wrong-person", made.now)
    with pytest.raises(CardRevoked):
        service.replace_card(old.id, "misused", made.now)
    assert len(service.cards_of_person(old.person_id, made.now)) == 1
    assert service.card(old.id).revoked_reason == "wrong-person"


def test_a_card_of_a_withdrawn_key_is_signed_by_the_new_one(
    local_service: IssuerService, keystore: KeyStore, made: Any
) -> None:
    old = issued(local_service, made, made.now)
    keystore.generate(made.now)
    fresh = keystore.rotate(made.now)
    keystore.compromise(old.kid, made.now)
    new = local_service.replace_card(old.id, "misused", made.now)
    assert new.kid == fresh != old.kid


def test_what_cannot_be_replaced(local_service: IssuerService, made: Any) -> None:
    old = issued(local_service, made, made.now)
    with pytest.raises(UnknownCard):
        local_service.replace_card("nothing", "misused", made.now)
    with pytest.raises(UnknownReason):
        local_service.replace_card(old.id, "because", made.now)
    assert local_service.card(old.id).revoked_at is None


def test_asked_by_several_at_once_there_is_one_new_card(service: IssuerService, made: Any) -> None:
    old = issued(service, made, made.now)
    found, failed = [], []

    def ask() -> None:
        try:
            found.append(service.replace_card(old.id, "misused", made.now).id)
        except Exception as error:
            failed.append(error)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert failed == []
    assert len(set(found)) == 1
    assert len(service.cards_of_person(old.person_id, made.now)) == 2


def test_over_the_api(api: Any, made: Any) -> None:
    old = api.send(made.bundle(made.dose())).json["cards"][0]
    answer = api.post(f"/api/v1/cards/{old['id']}/replace", reason="misused")
    assert (answer.status_code, answer.json["replaces"]) == (201, old["id"])
    assert api.post(f"/api/v1/cards/{old['id']}/replace", reason="misused").json["id"] == answer.json["id"]
    assert api.post("/api/v1/cards/x/replace", reason="misused").status_code == 404
    card = api.send(made.bundle(made.dose("10"))).json["cards"][0]
    api.post(f"/api/v1/cards/{card['id']}/revoke", reason="wrong-person")
    refused = api.post(f"/api/v1/cards/{card['id']}/replace", reason="misused")
    assert (refused.status_code, refused.json["code"]) == (409, "card-revoked")


def test_taking_all_back_leaves_no_card_that_is_just_being_replaced(service: IssuerService, made: Any) -> None:
    for day in ("2021-03-01", "2021-03-02", "2021-03-03", "2021-03-04", "2021-03-05"):
        old = service.record_and_issue(made.octets(made.bundle(made.dose("208", day))), made.now).cards[0]
        start = threading.Barrier(2)

        def replace(old: Any = old, start: threading.Barrier = start) -> None:
            start.wait()
            with contextlib.suppress(CardRevoked):
                service.replace_card(old.id, "misused", made.now)

        def revoke(old: Any = old, start: threading.Barrier = start) -> None:
            start.wait()
            service.revoke_person(old.person_id, "wrong-person", made.now)

        runs = [threading.Thread(target=replace), threading.Thread(target=revoke)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        standing = [card for card in service.cards_of_person(old.person_id, made.now) if card.revoked_at is None]
        replaced_afterwards = service.store.replacement_of(old.id)
        assert standing == [] or replaced_afterwards is None
