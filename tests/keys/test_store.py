"""Keys at rest and through their lives."""

import json
import os
import pickle
import stat
from datetime import UTC, datetime, timedelta

import pytest

from cards import BadSignature
from keys import examine_jwks, read_jwks
from keys.lifecycle import KeyStateError
from keys.private import PrivateKey, unsafe_export_der
from keys.store import KeyStore, KeyStoreError, Passphrase, key_encryption_key, load_or_create_secret

NOW = datetime(2026, 11, 20, tzinfo=UTC)
KEK = bytes(range(32))


@pytest.fixture
def store(tmp_path) -> KeyStore:
    return KeyStore(tmp_path / "keys", KEK)


def states(store: KeyStore) -> dict[str, str]:
    return {record.kid: record.state for record in store.records()}


def test_a_life(store):
    assert store.records() == ()
    with pytest.raises(KeyStoreError, match="keys generate"):
        store.active()
    first = store.generate(NOW)
    second = store.generate(NOW + timedelta(days=1))
    assert states(store) == {first: "active", second: "next"}
    assert store.active().kid == first
    assert {key.kid for key in store.published()} == {first, second}
    assert store.rotate(NOW + timedelta(days=2)) == second
    assert states(store) == {first: "retired", second: "active"}
    assert {key.kid for key in store.published()} == {first, second}
    store.compromise(first, NOW)
    assert {key.kid for key in store.published()} == {second}
    with pytest.raises(KeyStateError):
        store.compromise(first, NOW)
    with pytest.raises(KeyStateError):
        store.retire("unknown", NOW)


def test_rotating_without_a_successor_makes_one(store):
    first = store.generate(NOW)
    second = store.rotate(NOW)
    assert second != first
    assert states(store) == {first: "retired", second: "active"}


def test_a_key_that_no_longer_signs_is_destroyed(store, tmp_path):
    first = store.generate(NOW)
    store.rotate(NOW)
    assert not (tmp_path / "keys" / f"{first}.key").exists()
    assert (tmp_path / "keys" / f"{first}.jwk").exists()


def test_a_yearly_rotation_is_due(store):
    store.generate(NOW)
    assert not store.records()[0].is_due(NOW + timedelta(days=364))
    assert store.records()[0].is_due(NOW + timedelta(days=365))


def test_files_are_private_and_sealed(store, tmp_path):
    kid = store.generate(NOW)
    der = unsafe_export_der(store.active())
    for path in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert der not in path.read_bytes()
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert json.loads((tmp_path / "keys" / f"{kid}.key").read_bytes())["kdf"] == "hkdf"


def test_the_wrong_secret_or_an_altered_file_does_not_open(store, tmp_path):
    kid = store.generate(NOW)
    with pytest.raises(KeyStoreError, match="does not open"):
        KeyStore(tmp_path / "keys", bytes(32)).active()
    path = tmp_path / "keys" / f"{kid}.key"
    other = KeyStore(tmp_path / "other", KEK)
    stranger = other.generate(NOW)
    path.write_bytes((tmp_path / "other" / f"{stranger}.key").read_bytes())
    with pytest.raises(KeyStoreError, match="does not open"):
        store.active()
    path.unlink()
    with pytest.raises(KeyStoreError, match="backup"):
        store.active()
    with pytest.raises(KeyStoreError):
        KeyStore(tmp_path / "keys", b"short")


def test_a_passphrase_opens_what_it_sealed(tmp_path):
    store = KeyStore(tmp_path, Passphrase("correct horse"))
    kid = store.generate(NOW)
    assert KeyStore(tmp_path, Passphrase("correct horse")).active().kid == kid
    with pytest.raises(KeyStoreError):
        KeyStore(tmp_path, Passphrase("wrong")).active()
    assert "correct" not in repr(Passphrase("correct horse"))


def test_a_stop_between_two_files_leaves_the_old_truth(store, tmp_path):
    kid = store.generate(NOW)
    (tmp_path / "keys" / "half-written.key").write_bytes(b"{")
    assert store.active().kid == kid
    assert len(store.records()) == 1


def test_nothing_published_holds_d(store):
    store.generate(NOW)
    document = json.dumps(store.jwks({store.active().kid: 3}))
    assert '"d"' not in document
    assert json.loads(document)["keys"][0]["crlVersion"] == 3
    assert [key.kid for key in read_jwks(document)] == [store.active().kid]


def test_private_keys_do_not_travel():
    key = PrivateKey.generate()
    with pytest.raises(TypeError):
        pickle.dumps(key)
    assert {name for name in dir(key) if not name.startswith("_")} == {"generate", "kid", "public", "sign"}


def test_signatures_hold_and_are_deterministic():
    key = PrivateKey.generate()
    for number in range(200):
        text = str(number).encode()
        signature = key.sign(text)
        assert len(signature) == 64
        assert signature == key.sign(text)
        key.public.verify(text, signature)
        with pytest.raises(BadSignature):
            key.public.verify(text + b"!", signature)


def test_secrets_are_made_once_and_stay_private(tmp_path):
    path = tmp_path / "secret"
    secret = load_or_create_secret(path)
    assert len(secret) == 32
    assert load_or_create_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    os.chmod(path, 0o644)
    with pytest.raises(KeyStoreError, match="chmod"):
        load_or_create_secret(path)
    os.chmod(path, 0o600)
    path.write_text("short")
    with pytest.raises(KeyStoreError):
        load_or_create_secret(path)


def test_where_the_sealing_key_comes_from(tmp_path):
    assert key_encryption_key({"COUNTERSIGN_KEY_PASSPHRASE": "x"}, tmp_path / "kek") == Passphrase("x")
    assert key_encryption_key({"COUNTERSIGN_KEK": "A" * 43}, tmp_path / "kek") == bytes(32)
    assert not (tmp_path / "kek").exists()
    assert len(key_encryption_key({}, tmp_path / "kek")) == 32


def test_a_published_key_is_exactly_what_the_specification_wants(store):
    store.generate(NOW)
    key = store.jwks()["keys"][0]
    assert set(key) == {"kty", "kid", "use", "alg", "crv", "x", "y"}
    assert (key["kty"], key["use"], key["alg"], key["crv"]) == ("EC", "sig", "ES256", "P-256")
    assert len(key["x"]) == len(key["y"]) == len(key["kid"]) == 43
    assert examine_jwks({"keys": [key]}).left_out == ()
