"""The wheel holds everything it needs: pages, migrations, samples, the browser's reader, the typefaces."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED = (
    "verifier/static/vendor/zxing_reader.wasm",
    "verifier/static/vendor/zxing-reader.js",
    "verifier/static/vendor/zxing-wasm.LICENSE",
    "wallet_export/fonts/NotoSans_400Regular.ttf",
    "wallet_export/fonts/NotoSans_400Regular.LICENSE",
    "wallet_export/fonts/NotoSansJP_400Regular.ttf",
    "pages/static/pages.css",
    "pages/templates/pages/base.html",
    "issuer/migrations/env.py",
    "outreach/templates/ar.toml",
    "countersign/samples/amara-okafor.json",
    "cards/terminology/cvx.py",
)


def test_everything_is_in_the_wheel(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    assert [name for name in NEEDED if name not in names] == []
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {
        "cards", "keys", "network", "outreach", "trust_registry", "issuer", "verifier", "wallet_export", "pages",
        "countersign",
    }  # fmt: skip
