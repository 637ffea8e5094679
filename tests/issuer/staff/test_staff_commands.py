"""`countersign staff` and `countersign clinic`, as an operator types them."""

import base64
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner, Result

from countersign.commands import clinic as clinic_commands
from countersign.commands import staff as staff_commands
from issuer.db import open_engine
from issuer.settings import from_environ
from issuer.staff.passwords import Cost
from issuer.web.staff import make_accounts

PASSWORD = "four words in a row"
Run = Callable[..., Result]


@pytest.fixture
def environ(tmp_path: Path, database: str) -> dict[str, str]:
    return {
        "COUNTERSIGN_DATA": str(tmp_path / "data"),
        "COUNTERSIGN_ISS": "https://clinic.example/issuer",
        "COUNTERSIGN_ISSUER_ADDRESS": "https://people.example",
        "COUNTERSIGN_DATABASE": database,
    }


@pytest.fixture
def staff(environ: dict[str, str]) -> Run:
    return lambda *words, **more: CliRunner().invoke(staff_commands.command, list(words), env=environ, **more)


@pytest.fixture
def clinic(environ: dict[str, str]) -> Run:
    return lambda *words, **more: CliRunner().invoke(clinic_commands.command, list(words), env=environ, **more)


def first(staff: Run) -> list[str]:
    done = staff("first", "--login", "dora", "--name", "Dora Quay", "--login", "dan", "--name", "Dan Reed")
    assert done.exit_code == 0, done.output
    links = done.stdout.split()
    assert all(re.fullmatch(r"https://people\.example/setup/[A-Za-z0-9_-]{43}", link) for link in links)
    return links


def test_the_first_two_and_a_clinic(environ: dict[str, str], staff: Run, clinic: Run, tmp_path: Path) -> None:
    links = first(staff)
    again = staff("first", "--login", "eve", "--name", "Eve", "--login", "eva", "--name", "Eva")
    assert again.exit_code == 1
    clinic_id = clinic("add", "--name", "Harbour Clinic").stdout.strip()
    settings = from_environ(environ, tmp_path / "data")
    engine = open_engine(environ["COUNTERSIGN_DATABASE"])
    accounts = make_accounts(engine, settings.seal_secret, os.urandom, Cost(8, 1, 1))
    for login, link, said in zip(("dora", "dan"), links, ("A second person", "is live"), strict=True):
        code = _set_up(accounts, link.rpartition("/")[2])
        refused = clinic("approve", clinic_id, "--login", login, input=f"wrong words here\n{code}\n")
        assert refused.exit_code == 1
        assert PASSWORD not in refused.output
        done = clinic("approve", clinic_id, "--login", login, input=f"{PASSWORD}\n{code}\n")
        assert done.exit_code == 0, done.output
        assert said in done.stdout
    engine.dispose()
    listed = {line["id"]: line for line in json.loads(clinic("list", "--json").stdout)}
    assert listed[clinic_id] == {"id": clinic_id, "name": "Harbour Clinic", "state": "live", "approvals": 2}
    assert "2 of 2 approvals  Harbour Clinic" in clinic("list").stdout


def _set_up(accounts: Any, token: str) -> str:
    """The first day of somebody, and a code that was not used yet. The command reads the clock: so does this."""
    now = datetime.now(UTC)
    opened = accounts.by_link(token, PASSWORD, "", now)
    member = accounts.session(opened.token, now).member
    secret, _ = accounts.new_totp()
    totp = pyotp.TOTP(base64.b32encode(secret).decode())
    accounts.set_totp(member, secret, totp.at(now.timestamp() - 30), "", now)
    return totp.at(now)


def test_add_list_deactivate_reset(staff: Run, clinic: Run) -> None:
    assert "Begin with" in staff("list").stderr
    first(staff)
    clinic_id = clinic("add", "--name", "Harbour Clinic", "--public-name", "Harbour").stdout.strip()
    added = staff("add", "--login", "Mona@x.example", "--name", "Mona", "--role", "manager", "--clinic", clinic_id)
    assert added.exit_code == 0, added.output
    assert "mona@x.example" in staff("list").stdout
    found = {line["login"]: line for line in json.loads(staff("list", "--json").stdout)}
    assert found["mona@x.example"]["clinic_id"] == clinic_id
    assert found["mona@x.example"]["second_factor"] is False
    assert staff("deactivate", "mona@x.example").exit_code == 0
    assert "closed" in staff("list").stdout
    renewed = staff("reset-second-factor", "MONA@x.example")
    assert renewed.stdout.startswith("https://people.example/setup/")
    assert renewed.stdout != added.stdout


def test_slips_of_the_hand(staff: Run, clinic: Run) -> None:
    first(staff)
    for words, code in (
        (("first", "--login", "a", "--name", "A"), 2),
        (("add", "--login", "dora", "--name", "Dora", "--role", "auditor"), 1),
        (("add", "--login", "x", "--name", "Dora", "--role", "auditor"), 2),
        (("add", "--login", "vera", "--name", "Vera", "--role", "vaccinator"), 2),
        (("add", "--login", "vera", "--name", "Vera", "--role", "operator"), 2),
        (("deactivate", "nobody"), 1),
        (("reset-second-factor", "nobody"), 1),
    ):
        done = staff(*words)
        assert done.exit_code == code, (words, done.output)
        assert "Traceback" not in done.output
    wrong_clinic = staff("add", "--login", "vera", "--name", "Vera", "--role", "vaccinator", "--clinic", "x")
    assert wrong_clinic.exit_code == 1
    assert clinic("add", "--name", " ").exit_code == 2
    asked = clinic("approve", "x", "--login", "dora", input="wrong words here\n123456\n")
    assert asked.exit_code == 1
    assert "Nothing was changed" in asked.output


def test_an_old_database_is_named(environ: dict[str, str], staff: Run, tmp_path: Path) -> None:
    environ["COUNTERSIGN_DATABASE"] = f"sqlite:///{tmp_path / 'old.db'}"
    done = staff("list")
    assert done.exit_code == 1
    assert "countersign db upgrade" in done.output
