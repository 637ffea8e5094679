"""The use cases, on both databases."""

import os
import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

import cards
from cards.encoding import b64url_decode, inflate
from cards.shc.crl import read_crl
from issuer.faults import InvalidBundle
from issuer.revocation import UnknownList, UnknownReason
from issuer.service import UnknownCard
from issuer.signing import UnreadableCard, check_reads_back
from keys import read_jwks


def test_a_record_becomes_cards_that_a_verifier_reads(service: Any, made: Any) -> None:
    issued = service.record_and_issue(made.octets(made.bundle(made.dose(), made.dose("10"), made.result())), made.now)
    assert issued.is_new
    assert [card.title for card in issued.cards] == [
        "COVID-19",
        "Polio",
        "COVID-19 nucleic acid test, respiratory specimen",
    ]
    key = service.keys.active().public
    for card in issued.cards:
        read = cards.read(card.jws).verify(key)
        assert (read.iss, read.kid, read.rid) == (made.iss, card.kid, card.rid)
        assert read.bundle["entry"][0]["resource"]["birthDate"] == made.born
    assert len({card.rid for card in issued.cards}) == 3


def test_what_is_signed_is_what_was_sent(service: Any, made: Any) -> None:
    titre = made.result("5334-8")
    del titre["valueCodeableConcept"]
    titre |= {"valueQuantity": {"value": "@", "unit": "IU/mL"}, "referenceRange": [{"low": {"value": 10}}]}
    body = made.octets(made.bundle(titre)).replace(b'"@"', b"1.50")
    issued = service.record_and_issue(body, made.now)
    bundle = cards.read(issued.cards[0].jws).verify(service.keys.active().public).bundle
    value = bundle["entry"][1]["resource"]["valueQuantity"]["value"]
    assert value == Decimal("1.50")
    assert str(value) == "1.50"


def nothing_recorded(service: Any) -> bool:
    """Migration 0002 writes the clinic of the deployment's own token."""
    return {name for name, count in service.store.counts().items() if count} == {"clinic"}


def test_the_same_content_again_changes_nothing(service: Any, made: Any) -> None:
    first = service.record_and_issue(made.octets(made.bundle(made.dose(), made.dose("10"))), made.now)
    before = service.store.counts()
    again = service.record_and_issue(
        made.octets(made.bundle(made.dose("10"), made.dose(), type="transaction")), made.now + timedelta(days=1)
    )
    assert not again.is_new
    assert (again.person_id, again.record_id, again.cards) == (first.person_id, first.record_id, first.cards)
    assert service.store.counts() == before


def test_the_same_dose_with_other_content_is_a_correction(service: Any, made: Any) -> None:
    first = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    second = service.record_and_issue(made.octets(made.bundle(made.dose(lotNumber="A1B3"))), made.now)
    assert second.is_new
    assert (second.person_id, second.record_id) == (first.person_id, first.record_id)
    (old,), (new,) = first.cards, second.cards
    assert new.replaces == old.id
    assert service.card(old.id).revoked_reason == "replaced"
    assert service.revocation_list(old.kid) == {"kid": old.kid, "method": "rid", "ctr": 2, "rids": [old.rid]}


def test_another_person_is_another_person(service: Any, made: Any) -> None:
    first = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    other = made.bundle(made.dose(), person=made.patient(birthDate="1988-01-01"))
    assert service.record_and_issue(made.octets(other), made.now).person_id != first.person_id


def test_a_known_person_gets_further_cards(service: Any, made: Any) -> None:
    first = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    later = made.now + timedelta(days=30)
    second = service.record_and_issue(made.octets(made.bundle(made.dose("10"))), later, first.person_id)
    assert second.person_id == first.person_id
    assert len(service.cards_of_person(first.person_id, made.now)) == 2


def test_a_known_persons_record_sent_again_changes_nothing(service: Any, made: Any) -> None:
    body, more = made.octets(made.bundle(made.dose())), made.octets(made.bundle(made.dose("10")))
    first = service.record_and_issue(body, made.now)
    service.record_and_issue(more, made.now, first.person_id)
    before = service.store.counts()
    assert not service.record_and_issue(body, made.now, first.person_id).is_new
    assert not service.record_and_issue(more, made.now, first.person_id).is_new
    assert service.store.counts() == before


def test_a_record_is_not_filed_under_somebody_else(service: Any, made: Any) -> None:
    first = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    other = made.bundle(made.dose("10"), person=made.patient(birthDate="1999-01-01"))
    with pytest.raises(InvalidBundle) as refused:
        service.record_and_issue(made.octets(other), made.now, first.person_id)
    assert [fault.code for fault in refused.value.faults] == ["person-mismatch"]
    with pytest.raises(UnknownCard):
        service.record_and_issue(made.octets(made.bundle(made.dose("10"))), made.now, "0" * 32)


def test_the_same_record_sent_by_many_at_once_is_recorded_once(service: Any, made: Any) -> None:
    body = made.octets(made.bundle(made.dose(), made.dose("10"), made.dose("03")))
    start = threading.Barrier(6)
    outcomes: list[Any] = []

    def send() -> None:
        start.wait()
        outcomes.append(service.record_and_issue(body, made.now))

    senders = [threading.Thread(target=send) for _ in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(outcomes) == 6
    assert sum(issued.is_new for issued in outcomes) == 1
    assert len({issued.record_id for issued in outcomes}) == 1
    counts = service.store.counts()
    assert (counts["person"], counts["record"], counts["card"], counts["submission"]) == (1, 3, 3, 1)


def test_a_card_that_does_not_read_back_is_not_recorded(service: Any, made: Any, keystore: Any) -> None:
    class SignsForAnother:
        """A key whose signatures do not hold under its public half."""

        public = keystore.published()[1]
        kid = public.kid

        def sign(self, signing_input: bytes) -> bytes:
            return bytes(keystore.active().sign(signing_input))

    class Keys:
        def active(self) -> Any:
            return SignsForAnother()

        def published(self) -> Any:
            return keystore.published()

    with pytest.raises(UnreadableCard):
        replace(service, keys=Keys()).record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    assert nothing_recorded(service)


def test_a_card_that_says_something_else_is_not_recorded(local_service: Any, made: Any) -> None:
    from issuer import Issuer, Record

    key = local_service.keys.active()
    signed = Record("a", {"resourceType": "Bundle", "type": "collection", "entry": []})
    meant = Record("a", {"resourceType": "Bundle", "type": "collection", "entry": [{}]})
    issued = Issuer(made.iss, key, b"r" * 32).issue(signed, made.now)
    check_reads_back(issued, signed, made.iss, key.public)
    with pytest.raises(UnreadableCard):
        check_reads_back(issued, meant, made.iss, key.public)


def test_revoking_a_card_lists_its_rid_once(service: Any, made: Any) -> None:
    issued = service.record_and_issue(made.octets(made.bundle(made.dose(), made.dose("10"))), made.now)
    card, other = issued.cards
    assert read_crl(service.revocation_list(card.kid)).ctr == 1
    revoked = service.revoke_card(card.id, "entered-in-error", made.now)
    assert [one.id for one in revoked] == [card.id]
    assert revoked[0].revoked_reason == "entered-in-error"
    assert service.revocation_list(card.kid) == {"kid": card.kid, "method": "rid", "ctr": 2, "rids": [card.rid]}
    assert service.revoke_card(card.id, "requested", made.now) == ()
    assert service.revocation_list(card.kid)["ctr"] == 2
    assert service.card(card.id).revoked_reason == "entered-in-error"
    assert service.card(other.id).revoked_at is None


def test_revoking_a_person_lists_each_card_under_its_own_key(service: Any, made: Any, keystore: Any) -> None:
    first = service.record_and_issue(made.octets(made.bundle(made.dose(), made.dose("10"))), made.now)
    old = first.cards[0].kid
    keystore.rotate(made.now)
    second = service.record_and_issue(made.octets(made.bundle(made.dose("03"))), made.now, first.person_id)
    new = second.cards[0].kid
    assert new != old
    someone = made.patient(birthDate="1999-09-09")
    stranger = service.record_and_issue(made.octets(made.bundle(made.dose("21"), person=someone)), made.now)

    revoked = service.revoke_person(first.person_id, "wrong-person", made.now)
    assert len(revoked) == 3
    assert service.revocation_list(old) == {
        "kid": old,
        "method": "rid",
        "ctr": 2,
        "rids": sorted(card.rid for card in first.cards),
    }
    assert service.revocation_list(new)["rids"] == [second.cards[0].rid]
    assert service.card(stranger.cards[0].id).revoked_at is None


def test_crl_version_follows_the_counter(service: Any, made: Any) -> None:
    issued = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    before = {key.kid: key.crl_version for key in read_jwks(service.jwks())}
    assert set(before.values()) == {1}
    service.revoke_card(issued.cards[0].id, "requested", made.now)
    after = {key.kid: key.crl_version for key in read_jwks(service.jwks())}
    assert after == {**before, issued.cards[0].kid: 2}
    assert "d" not in service.jwks()["keys"][0]


def test_revoking_at_once_counts_every_operation(service: Any, made: Any) -> None:
    issued = service.record_and_issue(
        made.octets(made.bundle(*(made.dose(code) for code in ("208", "10", "03", "21")))), made.now
    )
    start = threading.Barrier(4)

    def revoke(card_id: str) -> None:
        start.wait()
        service.revoke_card(card_id, "requested", made.now)

    workers = [threading.Thread(target=revoke, args=[card.id]) for card in issued.cards]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    crl = service.revocation_list(issued.cards[0].kid)
    assert crl["ctr"] == 5
    assert crl["rids"] == sorted(card.rid for card in issued.cards)


def test_a_list_of_an_unknown_key_is_not_made_up(service: Any) -> None:
    with pytest.raises(UnknownList):
        service.revocation_list("nobody")


def test_a_retired_keys_list_stays_and_a_compromised_one_keeps_its_rids(service: Any, made: Any, keystore: Any) -> None:
    issued = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    kid = issued.cards[0].kid
    service.revoke_card(issued.cards[0].id, "requested", made.now)
    keystore.rotate(made.now)
    assert service.revocation_list(kid)["ctr"] == 2
    keystore.compromise(kid, made.now)
    assert kid not in {key.kid for key in read_jwks(service.jwks())}
    assert service.revocation_list(kid)["ctr"] == 2


def test_reasons_and_ids_are_checked_before_anything_happens(service: Any, made: Any) -> None:
    issued = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    with pytest.raises(UnknownReason):
        service.revoke_card(issued.cards[0].id, "because", made.now)
    with pytest.raises(UnknownCard):
        service.revoke_card("0" * 32, "requested", made.now)
    with pytest.raises(UnknownCard):
        service.revoke_person("0" * 32, "requested", made.now)
    with pytest.raises(UnknownCard):
        service.make_link("0" * 32, made.now)
    assert service.card(issued.cards[0].id).revoked_at is None


def test_a_link_opens_its_persons_cards_until_it_ends(service: Any, made: Any) -> None:
    issued = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    someone = made.patient(birthDate="1999-09-09")
    service.record_and_issue(made.octets(made.bundle(made.dose("21"), person=someone)), made.now)
    token = service.make_link(issued.person_id, made.now)
    assert len(token) == 43
    assert [card.id for card in service.cards_by_link(token, made.now)] == [issued.cards[0].id]
    assert service.cards_by_link(token, made.now + timedelta(days=89))
    for wrong, when in (
        (token, timedelta(days=90)),
        (token[:-1], timedelta()),
        ("", timedelta()),
        ("\ud800", timedelta()),
    ):
        with pytest.raises(UnknownCard):
            service.cards_by_link(wrong, made.now + when)


def test_a_key_in_line_takes_over_between_two_records(service: Any, made: Any, keystore: Any) -> None:
    first = service.record_and_issue(made.octets(made.bundle(made.dose())), made.now)
    heir = keystore.rotate(made.now)
    second = service.record_and_issue(made.octets(made.bundle(made.dose("10"))), made.now)
    assert first.cards[0].kid != second.cards[0].kid == heir


def test_one_dose_too_large_for_a_code_is_named(local_service: Any, made: Any) -> None:
    clinic = [{"actor": {"display": os.urandom(1000).hex()}}]
    bundle = made.bundle(made.dose("10"), made.dose(), made.dose("208", "2021-04-01", performer=clinic))
    with pytest.raises(InvalidBundle) as refused:
        local_service.record_and_issue(made.octets(bundle), made.now)
    errors = [fault for fault in refused.value.faults if fault.severity == "error"]
    assert [(fault.code, fault.path) for fault in errors] == [("card-too-large", "Bundle.entry[3].resource")]
    assert nothing_recorded(local_service)


def test_a_long_history_becomes_several_cards(local_service: Any, made: Any) -> None:
    days = [f"{year}-{month:02}-01" for year in (2021, 2022, 2023) for month in range(1, 13)]
    doses = [made.dose("208", day, lotNumber=os.urandom(8).hex()) for day in days]
    issued = local_service.record_and_issue(made.octets(made.bundle(*doses)), made.now)
    count = len(issued.cards)
    assert count > 1
    assert [card.title for card in issued.cards] == [f"COVID-19 ({n} of {count})" for n in range(1, count + 1)]
    key = local_service.keys.active().public
    bundles = [cards.read(card.jws).verify(key).bundle for card in issued.cards]
    lots = [entry["resource"]["lotNumber"] for bundle in bundles for entry in bundle["entry"][1:]]
    assert lots == [dose["lotNumber"] for dose in doses]


@pytest.mark.parametrize("number", ["0.1", "1.50", "3.14159", "1e-7", "12345678901234567890.5", "2.0", "7"])
def test_a_measured_value_is_signed_as_it_was_sent(local_service: Any, made: Any, number: str) -> None:
    """A card is read back before it is stored: 0.1 must not come back as another kind of number."""
    quantity = {"value": 4711, "unit": "[IU]/mL", "system": "http://unitsofmeasure.org", "code": "[IU]/mL"}
    result = {**made.result("16935-9"), "valueQuantity": quantity}
    del result["valueCodeableConcept"]
    for spread in (False, True):
        text = made.octets(made.bundle(result)).decode().replace("4711", number)
        octets = (text.replace(",", ", ") if spread else text).encode()
        (card,) = local_service.record_and_issue(octets, made.now).cards
        assert f'"value":{number}'.lower() in _payload_of(card.jws).lower()


def _payload_of(jws: str) -> str:
    return inflate(b64url_decode(jws.split(".")[1])).decode()
