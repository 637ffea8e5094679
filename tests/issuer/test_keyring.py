"""The key that signs, opened once."""

from typing import Any

import pytest

from issuer.keyring import Keyring
from keys.store import KeyStoreError


def test_a_key_is_opened_once_and_never_after_its_time(keystore: Any, made: Any) -> None:
    keyring = Keyring(keystore)
    first = keyring.active()
    assert keyring.active() is first
    heir = keystore.rotate(made.now)
    assert keyring.active().kid == heir
    keystore.compromise(heir, made.now)
    with pytest.raises(KeyStoreError):
        keyring.active()
    assert {key.kid for key in keyring.published()} == {first.kid}
