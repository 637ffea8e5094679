"""The coverage-guided fuzzer's own environment, `.venv-fuzz`: its lock, and everything of the environment we run in."""

import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.fuzz.world import ROOT

FOLDER = ROOT / ".venv-fuzz"
LOCK = ROOT / "requirements" / "fuzz.lock"
INSTALL_SECONDS = 300


class NotHere(RuntimeError):
    """The fuzzer has no wheel for this Python or platform, or no registry can be reached."""


def python() -> Path:
    """The Python that can import atheris; made at the first call, and again when the lock or our Python changed.

    Raises:
        NotHere: it cannot be installed.
    """
    found = FOLDER / "bin" / "python"
    stamp, wanted = FOLDER / "installed", f"{platform.python_version()} {sys.prefix}\n{LOCK.read_text('utf-8')}"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return found
    _run(sys.executable, "-m", "venv", "--clear", str(FOLDER))
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:")
    _run(str(found), *pip, "--require-hashes", "-r", str(LOCK))
    packages = sysconfig.get_paths()["purelib"]
    ours = sysconfig.get_paths(vars={"base": str(FOLDER), "platbase": str(FOLDER)})["purelib"]
    (Path(ours) / "countersign.pth").write_text(f"import site; site.addsitedir({packages!r})\n", "utf-8")
    stamp.write_text(wanted, "utf-8")
    return found


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.CalledProcessError as error:
        said = [line for line in error.stderr.splitlines() if line.startswith("ERROR")]
        raise NotHere(said[-1] if said else f"{command[2]} failed") from None
    except (subprocess.TimeoutExpired, OSError) as error:
        raise NotHere(type(error).__name__) from None
