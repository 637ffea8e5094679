"""What an operator chooses."""

import stat
from pathlib import Path

import pytest

from issuer.getting_in.messages import ENVIRONMENT as MESSAGES
from issuer.settings import DEFAULT_LINK_DAYS, ENVIRONMENT, BadSettings, Settings, from_environ
from issuer.staff.oidc import OidcSettings

ISS = "https://clinic.example/issuer"


def test_a_first_start_makes_its_secrets(tmp_path: Path) -> None:
    settings = from_environ({"COUNTERSIGN_ISS": ISS}, tmp_path)
    assert settings.name == "clinic.example"
    assert settings.address == ISS
    assert settings.database_url == f"sqlite:///{tmp_path / 'issuer.db'}"
    assert (settings.link_days, settings.sample) == (DEFAULT_LINK_DAYS, False)
    for name in ("api-token", "rid-secret"):
        assert stat.S_IMODE((tmp_path / "secrets" / name).stat().st_mode) == 0o600
    assert len(settings.api_token) >= 43
    assert len(settings.rid_secret) == 32
    assert from_environ({"COUNTERSIGN_ISS": ISS}, tmp_path) == settings
    other = from_environ({"COUNTERSIGN_ISS": ISS}, tmp_path / "other")
    assert other.api_token != settings.api_token
    assert other.rid_secret != settings.rid_secret


def test_everything_can_be_chosen(tmp_path: Path) -> None:
    values = {
        "COUNTERSIGN_ISS": ISS,
        "COUNTERSIGN_ISSUER_NAME": "Harbour Health",
        "COUNTERSIGN_ISSUER_ADDRESS": "http://127.0.0.1:8000/",
        "COUNTERSIGN_DATABASE": "postgresql://u:secret@db/issuer",
        "COUNTERSIGN_API_TOKEN": "t" * 32,
        "COUNTERSIGN_LINK_DAYS": "7",
        "COUNTERSIGN_IMPORTS": "/srv/imports",
        "COUNTERSIGN_ISSUER_PROXIES": "1",
        "COUNTERSIGN_OIDC_ISSUER": "https://login.example",
        "COUNTERSIGN_OIDC_CLIENT_ID": "countersign",
        "COUNTERSIGN_OIDC_CLIENT_SECRET": "o" * 32,
        "COUNTERSIGN_TIME_ZONE": "America/Anchorage",
        "COUNTERSIGN_SAMPLE": "1",
        **dict.fromkeys(MESSAGES, ""),
    }
    assert set(values) == set(ENVIRONMENT)
    settings = from_environ(values, tmp_path)
    assert settings == Settings(
        ISS,
        "Harbour Health",
        "http://127.0.0.1:8000",
        "postgresql://u:secret@db/issuer",
        "t" * 32,
        settings.rid_secret,
        settings.audit_secret,
        settings.seal_secret,
        Path("/srv/imports"),
        7,
        True,
        1,
        OidcSettings("https://login.example", "countersign", "o" * 32),
        "America/Anchorage",
    )
    assert not (tmp_path / "secrets" / "api-token").exists()
    for secret in ("secret@", "t" * 32, repr(settings.rid_secret)):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTERSIGN_ISS", ""),
        ("COUNTERSIGN_ISS", "http://clinic.example"),
        ("COUNTERSIGN_ISS", "https://clinic.example/"),
        ("COUNTERSIGN_API_TOKEN", "short"),
        ("COUNTERSIGN_LINK_DAYS", "0"),
        ("COUNTERSIGN_LINK_DAYS", "-1"),
        ("COUNTERSIGN_LINK_DAYS", "ten"),
        ("COUNTERSIGN_TIME_ZONE", "Moon/Base"),
        ("COUNTERSIGN_TIME_ZONE", "../etc/passwd"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        from_environ({"COUNTERSIGN_ISS": ISS, name: value}, tmp_path)
