"""The senders' file, and what `countersign hl7 serve` says before it listens."""

import json

import pytest
from click.testing import CliRunner

from countersign.commands.hl7 import command
from issuer.hl7.sender import Peer
from issuer.hl7.senders import BadSenders, read_senders

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


@pytest.fixture
def serve(tmp_path):
    def run(*options: str, senders: str = "[]"):
        path = tmp_path / "senders.json"
        path.write_text(senders)
        return CliRunner().invoke(command, ["serve", "--senders", str(path), *options])

    return run


def test_wrong_usage_is_told_before_anything_starts(serve, tmp_path):
    (tmp_path / "c.pem").write_text("")
    assert "go together" in serve("--certificate", str(tmp_path / "c.pem")).output
    assert "not JSON" in serve(senders="{").output
    assert "America/Detroit" in serve("--zone", "Nowhere/Land").output
    assert all(serve(*options).exit_code == 2 for options in (("--zone", "x"), ("--processing-id", "D")))
