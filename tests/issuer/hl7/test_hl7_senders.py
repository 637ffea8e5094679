"""The senders' file, and what `countersign hl7 serve` says before it listens."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from countersign.commands.hl7 import command
from issuer.db import open_engine, writing
from issuer.hl7.making import clinic_states, find_sender, registered
from issuer.hl7.sender import Peer
from issuer.hl7.senders import BadSenders, clinics_of, not_live, read_senders
from issuer.models import clinic
from issuer.rights import Actor
from issuer.staff.people import ClientDetails

PRINT = "ab" * 32
GOOD = {"name": "harbour-ehr", "clinic": "c1", "facilities": {"HARBOUR": "c1"}}


def entry(**changes):
    return {name: value for name, value in (GOOD | changes).items() if value is not None}


def test_peers_and_their_senders():
    colons = ":".join(PRINT[at : at + 2].upper() for at in range(0, 64, 2))
    senders = read_senders(
        json.dumps(
            [entry(certificate=colons), entry(name="lab", subject="lab.example"), entry(name="bench", loopback=True)]
        )
    )
    assert senders.of(Peer("192.0.2.1", PRINT, "x")).actor.id == "client:harbour-ehr"
    assert senders.of(Peer("192.0.2.1", "cd" * 32, "lab.example")).actor.id == "client:lab"
    assert senders.of(Peer("127.0.0.1", "cd" * 32, "unknown")) is None
    bench = senders.of(Peer("127.0.0.1"))
    assert (bench.actor.id, bench.actor.role, bench.actor.clinic_id) == ("client:bench", "system", "c1")
    assert bench.facilities == {"HARBOUR": "c1"}


def test_nobody_on_loopback_unless_it_is_said():
    assert read_senders(json.dumps([entry(certificate=PRINT)])).of(Peer("127.0.0.1")) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("{}", "JSON list"),
        ("[1]", "JSON list"),
        ([entry(certificate=PRINT, extra=1)], "do not know: extra"),
        ([entry(certificate=PRINT, name="two words")], "`name`"),
        ([entry(certificate=PRINT, clinic=None)], "`clinic`"),
        ([entry(certificate=PRINT, facilities={})], "`facilities`"),
        ([entry(certificate=PRINT, facilities={"A": 1})], "`facilities`"),
        ([entry()], "needs one of"),
        ([entry(certificate=PRINT, loopback=True)], "needs one of"),
        ([entry(certificate="abcd")], "64 hexadecimal digits"),
        ([entry(certificate=PRINT), entry(certificate=PRINT)], "Entry 2 is the same peer"),
        ([entry(loopback=True), entry(loopback=True)], "nothing tells them apart"),
    ],
)
def test_files_that_cannot_be_used(text, words):
    with pytest.raises(BadSenders, match=words):
        read_senders(text if isinstance(text, str) else json.dumps(text))


def test_clinics_that_are_not_live_are_named():
    facilities = {"HARBOUR": "c1", "QUAY": "c2"}
    senders = read_senders(
        json.dumps([entry(certificate=PRINT, facilities=facilities), entry(name="bench", loopback=True, clinic="c3")])
    )
    assert [sorted(clinics_of(one)) for one in senders.all] == [["c1", "c2"], ["c1", "c3"]]
    said = not_live(senders, {"c1": "live", "c2": "suspended", "c3": "unknown"})
    assert [words.split(":")[0] for words in said] == [
        "harbour-ehr is bound to clinic c2, which is suspended",
        "bench is bound to clinic c3, which is unknown",
    ]
    assert not_live(senders, {}) == []


def test_a_system_registered_with_its_certificate_sends_too(database, shapes):
    enter(database, shapes.now, c1="live", c2="live")
    systems = registered(database)
    operator = Actor("operator", "operator")
    facilities = {"A": "c1", "B": "c2"}
    bound = ClientDetails("EHR", scopes=("system/Immunization.c",), facilities=facilities, certificate=PRINT)
    systems.add(operator, "e" * 32, "c1", bound, shapes.now)
    sender_of = find_sender(read_senders(json.dumps([entry(subject="lab.example")])), systems)
    found = sender_of(Peer("192.0.2.1", PRINT, "x"))
    assert (found.actor, found.facilities) == (Actor(f"client:{'e' * 32}", "system", "c1"), facilities)
    assert tuple(found.scopes) == ("system/Immunization.c",)
    assert sender_of(Peer("192.0.2.1", "cd" * 32, "lab.example")).actor.id == "client:harbour-ehr"
    assert sender_of(Peer("192.0.2.1", "cd" * 32, "x")) is sender_of(Peer("127.0.0.1")) is None
    systems.change(operator, "e" * 32, replace(bound, active=False), shapes.now)
    assert sender_of(Peer("192.0.2.1", PRINT, "x")) is None
    systems.engine.dispose()


def enter(database, now, **clinics):
    engine = open_engine(database)
    with writing(engine) as connection:
        for key, state in clinics.items():
            row = {"id": key, "name": key, "public_name": key, "state": state, "details": "{}"}
            connection.execute(clinic.insert().values(**row, created_at=now))
    engine.dispose()


def test_states_of_clinics_stand_in_the_database(database, shapes, tmp_path):
    enter(database, shapes.now, c1="applied")
    assert clinic_states(database, ["c1", "c9"]) == {"c1": "applied", "c9": "unknown"}
    assert clinic_states(f"sqlite:///{tmp_path}/empty.db", ["c1"]) == {}


@pytest.fixture
def serve(tmp_path):
    def run(*options: str, senders: str = "[]", environ: dict[str, str] | None = None):
        path = tmp_path / "senders.json"
        path.write_text(senders)
        return CliRunner().invoke(command, ["serve", "--senders", str(path), *options], env=environ)

    return run


def test_wrong_usage_is_told_before_anything_starts(serve, tmp_path):
    (tmp_path / "c.pem").write_text("")
    assert "go together" in serve("--certificate", str(tmp_path / "c.pem")).output
    assert "not JSON" in serve(senders="{").output
    assert "America/Detroit" in serve("--zone", "Nowhere/Land").output
    assert all(serve(*options).exit_code == 2 for options in (("--zone", "x"), ("--processing-id", "D")))


def test_senders_of_clinics_that_are_not_live_are_named_before_it_listens(database, tmp_path):
    environ = {"COUNTERSIGN_DATABASE": database, "COUNTERSIGN_DATA": str(tmp_path)}
    senders = tmp_path / "senders.json"
    senders.write_text(json.dumps([entry(certificate=PRINT)]))
    # A process of its own: a browser test that ran before in this one leaves an event loop running.
    command = [sys.executable, "-m", "countersign", "hl7", "serve", "--host", "0.0.0.0", "--senders", str(senders)]
    done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert "harbour-ehr is bound to clinic c1, which is unknown: its messages are refused" in said
    assert "we listen on loopback only" in said
