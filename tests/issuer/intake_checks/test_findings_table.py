"""The table of findings: one code for one fault at every door, documented, in words for people."""

from pathlib import Path

import pytest

from issuer.faults import ALL_FAULTS
from issuer.intake.findings import FINDINGS, finding

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "plausibility.md").read_text("utf-8")

STRICTER = {
    "birth-date-missing": "nobody can be matched without one; a card alone can do without",
    "vaccine-unknown": "only the impossible is refused, and a CVX code that CDC does not have is impossible",
}
"""Codes that are an error at the doors and a warning on a card, and why."""
OF_THE_USE_CASE = (
    "person-ambiguous",
    "record-unchanged",
    "message-id-reused",
    "not-own-record",
    "nothing-to-change",
    "clinic-not-live",
    "facility-not-yours",
    "protected-person",
    "clinic-held",
)


def test_every_finding_is_documented_with_its_severity() -> None:
    rows = {line.split("`")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}
    assert [code for code in FINDINGS if code not in rows] == []
    assert [code for code in FINDINGS if f"| {FINDINGS[code][0]} |" not in rows[code]] == []
    assert [code for code in rows if code not in FINDINGS] == []


@pytest.mark.parametrize("code", [code for code in FINDINGS if code in ALL_FAULTS])
def test_one_fault_has_one_code_and_one_weight(code: str) -> None:
    severity = ALL_FAULTS[code][0]
    assert FINDINGS[code][0] == ("error" if code in STRICTER else severity)
    assert (severity == "warning") >= (code in STRICTER)


def test_the_use_case_finds_its_codes() -> None:
    assert all(code in FINDINGS for code in OF_THE_USE_CASE)


@pytest.mark.parametrize("code", FINDINGS)
def test_words_for_people(code: str) -> None:
    severity, message, remedy = FINDINGS[code]
    assert severity in ("error", "question", "warning", "info")
    assert message.endswith(".")
    assert remedy.endswith(".")
    assert "invalid" not in f"{message} {remedy}".lower()
    assert len(code) <= 40


def test_a_finding_of_the_table() -> None:
    one = finding("too-early-age", "event.day", "CDSi 4.64")
    assert (one.code, one.place, one.severity, one.source) == ("too-early-age", "event.day", "warning", "CDSi 4.64")
    with pytest.raises(KeyError):
        finding("no-such-code", "event")
