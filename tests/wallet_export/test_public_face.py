"""The package's face: its names, what importing it costs, and the benchmark that justifies the mask."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import wallet_export

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("PIL", "zxingcpp", "fpdf", "fontTools", "uharfbuzz", "qrcode", "reportlab")


def loaded_by(statement: str) -> set[str]:
    """Which of the heavy modules a fresh interpreter has loaded afterwards."""
    code = f"import sys\n{statement}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_names() -> None:
    assert set(wallet_export.__all__) == {
        "FILE_EXTENSION", "MEDIA_TYPE", "HealthAppLink", "HealthAppOffer", "NotOffered", "PassSigner",
        "PassUnavailable", "PrintLine", "PrintWords", "PrintableCard", "app_link", "apple_health_link", "date_in_words",
        "health_app_link", "health_card_file", "pass_signer", "print_pdf", "qr_modules", "qr_png", "qr_svg",
        "signed_pass",
    }  # fmt: skip
    assert all(hasattr(wallet_export, name) for name in wallet_export.__all__)
    with pytest.raises(AttributeError):
        _ = wallet_export.nothing_of_the_kind  # type: ignore[attr-defined]


def test_importing_loads_nothing_heavy() -> None:
    assert loaded_by("import wallet_export; wallet_export.qr_png; wallet_export.PrintableCard") == set()


def test_drawing_a_code_loads_the_writer_alone() -> None:
    assert loaded_by("import wallet_export; wallet_export.qr_png('a.b.c'); wallet_export.qr_svg('a.b.c')") == {
        "zxingcpp"
    }


def test_the_mask_benchmark_runs() -> None:
    command = [sys.executable, "-m", "benchmarks.qr_masks", "--pictures", "6", "--masks", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert [row["mask"] for row in figures["masks"]] == ["automatic", "3"]
    assert figures["masks"][0]["read_percent"] > 0
