"""docs/imports.md names every column, code and limit of this door."""

from pathlib import Path

from issuer.products import SCAN_FINDINGS
from issuer.tables import COLUMNS, TABLE_FINDINGS
from issuer.tables.faults import TABLE_REFUSALS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "imports.md").read_text("utf-8")


def test_every_column_and_code_stands_there():
    names = [*COLUMNS, *TABLE_FINDINGS, *TABLE_REFUSALS, *SCAN_FINDINGS]
    assert [name for name in names if f"`{name}`" not in PAGE] == []
