"""What a printed card costs, script by script, its code read back from the page: `python -m benchmarks.print_pages`.

The yardstick is one ES256 verification in the same run, 70 us on the reference machine: 236 of them are a sixtieth of a
second there, so a ratio of 236 or less is 60 files a second on one core. Processor time, medians of interleaved rounds.
"""

import json
import random
import statistics
import string
import sys
import time
from collections.abc import Callable
from datetime import date

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from wallet_export.print_page import set_pages
from wallet_export.printable import PrintableCard, PrintLine
from wallet_export.read_back import read_back

BOUND = 236
"""ES256 verifications in a sixtieth of a second at 70.3 us each (benchmarks/figures.md)."""
NAMES = {
    "Latin": "Anyperson, John B.",
    "Cyrillic": "Кузнецова Ольга Ивановна",
    "Greek": "Παπαδοπούλου Ελένη",
    "Arabic": "محمد عبد الرحمن",
    "Devanagari": "लक्ष्मी कृष्णमूर्ति",
    "Thai": "สมชาย ใจดี",
    "Chinese": "王小明",
    "Japanese": "渡辺さくら",
    "Korean": "김민수",
}
HELD = ("Latin", "Cyrillic", "Greek")


def card(name: str) -> PrintableCard:
    """Two doses, 764 characters: what most people carry."""
    source = random.Random(1)
    text = "".join(source.choices(string.ascii_letters + string.digits + "-_", k=762))
    lines = tuple(PrintLine("COVID-19, mRNA, 30 mcg/0.3 mL dose", f"2021-01-{day}", "Lot 0000001") for day in (2, 30))
    jws = f"{text[:100]}.{text[100:676]}.{text[676:]}"
    return PrintableCard(jws, "State of Example", name, "1951-01-20", lines, date(2026, 11, 20))


def printed(one: PrintableCard) -> tuple[float, float]:
    """Seconds for the file, and for reading its code back."""
    start = time.process_time()
    job = set_pages([one])
    pdf = job.sheet.pdf()
    made = time.process_time()
    read_back(pdf, job.codes)
    return made - start, time.process_time() - made


def yardstick() -> Callable[[], float]:
    """Seconds of one ES256 verification."""
    key = ec.generate_private_key(ec.SECP256R1())
    message, algorithm = bytes(600), ec.ECDSA(SHA256())
    signature, public = key.sign(message, algorithm), key.public_key()

    def timed(count: int = 100) -> float:
        start = time.process_time()
        for _ in range(count):
            public.verify(signature, message, algorithm)
        return (time.process_time() - start) / count

    return timed


def main(arguments: list[str]) -> int:
    rounds = 12 if "--quick" in arguments else 40
    verify, cards = yardstick(), {script: card(name) for script, name in NAMES.items()}
    for one in cards.values():
        printed(one)  # opens the faces
    taken: dict[str, list[tuple[float, float, float]]] = {script: [] for script in cards}
    for _ in range(rounds):
        for script, one in cards.items():
            taken[script].append((*printed(one), verify()))
    ratios = {}
    print("| script | file | read back | files/s | read back as well/s | ratio | with reading | bound of the ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for script, times in taken.items():
        made, read = (statistics.median(one[part] for one in times) for part in (0, 1))
        ratios[script] = statistics.median(one[0] / one[2] for one in times)
        checked = statistics.median((one[0] + one[1]) / one[2] for one in times)
        bound = f"≤ {BOUND}" if script in HELD else ""
        figures = f"{made * 1000:.1f} ms | {read * 1000:.1f} ms | {1 / made:.0f} | {1 / (made + read):.0f}"
        figures += f" | {ratios[script]:.0f} | {checked:.0f}"
        print(f"| {script} | {figures} | {bound} |")
    print(json.dumps({script: round(value, 1) for script, value in ratios.items()}))
    return 0 if all(ratios[script] <= BOUND for script in HELD) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
