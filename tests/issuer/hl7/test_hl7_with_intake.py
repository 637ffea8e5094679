"""The door before the real intake, on both databases: what was sent stands there, and comes back when asked for."""

from datetime import timedelta

import pytest

from issuer.db import open_engine, writing
from issuer.hl7 import Sender
from issuer.hl7.making import make_door
from issuer.models import clinic
from issuer.rights import Actor


@pytest.fixture
def send(database, service_on, shapes, answered):
    engine = open_engine(database)
    names = {"c1": ("Harbour", "live"), "c2": ("Elsewhere", "live"), "c3": ("New", "applied")}
    with writing(engine) as connection:
        for key, (name, state) in names.items():
            row = {
                "id": key,
                "name": name,
                "public_name": name,
                "state": state,
                "details": "{}",
                "created_at": shapes.now,
            }
            connection.execute(clinic.insert().values(row))
    engine.dispose()
    door = make_door(service_on(database).intake)

    def send(
        octets: bytes, facility: str = shapes.facility, clinic_id: str = shapes.clinic, minutes: int = 0, **more: str
    ):
        """`more`: further facilities of the sender, and their clinics."""
        sender = Sender(Actor(f"client:{clinic_id}", "system", clinic_id), {facility: clinic_id, **more})
        return answered(door.answer(octets, sender, shapes.now + timedelta(minutes=minutes)).decode())

    return send


def history(send, shapes, **said):
    return [(one[5].split("^")[0], one[15], one[20]) for one in send(shapes.qbp(), **said).named("RXA")]


def test_recorded_corrected_deleted_and_given_back(send, shapes):
    def dose(number: str, **changes: str) -> bytes:
        return shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(**changes), number=number)

    assert send(dose("1")).code == "AA"
    assert history(send, shapes) == [("113", "00315841", "CP")]
    assert send(dose("2")).code == "AA"
    assert history(send, shapes) == [("113", "00315841", "CP")]
    assert send(dose("3", f21="U", f15="X9")).code == "AA"
    assert history(send, shapes) == [("113", "X9", "CP")]
    assert send(dose("4", f21="D")).code == "AA"
    assert history(send, shapes) == []
    assert send(dose("5")).code == "AA"
    assert history(send, shapes) == [("113", "00315841", "CP")]
    assert "message-id-reused" in send(dose("5", f15="X10")).own_codes


def test_good_doses_go_in_beside_bad_ones(send, shapes):
    body = (
        shapes.orc("1"),
        shapes.rxa(),
        shapes.orc("2"),
        shapes.rxa(f3="20990101"),
        shapes.orc("3"),
        shapes.rxa(f5="9999^^CVX"),
    )
    ack = send(shapes.vxu(shapes.pid(), *body))
    assert ack.code == "AE"
    assert [error for error in ack.errors if error[2] == "E"] == [
        ("RXA^2^3", "207", "E", "date-in-future"),
        ("RXA^3^5", "102", "E", "vaccine-code-form"),
    ]
    assert history(send, shapes) == [("113", "00315841", "CP")]


def test_only_ones_own_doses_are_changed(send, shapes):
    send(shapes.vxu())
    other = {"facility": "ELSE", "clinic_id": "c2"}
    ack = send(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(f21="D", f11=""), f4="ELSE"), **other)
    assert ack.code == "AE"
    assert history(send, shapes) == [("113", "00315841", "CP")]


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ("00^Parental decision^NIP002", "00^Parental decision^NIP002"),
        ("02^fear of needles \\T\\ fainting^NIP002", "02^fear of needles \\T\\ fainting^NIP002"),
        ("^after a talk^", "^after a talk^"),
        ("", "02^Other^NIP002"),
    ],
)
def test_the_reason_of_a_refusal_comes_back_as_it_was_sent(send, shapes, sent, back):
    refused = shapes.rxa(f9="", f15="", f16="", f17="", f18=sent, f20="RE")
    for number in ("1", "2"):  # and the same again changes nothing
        assert send(shapes.vxu(shapes.pid(), shapes.orc(), refused, number=number)).code == "AA"
    [found] = send(shapes.qbp()).named("RXA")
    assert (found[18], found[20]) == (back, "RE")


def test_hidden_characters_in_a_reason_are_refused(send, shapes):
    refused = shapes.rxa(f18="00^no\u202eway^NIP002", f20="RE")
    ack = send(shapes.vxu(shapes.pid(), shapes.orc(), refused))
    assert (ack.code, ack.own_codes) == ("AE", ["hidden-character"])


def test_a_sender_bound_to_two_clinics_speaks_for_each(send, shapes):
    assert send(shapes.vxu(), ELSE="c2").code == "AA"
    assert send(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(f11="", f15="B7"), f4="ELSE"), ELSE="c2").code == "AA"
    ack = send(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(f21="D", f11="^^^ELSE"), f4="ELSE"), ELSE="c2")
    assert ack.code == "AA"
    assert history(send, shapes) == [("113", "00315841", "CP")]


def test_a_clinic_that_is_not_approved(send, shapes):
    ack = send(shapes.vxu(f4="NEW"), facility="NEW", clinic_id="c3")
    assert (ack.code, ack.own_codes) == ("AE", ["place-not-yours"])
    ack = send(shapes.vxu(shapes.pid(), shapes.orc(), shapes.rxa(f11=""), f4="NEW"), facility="NEW", clinic_id="c3")
    assert (ack.code, ack.errors) == ("AE", [("MSH^1", "207", "E", "clinic-not-live")])


def test_a_result(send, shapes):
    assert send(shapes.oru()).code == "AA"
    assert send(shapes.oru()).code == "AA"
