"""docs/issuance.md says what the code says."""

from pathlib import Path
from typing import Any

import pytest

from issuer.faults import ALL_FAULTS
from issuer.revocation import REASONS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "issuance.md").read_text("utf-8")
CODES = (
    "token-missing not-found card-revoked content-type record-not-certifiable reason-unknown card-unreadable "
    "storage-busy no-signing-key storage-full card-cancelled typefaces-missing no-such-key "
    "no-such-card no-such-link visit-over too-many-dates https-needed"
).split()


@pytest.mark.parametrize("code", list(ALL_FAULTS))
def test_every_fault_stands_there_word_for_word(code: str) -> None:
    severity, message, remedy = ALL_FAULTS[code]
    assert f"| `{code}` | {severity} | {message} {remedy} |\n" in PAGE


def test_no_fault_stands_there_that_is_none() -> None:
    rows = [
        line for line in PAGE.splitlines() if line.startswith("| `") and ("| error |" in line or "| warning |" in line)
    ]
    assert len(rows) == len(ALL_FAULTS)


@pytest.mark.parametrize("reason", list(REASONS))
def test_every_reason_stands_there(reason: str) -> None:
    assert f"| `{reason}` | {REASONS[reason]} |\n" in PAGE


def test_every_problem_code_stands_there() -> None:
    sources = Path(__file__).resolve().parents[2] / "issuer" / "web"
    code = "\n".join(path.read_text("utf-8") for path in sources.glob("*.py"))
    assert [one for one in CODES if f'"{one}"' not in code or f"`{one}`" not in PAGE] == []


def test_every_address_stands_there(app: Any) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/api/", "/.well-known/")) and not rule.rule.endswith((".png", ".svg", "health-card")):
            path = rule.rule.replace("<person_id>", "{id}").replace("<card_id>", "{id}").replace("<kid>", "{kid}")
            assert path in PAGE, path
