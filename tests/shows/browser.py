"""`make show-browser`: a real Chromium with a fake camera: scan to verdict, every refusal, axe-core on every page."""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def show() -> tuple[dict[str, Any], bool]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "tests/e2e", "-q", "-n", "2", f"--junitxml={report}"]
        done = subprocess.run(command, cwd=ROOT, check=False)
        suite = ET.parse(report).getroot().find("testsuite")
    assert suite is not None
    for case in suite.findall("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        mark = "FAILED" if bad else "skipped" if case.find("skipped") is not None else "shown"
        print(f"{mark:8} {case.get('name', '').removeprefix('test_').replace('_', ' ')}")
    figures = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    return figures, done.returncode == 0 and figures["tests"] > 0 and not figures["skipped"]
