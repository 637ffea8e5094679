"""The registry a running verifier judges with, replaced while it runs."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from keys.private import PrivateKey
from trust_registry import Entry, NotADirectory
from trust_registry.snapshot import BadRegistry, publish
from trust_registry.store import NewestSeen, StoreError
from verifier.registry_file import RegistryFile

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SIGNER = PrivateKey.generate()
ENTRY = Entry("https://a.example", "A", keys=(PrivateKey.generate().public,))
UNSIGNED = json.dumps({"issuerInfo": [{"issuer": {"iss": "https://evil.example"}, "keys": []}]}).encode()


def signed(number: int, signer: PrivateKey = SIGNER) -> bytes:
    return publish([ENTRY], signer, number=number, now=NOW, lifetime=timedelta(days=1)).encode()


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "registry.jws"
    file.write_bytes(signed(5))
    return file


def opened(path, publishers=(SIGNER.public,)) -> RegistryFile:
    return RegistryFile(path, publishers, NewestSeen(path.with_name("newest")), lambda: NOW)


def test_a_newer_one_counts_at_once(path):
    registry = opened(path)
    assert registry().number == 5
    path.write_bytes(signed(6))
    assert registry().number == 6


@pytest.mark.parametrize(
    "content", [signed(4), UNSIGNED, signed(9, PrivateKey.generate()), b"", b"{", b"\xff", b'{"entries":[]}']
)
def test_what_cannot_be_used_leaves_the_former(path, content, caplog):
    registry = opened(path)
    path.write_bytes(content)
    assert registry().number == 5
    assert "refused" in caplog.text
    path.unlink()
    assert registry().number == 5


def test_an_older_or_unsigned_one_is_refused_after_a_restart_too(path):
    opened(path)
    for content, publishers in ((signed(4), (SIGNER.public,)), (UNSIGNED, (SIGNER.public,)), (UNSIGNED, ())):
        path.write_bytes(content)
        with pytest.raises(BadRegistry):
            opened(path, publishers)


def test_without_a_publisher_a_plain_file_is_the_operators_word(tmp_path):
    path = tmp_path / "snapshot.json"
    path.write_bytes(UNSIGNED)
    assert len(opened(path, ())()) == 1
    path.write_bytes(b"{}")
    with pytest.raises(NotADirectory):
        opened(path, ())


def test_a_damaged_memory_of_numbers_is_not_a_way_round(path, caplog):
    registry = opened(path)
    path.with_name("newest").write_text("nonsense")
    path.write_bytes(signed(6))
    assert registry().number == 5
    assert registry().number == 5
    assert "refused" in caplog.text
    with pytest.raises(StoreError):
        opened(path)
