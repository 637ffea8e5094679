"""`make bench`: every figure of the product, as a ratio measured in this run. Exit status 1 where one falls short.

python -m benchmarks [--quick] [--write]        --write keeps the figures in benchmarks/figures.md
"""

import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import zxingcpp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from PIL import Image

import verifier
from benchmarks.api import BUNDLE, encode, make_issuer, records_of, registry_of
from benchmarks.measure import Timing, interleaved, ratio
from benchmarks.peer import Peer
from benchmarks.pictures import photographs
from wallet_export import qr_png

ISS = "https://issuer.example/shc"
NOW = dt.datetime.now(dt.UTC)
ISSUERS, RIDS = int(os.environ.get("ISSUERS", "10000")), int(os.environ.get("RIDS", "1000000"))


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    ratio: float
    bound: float
    at_most: bool
    absolute: str

    @property
    def holds(self) -> bool:
        return self.ratio <= self.bound if self.at_most else self.ratio >= self.bound


def against_the_floor(rounds: int) -> list[Figure]:
    issuer, record = make_issuer(ISS), records_of(BUNDLE)[0]
    registry = registry_of(issuer, ISSUERS, RIDS)
    jws = issuer.issue(record, NOW).jws
    digits = encode(jws)
    key, payload = ec.generate_private_key(ec.SECP256R1()), _payload(jws)
    signing_input = jws.rpartition(".")[0].encode()
    signature, public = key.sign(signing_input, ec.ECDSA(SHA256())), key.public_key()
    assert verifier.check(digits, registry, NOW).outcome == "accepted"
    timings = interleaved(
        {
            "issue": lambda: issuer.issue(record, NOW),
            "issue floor": lambda: (zlib.compress(payload, 9, -15), key.sign(signing_input, ec.ECDSA(SHA256()))),
            "verdict": lambda: verifier.check(digits, registry, NOW),
            "verdict floor": lambda: public.verify(signature, signing_input, ec.ECDSA(SHA256())),
        },
        rounds,
    )
    return [
        _at_most("issue / (deflate + ES256 sign)", timings["issue"], timings["issue floor"], 2.0),
        _at_most("digits to verdict / ES256 verify", timings["verdict"], timings["verdict floor"], 1.7),
        *_pictures(digits, qr_png(jws), registry, rounds),
    ]


def _pictures(digits: str, code: bytes, registry: object, rounds: int) -> list[Figure]:
    figures = []
    for name, octets in photographs(code).items():

        def floor(octets: bytes = octets) -> object:
            image = Image.open(BytesIO(octets))
            image.load()
            return zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)

        def ours(octets: bytes = octets) -> object:
            return verifier.check(verifier.read_codes(octets)[0], registry, NOW)  # type: ignore[arg-type]

        assert verifier.read_codes(octets) == [digits]
        timings = interleaved({"ours": ours, "floor": floor}, rounds)
        figures.append(_at_most(f"picture to verdict / decode + read, {name}", timings["ours"], timings["floor"], 1.15))
    return figures


def against_the_peer(rounds: int, seconds: float) -> list[Figure]:
    issuer, record = make_issuer(ISS), records_of(BUNDLE)[0]
    registry = registry_of(issuer, ISSUERS, 0)
    jws = issuer.issue(record, NOW).jws
    digits = encode(jws)
    work = {
        "issue": lambda: issuer.issue(record, NOW),
        "verify": lambda: verifier.check(digits, registry, NOW),
        "qr": lambda: qr_png(jws),
    }
    bounds = {"issue": 12.0, "verify": 9.0, "qr": 8.0}
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    with Peer(dict(BUNDLE), ISS) as peer:
        for name in work:  # let both warm up
            peer.rate(name, seconds)
        for _ in range(rounds):
            for name, call in work.items():
                ours = 1 / interleaved({"ours": call}, 1, seconds)["ours"].median
                rates[name].append((ours, peer.rate(name, seconds)))
    figures = []
    for name, pairs in rates.items():
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        times = statistics.median(a / b for a, b in pairs)
        figures.append(
            Figure(f"{name}: times the peer's rate", times, bounds[name], False, f"{ours:,.0f}/s, peer {theirs:,.0f}/s")
        )
    return figures


def memory() -> dict[str, float]:
    """Megabytes of a fresh process that holds the registry and the list, and what they add."""
    script = (
        "import verifier, json\n"
        "from pathlib import Path\n"
        "from benchmarks.api import make_issuer, registry_of\n"
        "def now(): return int(Path('/proc/self/statm').read_text().split()[1]) * 4096 / 1e6\n"
        f"issuer = make_issuer({ISS!r}); before = now(); registry = registry_of(issuer, {ISSUERS}, {RIDS})\n"
        "import gc; gc.collect(); print(json.dumps([before, now()]))\n"
    )
    if not Path("/proc/self/statm").exists():
        return {}
    before, after = json.loads(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout)
    return {"loaded_megabytes": round(after, 1), "added_megabytes": round(after - before, 1)}


def _at_most(name: str, ours: Timing, floor: Timing, bound: float) -> Figure:
    return Figure(
        name, ratio(ours, floor), bound, True, f"{ours.median * 1e6:,.1f} µs, floor {floor.median * 1e6:,.1f} µs"
    )


def _payload(jws: str) -> bytes:
    import cards
    from cards.encoding import b64url_decode, inflate

    assert cards.read(jws)
    return inflate(b64url_decode(jws.split(".")[1]))


def table(figures: list[Figure], loaded: dict[str, float]) -> str:
    lines = ["| what | ratio | bound | this machine |", "|---|---|---|---|"]
    for f in figures:
        mark = "" if f.holds else " **missed**"
        lines.append(f"| {f.name} | {f.ratio:.2f}{mark} | {'≤' if f.at_most else '≥'} {f.bound} | {f.absolute} |")
    lines.append(f"| memory of a verifier with {ISSUERS:,} issuers and {RIDS:,} rids | | | {loaded} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    figures = against_the_floor(5 if quick else 15) + against_the_peer(3 if quick else 7, 0.2 if quick else 0.5)
    loaded = memory()
    text = table(figures, loaded)
    print(text)
    if "--write" in arguments:
        heading = f"# Figures\n\nWritten by `python -m benchmarks --write` on {NOW:%Y-%m-%d}, "
        heading += f"Python {platform.python_version()}, {os.cpu_count()} cores. Ratios are medians of interleaved "
        heading += "rounds in one run.\n\n"
        Path(__file__).with_name("figures.md").write_text(heading + text + "\n", "utf-8")
    print(json.dumps({f.name: round(f.ratio, 3) for f in figures} | loaded))
    return 0 if all(f.holds for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
