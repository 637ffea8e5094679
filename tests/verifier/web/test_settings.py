"""Settings come from an environment that is an argument; a wrong one is named."""

import pytest

from verifier.settings import BadSetting, Settings


def test_defaults_need_nothing() -> None:
    assert Settings.from_environment({}) == Settings()


def test_what_can_be_set() -> None:
    environment = {
        "COUNTERSIGN_VERIFIER_NAME": "Door 3",
        "COUNTERSIGN_VERIFIER_RATE": "30 per second",
        "COUNTERSIGN_VERIFIER_CLEAR_SECONDS": "0",
        "COUNTERSIGN_VERIFIER_PROXIES": "1",
    }
    assert Settings.from_environment(environment) == Settings("Door 3", "30 per second", 0, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("RATE", "many"), ("RATE", "5 per day"), ("CLEAR_SECONDS", "-1"), ("PROXIES", "one"), ("PROXIES", "1.5")],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"COUNTERSIGN_VERIFIER_{name}"):
        Settings.from_environment({f"COUNTERSIGN_VERIFIER_{name}": value})
